/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Userspace interface of the Live Update Orchestrator.
 */

#ifndef _UAPI_LINUX_LIVEUPDATE_H
#define _UAPI_LINUX_LIVEUPDATE_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: General ioctl format
 *
 * The ioctl interface can grow without losing old programs. Each ioctl passes
 * a pointer to a struct whose first field, @size, is the number of bytes that
 * the caller knows of. The kernel takes fields beyond that as zero, and writes
 * the answer back up to that size.
 *
 * The errors that every command may return:
 *
 *  - ENOTTY: the fd has no such command
 *  - EINVAL: @size is smaller than the command's first version, or the command
 *    is not one for this kind of session
 *  - E2BIG: @size is larger than what this kernel knows, and one of the bytes
 *    beyond that is not zero
 *  - EFAULT: the struct cannot be read, or the answer cannot be written; then
 *    nothing has changed
 *  - ENOMEM: out of memory; then nothing has changed
 *
 * Each command documents its own errors. After an error nothing has changed,
 * unless the command says otherwise.
 */

#define LIVEUPDATE_IOCTL_TYPE		0xBA

/* Size of the name of a session in bytes, the final NUL included. */
#define LIVEUPDATE_SESSION_NAME_LENGTH	64

/* Commands of /dev/liveupdate. */
enum {
	LIVEUPDATE_CMD_BASE = 0x00,
	LIVEUPDATE_CMD_CREATE_SESSION = LIVEUPDATE_CMD_BASE,
	LIVEUPDATE_CMD_RETRIEVE_SESSION = 0x01,
	LIVEUPDATE_CMD_GET_STATE = 0x20,
	LIVEUPDATE_CMD_SET_EVENT = 0x21,
	LIVEUPDATE_CMD_LIST_SESSIONS = 0x22,
	LIVEUPDATE_CMD_DISCARD_SESSION = 0x23,
};

/* Commands of a session's fd. */
enum {
	LIVEUPDATE_CMD_SESSION_BASE = 0x40,
	LIVEUPDATE_CMD_SESSION_PRESERVE_FD = LIVEUPDATE_CMD_SESSION_BASE,
	LIVEUPDATE_CMD_SESSION_RETRIEVE_FD = 0x41,
	LIVEUPDATE_CMD_SESSION_FINISH = 0x42,
	LIVEUPDATE_CMD_SESSION_GET_NAME = 0x43,
	LIVEUPDATE_CMD_SESSION_GET_STATE = 0x60,
	LIVEUPDATE_CMD_SESSION_SET_EVENT = 0x61,
	LIVEUPDATE_CMD_SESSION_UNPRESERVE_FD = 0x62,
	LIVEUPDATE_CMD_SESSION_LIST_FDS = 0x63,
};

/**
 * DOC: States and events
 *
 * The whole has a state, and so has each session. Events take them from one to
 * the next: PREPARE does, while workloads run, what can be done ahead, and
 * closes the set of sessions and files; FREEZE does the rest right before the
 * jump into the next kernel; CANCEL takes both back; FINISH ends the update in
 * the next kernel.
 *
 * reboot(LINUX_REBOOT_CMD_KEXEC) freezes everything, and prepares it before, as
 * far as nobody has. If it fails everything is as it was before the call.
 *
 * An event for the whole takes along those sessions that are not there yet. In
 * UPDATED, PREPARE makes incoming sessions that nobody holds part of the next
 * update, unchanged. When the last incoming session has been finished, UPDATED
 * turns into NORMAL by itself.
 *
 * poll(2) on the device and on a session reports EPOLLIN and EPOLLPRI when the
 * state has changed since it was last asked for by this fd.
 */

/**
 * enum liveupdate_state - the state of the whole, or of a session
 * @LIVEUPDATE_STATE_UNDEFINED: live update is off, or cannot be used
 * @LIVEUPDATE_STATE_NORMAL: no update is on its way
 * @LIVEUPDATE_STATE_PREPARED: the set of sessions and files is closed
 * @LIVEUPDATE_STATE_FROZEN: everything is recorded, and stays as it is
 * @LIVEUPDATE_STATE_UPDATED: what the previous kernel preserved can be retrieved
 */
