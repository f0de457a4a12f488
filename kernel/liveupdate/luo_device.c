// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/liveupdate: creates and retrieves sessions, and controls the global
 * state.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "luo_internal.h"

/* Maximum size in bytes of the entries that one call returns. */
#define LIST_BYTES	SZ_64K

/* Only one opener at a time may have the device open for writing. */
static atomic_t in_use = ATOMIC_INIT(0);

/**
 * struct luo_opener - an open file description of the device
 * @seen: number of state changes that the opener has read
 */
struct luo_opener {
	unsigned int seen;
};

static struct file *create_session(const u8 *name)
{
	struct luo_session *session = luo_session_create(name);
	struct file *file;

	if (IS_ERR(session))
		return ERR_CAST(session);
	file = luo_session_file(session);
	if (IS_ERR(file))
		luo_session_destroy(session);
	return file;
}

static int device_create_session(struct luo_cmd *cmd)
{
	struct liveupdate_ioctl_create_session *arg = cmd->arg;
	struct file *file;
	int err;

	if (!luo_name_is_valid(arg->name))
		return -EINVAL;

	CLASS(get_unused_fd, fd)(O_CLOEXEC);
	if (fd < 0)
		return fd;
	arg->fd = fd;
	err = luo_cmd_answer(cmd) ?: luo_cmd_begin(cmd);
	if (err)
		return err;
	file = create_session(arg->name);
	luo_cmd_end();
	if (IS_ERR(file))
		return PTR_ERR(file);
	fd_install(take_fd(fd), file);
	return 0;
}

static struct file *retrieve_session(const u8 *name)
{
	struct luo_session *session = luo_session_claim(name);
	struct file *file;

	if (IS_ERR(session))
		return ERR_CAST(session);
	file = luo_session_file(session);
	if (IS_ERR(file))
		luo_session_unclaim(session);
	return file;
}

static int device_retrieve_session(struct luo_cmd *cmd)
{
	struct liveupdate_ioctl_retrieve_session *arg = cmd->arg;
	struct file *file;
	int err;

	if (!luo_name_is_valid(arg->name))
		return -EINVAL;

	CLASS(get_unused_fd, fd)(O_CLOEXEC);
	if (fd < 0)
		return fd;
	arg->fd = fd;
	err = luo_cmd_answer(cmd) ?: luo_cmd_begin(cmd);
	if (err)
		return err;
	file = retrieve_session(arg->name);
	luo_cmd_end();
	if (IS_ERR(file))
		return PTR_ERR(file);
	fd_install(take_fd(fd), file);
	return 0;
}

static int device_get_state(struct luo_cmd *cmd)
{
	struct liveupdate_ioctl_get_state *arg = cmd->arg;
	struct luo_opener *opener = cmd->object;

	if (arg->flags)
		return -EOPNOTSUPP;
	/*
	 * Read @changes first, to report a concurrent change twice, not never.
	 */
	opener->seen = READ_ONCE(luo_state_watch()->changes);
	arg->state = luo_state_get();
	arg->count = luo_update_count();
	return luo_cmd_answer(cmd);
}

static int device_set_event(struct luo_cmd *cmd)
{
	struct liveupdate_ioctl_set_event *arg = cmd->arg;

	switch (arg->event) {
	case LIVEUPDATE_PREPARE:
	case LIVEUPDATE_CANCEL:
	case LIVEUPDATE_FINISH:
		return luo_event(arg->event);
	default:
		return -EOPNOTSUPP;
	}
}

static int device_discard_session(struct luo_cmd *cmd)
{
	struct liveupdate_ioctl_discard_session *arg = cmd->arg;

	if (arg->reserved)
		return -EOPNOTSUPP;
	if (!luo_name_is_valid(arg->name))
		return -EINVAL;
	return luo_session_discard(arg->name);
}

static unsigned int list_sessions(struct liveupdate_ioctl_list_sessions *arg,
				  struct liveupdate_session_info *info,
				  unsigned int room)
{
	struct luo_session_list *list =
		arg->flags & LIVEUPDATE_LIST_INCOMING ? &luo_incoming :
							&luo_outgoing;

	return luo_session_list_fill(list, &arg->cursor, info, room);
}

