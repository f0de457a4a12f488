/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Internal interfaces of LUO.
 *
 * Names:
 *
 * @session	a struct luo_session
 * @files	a struct luo_file_set, the files of one session
 * @lf		a struct luo_file, one file of a set
 * @ser		a serialized record
 * @pa		a physical address in a record
 *
 * Lock order, outermost first:
 *
 *	luo_state.lock			see luo_state.c
 *	  luo_file_set.lock		the files of one session, and its state
 *	    luo_file.lock		one file, see luo_file.h
 *	      handlers_lock		see luo_handler.c
 *	        luo_flbs_lock		see luo_flb.c
 *	          luo_formats_lock	see luo_format.c
 *	      the handler's own locks
 *	    luo_session_list.lock
 *	      luo_file_set.map_lock
 *	  luo_subsystem_set.lock	see luo_subsystem_set.c
 *
 * Operations hold luo_state.lock for reading, global events hold it for
 * writing, see luo_event.c.
 */

#ifndef _LINUX_LIVEUPDATE_LUO_INTERNAL_H
#define _LINUX_LIVEUPDATE_LUO_INTERNAL_H

#include <linux/kho/abi/luo.h>
#include <linux/list.h>
#include <linux/liveupdate.h>
#include <linux/mutex.h>
#include <linux/rhashtable-types.h>
#include <linux/rwsem.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/xarray.h>
#include <uapi/linux/liveupdate.h>

#include "luo_chain.h"
#include "luo_machine.h"

static_assert(LIVEUPDATE_SESSION_NAME_LENGTH == LUO_NAME_SIZE);

struct file;
struct luo_tally;
struct poll_table_struct;

/**
 * struct luo_watch - notifies userspace of changes of a state
 * @wait: waiters in poll()
 * @changes: number of changes so far; poll() compares it with the number last
 *	     read
 */
struct luo_watch {
	wait_queue_head_t wait;
	unsigned int changes;
};

/* luo_state.c */
bool __init luo_is_strict(void);
bool __init luo_is_wanted(void);
void __init luo_disable(void);
void luo_watch_init(struct luo_watch *watch);
void luo_watch_changed(struct luo_watch *watch);
__poll_t luo_watch_poll(struct luo_watch *watch, struct file *file,
			struct poll_table_struct *table, unsigned int seen);
struct luo_watch *luo_state_watch(void);
enum liveupdate_state luo_state_get(void);
int luo_state_next(enum liveupdate_event event);
void luo_state_set(enum liveupdate_state next);
void __init luo_state_boot(enum liveupdate_state first);
int luo_enter(int closed_err, int frozen_err);
int luo_enter_undo(int closed_err, int frozen_err);
void luo_enter_close(void);
void luo_exit(void);
int luo_enter_event(void);
bool luo_try_enter_event(void);
void luo_exit_event(void);
void luo_assert_event(void);

/* luo_handler.c */
int luo_handler_get_writer(struct liveupdate_file_op_args *args);
void luo_handler_put_writer(struct liveupdate_file_op_args *args);
int luo_handler_get_reader(const char *name,
			   struct liveupdate_file_op_args *args);
void luo_handler_put(struct liveupdate_file_handler *handler);

/* luo_file_set.c, luo_file_outgoing.c, luo_file_incoming.c */

/**
 * struct luo_file_set - the files of one session
 * @lock: held for reading while an operation works on single files, possibly
 *	  several concurrently; held for writing while an operation works on all
 *	  files
 * @map_lock: protects the fields below; not held across callbacks
 * @list: list of struct luo_file, in the order in which they were preserved
 * @tokens: files by token; reserved entries belong to files being added
 * @count: number of files
 * @chain: room for the file records of the next kernel
 */
