/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /sys/kernel/liveupdate
 */

#ifndef _LINUX_LIVEUPDATE_LUO_SYSFS_H
#define _LINUX_LIVEUPDATE_LUO_SYSFS_H

#include <linux/init.h>
#include <linux/types.h>

struct attribute_group;
struct kobject;

int __init luo_sysfs_init(u64 count, int error);
int __init luo_sysfs_add(const struct attribute_group *group);
int __init luo_sysfs_merge(const struct attribute_group *group);
struct kobject *__init luo_sysfs_kobj(void);
void luo_sysfs_notify_state(void);

#endif /* _LINUX_LIVEUPDATE_LUO_SYSFS_H */
