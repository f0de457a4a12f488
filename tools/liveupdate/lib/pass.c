// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Pass sessions over Unix sockets.
 */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "private.h"

/*
 * Room to receive several fds, so that surplus ones can be closed. Credentials
 * and other control messages may use some of it.
 */
#define MAX_FDS	64

union control {
	char buf[CMSG_SPACE(MAX_FDS * sizeof(int))];
	struct cmsghdr align;
};

ssize_t luo_session_send(const struct luo_session *session, int sock,
			 const void *data, size_t len)
{
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	union control control = { 0 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = CMSG_SPACE(sizeof(int)),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	ssize_t n;

	if (!len)
		return -EINVAL;
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &session->fd, sizeof(int));
	do {
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* Collects the fds of a message. Returns their number. */
static size_t take_fds(struct msghdr *msg, int *fds)
{
	struct cmsghdr *cmsg;
	size_t count = 0, bytes;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		bytes = cmsg->cmsg_len - CMSG_LEN(0);
		memcpy(fds + count, CMSG_DATA(cmsg), bytes);
		count += bytes / sizeof(int);
	}
	return count;
}

/* Makes a session object of the only fd, if there is one. */
static int make_session(const int *fds, size_t count, bool truncated,
			struct luo_session **session)
{
	int err = -EBADMSG;

	*session = NULL;
	if (!count && !truncated)
		return 0;
	if (count == 1 && !truncated)
		err = luo_session_from_fd(session, fds[0]);
	if (!err)
		return 0;
	while (count)
		close(fds[--count]);
	return err == -ENOMEM ? err : -EBADMSG;
}

ssize_t luo_session_recv(int sock, void *data, size_t len,
			 struct luo_session **session)
{
	struct iovec iov = { .iov_base = data, .iov_len = len };
	union control control;
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct luo_session *s;
	int fds[MAX_FDS], err;
	ssize_t n;

	if (!len)
		return -EINVAL;
	do {
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	err = make_session(fds, take_fds(&msg, fds),
			   msg.msg_flags & MSG_CTRUNC, &s);
	if (err)
		return err;
	*session = s;
	return n;
}
