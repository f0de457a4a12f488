/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libluo - live update for programs
 *
 * A thin layer above /dev/liveupdate. It does not print, does not exit, has no
 * global state, and starts no threads. An object must not be used by two
 * threads at the same time; different objects may be used concurrently.
 *
 * Functions that can fail return a negative errno, and otherwise 0 or what is
 * documented. A call that fails has no effect, and does not write output
 * parameters, unless documented otherwise. The errors of the kernel are
 * documented in linux/liveupdate.h; errors that a function adds are documented
 * here. Every fd that the library creates is close-on-exec.
 */

#ifndef LIBLUO_H
#define LIBLUO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Size of the name of a session in bytes, including the final NUL. */
#define LUO_SESSION_NAME_SIZE	64

/**
 * enum luo_state - the global state, or the state of a session
 * @LUO_STATE_UNDEFINED: live update is off, or cannot be used
 * @LUO_STATE_NORMAL: no update is in progress
 * @LUO_STATE_PREPARED: the set of sessions and files is closed
 * @LUO_STATE_FROZEN: everything is serialized, and cannot change
 * @LUO_STATE_UPDATED: data of the previous kernel can be retrieved
 */
enum luo_state {
	LUO_STATE_UNDEFINED = 0,
	LUO_STATE_NORMAL = 1,
	LUO_STATE_PREPARED = 2,
	LUO_STATE_FROZEN = 3,
	LUO_STATE_UPDATED = 4
};

/**
 * enum luo_event - events that change a state
 * @LUO_EVENT_PREPARE: from NORMAL or UPDATED to PREPARED
 * @LUO_EVENT_FREEZE: from PREPARED to FROZEN; reboot(2) does it for all
 *       sessions
 * @LUO_EVENT_FINISH: from UPDATED to NORMAL
 * @LUO_EVENT_CANCEL: from PREPARED or FROZEN to the state before PREPARE
 */
enum luo_event {
	LUO_EVENT_PREPARE = 0,
	LUO_EVENT_FREEZE = 1,
	LUO_EVENT_FINISH = 2,
	LUO_EVENT_CANCEL = 3
};

/* An open /dev/liveupdate. */
struct luo_device;
/* A session that this process holds. */
struct luo_session;
/* Properties of a session, and a list of them. */
struct luo_session_info;
struct luo_session_list;
/* Properties of a file of a session, and a list of them. */
struct luo_file_info;
struct luo_file_list;

/**
 * luo_state_name() - the name of a state
 * @state: an enum luo_state
 *
 * Return: "undefined", "normal", "prepared", "frozen", "updated", or NULL if
 *	   the state is unknown.
 */
const char *luo_state_name(int state);

/**
 * luo_event_name() - the name of an event
 * @event: an enum luo_event
 *
 * Return: "prepare", "freeze", "finish", "cancel", or NULL if the event is
 *	   unknown.
 */
const char *luo_event_name(int event);

/*
 * Flag of luo_device_open(): queries only. Any number of processes can use it.
 */
#define LUO_OPEN_QUERY	(1u << 0)

/**
 * luo_device_open() - open /dev/liveupdate
 * @device: returns the new object; luo_device_close() frees it
 * @flags: 0, or %LUO_OPEN_QUERY for a device that supports only
 *	   luo_device_get_state(), luo_device_list_sessions() and
 *	   luo_device_wait()
 *
 * Without the flag only one process at a time can have the device open. It
 * should be closed as soon as possible; sessions do not depend on it.
 *
 * Return: 0; -ENODEV if this kernel has no live update; -EBUSY if another
 *	   process has the device open; -EINVAL for unknown flags; -EACCES,
 *	   -EMFILE, -ENOMEM; or the error because of which live update cannot be
 *	   used.
 */
int luo_device_open(struct luo_device **device, unsigned int flags);

/**
 * luo_device_open_wait() - open /dev/liveupdate, waiting until it is free
 * @device: as in luo_device_open()
 * @flags: as in luo_device_open()
 * @timeout_ms: how long to retry while another process has it open; -1 for no
 *		limit
 *
 * Return: as luo_device_open(); -EBUSY if it was not free in time; -EINTR if a
 *	   signal interrupted the wait.
 */