enum liveupdate_state {
	LIVEUPDATE_STATE_UNDEFINED = 0,
	LIVEUPDATE_STATE_NORMAL = 1,
	LIVEUPDATE_STATE_PREPARED = 2,
	LIVEUPDATE_STATE_FROZEN = 3,
	LIVEUPDATE_STATE_UPDATED = 4,
};

/**
 * enum liveupdate_event - what changes a state
 * @LIVEUPDATE_PREPARE: NORMAL or UPDATED to PREPARED
 * @LIVEUPDATE_FREEZE: PREPARED to FROZEN
 * @LIVEUPDATE_FINISH: UPDATED to NORMAL
 * @LIVEUPDATE_CANCEL: PREPARED or FROZEN to where PREPARE came from
 */
enum liveupdate_event {
	LIVEUPDATE_PREPARE = 0,
	LIVEUPDATE_FREEZE = 1,
	LIVEUPDATE_FINISH = 2,
	LIVEUPDATE_CANCEL = 3,
};

/**
 * DOC: Sessions
 *
 * A session is a named set of files that goes through a live update together.
 * It is *outgoing* in the kernel that creates it, and *incoming* in the next
 * one. Both have a name space of their own.
 *
 * A session is held by its fd, which can be passed to other processes:
 *
 *  - When the last fd of an outgoing session is closed before the kexec, the
 *    session is dropped, and what it preserved is an ordinary file again.
 *  - When the last fd of an incoming session is closed and all its files were
 *    retrieved, the session is finished. Otherwise it can be retrieved again,
 *    with the files that were not.
 */

/**
 * struct liveupdate_ioctl_create_session - ioctl(LIVEUPDATE_IOCTL_CREATE_SESSION)
 * @size: Input; sizeof(struct liveupdate_ioctl_create_session)
 * @fd: Output; the fd of the new session, close-on-exec
 * @name: Input; its name, not empty and NUL-terminated
 *
 * Creates an outgoing session.
 *
 * Errors:
 *
 *  - EAGAIN: the set of sessions is closed: the state is PREPARED or FROZEN
 *  - EEXIST: there is an outgoing session of that name
 *  - EINVAL: @name is empty or not terminated
 *  - EMFILE: the process has no fd left
 */
struct liveupdate_ioctl_create_session {
	__u32		size;
	__s32		fd;
	__u8		name[LIVEUPDATE_SESSION_NAME_LENGTH];
};

#define LIVEUPDATE_IOCTL_CREATE_SESSION \
	_IO(LIVEUPDATE_IOCTL_TYPE, LIVEUPDATE_CMD_CREATE_SESSION)

/**
 * struct liveupdate_ioctl_retrieve_session - ioctl(LIVEUPDATE_IOCTL_RETRIEVE_SESSION)
 * @size: Input; sizeof(struct liveupdate_ioctl_retrieve_session)
 * @fd: Output; the fd of the session, close-on-exec
 * @name: Input; its name, not empty and NUL-terminated
 *
 * Gives an fd of an incoming session. Only one process at a time can have a
 * session; it may pass the fd on.
 *
 * Errors:
 *
 *  - EAGAIN: the set of sessions is closed: the state is PREPARED or FROZEN
 *  - EINVAL: the session is held already, or @name is empty or not terminated
 *  - EIO: what the previous kernel left of the session is damaged; the memory
 *    stays reserved
 *  - EMFILE: the process has no fd left
 *  - ENOENT: there is no incoming session of that name
 */
struct liveupdate_ioctl_retrieve_session {
	__u32		size;
	__s32		fd;
	__u8		name[LIVEUPDATE_SESSION_NAME_LENGTH];
};

#define LIVEUPDATE_IOCTL_RETRIEVE_SESSION \
	_IO(LIVEUPDATE_IOCTL_TYPE, LIVEUPDATE_CMD_RETRIEVE_SESSION)

