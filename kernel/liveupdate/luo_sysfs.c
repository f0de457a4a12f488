// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/liveupdate: the state of live update, and resources of the
 * previous kernel that are not retrieved. See
 * Documentation/ABI/testing/sysfs-kernel-liveupdate.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/kobject.h>
#include <linux/sysfs.h>

#include "kho_internal.h"
#include "luo_flb.h"
#include "luo_format.h"
#include "luo_internal.h"
#include "luo_subsystem.h"
#include "luo_sysfs.h"
#include "luo_timeline.h"

static struct kobject *liveupdate_kobj __ro_after_init;

/* Constant after boot. */
static u64 update_count __ro_after_init;
static int takeover_error __ro_after_init;

static ssize_t state_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%s\n", luo_state_name(luo_state_get()));
}

static ssize_t count_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%llu\n", update_count);
}

static ssize_t error_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%d\n", takeover_error);
}

static ssize_t timeline_show(struct kobject *kobj, struct kobj_attribute *attr,
			     char *buf)
{
	return luo_timeline_show(buf);
}

static ssize_t catalog_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	return luo_format_show(buf);
}

static ssize_t pages_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%lu\n", kho_incoming_pages());
}

static ssize_t subsystems_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	return luo_subsystems_show_incoming(buf);
}

static ssize_t flbs_show(struct kobject *kobj, struct kobj_attribute *attr,
			 char *buf)
{
	return luo_flbs_show_incoming(buf);
}

static struct kobj_attribute state_attr = __ATTR_RO(state);
static struct kobj_attribute count_attr = __ATTR_RO(count);
static struct kobj_attribute error_attr = __ATTR_RO(error);
/* Root only: the boot timing of a host is not public. */
static struct kobj_attribute timeline_attr = __ATTR_RO_MODE(timeline, 0400);
static struct kobj_attribute catalog_attr = __ATTR_RO(catalog);
static struct kobj_attribute pages_attr = __ATTR_RO(pages);
static struct kobj_attribute subsystems_attr = __ATTR_RO(subsystems);
static struct kobj_attribute flbs_attr = __ATTR_RO(flbs);

static struct attribute *liveupdate_attrs[] = {
	&state_attr.attr,
	&count_attr.attr,
	&error_attr.attr,
	&timeline_attr.attr,
	&catalog_attr.attr,
	NULL
};

static struct attribute *incoming_attrs[] = {
	&pages_attr.attr,
	&subsystems_attr.attr,
	&flbs_attr.attr,
	NULL
};

static const struct attribute_group liveupdate_group = {
	.attrs = liveupdate_attrs,
};

static const struct attribute_group incoming_group = {
	.name = "incoming",
	.attrs = incoming_attrs,
};

static const struct attribute_group *groups[] = {
	&liveupdate_group,
	&incoming_group,
	NULL
};

/**
 * luo_sysfs_init - create /sys/kernel/liveupdate
 * @count: number of consecutive live updates that led to this kernel
 * @error: error from reading the previous kernel's records, or 0
 *
 * Context: Process context, while the kernel boots.
 * Return: 0 or an errno.
 */
int __init luo_sysfs_init(u64 count, int error)
{
	struct kobject *kobj = kobject_create_and_add("liveupdate", kernel_kobj);
	int err;

	if (!kobj)
		return -ENOMEM;
	update_count = count;
	takeover_error = error;
	err = sysfs_create_groups(kobj, groups);
	if (err) {
		kobject_put(kobj);
		return err;
	}
	liveupdate_kobj = kobj;
	return 0;
}

/**
 * luo_sysfs_add - add a named directory to /sys/kernel/liveupdate
 * @group: the directory; must be added after luo_sysfs_init()
 *
 * Context: Process context, while the kernel boots.
 * Return: 0 or an errno.
 */
int __init luo_sysfs_add(const struct attribute_group *group)
{
	return sysfs_create_group(liveupdate_kobj, group);
}

/**
 * luo_sysfs_merge - add files to an existing directory
 * @group: the files and the name of the directory; must be added after
 *	   luo_sysfs_init()
 *
 * Context: Process context, while the kernel boots.
 * Return: 0 or an errno.
 */
int __init luo_sysfs_merge(const struct attribute_group *group)
{
	return sysfs_merge_group(liveupdate_kobj, group);
}

/**
 * luo_sysfs_kobj - get the kobject of /sys/kernel/liveupdate
 *
 * Return: the kobject; valid after luo_sysfs_init().
 */
struct kobject *__init luo_sysfs_kobj(void)
{
	return liveupdate_kobj;
}

/**
 * luo_sysfs_notify_state - notify pollers of the "state" file
 *
 * Context: Process context, may sleep.
 */
void luo_sysfs_notify_state(void)
{
	if (liveupdate_kobj)
		sysfs_notify(liveupdate_kobj, NULL, "state");
}
