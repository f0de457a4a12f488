// SPDX-License-Identifier: GPL-2.0
/*
 * The subsystems of luo_test: userspace registers and unregisters them. Each
 * hands over the number that it was registered with.
 *
 * In debugfs, directory luo_test:
 *
 *	subsystem	write "+NAME NUMBER" or "-NAME"; read: "NAME=NUMBER "
 *			for each one with a number from the previous kernel
 */

#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/liveupdate.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "luo_test.h"

struct test_subsystem {
	struct list_head list;
	struct liveupdate_subsystem subsystem;
	char name[32];
	u64 value;
	bool booted;
	u64 incoming;
};

static DEFINE_MUTEX(lock);
static LIST_HEAD(subsystems);

static struct test_subsystem *to_test(struct liveupdate_subsystem *subsystem)
{
	return container_of(subsystem, struct test_subsystem, subsystem);
}

static int test_prepare(struct liveupdate_subsystem *subsystem, u64 *data)
{
	int err = luo_test_call("sub_prepare", subsystem->name);

	return err ?: luo_test_record(to_test(subsystem)->value, data);
}

static int test_freeze(struct liveupdate_subsystem *subsystem, u64 *data)
{
	return luo_test_call("sub_freeze", subsystem->name);
}

static void test_unfreeze(struct liveupdate_subsystem *subsystem, u64 data)
{
	luo_test_call("sub_unfreeze", subsystem->name);
}

static void test_cancel(struct liveupdate_subsystem *subsystem, u64 data)
{
	luo_test_call("sub_cancel", subsystem->name);
	luo_test_record_drop(data);
}

static void test_boot(struct liveupdate_subsystem *subsystem, u64 data)
{
	struct test_subsystem *test = to_test(subsystem);

	luo_test_call("sub_boot", subsystem->name);
	test->booted = !luo_test_record_read(data, &test->incoming);
}

static void test_finish(struct liveupdate_subsystem *subsystem, u64 data)
{
	luo_test_call("sub_finish", subsystem->name);
	luo_test_record_finish(data);
}

static const struct liveupdate_subsystem_ops test_ops = {
	.prepare = test_prepare,
	.freeze = test_freeze,
	.unfreeze = test_unfreeze,
	.cancel = test_cancel,
	.boot = test_boot,
	.finish = test_finish,
	.owner = THIS_MODULE,
};

static int add(const char *name, u64 value)
{
	struct test_subsystem *test = kzalloc(sizeof(*test), GFP_KERNEL);
	int err;

	if (!test)
		return -ENOMEM;
	strscpy(test->name, name);
	test->value = value;
	test->subsystem.ops = &test_ops;
	test->subsystem.name = test->name;
	err = liveupdate_register_subsystem(&test->subsystem);
	if (err) {
		kfree(test);
		return err;
	}
	list_add_tail(&test->list, &subsystems);
	return 0;
}

static int drop(struct test_subsystem *test)
{
	int err = liveupdate_unregister_subsystem(&test->subsystem);

	if (err)
		return err;
	list_del(&test->list);
	kfree(test);
	return 0;
}

static int drop_named(const char *name)
{
	struct test_subsystem *test;

	list_for_each_entry(test, &subsystems, list) {
		if (!strcmp(test->name, name))
			return drop(test);
	}
	return -ENOENT;
}

static ssize_t subsystem_write(struct file *file, const char __user *from,
			       size_t size, loff_t *pos)
{
	char line[64], name[32];
	u64 value;
	int err = -EINVAL;

	if (size >= sizeof(line))
		return -E2BIG;
	if (copy_from_user(line, from, size))
		return -EFAULT;
	line[size] = '\0';
	guard(mutex)(&lock);
	if (sscanf(line, "+%31s %llu", name, &value) == 2)
		err = add(name, value);
	else if (sscanf(line, "-%31s", name) == 1)
		err = drop_named(name);
	return err ?: size;
}

static ssize_t subsystem_read(struct file *file, char __user *to, size_t size,
			      loff_t *pos)
{
	struct test_subsystem *test;
	char text[512];
	size_t len = 0;

	guard(mutex)(&lock);
	list_for_each_entry(test, &subsystems, list) {
		if (test->booted)
			len += scnprintf(text + len, sizeof(text) - len,
					 "%s=%llu ", test->name,
					 test->incoming);
	}
	return simple_read_from_buffer(to, size, pos, text, len);
}

static const struct file_operations subsystem_fops = {
	.read = subsystem_read,
	.write = subsystem_write,
};

void luo_test_subsystem_init(struct dentry *dir)
{
	debugfs_create_file("subsystem", 0600, dir, NULL, &subsystem_fops);
}

void luo_test_subsystem_exit(void)
{
	struct test_subsystem *test, *tmp;

	list_for_each_entry_safe(test, tmp, &subsystems, list)
		WARN_ON(drop(test));
}
