// SPDX-License-Identifier: GPL-2.0
/*
 * Passing sessions over Unix sockets.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/liveupdate.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake.h"
#include "libluo.h"
#include "test.h"

static int socks[2];

static int tell_name(unsigned long cmd, void *arg)
{
	struct liveupdate_session_get_name *name = arg;

	CHECK_EQ(cmd, LIVEUPDATE_SESSION_GET_NAME);
	memcpy(name->name, "passed", 7);
	return 0;
}

static void set_up(int type)
{
	fake_reset(tell_name);
	CHECK(!socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, socks));
}

static void tear_down(void)
{
	close(socks[0]);
	close(socks[1]);
}

/* Sends fds without the library, as a peer may. */
static void send_fds(const int *fds, size_t count)
{
	struct iovec iov = { .iov_base = "x", .iov_len = 1 };
	char control[CMSG_SPACE(100 * sizeof(int))];
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)),
	};
	struct cmsghdr *cmsg;

	memset(control, 0, sizeof(control));
	cmsg = CMSG_FIRSTHDR(&msg);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(cmsg), fds, count * sizeof(int));
	CHECK_EQ(sendmsg(socks[0], &msg, 0), 1);
}

static void both_ways(int type)
{
	struct luo_session *session, *got = NULL;
	char buf[100];

	set_up(type);
	CHECK_EQ(luo_session_from_fd(&session, fake_fd()), 0);
	CHECK_EQ(luo_session_send(session, socks[0], "hello", 6), 6);
	luo_session_close(session);
	CHECK_EQ(luo_session_recv(socks[1], buf, sizeof(buf), &got), 6);
	CHECK(!strcmp(buf, "hello"));
	CHECK(got);
	CHECK(!strcmp(luo_session_name(got), "passed"));
	CHECK(fake_is_cloexec(luo_session_fd(got)));
	luo_session_close(got);
	tear_down();
}

static void stream(void)
{
	both_ways(SOCK_STREAM);
}

static void packets(void)
{
	both_ways(SOCK_SEQPACKET);
}

static void without_session(void)
{
	struct luo_session *got = (void *)socks;
	char buf[10];

	set_up(SOCK_STREAM);
	CHECK_EQ(write(socks[0], "abc", 3), 3);
	CHECK_EQ(luo_session_recv(socks[1], buf, sizeof(buf), &got), 3);
	CHECK(!got);
	/* End of file. */
	CHECK(!shutdown(socks[0], SHUT_WR));
	got = (void *)socks;
	CHECK_EQ(luo_session_recv(socks[1], buf, sizeof(buf), &got), 0);
	CHECK(!got);
	tear_down();
}

static void not_one_session(void)
{
	struct luo_session *got = (void *)socks;
	int fds[100], other[2];
	size_t i, count;
	char buf[10];

	set_up(SOCK_STREAM);
	CHECK(!pipe2(other, O_CLOEXEC));
	send_fds(other, 1);
	CHECK_EQ(luo_session_recv(socks[1], buf, 1, &got), -EBADMSG);
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = fake_fd();
	/* Up to more than the library has room for. */
	for (count = 2; count <= ARRAY_SIZE(fds); count++) {
		send_fds(fds, count);
		CHECK_EQ(luo_session_recv(socks[1], buf, 1, &got), -EBADMSG);
	}
	CHECK(got == (void *)socks);
	send_fds(fds, 1);
	CHECK_EQ(luo_session_recv(socks[1], buf, 1, &got), 1);
	luo_session_close(got);
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	close(other[0]);
	close(other[1]);
	tear_down();
}

/* The receiver has no free fd, or only one for two attached fds. */
static void no_room(void)
{
	struct rlimit limit, less;
	struct luo_session *got;
	int fds[2], first, i;
	char buf[10];

	set_up(SOCK_STREAM);
	fds[0] = fake_fd();
	fds[1] = fake_fd();
	first = dup(fds[0]);
	close(first);
	CHECK(!getrlimit(RLIMIT_NOFILE, &limit));
	less = limit;
	for (i = 0; i < 2; i++) {
		less.rlim_cur = first + i;
		send_fds(fds, 1 + i);
		CHECK(!setrlimit(RLIMIT_NOFILE, &less));
		CHECK_EQ(luo_session_recv(socks[1], buf, 1, &got), -EBADMSG);
		CHECK(!setrlimit(RLIMIT_NOFILE, &limit));
	}
	close(fds[0]);
	close(fds[1]);
	tear_down();
}

static void credentials_too(void)
{
	struct luo_session *got;
	int on = 1, fd = fake_fd();
	char buf[10];

	set_up(SOCK_STREAM);
	CHECK(!setsockopt(socks[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
	send_fds(&fd, 1);
	CHECK_EQ(luo_session_recv(socks[1], buf, 1, &got), 1);
	CHECK(got);
	luo_session_close(got);
	close(fd);
	tear_down();
}

static void errors(void)
{
	struct luo_session *session, *got;
	char buf[10];

	set_up(SOCK_STREAM);
	CHECK_EQ(luo_session_from_fd(&session, fake_fd()), 0);
	CHECK_EQ(luo_session_send(session, socks[0], "", 0), -EINVAL);
	CHECK_EQ(luo_session_recv(socks[1], buf, 0, &got), -EINVAL);
	CHECK(!fcntl(socks[1], F_SETFL, O_NONBLOCK));
	CHECK_EQ(luo_session_recv(socks[1], buf, 1, &got), -EAGAIN);
	/* No SIGPIPE. */
	close(socks[1]);
	CHECK_EQ(luo_session_send(session, socks[0], "x", 1), -EPIPE);
	CHECK_EQ(luo_session_send(session, -1, "x", 1), -EBADF);
	CHECK_EQ(luo_session_recv(-1, buf, 1, &got), -EBADF);
	luo_session_close(session);
	close(socks[0]);
}

const struct test pass_tests[] = {
	{ "over a stream", stream },
	{ "over a socket of packets", packets },
	{ "bytes without a session, and the end", without_session },
	{ "fds that are not one session", not_one_session },
	{ "no fd left", no_room },
	{ "credentials are attached", credentials_too },
	{ "errors", errors },
	{ NULL, NULL },
};
