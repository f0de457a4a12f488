/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libluo - live update for programs
 *
 * A thin layer above /dev/liveupdate. It prints nothing, never exits, keeps no
 * global state, and starts no thread. An object must not be used by two threads
 * at a time; different objects may.
 *
 * Functions that can fail return a negative errno, and otherwise 0 or what is
 * said at them. After an error nothing has changed, output parameters included,
 * unless it says otherwise. The errors that a function adds to those of the
 * kernel are listed at it; the kernel's are documented in linux/liveupdate.h.
 * Every fd that comes from here is close-on-exec.
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

/* Size of the name of a session in bytes, the final NUL included. */
#define LUO_SESSION_NAME_SIZE	64

/**
 * enum luo_state - the state of the whole, or of a session
 * @LUO_STATE_UNDEFINED: live update is off, or cannot be used
 * @LUO_STATE_NORMAL: no update is on its way
 * @LUO_STATE_PREPARED: the set of sessions and files is closed
 * @LUO_STATE_FROZEN: everything is recorded, and stays as it is
 * @LUO_STATE_UPDATED: what the previous kernel preserved can be retrieved
 */
enum luo_state {
	LUO_STATE_UNDEFINED = 0,
	LUO_STATE_NORMAL = 1,
	LUO_STATE_PREPARED = 2,
	LUO_STATE_FROZEN = 3,
	LUO_STATE_UPDATED = 4
};

/**
 * enum luo_event - what changes a state
 * @LUO_EVENT_PREPARE: NORMAL or UPDATED to PREPARED
 * @LUO_EVENT_FREEZE: PREPARED to FROZEN; of the whole, reboot(2) does it
 * @LUO_EVENT_FINISH: UPDATED to NORMAL
 * @LUO_EVENT_CANCEL: PREPARED or FROZEN to where PREPARE came from
 */
enum luo_event {
	LUO_EVENT_PREPARE = 0,
	LUO_EVENT_FREEZE = 1,
	LUO_EVENT_FINISH = 2,
	LUO_EVENT_CANCEL = 3
};

/* /dev/liveupdate, open. */
struct luo_device;
/* A session that this process holds. */
struct luo_session;
/* What there is to know of a session, and of several. */
struct luo_session_info;
struct luo_session_list;
/* What there is to know of a file of a session, and of all. */
struct luo_file_info;
struct luo_file_list;

/**
 * luo_state_name() - the word for a state
 * @state: an enum luo_state
 *
 * Return: "undefined", "normal", "prepared", "frozen", "updated", or NULL if
 *	   there is no such state.
 */
const char *luo_state_name(int state);

/**
 * luo_event_name() - the word for an event
 * @event: an enum luo_event
 *
 * Return: "prepare", "freeze", "finish", "cancel", or NULL if there is no such
 *	   event.
 */
const char *luo_event_name(int event);

/* Flag of luo_device_open(): only ask. Any number of processes can. */
#define LUO_OPEN_QUERY	(1u << 0)

/**
 * luo_device_open() - open /dev/liveupdate
 * @device: where the new object goes; luo_device_close() frees it
 * @flags: 0, or %LUO_OPEN_QUERY for a device that luo_device_get_state(),
 *	   luo_device_list_sessions() and luo_device_wait() work on
 *
 * Without the flag one process at a time can have the device open, so it should
 * be closed soon; sessions live on without it.
 *
 * Return: 0; -ENODEV if this kernel has no live update; -EBUSY if somebody else
 *	   has the device open; -EINVAL for unknown flags; -EACCES, -EMFILE,
 *	   -ENOMEM; or why live update cannot be used.
 */
int luo_device_open(struct luo_device **device, unsigned int flags);

/**
 * luo_device_open_wait() - open /dev/liveupdate when it is free
 * @device: as of luo_device_open()
 * @flags: as of luo_device_open()
 * @timeout_ms: how long to try while somebody else has it open; -1 for as long
 *		as it takes
 *
 * Return: as of luo_device_open(); -EBUSY if it was not free in time; -EINTR if
 *	   a signal came in between.
 */
