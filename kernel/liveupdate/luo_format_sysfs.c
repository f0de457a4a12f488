// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/liveupdate/formats: a directory for each format. See
 * Documentation/ABI/testing/sysfs-kernel-liveupdate.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/kobject.h>
#include <linux/kstrtox.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "luo_format.h"

/**
 * struct format_dir - directory of a format
 * @kobj: the directory
 * @format: the format; valid while the directory is in sysfs
 */
struct format_dir {
	struct kobject kobj;
	struct liveupdate_format *format;
};

static const char *const kinds[] = {
	"kho", "container", "core", "subsystem", "flb", "file"
};

/* Directories of the kinds; either all or none of them exist. */
static struct kobject *kind_dirs[ARRAY_SIZE(kinds)] __ro_after_init;

static struct liveupdate_format *to_format(struct kobject *kobj)
{
	return container_of(kobj, struct format_dir, kobj)->format;
}

static ssize_t read_show(struct kobject *kobj, struct kobj_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%d\n", luo_format_reads(to_format(kobj)));
}

static ssize_t write_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%d\n", luo_format_writes(to_format(kobj)));
}

static ssize_t enable_write_show(struct kobject *kobj,
				 struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", luo_format_is_on(to_format(kobj)));
}

static ssize_t enable_write_store(struct kobject *kobj,
				  struct kobj_attribute *attr, const char *buf,
				  size_t size)
{
	bool on;
	int err;

	err = kstrtobool(buf, &on);
	if (!err)
		err = luo_format_switch(to_format(kobj), on);
	return err ?: size;
}

static ssize_t in_use_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "%lu\n", luo_format_in_use(to_format(kobj)));
}

static struct kobj_attribute read_attr = __ATTR_RO(read);
static struct kobj_attribute write_attr = __ATTR_RO(write);
static struct kobj_attribute enable_write_attr = __ATTR_RW(enable_write);
static struct kobj_attribute in_use_attr = __ATTR_RO(in_use);

static struct attribute *format_attrs[] = {
	&read_attr.attr,
	&write_attr.attr,
	&enable_write_attr.attr,
	&in_use_attr.attr,
	NULL
};
ATTRIBUTE_GROUPS(format);

static void format_dir_release(struct kobject *kobj)
{
	kfree(container_of(kobj, struct format_dir, kobj));
}

static const struct kobj_type format_dir_type = {
	.release = format_dir_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = format_groups,
};

static struct kobject *find_kind(const char *kind)
{
	int i = match_string(kinds, ARRAY_SIZE(kinds), kind);

	return i < 0 ? NULL : kind_dirs[i];
}

/* Creates the directory of a format, if luo_format_sysfs_init() has run. */
int luo_format_sysfs_add(struct liveupdate_format *format)
{
	struct kobject *parent = find_kind(format->kind);
	struct format_dir *dir;
	int err;

	format->kobj = NULL;
	if (!parent)
		return 0;
	dir = kzalloc(sizeof(*dir), GFP_KERNEL);
	if (!dir)
		return -ENOMEM;
	dir->format = format;
	err = kobject_init_and_add(&dir->kobj, &format_dir_type, parent, "%s",
				   format->name);
	if (err) {
		kobject_put(&dir->kobj);
		return err;
	}
	format->kobj = &dir->kobj;
	return 0;
}

/* Removes the directory. Waits for sysfs accesses to the format to finish. */
void luo_format_sysfs_remove(struct liveupdate_format *format)
{
	if (!format->kobj)
		return;
	kobject_del(format->kobj);
	kobject_put(format->kobj);
	format->kobj = NULL;
}

static int __init make_kinds(struct kobject *root)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		kind_dirs[i] = kobject_create_and_add(kinds[i], root);
		if (!kind_dirs[i])
			goto err;
	}
	return 0;

err:
	while (i--) {
		kobject_put(kind_dirs[i]);
		kind_dirs[i] = NULL;
	}
	return -ENOMEM;
}

/* Creates the directory in @parent, without the formats. */
int __init luo_format_sysfs_init(struct kobject *parent)
{
	struct kobject *root = kobject_create_and_add("formats", parent);
	int err;

	if (!root)
		return -ENOMEM;
	err = make_kinds(root);
	if (err)
		kobject_put(root);
	return err;
}
