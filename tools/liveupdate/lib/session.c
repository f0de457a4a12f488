// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Session objects.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "private.h"

/* @name fits into the object. The object owns @fd on success. */
int luo_session_new(struct luo_session **session, int fd, const char *name)
{
	struct luo_session *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->fd = fd;
	memcpy(s->name, name, strnlen(name, sizeof(s->name) - 1));
	*session = s;
	return 0;
}

int luo_session_from_fd(struct luo_session **session, int fd)
{
	struct liveupdate_session_get_name arg = { .size = sizeof(arg) };
	int err = luo_ioctl(fd, LIVEUPDATE_SESSION_GET_NAME, &arg);

	if (err)
		return err;
	return luo_session_new(session, fd, (const char *)arg.name);
}

void luo_session_close(struct luo_session *session)
{
	if (!session)
		return;
	close(session->fd);
	free(session);
}

int luo_session_fd(const struct luo_session *session)
{
	return session->fd;
}

int luo_session_take_fd(struct luo_session *session)
{
	int fd = session->fd;

	free(session);
	return fd;
}

const char *luo_session_name(const struct luo_session *session)
{
	return session->name;
}

int luo_session_get_state(struct luo_session *session, enum luo_state *state)
{
	struct liveupdate_session_get_state arg = { .size = sizeof(arg) };
	int err = luo_ioctl(session->fd, LIVEUPDATE_SESSION_GET_STATE, &arg);

	if (!err)
		*state = (enum luo_state)arg.state;
	return err;
}

int luo_session_wait(struct luo_session *session, int timeout_ms)
{
	return luo_poll(session->fd, timeout_ms);
}

int luo_session_set_event(struct luo_session *session, enum luo_event event)
{
	struct liveupdate_session_set_event arg = {
		.size = sizeof(arg),
		.event = event,
	};

	return luo_ioctl(session->fd, LIVEUPDATE_SESSION_SET_EVENT, &arg);
}

int luo_session_preserve_fd(struct luo_session *session, int fd, uint64_t token)
{
	struct liveupdate_session_preserve_fd arg = {
		.size = sizeof(arg),
		.fd = fd,
		.token = token,
	};

	return luo_ioctl(session->fd, LIVEUPDATE_SESSION_PRESERVE_FD, &arg);
}

int luo_session_unpreserve_fd(struct luo_session *session, uint64_t token)
{
	struct liveupdate_session_unpreserve_fd arg = {
		.size = sizeof(arg),
		.token = token,
	};

	return luo_ioctl(session->fd, LIVEUPDATE_SESSION_UNPRESERVE_FD, &arg);
}

int luo_session_retrieve_fd(struct luo_session *session, uint64_t token)
{
	struct liveupdate_session_retrieve_fd arg = {
		.size = sizeof(arg),
		.token = token,
	};
	int err = luo_ioctl(session->fd, LIVEUPDATE_SESSION_RETRIEVE_FD, &arg);

	return err ? err : arg.fd;
}

int luo_session_finish(struct luo_session *session)
{
	struct liveupdate_session_finish arg = { .size = sizeof(arg) };

	return luo_ioctl(session->fd, LIVEUPDATE_SESSION_FINISH, &arg);
}