int luo_device_open_wait(struct luo_device **device, unsigned int flags,
			 int timeout_ms);

/**
 * luo_device_from_fd() - make an object of an fd of /dev/liveupdate
 * @device: where the new object goes
 * @fd: belongs to the object from then on, unless there is an error
 *
 * Return: 0; -ENOTTY if the fd is none of such a device; -ENOMEM.
 */
int luo_device_from_fd(struct luo_device **device, int fd);

/**
 * luo_device_close() - close the device
 * @device: is freed; may be NULL
 */
void luo_device_close(struct luo_device *device);

/**
 * luo_device_fd() - the fd, for poll(2)
 * @device: keeps it
 *
 * It is readable (POLLIN, POLLPRI) when the state has changed since
 * luo_device_get_state() was last called.
 *
 * Return: the fd.
 */
int luo_device_fd(const struct luo_device *device);

/**
 * luo_device_get_state() - ask for the state of the whole
 * @device: may be open with %LUO_OPEN_QUERY
 * @state: where it goes
 * @count: where the number of live updates in a row that led to this kernel
 *	   goes; may be NULL
 *
 * Return: 0 or a negative errno; -ENOTTY if the kernel has no states.
 */
int luo_device_get_state(struct luo_device *device, enum luo_state *state,
			 uint64_t *count);

/**
 * luo_device_wait() - wait for a change of the state
 * @device: may be open with %LUO_OPEN_QUERY
 * @timeout_ms: how long to wait; -1 for as long as it takes
 *
 * Return: 1 if the state has changed since luo_device_get_state() was last
 *	   called; 0 if the time is over; -EINTR if a signal came in between.
 */
int luo_device_wait(struct luo_device *device, int timeout_ms);

/**
 * luo_device_set_event() - make an event happen to everything
 * @device: open without %LUO_OPEN_QUERY
 * @event: not %LUO_EVENT_FREEZE, which reboot(2) does
 *
 * All or nothing.
 *
 * Return: 0 or a negative errno.
 */
int luo_device_set_event(struct luo_device *device, enum luo_event event);

/**
 * luo_device_create_session() - create an outgoing session
 * @device: open without %LUO_OPEN_QUERY
 * @name: not empty, less than %LUO_SESSION_NAME_SIZE bytes
 * @session: where the new object goes; luo_session_close() frees it
 *
 * Return: 0 or a negative errno; -ENAMETOOLONG if @name is too long.
 */
int luo_device_create_session(struct luo_device *device, const char *name,
			      struct luo_session **session);

/**
 * luo_device_retrieve_session() - get a session of the previous kernel
 * @device: open without %LUO_OPEN_QUERY
 * @name: the name that it has
 * @session: where the new object goes; luo_session_close() frees it
 *
 * Return: 0 or a negative errno; -ENAMETOOLONG if @name is too long.
 */
int luo_device_retrieve_session(struct luo_device *device, const char *name,
				struct luo_session **session);

/**
 * luo_device_discard_session() - discard a session of the previous kernel
 * @device: open without %LUO_OPEN_QUERY
 * @name: the name of an incoming session that nobody holds
 *
 * Return: 0 or a negative errno; -ENAMETOOLONG if @name is too long.
 */
int luo_device_discard_session(struct luo_device *device, const char *name);

/* Flag of luo_device_list_sessions(): not the outgoing sessions. */
#define LUO_LIST_INCOMING	(1u << 0)

/**
 * luo_device_list_sessions() - list sessions in the order of their creation
 * @device: may be open with %LUO_OPEN_QUERY
 * @flags: %LUO_LIST_INCOMING, or 0 for the outgoing ones
 * @list: where the new object goes; luo_session_list_free() frees it
 *
 * Sessions that come or go meanwhile may be missing.
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
 * @list: keeps it
 * @index: from 0 on
 *
 * Return: the entry, or NULL if there are not so many.
 */
