/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interfaces between luo_flb.c and luo_flb_incoming.c.
 */

#ifndef _LINUX_LIVEUPDATE_LUO_FLB_INTERNAL_H
#define _LINUX_LIVEUPDATE_LUO_FLB_INTERNAL_H

#include <linux/mutex.h>
#include <linux/types.h>

struct liveupdate_file_handler;
struct liveupdate_flb;

/*
 * Protects all links and all incoming and outgoing objects. Held across their
 * callbacks: a second file must wait until preserve() for the first has
 * returned.
 */
extern struct mutex luo_flbs_lock;

/* luo_flb.c */
struct liveupdate_flb *luo_flb_find(const char *name);
unsigned long luo_flb_count(void);
int luo_flb_page_get(void);
void luo_flb_page_put(void);
void luo_flb_page_add(const char *name, u64 data, u64 files);
void luo_flbs_for_each(struct liveupdate_file_handler *handler,
		       void (*fn)(struct liveupdate_flb *flb));

/* luo_flb_incoming.c */
void luo_flbs_write_incoming(void);

#endif /* _LINUX_LIVEUPDATE_LUO_FLB_INTERNAL_H */