int luo_device_open_wait(struct luo_device **device, unsigned int flags,
			 int timeout_ms);

/**
 * luo_device_from_fd() - make an object of an fd of /dev/liveupdate
 * @device: returns the new object
 * @fd: owned by the object on success
 *
 * Return: 0; -ENOTTY if the fd is not such a device; -ENOMEM.
 */
int luo_device_from_fd(struct luo_device **device, int fd);

/**
 * luo_device_close() - close the device
 * @device: is freed; may be NULL
 */
void luo_device_close(struct luo_device *device);

/**
 * luo_device_fd() - the fd of the device, for poll(2)
 * @device: still owns the fd
 *
 * It is readable (POLLIN, POLLPRI) when the state has changed since
 * luo_device_get_state() was last called.
 *
 * Return: the fd.
 */
int luo_device_fd(const struct luo_device *device);

/**
 * luo_device_get_state() - get the global state
 * @device: may be open with %LUO_OPEN_QUERY
 * @state: returns the state
 * @count: returns the number of consecutive live updates that led to this
 *	   kernel; may be NULL
 *
 * Return: 0 or a negative errno; -ENOTTY if the kernel has no states.
 */
int luo_device_get_state(struct luo_device *device, enum luo_state *state,
			 uint64_t *count);

/**
 * luo_device_wait() - wait for a change of the global state
 * @device: may be open with %LUO_OPEN_QUERY
 * @timeout_ms: how long to wait; -1 for no limit
 *
 * Return: 1 if the state has changed since luo_device_get_state() was last
 *	   called; 0 after @timeout_ms; -EINTR if a signal interrupted the wait.
 */
int luo_device_wait(struct luo_device *device, int timeout_ms);

/**
 * luo_device_set_event() - trigger an event for all sessions
 * @device: open without %LUO_OPEN_QUERY
 * @event: any but %LUO_EVENT_FREEZE, which reboot(2) triggers
 *
 * The event takes effect for all sessions, or on failure for none.
 *
 * Return: 0 or a negative errno.
 */
int luo_device_set_event(struct luo_device *device, enum luo_event event);

/**
 * luo_device_create_session() - create an outgoing session
 * @device: open without %LUO_OPEN_QUERY
 * @name: not empty, shorter than %LUO_SESSION_NAME_SIZE bytes
 * @session: returns the new object; luo_session_close() frees it
 *
 * Return: 0 or a negative errno; -ENAMETOOLONG if @name is too long.
 */
int luo_device_create_session(struct luo_device *device, const char *name,
			      struct luo_session **session);

/**
 * luo_device_retrieve_session() - retrieve an incoming session
 * @device: open without %LUO_OPEN_QUERY
 * @name: name of the session
 * @session: returns the new object; luo_session_close() frees it
 *
 * Return: 0 or a negative errno; -ENAMETOOLONG if @name is too long.
 */
int luo_device_retrieve_session(struct luo_device *device, const char *name,
				struct luo_session **session);

/**
 * luo_device_discard_session() - discard an incoming session
 * @device: open without %LUO_OPEN_QUERY
 * @name: name of an incoming session that no process holds
 *
 * Return: 0 or a negative errno; -ENAMETOOLONG if @name is too long.
 */
int luo_device_discard_session(struct luo_device *device, const char *name);

/* Flag of luo_device_list_sessions(): list incoming sessions. */
#define LUO_LIST_INCOMING	(1u << 0)

/**
 * luo_device_list_sessions() - list sessions in the order of their creation
 * @device: may be open with %LUO_OPEN_QUERY
 * @flags: %LUO_LIST_INCOMING, or 0 for outgoing sessions
 * @list: returns the new object; luo_session_list_free() frees it
 *
 * Sessions that are created or end during the call may be missing.
 *
 * Return: 0 or a negative errno.
 */
int luo_device_list_sessions(struct luo_device *device, unsigned int flags,
			     struct luo_session_list **list);

/**
 * luo_session_list_free() - free a list and its entries
 * @list: may be NULL
 */
void luo_session_list_free(struct luo_session_list *list);

