/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects that files share, "file-lifecycle-bound" (FLB).
 */

#ifndef _LINUX_LIVEUPDATE_LUO_FLB_H
#define _LINUX_LIVEUPDATE_LUO_FLB_H

#include <linux/init.h>
#include <linux/liveupdate.h>
#include <linux/types.h>

struct luo_flb_page;

/* luo_flb.c */
void luo_flbs_add_handler(struct liveupdate_file_handler *handler);
void luo_flbs_remove_handler(struct liveupdate_file_handler *handler);
int luo_flbs_preserve(struct liveupdate_file_handler *handler);
void luo_flbs_unpreserve(struct liveupdate_file_handler *handler);
u64 luo_flbs_write(void);

/* luo_flb_incoming.c */
void luo_flbs_finish(struct liveupdate_file_handler *handler);
void luo_flbs_finish_all(void);
int luo_flbs_hand_on(void);
void luo_flbs_take_back(void);
int luo_flbs_adopt(const struct luo_flb_page *page);
int __init luo_flbs_read(u64 pa);
int luo_flbs_show_incoming(char *buf);

#endif /* _LINUX_LIVEUPDATE_LUO_FLB_H */
