/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading the previous kernel's LUO records.
 *
 * These functions allocate nothing and take no lock, so they can be called in
 * early boot, and are tested and fuzzed in userspace.
 */

#ifndef _LINUX_LIVEUPDATE_LUO_READ_H
#define _LINUX_LIVEUPDATE_LUO_READ_H

#include <linux/kho/abi/luo.h>
#include <linux/kho/abi/xluo.h>
#include <linux/types.h>

/* Minimum frequency; all supported counters are faster. */
#define LUO_TIMELINE_MIN_HZ	1000000

/* luo_root_read.c */
struct luo_ser *luo_root_incoming(void);

/* luo_extra_read.c */
struct xluo_ser *luo_extra_incoming(void);
int luo_extra_subsystem_check(const struct xluo_subsystem_ser *ser);
int luo_extra_timeline_check(const struct xluo_timeline_ser *ser, u64 counter,
			     u64 now);

/* luo_flb_read.c */
struct luo_flb_page *luo_flb_page_incoming(u64 pa);
int luo_flb_check(const struct luo_flb_ser *ser);
int luo_flb_page_check(const struct luo_flb_page *page);
int luo_flb_page_find(const struct luo_flb_page *page, const char *name,
		      u64 *data);
int luo_flb_find_early(const char *name, u64 *data);

#endif /* _LINUX_LIVEUPDATE_LUO_READ_H */
