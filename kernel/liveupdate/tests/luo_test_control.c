// SPDX-License-Identifier: GPL-2.0
/*
 * Control and log of the callbacks of luo_test.
 *
 * In debugfs, directory luo_test:
 *
 *	fail	write "CALLBACK N ERRNO": the N-th call of CALLBACK from now on
 *		fails once, with ERRNO
 *	hold	write "CALLBACK": calls of CALLBACK block until anything else is
 *		written
 *	calls	read: returns and removes "CALLBACK:WHO " for each call in
 *		order; a failed call has a "!" appended
 */

#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "luo_test.h"

#define NAME_SIZE	24

static struct {
	struct mutex lock;
	char fail[NAME_SIZE];
	unsigned int fail_after;
	int fail_err;
	spinlock_t hold_lock;
	char hold[NAME_SIZE];
	wait_queue_head_t released;
	char calls[SZ_16K];
	size_t len;
} control = {
	.lock = __MUTEX_INITIALIZER(control.lock),
	.hold_lock = __SPIN_LOCK_UNLOCKED(control.hold_lock),
	.released = __WAIT_QUEUE_HEAD_INITIALIZER(control.released),
};

static int due_error(const char *callback)
{
	lockdep_assert_held(&control.lock);

	if (strcmp(control.fail, callback) || --control.fail_after)
		return 0;
	control.fail[0] = '\0';
	return control.fail_err;
}

/* Called as a wait_event() condition, so it must not sleep. */
static bool is_held(const char *callback)
{
	guard(spinlock)(&control.hold_lock);
	return !strcmp(control.hold, callback);
}

/* Logs a call; returns the error that it has to fail with, or 0. */
int luo_test_call(const char *callback, const char *who)
{
	int err;

	scoped_guard(mutex, &control.lock) {
		err = due_error(callback);
		control.len += scnprintf(control.calls + control.len,
					 sizeof(control.calls) - control.len,
					 "%s:%s%s ", callback, who,
					 err ? "!" : "");
	}
	wait_event(control.released, !is_held(callback));
	return err;
}

int luo_test_call_nr(const char *callback, u64 value)
{
	char who[24];

	snprintf(who, sizeof(who), "%llu", value);
	return luo_test_call(callback, who);
}

static int get_line(const char __user *from, size_t size, char line[64])
{
	if (size >= 64)
		return -E2BIG;
	if (copy_from_user(line, from, size))
		return -EFAULT;
	line[size] = '\0';
	return 0;
}

static ssize_t fail_write(struct file *file, const char __user *from,
			  size_t size, loff_t *pos)
{
	char line[64], callback[NAME_SIZE];
	unsigned int after;
	int err;

	err = get_line(from, size, line);
	if (err)
		return err;
	if (sscanf(line, "%23s %u %d", callback, &after, &err) != 3 || !after ||
	    err >= 0)
		return -EINVAL;
	guard(mutex)(&control.lock);
	strscpy(control.fail, callback);
	control.fail_after = after;
	control.fail_err = err;
	return size;
}

static ssize_t hold_write(struct file *file, const char __user *from,
			  size_t size, loff_t *pos)
{
	char line[64];
	int err;

	err = get_line(from, size, line);
	if (err)
		return err;
	scoped_guard(spinlock, &control.hold_lock)
		strscpy(control.hold, line);
	wake_up_all(&control.released);
	return size;
}

static void forget_calls(size_t len)
{
	lockdep_assert_held(&control.lock);

	control.len -= len;
	memmove(control.calls, control.calls + len, control.len);
}

/* Reading and removing is atomic, so that no call is lost between two reads. */
static ssize_t calls_read(struct file *file, char __user *to, size_t size,
			  loff_t *pos)
{
	guard(mutex)(&control.lock);
	size = min(size, control.len);
	if (copy_to_user(to, control.calls, size))
		return -EFAULT;
	forget_calls(size);
	return size;
}

static const struct file_operations fail_fops = {
	.write = fail_write,
};

static const struct file_operations hold_fops = {
	.write = hold_write,
};

static const struct file_operations calls_fops = {
	.read = calls_read,
};

void luo_test_control_init(struct dentry *dir)
{
	debugfs_create_file("fail", 0200, dir, NULL, &fail_fops);
	debugfs_create_file("hold", 0200, dir, NULL, &hold_fops);
	debugfs_create_file("calls", 0400, dir, NULL, &calls_fops);
}
