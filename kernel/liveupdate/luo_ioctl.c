// SPDX-License-Identifier: GPL-2.0
/*
 * Dispatch of ioctl commands: struct sizes, copies and locking.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/build_bug.h>
#include <linux/cleanup.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "luo_internal.h"

/* These sizes are UAPI and must not change. */
static_assert(sizeof(struct liveupdate_ioctl_create_session) == 72);
static_assert(sizeof(struct liveupdate_ioctl_retrieve_session) == 72);
static_assert(sizeof(struct liveupdate_session_preserve_fd) == 16);
static_assert(sizeof(struct liveupdate_session_retrieve_fd) == 16);
static_assert(sizeof(struct liveupdate_session_finish) == 8);
static_assert(sizeof(struct liveupdate_session_get_name) == 72);
static_assert(sizeof(struct liveupdate_ioctl_get_state) == 24);
static_assert(sizeof(struct liveupdate_ioctl_set_event) == 8);
static_assert(sizeof(struct liveupdate_ioctl_list_sessions) == 32);
static_assert(sizeof(struct liveupdate_ioctl_discard_session) == 72);
static_assert(sizeof(struct liveupdate_session_get_state) == 32);
static_assert(sizeof(struct liveupdate_session_set_event) == 8);
static_assert(sizeof(struct liveupdate_session_unpreserve_fd) == 16);
static_assert(sizeof(struct liveupdate_session_list_fds) == 32);
static_assert(sizeof(struct liveupdate_session_info) ==
	      LIVEUPDATE_SESSION_INFO_SIZE_VER0);
static_assert(sizeof(struct liveupdate_file_info) ==
	      LIVEUPDATE_FILE_INFO_SIZE_VER0);

static const struct luo_ioctl_op *find_op(const struct luo_ioctl_op *ops,
					  unsigned int nr_ops, unsigned int cmd)
{
	unsigned int i;

	for (i = 0; i < nr_ops; i++) {
		if (ops[i].cmd == cmd)
			return &ops[i];
	}
	return NULL;
}

/*
 * Takes luo_state.lock for reading, until luo_cmd_end(). Fails with the error
 * of the command if it is not allowed in the current state.
 */
int luo_cmd_begin(const struct luo_cmd *cmd)
{
	return luo_enter(cmd->op->closed_err, cmd->op->frozen_err);
}

/* The same for a command that undoes something, see luo_enter_undo(). */
int luo_cmd_begin_undo(const struct luo_cmd *cmd)
{
	return luo_enter_undo(cmd->op->closed_err, cmd->op->frozen_err);
}

void luo_cmd_end(void)
{
	luo_exit();
	luo_event_settle();
}

static int run_op(struct luo_cmd *cmd)
{
	int err;

	if (cmd->op->unlocked)
		return cmd->op->run(cmd);
	err = luo_cmd_begin(cmd);
	if (err)
		return err;
	err = cmd->op->run(cmd);
	luo_cmd_end();
	return err;
}

/*
 * Finds a command in the table of an fd and runs it on a copy of the caller's
 * struct.
 */
long luo_ioctl(const struct luo_ioctl_op *ops, unsigned int nr_ops,
	       enum luo_rights rights, void *object, unsigned int cmd,
	       unsigned long arg)
{
	struct luo_cmd lcmd = {
		.user = (void __user *)arg,
		.object = object,
		.op = find_op(ops, nr_ops, cmd),
	};
	u64 buf[LUO_IOCTL_MAX_SIZE / sizeof(u64)];
	int err;

	if (!lcmd.op)
		return -ENOTTY;
	if (rights == LUO_MAY_QUERY && !lcmd.op->query)
		return -EBADF;
	if (get_user(lcmd.user_size, (u32 __user *)lcmd.user))
		return -EFAULT;
	if (lcmd.user_size < lcmd.op->min_size)
		return -EINVAL;
	if (lcmd.user_size > PAGE_SIZE)
		return -E2BIG;
	err = copy_struct_from_user(buf, lcmd.op->size, lcmd.user,
				    lcmd.user_size);
	if (err)
		return err;
	lcmd.arg = buf;
	return run_op(&lcmd);
}

/*
 * Copies the result to the caller, up to the size that the caller knows.
 * Commands call this before they change anything, so that a fault loses
 * nothing, and without locks held: the caller may make the fault take
 * arbitrarily long.
 */
int luo_cmd_answer(const struct luo_cmd *cmd)
{
	size_t size = min(cmd->user_size, cmd->op->size);

	/* The size field is the caller's and is not written. */
	if (copy_to_user(cmd->user + sizeof(u32), cmd->arg + sizeof(u32),
			 size - sizeof(u32)))
		return -EFAULT;
	return 0;
}

/*
 * Copies @nr entries of @known_size bytes to the caller's array of @entry_size
 * byte entries, and then the result.
 */
int luo_cmd_answer_list(const struct luo_cmd *cmd, u64 buffer, u32 entry_size,
			const void *entries, u32 known_size, u32 nr)
{
	void __user *to = u64_to_user_ptr(buffer);
	u32 i;
	int err;

	if (entry_size > PAGE_SIZE)
		return -E2BIG;
	for (i = 0; i < nr; i++) {
		err = copy_struct_to_user(to, entry_size, entries, known_size,
					  NULL);
		if (err)
			return err;
		to += entry_size;
		entries += known_size;
	}
	return luo_cmd_answer(cmd);
}

/* True if the name is not empty, and NUL-terminated within its field. */
bool luo_name_is_valid(const u8 *name)
{
	return *name && strnlen(name, LUO_NAME_SIZE) < LUO_NAME_SIZE;
}
