// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/liveupdate/sessions: numbers of sessions; and
 * /sys/kernel/liveupdate/incoming/formats: formats of the files of incoming
 * sessions.
 *
 * Details are available from /dev/liveupdate only: creating thousands of
 * directories would prolong the blackout, and not every session name is a valid
 * file name.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "luo_format.h"
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

/* Counts the files of incoming sessions per format. */
void luo_sessions_tally(struct luo_tally *tally)
{
	struct luo_session *session;

	guard(mutex)(&luo_incoming.lock);
	list_for_each_entry(session, &luo_incoming.list, list)
		luo_files_tally(&session->files, tally);
}

static ssize_t formats_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	struct luo_tally *tally = kzalloc(sizeof(*tally), GFP_KERNEL);
	int len;

	if (!tally)
		return -ENOMEM;
	luo_sessions_tally(tally);
	len = luo_tally_show(tally, buf);
	kfree(tally);
	return len;
}

static struct kobj_attribute formats_attr = __ATTR_RO(formats);

static struct attribute *incoming_attrs[] = {
	&formats_attr.attr,
	NULL
};

/* Added to the directory that luo_sysfs.c creates. */
static const struct attribute_group incoming_group = {
	.name = "incoming",
	.attrs = incoming_attrs,
};

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

/* Must be called after luo_sysfs_init(). */
int __init luo_session_sysfs_init(void)
{
	return luo_sysfs_merge(&incoming_group) ?:
	       luo_sysfs_add(&session_group);
}