/*
 * Copies the result without any lock held, because copy_to_user() may sleep for
 * an unlimited time.
 */
static int device_list_sessions(struct luo_cmd *cmd)
{
	struct liveupdate_ioctl_list_sessions *arg = cmd->arg;
	const size_t max = LIST_BYTES / sizeof(struct liveupdate_session_info);
	size_t room = min_t(size_t, arg->count, max);
	struct liveupdate_session_info *info;
	u32 nr;
	int err;

	if (arg->flags & ~LIVEUPDATE_LIST_INCOMING)
		return -EOPNOTSUPP;
	if (arg->entry_size < LIVEUPDATE_SESSION_INFO_SIZE_VER0)
		return -EINVAL;
	info = kvcalloc(room, sizeof(*info), GFP_KERNEL);
	if (!info)
		return -ENOMEM;
	err = luo_enter(0, 0);
	if (!err) {
		nr = list_sessions(arg, info, room);
		luo_cmd_end();
		arg->count = nr;
		err = luo_cmd_answer_list(cmd, arg->buffer, arg->entry_size,
					  info, sizeof(*info), nr);
	}
	kvfree(info);
	return err;
}

static const struct luo_ioctl_op device_ops[] = {
	LUO_IOCTL(LIVEUPDATE_IOCTL_CREATE_SESSION,
		  liveupdate_ioctl_create_session, name, device_create_session,
		  .closed_err = -EAGAIN, .frozen_err = -EAGAIN,
		  .unlocked = true),
	LUO_IOCTL(LIVEUPDATE_IOCTL_RETRIEVE_SESSION,
		  liveupdate_ioctl_retrieve_session, name,
		  device_retrieve_session,
		  .closed_err = -EAGAIN, .frozen_err = -EAGAIN,
		  .unlocked = true),
	LUO_IOCTL(LIVEUPDATE_IOCTL_GET_STATE, liveupdate_ioctl_get_state, flags,
		  device_get_state, .unlocked = true, .query = true),
	LUO_IOCTL(LIVEUPDATE_IOCTL_SET_EVENT, liveupdate_ioctl_set_event, event,
		  device_set_event, .unlocked = true),
	LUO_IOCTL(LIVEUPDATE_IOCTL_LIST_SESSIONS,
		  liveupdate_ioctl_list_sessions, entry_size,
		  device_list_sessions, .unlocked = true, .query = true),
	LUO_IOCTL(LIVEUPDATE_IOCTL_DISCARD_SESSION,
		  liveupdate_ioctl_discard_session, name,
		  device_discard_session,
		  .closed_err = -EBUSY, .frozen_err = -EBUSY),
};

static long device_ioctl(struct file *file, unsigned int cmd,
			 unsigned long arg)
{
	return luo_ioctl(device_ops, ARRAY_SIZE(device_ops),
			 file->f_mode & FMODE_WRITE ? LUO_MAY_DRIVE :
						      LUO_MAY_QUERY,
			 file->private_data, cmd, arg);
}

static __poll_t device_poll(struct file *file, struct poll_table_struct *table)
{
	struct luo_opener *opener = file->private_data;

	return luo_watch_poll(luo_state_watch(), file, table,
			      READ_ONCE(opener->seen));
}

static int device_open(struct inode *inode, struct file *file)
{
	struct luo_opener *opener;
	int err = luo_error();

	if (err)
		return err;
	opener = kzalloc(sizeof(*opener), GFP_KERNEL);
	if (!opener)
		return -ENOMEM;
	if ((file->f_mode & FMODE_WRITE) && atomic_cmpxchg(&in_use, 0, 1)) {
		kfree(opener);
		return -EBUSY;
	}
	opener->seen = READ_ONCE(luo_state_watch()->changes);
	file->private_data = opener;
	return 0;
}

static int device_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	if (file->f_mode & FMODE_WRITE)
		atomic_set(&in_use, 0);
	return 0;
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.poll = device_poll,
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
