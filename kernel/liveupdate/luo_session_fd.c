// SPDX-License-Identifier: GPL-2.0
/*
 * Session fds and their commands.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/anon_inodes.h>
#include <linux/build_bug.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/sizes.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "luo_internal.h"

/* Maximum size in bytes of the entries that one call returns. */
#define LIST_BYTES	SZ_64K

/*
 * Locks an outgoing session for a change of one file, shared with changes of
 * other files. Fails with -EBUSY if the session is PREPARED or FROZEN.
 */
static int begin_change(struct luo_session *session)
{
	if (session->incoming)
		return -EINVAL;
	if (down_read_killable(&session->files.lock))
		return -EINTR;
	if (session->state == LIVEUPDATE_STATE_NORMAL)
		return 0;
	up_read(&session->files.lock);
	return -EBUSY;
}

static int preserve_fd(struct luo_session *session,
		       const struct liveupdate_session_preserve_fd *arg)
{
	int err;

	err = begin_change(session);
	if (err)
		return err;
	err = luo_files_preserve(&session->files, arg->fd, arg->token);
	up_read(&session->files.lock);
	return err;
}

static int session_preserve_fd(struct luo_cmd *cmd)
{
	int err;

	err = luo_cmd_answer(cmd) ?: luo_cmd_begin(cmd);
	if (err)
		return err;
	err = preserve_fd(cmd->object, cmd->arg);
	luo_cmd_end();
	return err;
}

static int session_unpreserve_fd(struct luo_cmd *cmd)
{
	struct liveupdate_session_unpreserve_fd *arg = cmd->arg;
	struct luo_session *session = cmd->object;
	int err;

	if (arg->reserved)
		return -EOPNOTSUPP;
	err = begin_change(session);
	if (err)
		return err;
	err = luo_files_unpreserve_one(&session->files, arg->token);
	up_read(&session->files.lock);
	return err;
}

static struct file *retrieve_file(struct luo_session *session, u64 token)
{
	struct file *file;

