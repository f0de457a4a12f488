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
 * The ioctl interface is extensible. Each ioctl takes a pointer to a struct
 * whose first field, @size, is the size of the struct in bytes as the caller
 * knows it. The kernel treats fields beyond @size as zero, and copies the
 * result back up to @size.
 *
 * Every command may fail with:
 *
 *  - ENOTTY: the fd has no such command
 *  - EINVAL: @size is smaller than the first version of the struct, or the
 *    command does not apply to sessions of this direction
 *  - E2BIG: @size is larger than the struct that this kernel knows, and one of
 *    the additional bytes is not zero
 *  - EFAULT: the struct cannot be read, or the result cannot be written; then
 *    nothing has changed
 *  - ENOMEM: out of memory; then nothing has changed
 *
 * Each command documents its own errors. After an error nothing has changed,
 * unless the command says otherwise.
 */

#define LIVEUPDATE_IOCTL_TYPE		0xBA

/* Size of the name of a session in bytes, including the NUL. */
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
 * There is one global state, and each session has its own state. Events change
 * them: PREPARE does the work that can be done while workloads run, and closes
 * the set of sessions and files; FREEZE does the rest right before the kexec;
 * CANCEL undoes both; FINISH ends the update in the next kernel.
 *
 * reboot(LINUX_REBOOT_CMD_KEXEC) freezes everything, and first prepares
 * whatever is not prepared yet. If it fails, all states are as before the call.
 *
 * A global event also applies to every session that has not reached the target
 * state. In UPDATED, PREPARE includes the incoming sessions, which must not be
 * held, in the next update, unchanged. When the last incoming session is
 * finished, UPDATED changes to NORMAL automatically.
 *
 * poll(2) on the device and on a session reports EPOLLIN and EPOLLPRI if the
 * state has changed since it was last read through this fd.
 */

/**
 * enum liveupdate_state - global state, or state of a session
 * @LIVEUPDATE_STATE_UNDEFINED: live update is disabled or unusable
 * @LIVEUPDATE_STATE_NORMAL: no update is in progress
 * @LIVEUPDATE_STATE_PREPARED: the set of sessions and files is closed
 * @LIVEUPDATE_STATE_FROZEN: everything is serialized, and must not change
 * @LIVEUPDATE_STATE_UPDATED: files preserved by the previous kernel can be
 *			      retrieved
 */
enum liveupdate_state {
	LIVEUPDATE_STATE_UNDEFINED = 0,
	LIVEUPDATE_STATE_NORMAL = 1,
	LIVEUPDATE_STATE_PREPARED = 2,
	LIVEUPDATE_STATE_FROZEN = 3,
	LIVEUPDATE_STATE_UPDATED = 4,
};

/**
 * enum liveupdate_event - events that change a state
 * @LIVEUPDATE_PREPARE: NORMAL or UPDATED to PREPARED
 * @LIVEUPDATE_FREEZE: PREPARED to FROZEN
 * @LIVEUPDATE_FINISH: UPDATED to NORMAL
 * @LIVEUPDATE_CANCEL: PREPARED or FROZEN to the state before PREPARE
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
 * A session is a named set of files that are handed over together. It is
 * *outgoing* in the kernel that creates it, and *incoming* in the next one.
 * Outgoing and incoming sessions have separate name spaces.
 *
 * A session is held by its fd, which can be passed to other processes:
 *
 *  - When the last fd of an outgoing session is closed before the kexec, the
 *    session is destroyed, and its files are no longer preserved.
 *  - When the last fd of an incoming session is closed and all its files were
 *    retrieved, the session is finished. Otherwise the session, with the
 *    remaining files, can be retrieved again.
 */