struct luo_file_set {
	struct rw_semaphore lock;
	struct mutex map_lock;
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
int luo_files_unpreserve_one(struct luo_file_set *files, u64 token);
int luo_files_prepare(struct luo_file_set *files);
void luo_files_unprepare(struct luo_file_set *files);
int luo_files_freeze(struct luo_file_set *files);
void luo_files_unfreeze(struct luo_file_set *files);
int luo_files_reserve(struct luo_file_set *files);
void luo_files_unreserve(struct luo_file_set *files);
void luo_files_write(struct luo_file_set *files, struct luo_session_ser *ser);
int luo_files_read(struct luo_file_set *files,
		   const struct luo_session_ser *ser);
struct file *luo_files_retrieve(struct luo_file_set *files, u64 token);
int luo_files_can_finish(struct luo_file_set *files);
void luo_files_cannot_finish(struct luo_file_set *files);
void luo_files_finish(struct luo_file_set *files);
bool luo_files_all_retrieved(struct luo_file_set *files);
bool luo_files_any_retrieved(struct luo_file_set *files);
void luo_files_finish_retrieved(struct luo_file_set *files);
void luo_files_tally(struct luo_file_set *files, struct luo_tally *tally);
void luo_files_count(struct luo_file_set *files,
		     struct liveupdate_session_info *info);
unsigned int luo_files_list(struct luo_file_set *files, u64 *token,
			    struct liveupdate_file_info *info,
			    unsigned int room);

/**
 * struct luo_session - a named set of files
 * @name: NUL-terminated and zero-filled; immutable
 * @incoming: true if from the previous kernel, false if for the next one;
 *	      immutable
 * @id: greater than the id of all earlier sessions of the same direction;
 *	immutable
 * @hash: entry in luo_session_list.names
 * @list: entry in luo_session_list.list
 * @files: its files
 * @state: changed with the lock of @files held for writing
 * @before: states before the last global PREPARE and the last global FREEZE
 * @watch: notifies of changes of @state
 * @seen: number of changes that the holder has read
 * @held: a process has the fd of an incoming session; protected by
 *	  luo_session_list.lock
 * @handed_on: an incoming session that is carried forward to the next kernel
 * @err: error from reading the files of an incoming session, or 0; immutable
 * @damaged: record of an incoming session with malformed file records, to carry
 *	     it forward; immutable
 */
struct luo_session {
	char name[LUO_NAME_SIZE];
	bool incoming;
	u64 id;
	struct rhash_head hash;
	struct list_head list;
	struct luo_file_set files;
	enum liveupdate_state state;
	enum liveupdate_state before[2];
	struct luo_watch watch;
	unsigned int seen;
	bool held;
	bool handed_on;
	int err;
	struct luo_session_ser damaged;
};

/**
 * struct luo_session_list - the sessions of one direction
 * @lock: protects all fields; @list may also be walked with luo_state.lock held
 *	  for writing
 * @names: sessions by name
 * @list: sessions in the order of creation
 * @last_id: id of the last session created
 * @chain: room for the session records of the next kernel
 * @waiting: number of incoming sessions that are not finished
 */
struct luo_session_list {
	struct mutex lock;
	struct rhashtable names;
	struct list_head list;
	u64 last_id;
	struct luo_chain chain;
	unsigned long waiting;
};

/* luo_session.c */
extern struct luo_session_list luo_outgoing;
extern struct luo_session_list luo_incoming;

int __init luo_session_init(void);
struct luo_session *luo_session_create(const char *name);
void luo_session_destroy(struct luo_session *session);
bool luo_session_exists(const char *name);
struct luo_session *luo_session_claim(const char *name);
void luo_session_unclaim(struct luo_session *session);
void luo_session_release(struct luo_session *session);
int luo_session_discard(const char *name);
void luo_sessions_reap(void);
struct luo_session *__init luo_session_add_incoming(const char *name);
unsigned int luo_session_list_fill(struct luo_session_list *list, u64 *seen,
				   struct liveupdate_session_info *info,
				   unsigned int room);

/* luo_session_event.c */
int luo_session_event(struct luo_session *session, enum liveupdate_event event);
void luo_session_cancel(struct luo_session *session);
bool luo_session_settle(struct luo_session *session);
int luo_sessions_raise(enum liveupdate_state target);
void luo_sessions_lower(enum liveupdate_state target);
bool luo_sessions_cancel(void);
int luo_sessions_finish(void);
bool luo_sessions_incoming(void);
bool luo_sessions_came(void);
bool luo_sessions_outgoing(void);
void luo_session_describe(struct luo_session *session,
			  struct liveupdate_session_info *info);

/* luo_session_sysfs.c */
void luo_sessions_tally(struct luo_tally *tally);
int __init luo_session_sysfs_init(void);

/* luo_session_handover.c */
u64 luo_sessions_write(void);
int luo_sessions_hand_on(void);
void luo_sessions_take_back(void);
int __init luo_sessions_read(u64 pa);

/* luo_event.c */
int luo_event(enum liveupdate_event event);
int luo_event_reboot(u64 *sessions);
void luo_event_close(void);
bool luo_event_pending(void);
void luo_event_leave(void);
void luo_event_settle(void);

/* luo_session_fd.c */
struct file *luo_session_file(struct luo_session *session);

/* luo_ioctl.c */

/**
 * struct luo_cmd - an ioctl command being executed
 * @user: the caller's struct in user memory
 * @user_size: its size in bytes
 * @arg: copy of the struct, in the size that this kernel knows, zero-filled
 * @object: the session or open device that the command applies to
 * @op: entry of the command in the table
 */
struct luo_cmd {
	void __user *user;
	u32 user_size;
	void *arg;
	void *object;
	const struct luo_ioctl_op *op;
};

/**
 * struct luo_ioctl_op - a command of an fd
 * @cmd: ioctl number
 * @size: size of its struct in this kernel, in bytes
 * @min_size: size of its struct in its first version, in bytes
 * @closed_err: error of the command while the set of sessions is closed, or 0
 * @frozen_err: error of the command while a kexec is in progress, or 0
 * @unlocked: the command takes luo_state.lock itself if necessary
 * @query: the command changes nothing, and is allowed on read-only fds
 * @run: executes the command
 */
struct luo_ioctl_op {
	unsigned int cmd;
	unsigned int size;
	unsigned int min_size;
	int closed_err;
	int frozen_err;
	bool unlocked;
	bool query;
	int (*run)(struct luo_cmd *cmd);
};

/*
 * An entry in a table of commands: the ioctl number, the struct, its last field
 * in version 0, the function; then initialisers of fields that are not 0.
 */
#define LUO_IOCTL(_cmd, _struct, _last, _run, ...)			\
	{								\
		.cmd = (_cmd),						\
		.size = sizeof(struct _struct) +			\
			BUILD_BUG_ON_ZERO(sizeof(struct _struct) >	\
					  LUO_IOCTL_MAX_SIZE),		\
		.min_size = offsetofend(struct _struct, _last),		\
		.run = (_run),						\
		__VA_ARGS__						\
	}

/* Size limit of the structs of all commands. */
#define LUO_IOCTL_MAX_SIZE	128

/* Commands that the opener of an fd may execute. */
enum luo_rights {
	LUO_MAY_QUERY,
	LUO_MAY_DRIVE,
};

long luo_ioctl(const struct luo_ioctl_op *ops, unsigned int nr_ops,
	       enum luo_rights rights, void *object, unsigned int cmd,
	       unsigned long arg);
int luo_cmd_begin(const struct luo_cmd *cmd);
int luo_cmd_begin_undo(const struct luo_cmd *cmd);
void luo_cmd_end(void);
int luo_cmd_answer(const struct luo_cmd *cmd);
int luo_cmd_answer_list(const struct luo_cmd *cmd, u64 buffer, u32 entry_size,
			const void *entries, u32 known_size, u32 nr);
bool luo_name_is_valid(const u8 *name);

/* luo_device.c */
int __init luo_device_init(void);

/* luo_core.c */
int luo_error(void);
u64 luo_update_count(void);

#endif /* _LINUX_LIVEUPDATE_LUO_INTERNAL_H */