/**
 * struct liveupdate_session_preserve_fd - ioctl(LIVEUPDATE_SESSION_PRESERVE_FD)
 * @size: Input; sizeof(struct liveupdate_session_preserve_fd)
 * @fd: Input; the file to preserve
 * @token: Input; any number, unique in the session, by which the next kernel
 *	   gives the file back
 *
 * Preserves a file. It stays usable; what the file's type promises about
 * changes from now on is part of the type's documentation. The session holds
 * the file, so @fd can be closed.
 *
 * Errors:
 *
 *  - EADDRNOTAVAIL: memory of the file was hot-added, the next kernel lacks it
 *  - EBADF: @fd is no open fd
 *  - EBUSY: the file is preserved already, in this or in another session, or
 *    the set of files is closed: the session or the whole is PREPARED or FROZEN
 *  - EEXIST: @token is in use in this session
 *  - EINTR: the process is being killed
 *  - EINVAL: the session is an incoming one
 *  - ENOENT: files of this type cannot be preserved
 *  - EOPNOTSUPP: files of this type can be preserved, but not this one
 *  - EPROTONOSUPPORT: all formats of files of this type are switched off
 */
struct liveupdate_session_preserve_fd {
	__u32		size;
	__s32		fd;
	__aligned_u64	token;
};

#define LIVEUPDATE_SESSION_PRESERVE_FD \
	_IO(LIVEUPDATE_IOCTL_TYPE, LIVEUPDATE_CMD_SESSION_PRESERVE_FD)

/**
 * struct liveupdate_session_retrieve_fd - ioctl(LIVEUPDATE_SESSION_RETRIEVE_FD)
 * @size: Input; sizeof(struct liveupdate_session_retrieve_fd)
 * @fd: Output; an fd of the file, close-on-exec
 * @token: Input; the number by which the previous kernel preserved the file
 *
 * Gives a preserved file back. It belongs to the process that retrieves it:
 * memory is charged to its cgroup. A token that was retrieved before gives
 * another fd of the same file.
 *
 * After an error the file can be retrieved once the cause is gone.
 *
 * Errors:
 *
 *  - EINVAL: the session is an outgoing one
 *  - EIO: what the previous kernel left of the file is damaged
 *  - EMFILE: the process has no fd left
 *  - ENOENT: the session has no such token, or no module is loaded that knows
 *    the file's format
 */
struct liveupdate_session_retrieve_fd {
	__u32		size;
	__s32		fd;
	__aligned_u64	token;
};

#define LIVEUPDATE_SESSION_RETRIEVE_FD \
	_IO(LIVEUPDATE_IOCTL_TYPE, LIVEUPDATE_CMD_SESSION_RETRIEVE_FD)

/**
 * struct liveupdate_session_finish - ioctl(LIVEUPDATE_SESSION_FINISH)
 * @size: Input; sizeof(struct liveupdate_session_finish)
 * @reserved: Input; must be zero
 *
 * Ends an incoming session: files that were retrieved are ordinary files from
 * now on, and what was not retrieved is discarded. All or nothing.
 *
 * Errors:
 *
 *  - EBUSY: a file is not ready to be finished
 *  - EINVAL: the session is an outgoing one, or @reserved is not zero
 *  - ENOENT: a file was not retrieved, and no module is loaded that knows its
 *    format
 */
struct liveupdate_session_finish {
	__u32		size;
	__u32		reserved;
};

#define LIVEUPDATE_SESSION_FINISH \
	_IO(LIVEUPDATE_IOCTL_TYPE, LIVEUPDATE_CMD_SESSION_FINISH)

/**
 * struct liveupdate_session_get_name - ioctl(LIVEUPDATE_SESSION_GET_NAME)
 * @size: Input; sizeof(struct liveupdate_session_get_name)
 * @reserved: Input; must be zero
 * @name: Output; the name of the session, NUL-terminated and zero-filled
 *
 * Tells the name of a session, for whoever was passed its fd.
 *
 * Errors:
 *
 *  - EINVAL: @reserved is not zero
 */
