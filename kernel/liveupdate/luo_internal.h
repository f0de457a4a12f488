/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of LUO share with each other and with nobody else.
 *
 * Names that are used throughout:
 *
 * @session	a struct luo_session
 * @files	a struct luo_file_set, the files of one session
 * @lf		a struct luo_file, one file of a set
 * @ser		bytes for the next kernel, or from the previous one
 * @pa		a physical address in such bytes
 *
 * Lock order, outermost first:
 *
 *	luo_state.lock			see luo_state.c
 *	  luo_session_list.lock		see luo_session.c
 *	    luo_file_set.lock
 *	      handlers_lock		see luo_handler.c
 *	      the handler's own locks
 */

#ifndef _LINUX_LIVEUPDATE_LUO_INTERNAL_H
#define _LINUX_LIVEUPDATE_LUO_INTERNAL_H

#include <linux/kho/abi/luo.h>
#include <linux/list.h>
#include <linux/liveupdate.h>
#include <linux/mutex.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>
#include <linux/xarray.h>
#include <uapi/linux/liveupdate.h>

#include "luo_chain.h"

static_assert(LIVEUPDATE_SESSION_NAME_LENGTH == LUO_NAME_SIZE);

struct file;

/* luo_state.c */
bool __init luo_is_strict(void);
bool __init luo_is_wanted(void);
void __init luo_disable(void);
int luo_enter(int frozen_err);
void luo_enter_close(void);
void luo_exit(void);
int luo_begin_freeze(void);
void luo_end_freeze(bool frozen);

/* luo_handler.c */
struct liveupdate_file_handler *luo_handler_get_for(struct file *file);
struct liveupdate_file_handler *luo_handler_get(const char *compatible);
void luo_handler_put(struct liveupdate_file_handler *handler);

/* luo_file.c */

/**
 * struct luo_file_set - the files of one session
 * @lock: protects everything in here, and serializes the work on the files
 * @list: the files, struct luo_file, in the order in which they were preserved
 * @tokens: the same by token
 * @count: number of files
 * @chain: room for the records of an outgoing session's files
 */
struct luo_file_set {
	struct mutex lock;
	struct list_head list;
	struct xarray tokens;
	unsigned long count;
	struct luo_chain chain;
};

int __init luo_file_init(void);
void luo_files_init(struct luo_file_set *files);
void luo_files_destroy(struct luo_file_set *files);
int luo_files_preserve(struct luo_file_set *files, int fd, u64 token);
void luo_files_unpreserve(struct luo_file_set *files);
int luo_files_freeze(struct luo_file_set *files);
void luo_files_unfreeze(struct luo_file_set *files);
void luo_files_write(struct luo_file_set *files, struct luo_session_ser *ser);
int luo_files_read(struct luo_file_set *files,
		   const struct luo_session_ser *ser);
struct file *luo_files_retrieve(struct luo_file_set *files, u64 token);
int luo_files_finish(struct luo_file_set *files);
bool luo_files_settle(struct luo_file_set *files);

/* luo_session.c */

/**
 * struct luo_session - a named set of files
 * @name: NUL-terminated and zero-filled; immutable
 * @incoming: from the previous kernel, not for the next one; immutable
 * @hash: in the table of names of its direction
 * @list: in the list of its direction, in the order of creation
 * @files: its files
 * @held: an incoming session that somebody has the fd of
 * @finished: an incoming session that is done with and waits for the close of
 *	      its fd
 * @err: why an incoming session cannot be retrieved, or 0; immutable
 *
 * What is not immutable is protected by the lock of the session's list.
 */
struct luo_session {
	char name[LUO_NAME_SIZE];
	bool incoming;
	struct rhash_head hash;
	struct list_head list;
	struct luo_file_set files;
	bool held;
	bool finished;
	int err;
};

int __init luo_session_init(void);
struct luo_session *luo_session_create(const char *name);
void luo_session_destroy(struct luo_session *session);
struct luo_session *luo_session_claim(const char *name);
void luo_session_unclaim(struct luo_session *session);
void luo_session_release(struct luo_session *session);
int luo_session_finish(struct luo_session *session);
int luo_sessions_freeze(u64 *pa);
bool luo_sessions_outgoing(void);
bool luo_sessions_incoming(void);
int __init luo_sessions_read(u64 pa);

/* luo_session_fd.c */
struct file *luo_session_file(struct luo_session *session);

/* luo_ioctl.c */

/**
 * struct luo_cmd - a command that userspace gave
 * @user: the caller's struct
 * @user_size: its size in bytes
 * @arg: a copy of it, as far as this kernel knows it, zero-filled
 * @object: what the command was given to: a session, or NULL for the device
 * @op: the command's entry in the table
 */
struct luo_cmd {
	void __user *user;
	u32 user_size;
	void *arg;
	void *object;
	const struct luo_ioctl_op *op;
};

/**
 * struct luo_ioctl_op - a command that an fd understands
 * @cmd: its number
 * @size: size of its struct in this kernel, in bytes
 * @min_size: size of its struct in its first version, in bytes
 * @frozen_err: what it fails with while a kexec is on its way, or 0
 * @run: carries it out
 */
struct luo_ioctl_op {
	unsigned int cmd;
	unsigned int size;
	unsigned int min_size;
	int frozen_err;
	int (*run)(struct luo_cmd *cmd);
};

/* One line of a table of commands: its struct, the last field of version 0. */
#define LUO_IOCTL(_cmd, _struct, _last, _frozen_err, _run)		\
	{								\
		.cmd = (_cmd),						\
		.size = sizeof(struct _struct) +			\
			BUILD_BUG_ON_ZERO(sizeof(struct _struct) >	\
					  LUO_IOCTL_MAX_SIZE),		\
		.min_size = offsetofend(struct _struct, _last),		\
		.frozen_err = (_frozen_err),				\
		.run = (_run),						\
	}

/* No command has a larger struct. */
#define LUO_IOCTL_MAX_SIZE	128

long luo_ioctl(const struct luo_ioctl_op *ops, unsigned int nr_ops,
	       void *object, unsigned int cmd, unsigned long arg);
int luo_cmd_answer(const struct luo_cmd *cmd);
bool luo_name_is_valid(const u8 *name);

/* luo_device.c */
int __init luo_device_init(void);

/* luo_core.c */
int luo_error(void);

#endif /* _LINUX_LIVEUPDATE_LUO_INTERNAL_H */