const struct luo_session_info *
luo_session_list_get(const struct luo_session_list *list, size_t index);

/** luo_session_info_name() - the name of the session; @info keeps it */
const char *luo_session_info_name(const struct luo_session_info *info);

/** luo_session_info_state() - an enum luo_state, or one of a newer kernel */
int luo_session_info_state(const struct luo_session_info *info);

/** luo_session_info_is_incoming() - true if it is from the previous kernel */
bool luo_session_info_is_incoming(const struct luo_session_info *info);

/**
 * luo_session_info_is_held() - true if somebody has an fd of it
 * @info: of an outgoing session, too, which always is
 */
bool luo_session_info_is_held(const struct luo_session_info *info);

/** luo_session_info_is_damaged() - true if its files cannot be had */
bool luo_session_info_is_damaged(const struct luo_session_info *info);

/** luo_session_info_files() - the number of its files */
uint64_t luo_session_info_files(const struct luo_session_info *info);

/** luo_session_info_bytes() - the memory preserved for them, as far as known */
uint64_t luo_session_info_bytes(const struct luo_session_info *info);

/** luo_session_info_retrieved() - the number of those that were retrieved */
uint64_t luo_session_info_retrieved(const struct luo_session_info *info);

/**
 * luo_session_from_fd() - make an object of a session's fd
 * @session: where the new object goes
 * @fd: belongs to the object from then on, unless there is an error
 *
 * Return: 0; -ENOTTY if the fd is not a session's; -EBADF; -ENOMEM.
 */
int luo_session_from_fd(struct luo_session **session, int fd);

/**
 * luo_session_close() - close this fd of a session
 * @session: is freed; may be NULL
 *
 * With its last fd an outgoing session is dropped. An incoming one is finished
 * if all its files were retrieved, and can otherwise be retrieved again.
 */
void luo_session_close(struct luo_session *session);

/**
 * luo_session_fd() - the fd, for poll(2) and for passing it on
 * @session: keeps it
 *
 * It is readable (POLLIN, POLLPRI) when the session's state has changed since
 * luo_session_get_state() or luo_session_get_info() was last called, by whoever
 * has the session: one who asks takes the news from the others.
 *
 * Return: the fd.
 */
int luo_session_fd(const struct luo_session *session);

/**
 * luo_session_take_fd() - free the object, but not the fd
 * @session: is freed
 *
 * Return: the fd, which belongs to the caller.
 */
int luo_session_take_fd(struct luo_session *session);

/** luo_session_name() - the name of the session; @session keeps it */
const char *luo_session_name(const struct luo_session *session);

/**
 * luo_session_get_state() - ask for the state of a session
 * @session: incoming or outgoing
 * @state: where it goes
 *
 * Return: 0 or a negative errno; -ENOTTY if the kernel has no states.
 */
int luo_session_get_state(struct luo_session *session, enum luo_state *state);

/**
 * luo_session_get_info() - ask for what there is to know of a session
 * @session: incoming or outgoing
 * @info: where the new object goes; luo_session_info_free() frees it
 *
 * Return: 0 or a negative errno; -ENOTTY if the kernel cannot tell.
 */
int luo_session_get_info(struct luo_session *session,
			 struct luo_session_info **info);

/**
 * luo_session_info_free() - free what luo_session_get_info() gave
 * @info: not one of a list; may be NULL
 */
void luo_session_info_free(struct luo_session_info *info);

/**
 * luo_session_wait() - wait for a change of a session's state
 * @session: incoming or outgoing
 * @timeout_ms: how long to wait; -1 for as long as it takes
 *
 * Return: 1 if the state has changed since luo_session_get_state() was last
 *	   called; 0 if the time is over; -EINTR if a signal came in between.
 */