struct liveupdate_session_get_name {
	__u32		size;
	__u32		reserved;
	__u8		name[LIVEUPDATE_SESSION_NAME_LENGTH];
};

#define LIVEUPDATE_SESSION_GET_NAME \
	_IO(LIVEUPDATE_IOCTL_TYPE, LIVEUPDATE_CMD_SESSION_GET_NAME)

/**
 * struct liveupdate_ioctl_get_state - ioctl(LIVEUPDATE_IOCTL_GET_STATE)
 * @size: Input; sizeof(struct liveupdate_ioctl_get_state)
 * @state: Output; enum liveupdate_state of the whole
 * @count: Output; number of live updates in a row that led to this kernel
 * @flags: Input; must be zero. Output; none so far
 *
 * Tells the state of the whole. Works on an fd that was opened for reading only.
 *
 * Errors:
 *
 *  - EOPNOTSUPP: @flags is not zero
 */
struct liveupdate_ioctl_get_state {
	__u32		size;
	__u32		state;
	__aligned_u64	count;
	__aligned_u64	flags;
};

#define LIVEUPDATE_IOCTL_GET_STATE \
	_IO(LIVEUPDATE_IOCTL_TYPE, LIVEUPDATE_CMD_GET_STATE)

/**
 * struct liveupdate_ioctl_set_event - ioctl(LIVEUPDATE_IOCTL_SET_EVENT)
 * @size: Input; sizeof(struct liveupdate_ioctl_set_event)
 * @event: Input; enum liveupdate_event
 *
 * Makes an event happen to everything: %LIVEUPDATE_PREPARE,
 * %LIVEUPDATE_CANCEL, which takes back sessions that were prepared one by one,
 * too, or %LIVEUPDATE_FINISH, which discards what nobody retrieved. All or
 * nothing.
 *
 * Errors:
 *
 *  - EBUSY: somebody holds an incoming session that is not finished, or a file
 *    is not ready to be finished; or, for PREPARE, a file was retrieved that was
 *    not ready when the last fd of its session was closed
 *  - EEXIST: an incoming session that would be part of the next update has the
 *    name of an outgoing one
 *  - EINTR: the process is being killed
 *  - EINVAL: the event may not happen in the present state
 *  - ENOENT: there is nothing to cancel; or a file that nobody retrieved cannot
 *    be discarded, as no module is loaded that knows its format
 *  - EOPNOTSUPP: @event is %LIVEUPDATE_FREEZE, which reboot(2) does, or unknown
 *  - whatever the preparation of a file fails with
 */
struct liveupdate_ioctl_set_event {
	__u32		size;
	__u32		event;
};

#define LIVEUPDATE_IOCTL_SET_EVENT \
	_IO(LIVEUPDATE_IOCTL_TYPE, LIVEUPDATE_CMD_SET_EVENT)

/* Flags of a session. */
#define LIVEUPDATE_SESSION_INCOMING	(1 << 0) /* from the previous kernel */
#define LIVEUPDATE_SESSION_HELD		(1 << 1) /* somebody has its fd */
#define LIVEUPDATE_SESSION_DAMAGED	(1 << 2) /* its files cannot be had */

/**
 * struct liveupdate_session_info - what there is to know of a session
 * @name: its name, NUL-terminated and zero-filled
 * @state: enum liveupdate_state
 * @flags: %LIVEUPDATE_SESSION_INCOMING and others; an outgoing session is always
 *	   held, without %LIVEUPDATE_SESSION_HELD
 * @files: number of its files
 * @bytes: memory that is preserved for them in bytes, as far as it is known: that
 *	   of an incoming file is when it has been retrieved
 * @retrieved: number of files of an incoming session that were retrieved; of an
 *	       outgoing one the same as @files
 */
struct liveupdate_session_info {
	__u8		name[LIVEUPDATE_SESSION_NAME_LENGTH];
	__u32		state;
	__u32		flags;
	__aligned_u64	files;
	__aligned_u64	bytes;
	__aligned_u64	retrieved;
};

#define LIVEUPDATE_SESSION_INFO_SIZE_VER0	96