	if (down_read_killable(&session->files.lock))
		return ERR_PTR(-EINTR);
	file = luo_files_retrieve(&session->files, token);
	up_read(&session->files.lock);
	return file;
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
	err = luo_cmd_answer(cmd) ?: luo_cmd_begin(cmd);
	if (err)
		return err;
	file = retrieve_file(session, arg->token);
	luo_cmd_end();
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
	err = luo_cmd_answer(cmd) ?: luo_cmd_begin(cmd);
	if (err)
		return err;
	err = luo_session_event(session, LIVEUPDATE_FINISH);
	/* FINISH is idempotent, so that a program can safely repeat it. */
	if (err == -EINVAL && session->state == LIVEUPDATE_STATE_NORMAL)
		err = 0;
	luo_cmd_end();
	return err;
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

static int session_get_state(struct luo_cmd *cmd)
{
	struct liveupdate_session_get_state *arg = cmd->arg;
	struct luo_session *session = cmd->object;
	struct liveupdate_session_info info = {};

	if (arg->flags || arg->reserved)
		return -EOPNOTSUPP;
	/*
	 * Read @changes first, to report a concurrent change twice, not never.
	 */
	session->seen = READ_ONCE(session->watch.changes);
	luo_session_describe(session, &info);
	arg->state = info.state;
	arg->flags = info.flags;
	arg->files = info.files;
	arg->bytes = info.bytes;
	return luo_cmd_answer(cmd);
}

/*
 * An event that waits is passed by a CANCEL that has something to undo, and by no
 * other: a loop of such commands would hold it up for ever. To get back into a
 * state that can be undone, a session needs an operation that waits.
 */
static bool undoes_event(const struct luo_session *session, u32 event)
{
	return event == LIVEUPDATE_CANCEL && !session->incoming &&
	       READ_ONCE(session->state) != LIVEUPDATE_STATE_NORMAL;
}

static int session_set_event(struct luo_cmd *cmd)
{
	struct liveupdate_session_set_event *arg = cmd->arg;
	int err;

	if (arg->event > LIVEUPDATE_CANCEL)
		return -EOPNOTSUPP;
	err = undoes_event(cmd->object, arg->event) ? luo_cmd_begin_undo(cmd) :
						      luo_cmd_begin(cmd);
	if (err)
		return err;
	err = luo_session_event(cmd->object, arg->event);
	luo_cmd_end();
	return err;
}

static int session_list_fds(struct luo_cmd *cmd)
{
	struct liveupdate_session_list_fds *arg = cmd->arg;
	const size_t max = LIST_BYTES / sizeof(struct liveupdate_file_info);
	size_t room = min_t(size_t, arg->count, max);
	struct luo_session *session = cmd->object;
	struct liveupdate_file_info *info;
	u32 nr;
	int err;

	if (arg->flags)
		return -EOPNOTSUPP;
	if (arg->entry_size < LIVEUPDATE_FILE_INFO_SIZE_VER0)
		return -EINVAL;
	info = kvcalloc(room, sizeof(*info), GFP_KERNEL);
	if (!info)
		return -ENOMEM;
	nr = luo_files_list(&session->files, &arg->cursor, info, room);
	arg->count = nr;
	err = luo_cmd_answer_list(cmd, arg->buffer, arg->entry_size, info,
				  sizeof(*info), nr);
	kvfree(info);
	return err;
}

static const struct luo_ioctl_op session_ops[] = {
	LUO_IOCTL(LIVEUPDATE_SESSION_PRESERVE_FD,
		  liveupdate_session_preserve_fd, token, session_preserve_fd,
		  .closed_err = -EBUSY, .frozen_err = -EBUSY, .unlocked = true),
	LUO_IOCTL(LIVEUPDATE_SESSION_RETRIEVE_FD,
		  liveupdate_session_retrieve_fd, token, session_retrieve_fd,
		  .frozen_err = -EBUSY, .unlocked = true),
	LUO_IOCTL(LIVEUPDATE_SESSION_FINISH,
		  liveupdate_session_finish, reserved, session_finish,
		  .frozen_err = -EBUSY, .unlocked = true),
	LUO_IOCTL(LIVEUPDATE_SESSION_GET_NAME,
		  liveupdate_session_get_name, name, session_get_name,
		  .unlocked = true, .query = true),
	LUO_IOCTL(LIVEUPDATE_SESSION_GET_STATE,
		  liveupdate_session_get_state, bytes, session_get_state,
		  .unlocked = true, .query = true),
	LUO_IOCTL(LIVEUPDATE_SESSION_SET_EVENT,
		  liveupdate_session_set_event, event, session_set_event,
		  .frozen_err = -EINVAL, .unlocked = true),
	LUO_IOCTL(LIVEUPDATE_SESSION_UNPRESERVE_FD,
		  liveupdate_session_unpreserve_fd, token,
		  session_unpreserve_fd,
		  .closed_err = -EBUSY, .frozen_err = -EBUSY),
	LUO_IOCTL(LIVEUPDATE_SESSION_LIST_FDS,
		  liveupdate_session_list_fds, entry_size, session_list_fds,
		  .unlocked = true, .query = true),
};

static long session_ioctl(struct file *file, unsigned int cmd,
			  unsigned long arg)
{
	return luo_ioctl(session_ops, ARRAY_SIZE(session_ops), LUO_MAY_DRIVE,
			 file->private_data, cmd, arg);
}

static __poll_t session_poll(struct file *file, struct poll_table_struct *table)
{
	struct luo_session *session = file->private_data;

	return luo_watch_poll(&session->watch, file, table,
			      READ_ONCE(session->seen));
}

#ifdef CONFIG_PROC_FS
static void session_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct luo_session *session = file->private_data;
	struct liveupdate_session_info info = {};

	luo_session_describe(session, &info);
	seq_printf(m, "name:\t%s\n", session->name);
	seq_printf(m, "state:\t%s\n", luo_state_name(info.state));
	seq_printf(m, "direction:\t%s\n",
		   session->incoming ? "incoming" : "outgoing");
	seq_printf(m, "files:\t%llu\n", info.files);
	seq_printf(m, "retrieved:\t%llu\n",
		   session->incoming ? info.retrieved : 0);
	seq_printf(m, "bytes:\t%llu\n", info.bytes);
}
#endif

static int session_release(struct inode *inode, struct file *file)
{
	struct luo_session *session = file->private_data;

	luo_enter_close();
	if (session->incoming)
		luo_session_release(session);
	else
		luo_session_destroy(session);
	luo_cmd_end();
	return 0;
}

static const struct file_operations session_fops = {
	.owner = THIS_MODULE,
	.release = session_release,
	.poll = session_poll,
#ifdef CONFIG_PROC_FS
	.show_fdinfo = session_show_fdinfo,
#endif
	.unlocked_ioctl = session_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/*
 * Creates the file that owns @session; fput() releases the session. The name is
 * UAPI: programs read the name of a session from the link in /proc/PID/fd.
 */
struct file *luo_session_file(struct luo_session *session)
{
	char name[sizeof("[luo_session] ") + LUO_NAME_SIZE];

	snprintf(name, sizeof(name), "[luo_session] %s", session->name);
	return anon_inode_getfile(name, &session_fops, session, O_RDWR);
}
