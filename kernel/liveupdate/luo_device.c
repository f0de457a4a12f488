// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/liveupdate: where sessions are created and found again.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "luo_internal.h"

/* There is one process at a time that drives a live update. */
static atomic_t in_use = ATOMIC_INIT(0);

static int device_create_session(struct luo_cmd *cmd)
{
	struct liveupdate_ioctl_create_session *arg = cmd->arg;
	struct luo_session *session;
	struct file *file;
	int err;

	if (!luo_name_is_valid(arg->name))
		return -EINVAL;

	CLASS(get_unused_fd, fd)(O_CLOEXEC);
	if (fd < 0)
		return fd;
	session = luo_session_create(arg->name);
	if (IS_ERR(session))
		return PTR_ERR(session);
	arg->fd = fd;
	err = luo_cmd_answer(cmd);
	if (err)
		goto err_destroy;
	file = luo_session_file(session);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto err_destroy;
	}
	fd_install(take_fd(fd), file);
	return 0;

err_destroy:
	luo_session_destroy(session);
	return err;
}

static int device_retrieve_session(struct luo_cmd *cmd)
{
	struct liveupdate_ioctl_retrieve_session *arg = cmd->arg;
	struct luo_session *session;
	struct file *file;
	int err;

	if (!luo_name_is_valid(arg->name))
		return -EINVAL;

	CLASS(get_unused_fd, fd)(O_CLOEXEC);
	if (fd < 0)
		return fd;
	session = luo_session_claim(arg->name);
	if (IS_ERR(session))
		return PTR_ERR(session);
	arg->fd = fd;
	err = luo_cmd_answer(cmd);
	if (err)
		goto err_unclaim;
	file = luo_session_file(session);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto err_unclaim;
	}
	fd_install(take_fd(fd), file);
	return 0;

err_unclaim:
	luo_session_unclaim(session);
	return err;
}

static const struct luo_ioctl_op device_ops[] = {
	LUO_IOCTL(LIVEUPDATE_IOCTL_CREATE_SESSION,
		  liveupdate_ioctl_create_session, name, -EAGAIN,
		  device_create_session),
	LUO_IOCTL(LIVEUPDATE_IOCTL_RETRIEVE_SESSION,
		  liveupdate_ioctl_retrieve_session, name, -EAGAIN,
		  device_retrieve_session),
};

static long device_ioctl(struct file *file, unsigned int cmd,
			 unsigned long arg)
{
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	return luo_ioctl(device_ops, ARRAY_SIZE(device_ops), NULL, cmd, arg);
}

static int device_open(struct inode *inode, struct file *file)
{
	int err = luo_error();

	if (err)
		return err;
	if ((file->f_mode & FMODE_WRITE) && atomic_cmpxchg(&in_use, 0, 1))
		return -EBUSY;
	return 0;
}

static int device_release(struct inode *inode, struct file *file)
{
	if (file->f_mode & FMODE_WRITE)
		atomic_set(&in_use, 0);
	return 0;
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "liveupdate",
	.fops = &device_fops,
	.mode = 0600,
};

int __init luo_device_init(void)
{
	return misc_register(&device);
}