int luo_session_wait(struct luo_session *session, int timeout_ms);

/**
 * luo_session_set_event() - make an event happen to a session alone
 * @session: incoming for %LUO_EVENT_FINISH, otherwise outgoing
 * @event: any
 *
 * Return: 0 or a negative errno.
 */
int luo_session_set_event(struct luo_session *session, enum luo_event event);

/**
 * luo_session_preserve_fd() - preserve a file
 * @session: outgoing
 * @fd: of the file; stays the caller's, and may be closed
 * @token: any number, by which the next kernel gives the file back
 *
 * Return: 0 or a negative errno.
 */
int luo_session_preserve_fd(struct luo_session *session, int fd,
			    uint64_t token);

/**
 * luo_session_unpreserve_fd() - take a file out of a session
 * @session: outgoing
 * @token: the number of the file
 *
 * Return: 0 or a negative errno.
 */
int luo_session_unpreserve_fd(struct luo_session *session, uint64_t token);

/**
 * luo_session_retrieve_fd() - get a file back
 * @session: incoming
 * @token: the number of the file
 *
 * Return: an fd of the file, which belongs to the caller, or a negative errno.
 */
int luo_session_retrieve_fd(struct luo_session *session, uint64_t token);

/**
 * luo_session_finish() - end an incoming session
 * @session: still to be closed afterwards
 *
 * What was not retrieved is discarded. All or nothing.
 *
 * Return: 0 or a negative errno.
 */
int luo_session_finish(struct luo_session *session);

/**
 * luo_session_list_files() - list the files of a session, sorted by token
 * @session: incoming or outgoing
 * @list: where the new object goes; luo_file_list_free() frees it
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
 * @list: keeps it
 * @index: from 0 on
 *
 * Return: the entry, or NULL if there are not so many.
 */
const struct luo_file_info *luo_file_list_get(const struct luo_file_list *list,
					      size_t index);

/** luo_file_info_token() - the number by which the file is known */
uint64_t luo_file_info_token(const struct luo_file_info *info);

/** luo_file_info_bytes() - the memory preserved for it, 0 if not known */
uint64_t luo_file_info_bytes(const struct luo_file_info *info);

/** luo_file_info_is_open() - true if it is outgoing, or was retrieved */
bool luo_file_info_is_open(const struct luo_file_info *info);

/** luo_file_info_format() - the name of its format; @info keeps it */
const char *luo_file_info_format(const struct luo_file_info *info);

/**
 * luo_session_send() - send a session and some bytes over a Unix socket
 * @session: stays the caller's; the receiver gets another fd of it
 * @sock: a connected Unix socket
 * @data: what to say beside; a stream needs one byte at least
 * @len: number of bytes
 *
 * One sendmsg(2), that raises no SIGPIPE. Fewer bytes than @len may have been
 * sent on a stream; the session was sent with the first of them.
 *
 * Return: the number of bytes that were sent, or a negative errno; -EINVAL if
 *	   @len is 0; -EAGAIN if the socket is non-blocking and full.
 */
ssize_t luo_session_send(const struct luo_session *session, int sock,
			 const void *data, size_t len);

/**
 * luo_session_recv() - receive bytes, and a session if one comes along
 * @sock: a connected Unix socket
 * @data: where the bytes go
 * @len: how many there is room for
 * @session: where the new object goes, or NULL if there came none
 *
 * One recvmsg(2). Fds that are not a session's, and more than one fd in a
 * message, are closed; the bytes that came along are lost then.
 *
 * Return: the number of bytes, 0 at the end; or a negative errno; -EBADMSG if
 *	   what came along is not one session; -EINVAL if @len is 0.
 */
ssize_t luo_session_recv(int sock, void *data, size_t len,
			 struct luo_session **session);

#ifdef __cplusplus
}
#endif

#endif /* LIBLUO_H */