/* Flags of %LIVEUPDATE_IOCTL_LIST_SESSIONS. */
#define LIVEUPDATE_LIST_INCOMING	(1 << 0) /* not the outgoing ones */

/**
 * struct liveupdate_ioctl_list_sessions - ioctl(LIVEUPDATE_IOCTL_LIST_SESSIONS)
 * @size: Input; sizeof(struct liveupdate_ioctl_list_sessions)
 * @flags: Input; %LIVEUPDATE_LIST_INCOMING, or zero for the outgoing sessions
 * @cursor: Input; zero to begin. Output; what to pass to go on
 * @buffer: Input; address of an array of struct liveupdate_session_info
 * @count: Input; number of its entries. Output; number of those written
 * @entry_size: Input; sizeof(struct liveupdate_session_info)
 *
 * Lists sessions in the order in which they were created. The end is reached
 * when no entry is written; fewer than there is room for do not mean the end.
 * Works on an fd that was opened for reading only.
 *
 * Errors:
 *
 *  - EINTR: the process is being killed
 *  - EINVAL: @entry_size is too small
 *  - EOPNOTSUPP: an unknown flag
 */
struct liveupdate_ioctl_list_sessions {
	__u32		size;
	__u32		flags;
	__aligned_u64	cursor;
	__aligned_u64	buffer;
	__u32		count;
	__u32		entry_size;
};

#define LIVEUPDATE_IOCTL_LIST_SESSIONS \
	_IO(LIVEUPDATE_IOCTL_TYPE, LIVEUPDATE_CMD_LIST_SESSIONS)

/**
 * struct liveupdate_ioctl_discard_session - ioctl(LIVEUPDATE_IOCTL_DISCARD_SESSION)
 * @size: Input; sizeof(struct liveupdate_ioctl_discard_session)
 * @reserved: Input; must be zero
 * @name: Input; its name
 *
 * Discards an incoming session that nobody holds, and everything in it.
 *
 * Errors:
 *
 *  - EBUSY: somebody holds the session, a file is not ready to be finished, or
 *    the set of sessions is closed
 *  - EINVAL: @name is empty or not terminated
 *  - ENOENT: there is no such session, or no module is loaded that knows the
 *    format of one of its files
 *  - EOPNOTSUPP: @reserved is not zero
 */
struct liveupdate_ioctl_discard_session {
	__u32		size;
	__u32		reserved;
	__u8		name[LIVEUPDATE_SESSION_NAME_LENGTH];
};

#define LIVEUPDATE_IOCTL_DISCARD_SESSION \
	_IO(LIVEUPDATE_IOCTL_TYPE, LIVEUPDATE_CMD_DISCARD_SESSION)

/**
 * struct liveupdate_session_get_state - ioctl(LIVEUPDATE_SESSION_GET_STATE)
 * @size: Input; sizeof(struct liveupdate_session_get_state)
 * @state: Output; enum liveupdate_state of the session
 * @flags: Input; must be zero. Output; %LIVEUPDATE_SESSION_INCOMING and others
 * @reserved: Input; must be zero
 * @files: Output; number of its files
 * @bytes: Output; memory that is preserved for them in bytes, see struct
 *	   liveupdate_session_info
 *
 * Errors:
 *
 *  - EOPNOTSUPP: @flags or @reserved is not zero
 */
struct liveupdate_session_get_state {
	__u32		size;
	__u32		state;
	__u32		flags;
	__u32		reserved;
	__aligned_u64	files;
	__aligned_u64	bytes;
};

#define LIVEUPDATE_SESSION_GET_STATE \
	_IO(LIVEUPDATE_IOCTL_TYPE, LIVEUPDATE_CMD_SESSION_GET_STATE)

