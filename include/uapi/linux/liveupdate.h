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
};

/* Commands of a session's fd. */
enum {
	LIVEUPDATE_CMD_SESSION_BASE = 0x40,
	LIVEUPDATE_CMD_SESSION_PRESERVE_FD = LIVEUPDATE_CMD_SESSION_BASE,
	LIVEUPDATE_CMD_SESSION_RETRIEVE_FD = 0x41,
	LIVEUPDATE_CMD_SESSION_FINISH = 0x42,
	LIVEUPDATE_CMD_SESSION_GET_NAME = 0x43,
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
 *  - EAGAIN: a kexec is on its way
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
 *  - EBADF: @fd is no open fd
 *  - EBUSY: the file is preserved already, in this or in another session, or
 *    a kexec is on its way
 *  - EEXIST: @token is in use in this session
 *  - EINTR: the process is being killed
 *  - EINVAL: the session is an incoming one
 *  - ENOENT: files of this type cannot be preserved
 *  - EOPNOTSUPP: files of this type can be preserved, but not this one
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

#endif /* _UAPI_LINUX_LIVEUPDATE_H */