/** luo_session_list_count() - the number of entries of @list */
size_t luo_session_list_count(const struct luo_session_list *list);

/**
 * luo_session_list_get() - an entry of a list
 * @list: still owns the entry
 * @index: counts from 0
 *
 * Return: the entry, or NULL if @index is out of range.
 */
const struct luo_session_info *
luo_session_list_get(const struct luo_session_list *list, size_t index);

/** luo_session_info_name() - the name of the session; owned by @info */
const char *luo_session_info_name(const struct luo_session_info *info);

/** luo_session_info_state() - an enum luo_state, or one of a newer kernel */
int luo_session_info_state(const struct luo_session_info *info);

/** luo_session_info_is_incoming() - true for an incoming session */
bool luo_session_info_is_incoming(const struct luo_session_info *info);

/**
 * luo_session_info_is_held() - true if a process holds an fd of the session
 * @info: the session; always true for an outgoing one
 */
bool luo_session_info_is_held(const struct luo_session_info *info);

/** luo_session_info_is_damaged() - true if its files are not available */
bool luo_session_info_is_damaged(const struct luo_session_info *info);

/** luo_session_info_files() - the number of its files */
uint64_t luo_session_info_files(const struct luo_session_info *info);

/** luo_session_info_bytes() - the memory preserved for its files, if known */
uint64_t luo_session_info_bytes(const struct luo_session_info *info);

/** luo_session_info_retrieved() - the number of files that were retrieved */
uint64_t luo_session_info_retrieved(const struct luo_session_info *info);

/**
 * luo_session_from_fd() - make an object of an fd of a session
 * @session: returns the new object
 * @fd: owned by the object on success
 *
 * Return: 0; -ENOTTY if the fd is not a session; -EBADF; -ENOMEM.
 */
int luo_session_from_fd(struct luo_session **session, int fd);

/**
 * luo_session_close() - close this fd of a session
 * @session: is freed; may be NULL
 *
 * When its last fd is closed, an outgoing session is destroyed. An incoming
 * session is finished if all its files were retrieved, and can otherwise be
 * retrieved again.
 */
void luo_session_close(struct luo_session *session);

/**
 * luo_session_fd() - the fd of the session, for poll(2) and for passing it on
 * @session: still owns the fd
 *
 * It is readable (POLLIN, POLLPRI) when the session's state has changed since
 * luo_session_get_state() or luo_session_get_info() was last called by any
 * process that holds the session: each change is reported once.
 *
 * Return: the fd.
 */
int luo_session_fd(const struct luo_session *session);

/**
 * luo_session_take_fd() - free the object, but keep its fd open
 * @session: is freed
 *
 * Return: the fd, which the caller owns.
 */
int luo_session_take_fd(struct luo_session *session);

/** luo_session_name() - the name of the session; owned by @session */
const char *luo_session_name(const struct luo_session *session);

/**
 * luo_session_get_state() - get the state of a session
 * @session: incoming or outgoing
 * @state: returns the state
 *
 * Return: 0 or a negative errno; -ENOTTY if the kernel has no states.
 */
int luo_session_get_state(struct luo_session *session, enum luo_state *state);

/**
 * luo_session_get_info() - get the properties of a session
 * @session: incoming or outgoing
 * @info: returns the new object; luo_session_info_free() frees it
 *
 * Return: 0 or a negative errno; -ENOTTY if the kernel does not support it.
 */
int luo_session_get_info(struct luo_session *session,
			 struct luo_session_info **info);

/**
 * luo_session_info_free() - free the result of luo_session_get_info()
 * @info: not an entry of a list; may be NULL
 */
void luo_session_info_free(struct luo_session_info *info);

/**
 * luo_session_wait() - wait for a change of a session's state
 * @session: incoming or outgoing
 * @timeout_ms: how long to wait; -1 for no limit
 *
 * Return: 1 if the state has changed since luo_session_get_state() was last
 *	   called; 0 after @timeout_ms; -EINTR if a signal interrupted the wait.
 */
int luo_session_wait(struct luo_session *session, int timeout_ms);

