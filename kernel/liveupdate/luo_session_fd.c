// SPDX-License-Identifier: GPL-2.0
/*
 * The fd of a session, and its commands.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/anon_inodes.h>
#include <linux/build_bug.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/string.h>

#include "luo_internal.h"

static int session_preserve_fd(struct luo_cmd *cmd)
{
	struct liveupdate_session_preserve_fd *arg = cmd->arg;
	struct luo_session *session = cmd->object;
	int err;

	if (session->incoming)
		return -EINVAL;
	err = luo_cmd_answer(cmd);
	if (err)
		return err;
	return luo_files_preserve(&session->files, arg->fd, arg->token);
}

static int session_retrieve_fd(struct luo_cmd *cmd)
{
	struct liveupdate_session_retrieve_fd *arg = cmd->arg;
	struct luo_session *session = cmd->object;
	struct file *file;
	int err;

	if (!session->incoming)
		return -EINVAL;

	CLASS(get_unused_fd, fd)(O_CLOEXEC);
	if (fd < 0)
		return fd;
	arg->fd = fd;
	err = luo_cmd_answer(cmd);
	if (err)
		return err;
	file = luo_files_retrieve(&session->files, arg->token);
	if (IS_ERR(file))
		return PTR_ERR(file);
	fd_install(take_fd(fd), file);
	return 0;
}

static int session_finish(struct luo_cmd *cmd)
{
	struct liveupdate_session_finish *arg = cmd->arg;
	struct luo_session *session = cmd->object;
	int err;

	if (!session->incoming || arg->reserved)
		return -EINVAL;
	err = luo_cmd_answer(cmd);
	if (err)
		return err;
	return luo_session_finish(session);
}

static int session_get_name(struct luo_cmd *cmd)
{
	struct liveupdate_session_get_name *arg = cmd->arg;
	struct luo_session *session = cmd->object;

	if (arg->reserved)
		return -EINVAL;
	memcpy(arg->name, session->name, sizeof(arg->name));
	return luo_cmd_answer(cmd);
}

static const struct luo_ioctl_op session_ops[] = {
	LUO_IOCTL(LIVEUPDATE_SESSION_PRESERVE_FD,
		  liveupdate_session_preserve_fd, token, -EBUSY,
		  session_preserve_fd),
	LUO_IOCTL(LIVEUPDATE_SESSION_RETRIEVE_FD,
		  liveupdate_session_retrieve_fd, token, -EBUSY,
		  session_retrieve_fd),
	LUO_IOCTL(LIVEUPDATE_SESSION_FINISH,
		  liveupdate_session_finish, reserved, -EBUSY, session_finish),
	LUO_IOCTL(LIVEUPDATE_SESSION_GET_NAME,
		  liveupdate_session_get_name, name, 0, session_get_name),
};

static long session_ioctl(struct file *file, unsigned int cmd,
			  unsigned long arg)
{
	return luo_ioctl(session_ops, ARRAY_SIZE(session_ops),
			 file->private_data, cmd, arg);
}

static int session_release(struct inode *inode, struct file *file)
{
	struct luo_session *session = file->private_data;

	luo_enter_close();
	if (session->incoming)
		luo_session_release(session);
	else
		luo_session_destroy(session);
	luo_exit();
	return 0;
}

static const struct file_operations session_fops = {
	.owner = THIS_MODULE,
	.release = session_release,
	.unlocked_ioctl = session_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/*
 * The file that holds @session. From then on the session is given back by
 * fput(). Programs read the name of a session from the link in /proc/PID/fd,
 * so its form is part of the interface.
 */
struct file *luo_session_file(struct luo_session *session)
{
	char name[sizeof("[luo_session] ") + LUO_NAME_SIZE];

	snprintf(name, sizeof(name), "[luo_session] %s", session->name);
	return anon_inode_getfile(name, &session_fops, session, O_RDWR);
}
