/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The extension record of LUO, see <linux/kho/abi/xluo.h>.
 */

#ifndef _LINUX_LIVEUPDATE_LUO_EXTRA_H
#define _LINUX_LIVEUPDATE_LUO_EXTRA_H

#include <linux/init.h>

struct xluo_timeline_ser;

int __init luo_extra_init(void);
int __init luo_extra_read(void);
void luo_extra_write(void);
struct xluo_timeline_ser *luo_extra_timeline(void);

#endif /* _LINUX_LIVEUPDATE_LUO_EXTRA_H */