/**
 * struct liveupdate_ioctl_create_session - ioctl(LIVEUPDATE_IOCTL_CREATE_SESSION)
 * @size: Input; sizeof(struct liveupdate_ioctl_create_session)
 * @fd: Output; fd of the new session, close-on-exec
 * @name: Input; name of the session, not empty and NUL-terminated
 *
 * Creates an outgoing session.
 *
 * Errors:
 *
 *  - EAGAIN: the set of sessions is closed: the state is PREPARED or FROZEN
 *  - EEXIST: an outgoing session of that name exists
 *  - EINVAL: @name is empty or not terminated
 *  - EMFILE: the process has no free fd
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
 * @fd: Output; fd of the session, close-on-exec
 * @name: Input; name of the session, not empty and NUL-terminated
 *
 * Opens an incoming session. Only one process at a time can open a session; it
 * may pass the fd to others.
 *
 * Errors:
 *
 *  - EAGAIN: the set of sessions is closed: the state is PREPARED or FROZEN
 *  - EINVAL: the session is already held, or @name is empty or not terminated
 *  - EIO: the handover records of the session are malformed; its memory stays
 *    reserved
 *  - EMFILE: the process has no free fd
 *  - ENOENT: no incoming session of that name exists
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
 * @token: Input; any number, unique in the session, that identifies the file in
 *	   the next kernel
 *
 * Preserves a file. The file stays usable; the documentation of the file type
 * describes how later changes are handled. The session holds a reference to the
 * file, so @fd can be closed.
 *
 * Errors:
 *
 *  - EADDRNOTAVAIL: the file has pages in hot-added memory, which the next
 *    kernel lacks
 *  - EBADF: @fd is not an open fd
 *  - EBUSY: the file is already preserved in this or another session; the set
 *    of files is closed: the session state or the global state is PREPARED or
 *    FROZEN; or another operation, such as a write(2), used the file for longer
 *    than about a second
 *  - EEXIST: @token is in use in this session
 *  - EINTR: the process is being killed
 *  - EINVAL: the session is an incoming one
 *  - ENOENT: files of this type cannot be preserved
 *  - EOPNOTSUPP: files of this type can be preserved, but not this one
 *  - EPROTONOSUPPORT: all formats of files of this type are disabled
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
 * @fd: Output; fd of the file, close-on-exec
 * @token: Input; number under which the file was preserved
 *
 * Retrieves a preserved file. Its memory is charged to the memcg of the caller.
 * Retrieving the same token again returns another fd of the same file.
 *
 * After an error the file can be retrieved again.
 *
 * Errors:
 *
 *  - EINVAL: the session is an outgoing one
 *  - EIO: the handover records of the file are malformed
 *  - EMFILE: the process has no free fd
 *  - ENOENT: the session has no such token, or no loaded handler reads the
 *    format of the file
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
 * Finishes an incoming session: retrieved files become ordinary files, and the
 * other files are discarded. This applies to all files or, after an error, to
 * none.
 *
 * Errors:
 *
 *  - EBUSY: a file is not ready to be finished
 *  - EINVAL: the session is an outgoing one, or @reserved is not zero
 *  - ENOENT: a file was not retrieved, and no loaded handler reads its format
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
 * @name: Output; name of the session, NUL-terminated and zero-filled
 *
 * Reads the name of a session, for processes that received its fd.
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
 * @state: Output; the global state, enum liveupdate_state
 * @count: Output; number of consecutive live updates that led to this kernel
 * @flags: Input; must be zero. Output; no flags are defined
 *
 * Reads the global state. Works on a read-only fd.
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
 * Triggers a global event: %LIVEUPDATE_PREPARE, %LIVEUPDATE_CANCEL, which also
 * cancels sessions that were prepared individually, or %LIVEUPDATE_FINISH,
 * which discards files that were not retrieved. After an error nothing has
 * changed.
 *
 * Errors:
 *
 *  - EBUSY: an incoming session is held and not finished, or a file is not
 *    ready to be finished; or, for PREPARE, a file was retrieved that was not
 *    ready to be finished when the last fd of its session was closed
 *  - EEXIST: an incoming session that would be handed over unchanged has the
 *    name of an outgoing one
 *  - EINTR: the process is being killed
 *  - EINVAL: the event is not allowed in the current state
 *  - ENOENT: there is nothing to cancel; or a file that was not retrieved
 *    cannot be discarded because no loaded handler reads its format
 *  - EOPNOTSUPP: @event is unknown, or %LIVEUPDATE_FREEZE, which only reboot(2)
 *    triggers
 *  - any error of the handler of a file
 */
struct liveupdate_ioctl_set_event {
	__u32		size;
	__u32		event;
};

#define LIVEUPDATE_IOCTL_SET_EVENT \
	_IO(LIVEUPDATE_IOCTL_TYPE, LIVEUPDATE_CMD_SET_EVENT)

