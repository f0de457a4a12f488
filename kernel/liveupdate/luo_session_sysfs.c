// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/liveupdate/sessions: how many sessions there are.
 *
 * Who wants to know more of them asks /dev/liveupdate: thousands of directories
 * would have to be made in the black-out, and a name may be none of a file.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/atomic.h>
#include <linux/kobject.h>
#include <linux/sysfs.h>

#include "luo_internal.h"
#include "luo_sysfs.h"

static ssize_t show_count(const struct luo_session_list *list, char *buf)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&list->names.nelems));
}

static ssize_t outgoing_show(struct kobject *kobj, struct kobj_attribute *attr,
			     char *buf)
{
	return show_count(&luo_outgoing, buf);
}

static ssize_t incoming_show(struct kobject *kobj, struct kobj_attribute *attr,
			     char *buf)
{
	return show_count(&luo_incoming, buf);
}

static ssize_t waiting_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%lu\n", READ_ONCE(luo_incoming.waiting));
}

static struct kobj_attribute outgoing_attr = __ATTR_RO(outgoing);
static struct kobj_attribute incoming_attr = __ATTR_RO(incoming);
static struct kobj_attribute waiting_attr = __ATTR_RO(waiting);

static struct attribute *session_attrs[] = {
	&outgoing_attr.attr,
	&incoming_attr.attr,
	&waiting_attr.attr,
	NULL
};

static const struct attribute_group session_group = {
	.name = "sessions",
	.attrs = session_attrs,
};

/* Needs luo_sysfs_init(). */
int __init luo_session_sysfs_init(void)
{
	return luo_sysfs_add(&session_group);
}