/**
 * struct liveupdate_session_set_event - ioctl(LIVEUPDATE_SESSION_SET_EVENT)
 * @size: Input; sizeof(struct liveupdate_session_set_event)
 * @event: Input; enum liveupdate_event
 *
 * Makes an event happen to this session alone. An outgoing session can be
 * prepared, then frozen, then cancelled, whatever the state of the whole; an
 * incoming one can be finished.
 *
 * Errors:
 *
 *  - EINTR: the process is being killed
 *  - EINVAL: the event may not happen in the session's state, or a kexec is on
 *    its way
 *  - EOPNOTSUPP: @event is unknown
 *  - for %LIVEUPDATE_FINISH the errors of %LIVEUPDATE_SESSION_FINISH, otherwise
 *    whatever the preparation of a file fails with
 */
struct liveupdate_session_set_event {
	__u32		size;
	__u32		event;
};

#define LIVEUPDATE_SESSION_SET_EVENT \
	_IO(LIVEUPDATE_IOCTL_TYPE, LIVEUPDATE_CMD_SESSION_SET_EVENT)

/**
 * struct liveupdate_session_unpreserve_fd - ioctl(LIVEUPDATE_SESSION_UNPRESERVE_FD)
 * @size: Input; sizeof(struct liveupdate_session_unpreserve_fd)
 * @reserved: Input; must be zero
 * @token: Input; the number by which the file was preserved
 *
 * Takes a file out of an outgoing session: it is an ordinary file again.
 *
 * Errors:
 *
 *  - EBUSY: the set of files is closed: the session or the whole is PREPARED or
 *    FROZEN
 *  - EINTR: the process is being killed
 *  - EINVAL: the session is an incoming one
 *  - ENOENT: the session has no such token
 *  - EOPNOTSUPP: @reserved is not zero
 */
struct liveupdate_session_unpreserve_fd {
	__u32		size;
	__u32		reserved;
	__aligned_u64	token;
};

#define LIVEUPDATE_SESSION_UNPRESERVE_FD \
	_IO(LIVEUPDATE_IOCTL_TYPE, LIVEUPDATE_CMD_SESSION_UNPRESERVE_FD)

/* Length of the name of a format in bytes, the final NUL included. */
#define LIVEUPDATE_FORMAT_LENGTH	48

/* Flags of a file. */
#define LIVEUPDATE_FILE_OPEN	(1 << 0) /* outgoing, or retrieved */

/**
 * struct liveupdate_file_info - what there is to know of a file of a session
 * @token: the number by which it is known
 * @bytes: memory that is preserved for it in bytes, 0 if it is not known
 * @flags: %LIVEUPDATE_FILE_OPEN
 * @reserved: zero
 * @format: name of the format that it is in, NUL-terminated and zero-filled
 */
struct liveupdate_file_info {
	__aligned_u64	token;
	__aligned_u64	bytes;
	__u32		flags;
	__u32		reserved;
	__u8		format[LIVEUPDATE_FORMAT_LENGTH];
};

#define LIVEUPDATE_FILE_INFO_SIZE_VER0	72

/**
 * struct liveupdate_session_list_fds - ioctl(LIVEUPDATE_SESSION_LIST_FDS)
 * @size: Input; sizeof(struct liveupdate_session_list_fds)
 * @flags: Input; must be zero
 * @cursor: Input; the lowest token to list. Output; what to pass to go on, zero
 *	    after the highest token that there can be
 * @buffer: Input; address of an array of struct liveupdate_file_info
 * @count: Input; number of its entries. Output; number of those written
 * @entry_size: Input; sizeof(struct liveupdate_file_info)
 *
 * Lists the files of a session, sorted by token. The end is reached when no
 * entry is written, or @cursor is zero afterwards; fewer than there is room for
 * do not mean the end.
 *
 * Errors:
 *
 *  - EINVAL: @entry_size is too small
 *  - EOPNOTSUPP: @flags is not zero
 */
struct liveupdate_session_list_fds {
	__u32		size;
	__u32		flags;
	__aligned_u64	cursor;
	__aligned_u64	buffer;
	__u32		count;
	__u32		entry_size;
};

#define LIVEUPDATE_SESSION_LIST_FDS \
	_IO(LIVEUPDATE_IOCTL_TYPE, LIVEUPDATE_CMD_SESSION_LIST_FDS)

#endif /* _UAPI_LINUX_LIVEUPDATE_H */