/* Flags of a session. */
#define LIVEUPDATE_SESSION_INCOMING	(1 << 0) /* from the previous kernel */
#define LIVEUPDATE_SESSION_HELD		(1 << 1) /* a process has its fd */
#define LIVEUPDATE_SESSION_DAMAGED	(1 << 2) /* its records are malformed */

/**
 * struct liveupdate_session_info - an entry of %LIVEUPDATE_IOCTL_LIST_SESSIONS
 * @name: name of the session, NUL-terminated and zero-filled
 * @state: enum liveupdate_state
 * @flags: %LIVEUPDATE_SESSION_*; an outgoing session is always held and does
 *	   not have %LIVEUPDATE_SESSION_HELD set
 * @files: number of files in the session
 * @bytes: size of the memory preserved for the files in bytes, as far as known;
 *	   for an incoming file it is known once the file has been retrieved
 * @retrieved: number of retrieved files of an incoming session; equal to @files
 *	       for an outgoing one
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
#define LIVEUPDATE_LIST_INCOMING	(1 << 0) /* list incoming sessions */

/**
 * struct liveupdate_ioctl_list_sessions - ioctl(LIVEUPDATE_IOCTL_LIST_SESSIONS)
 * @size: Input; sizeof(struct liveupdate_ioctl_list_sessions)
 * @flags: Input; %LIVEUPDATE_LIST_INCOMING, or zero for the outgoing sessions
 * @cursor: Input; zero for the first call. Output; value for the next call
 * @buffer: Input; address of an array of struct liveupdate_session_info
 * @count: Input; number of entries in @buffer. Output; number of entries
 *	   written
 * @entry_size: Input; sizeof(struct liveupdate_session_info)
 *
 * Lists sessions in order of creation. The list is complete when a call writes
 * no entry; a call may write fewer entries than fit before that. Works on a
 * read-only fd.
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
 * @name: Input; name of the session
 *
 * Discards an incoming session that is not held, with all its files.
 *
 * Errors:
 *
 *  - EBUSY: the session is held, a file is not ready to be finished, or the set
 *    of sessions is closed
 *  - EINVAL: @name is empty or not terminated
 *  - ENOENT: no such session exists, or no loaded handler reads the format of
 *    one of its files
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
 * @flags: Input; must be zero. Output; %LIVEUPDATE_SESSION_*
 * @reserved: Input; must be zero
 * @files: Output; number of files in the session
 * @bytes: Output; size of the memory preserved for the files in bytes, see
 *	   struct liveupdate_session_info
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
 * Triggers an event for this session only. An outgoing session can be prepared,
 * frozen and cancelled independently of the global state; an incoming one can
 * be finished.
 *
 * Errors:
 *
 *  - EINTR: the process is being killed
 *  - EINVAL: the event is not allowed in the state of the session, or a kexec
 *    is in progress
 *  - EOPNOTSUPP: @event is unknown
 *  - for %LIVEUPDATE_FINISH the errors of %LIVEUPDATE_SESSION_FINISH, otherwise
 *    any error of the handler of a file
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
 * @token: Input; number under which the file was preserved
 *
 * Removes a file from an outgoing session: it is no longer preserved.
 *
 * Errors:
 *
 *  - EBUSY: the set of files is closed: the session state or the global state
 *    is PREPARED or FROZEN
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

/* Size of the name of a format in bytes, including the NUL. */
#define LIVEUPDATE_FORMAT_LENGTH	48

/* Flags of a file. */
#define LIVEUPDATE_FILE_OPEN	(1 << 0) /* outgoing, or retrieved */

/**
 * struct liveupdate_file_info - an entry of %LIVEUPDATE_SESSION_LIST_FDS
 * @token: number that identifies the file in the session
 * @bytes: size of the memory preserved for the file in bytes, 0 if not known
 * @flags: %LIVEUPDATE_FILE_OPEN
 * @reserved: zero
 * @format: name of the format of the file, NUL-terminated and zero-filled
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
 * @cursor: Input; the lowest token to list. Output; value for the next call,
 *	    zero after the highest possible token
 * @buffer: Input; address of an array of struct liveupdate_file_info
 * @count: Input; number of entries in @buffer. Output; number of entries
 *	   written
 * @entry_size: Input; sizeof(struct liveupdate_file_info)
 *
 * Lists the files of a session, sorted by token. The list is complete when a
 * call writes no entry or sets @cursor to zero; a call may write fewer entries
 * than fit before that.
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