/**
 * luo_session_set_event() - trigger an event for one session
 * @session: incoming for %LUO_EVENT_FINISH, otherwise outgoing
 * @event: any event
 *
 * Return: 0 or a negative errno.
 */
int luo_session_set_event(struct luo_session *session, enum luo_event event);

/**
 * luo_session_preserve_fd() - preserve a file
 * @session: outgoing
 * @fd: the file; the caller still owns the fd and may close it
 * @token: any number, by which the next kernel retrieves the file
 *
 * Return: 0 or a negative errno.
 */
int luo_session_preserve_fd(struct luo_session *session, int fd,
			    uint64_t token);

/**
 * luo_session_unpreserve_fd() - remove a file from a session
 * @session: outgoing
 * @token: token of the file
 *
 * Return: 0 or a negative errno.
 */
int luo_session_unpreserve_fd(struct luo_session *session, uint64_t token);

/**
 * luo_session_retrieve_fd() - retrieve a file
 * @session: incoming
 * @token: token of the file
 *
 * Return: an fd of the file, which the caller owns, or a negative errno.
 */
int luo_session_retrieve_fd(struct luo_session *session, uint64_t token);

/**
 * luo_session_finish() - finish an incoming session
 * @session: the session; the caller still has to close it
 *
 * Files that were not retrieved are discarded. On failure no file is.
 *
 * Return: 0 or a negative errno.
 */
int luo_session_finish(struct luo_session *session);

/**
 * luo_session_list_files() - list the files of a session, sorted by token
 * @session: incoming or outgoing
 * @list: returns the new object; luo_file_list_free() frees it
 *
 * Return: 0 or a negative errno.
 */
int luo_session_list_files(struct luo_session *session,
			   struct luo_file_list **list);

/**
 * luo_file_list_free() - free a list and its entries
 * @list: may be NULL
 */
void luo_file_list_free(struct luo_file_list *list);

/** luo_file_list_count() - the number of entries of @list */
size_t luo_file_list_count(const struct luo_file_list *list);

/**
 * luo_file_list_get() - an entry of a list
 * @list: still owns the entry
 * @index: counts from 0
 *
 * Return: the entry, or NULL if @index is out of range.
 */
const struct luo_file_info *luo_file_list_get(const struct luo_file_list *list,
					      size_t index);

/** luo_file_info_token() - the token of the file */
uint64_t luo_file_info_token(const struct luo_file_info *info);

/** luo_file_info_bytes() - the memory preserved for it; 0 if not known */
uint64_t luo_file_info_bytes(const struct luo_file_info *info);

/** luo_file_info_is_open() - true if it is outgoing, or was retrieved */
bool luo_file_info_is_open(const struct luo_file_info *info);

/** luo_file_info_format() - the name of its format; owned by @info */
const char *luo_file_info_format(const struct luo_file_info *info);

/**
 * luo_session_send() - send a session and data over a Unix socket
 * @session: the session; the receiver gets a duplicate of its fd
 * @sock: a connected Unix socket
 * @data: the data; a stream socket needs at least one byte
 * @len: number of bytes
 *
 * Calls sendmsg(2) once, without SIGPIPE. A stream socket may send fewer than
 * @len bytes; the session is sent with the first byte.
 *
 * Return: the number of bytes that were sent, or a negative errno; -EINVAL if
 *	   @len is 0; -EAGAIN if the socket is non-blocking and full.
 */
ssize_t luo_session_send(const struct luo_session *session, int sock,
			 const void *data, size_t len);

/**
 * luo_session_recv() - receive data, and a session if one is attached
 * @sock: a connected Unix socket
 * @data: buffer for the data
 * @len: size of the buffer
 * @session: returns the new object, or NULL if no session was attached
 *
 * Calls recvmsg(2) once. If the attached fds are not exactly one session, they
 * are closed, and the data of that message is lost.
 *
 * Return: the number of bytes, 0 at the end; or a negative errno; -EBADMSG if
 *	   the attached fds are not one session; -EINVAL if @len is 0.
 */
ssize_t luo_session_recv(int sock, void *data, size_t len,
			 struct luo_session **session);

#ifdef __cplusplus
}
#endif

#endif /* LIBLUO_H */
