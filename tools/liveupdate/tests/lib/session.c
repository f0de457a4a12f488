// SPDX-License-Identifier: GPL-2.0
/*
 * The commands of a session.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/liveupdate.h>
#include <string.h>
#include <unistd.h>

#include "fake.h"
#include "libluo.h"
#include "test.h"

#define TOKEN 0xfedcba9876543210ULL

static int failure;

/* Handles every command of a session, and checks its arguments. */
static int answer(unsigned long cmd, void *arg)
{
	struct liveupdate_session_preserve_fd *preserve = arg;
	struct liveupdate_session_retrieve_fd *retrieve = arg;
	struct liveupdate_session_unpreserve_fd *unpreserve = arg;
	struct liveupdate_session_get_name *name = arg;
	struct liveupdate_session_get_state *state = arg;
	struct liveupdate_session_set_event *event = arg;
	struct liveupdate_session_finish *finish = arg;

	if (failure)
		return -failure;
	switch (cmd) {
	case LIVEUPDATE_SESSION_GET_NAME:
		CHECK_EQ(name->reserved, 0);
		/* Not terminated, as the library must terminate the name. */
		memset(name->name, 'n', sizeof(name->name));
		return 0;
	case LIVEUPDATE_SESSION_PRESERVE_FD:
		CHECK_EQ(preserve->fd, 1);
		CHECK(preserve->token == TOKEN);
		return 0;
	case LIVEUPDATE_SESSION_UNPRESERVE_FD:
		CHECK_EQ(unpreserve->reserved, 0);
		CHECK(unpreserve->token == TOKEN);
		return 0;
	case LIVEUPDATE_SESSION_RETRIEVE_FD:
		CHECK(retrieve->token == TOKEN);
		retrieve->fd = 47;
		return 0;
	case LIVEUPDATE_SESSION_FINISH:
		CHECK_EQ(finish->reserved, 0);
		return 0;
	case LIVEUPDATE_SESSION_SET_EVENT:
		CHECK_EQ(event->event, LIVEUPDATE_FREEZE);
		return 0;
	case LIVEUPDATE_SESSION_GET_STATE:
		CHECK_EQ(state->flags, 0);
		CHECK_EQ(state->reserved, 0);
		state->state = LIVEUPDATE_STATE_PREPARED;
		return 0;
	}
	return -ENOTTY;
}

static struct luo_session *new_session(void)
{
	struct luo_session *session;

	failure = 0;
	fake_reset(answer);
	CHECK_EQ(luo_session_from_fd(&session, fake_fd()), 0);
	return session;
}

static void from_fd(void)
{
	struct luo_session *session = new_session(), *other;
	int fds[2], fd = luo_session_fd(session);

	CHECK_EQ(fake.size, sizeof(struct liveupdate_session_get_name));
	CHECK_EQ(strlen(luo_session_name(session)),
		 LUO_SESSION_NAME_SIZE - 1);
	CHECK_EQ(luo_session_take_fd(session), fd);
	CHECK(fcntl(fd, F_GETFD) >= 0);
	close(fd);
	CHECK_EQ(luo_session_from_fd(&other, fd), -EBADF);
	CHECK(!pipe2(fds, O_CLOEXEC));
	CHECK_EQ(luo_session_from_fd(&other, fds[0]), -ENOTTY);
	CHECK(!close(fds[0]));
	close(fds[1]);
	luo_session_close(NULL);
}

static void commands(void)
{
	struct luo_session *s = new_session();
	enum luo_state state;

	CHECK_EQ(luo_session_preserve_fd(s, 1, TOKEN), 0);
	CHECK_EQ(fake.size, sizeof(struct liveupdate_session_preserve_fd));
	CHECK_EQ(luo_session_unpreserve_fd(s, TOKEN), 0);
	CHECK_EQ(fake.size, sizeof(struct liveupdate_session_unpreserve_fd));
	CHECK_EQ(luo_session_retrieve_fd(s, TOKEN), 47);
	CHECK_EQ(fake.size, sizeof(struct liveupdate_session_retrieve_fd));
	CHECK_EQ(luo_session_finish(s), 0);
	CHECK_EQ(fake.size, sizeof(struct liveupdate_session_finish));
	CHECK_EQ(luo_session_set_event(s, LUO_EVENT_FREEZE), 0);
	CHECK_EQ(fake.size, sizeof(struct liveupdate_session_set_event));
	CHECK_EQ(luo_session_get_state(s, &state), 0);
	CHECK_EQ(fake.size, sizeof(struct liveupdate_session_get_state));
	CHECK_EQ(state, LUO_STATE_PREPARED);
	luo_session_close(s);
}

static void errors(void)
{
	struct luo_session *s = new_session(), *other;
	struct luo_session_info *info;
	struct luo_file_list *list;
	enum luo_state state;
	int fd = fake_fd();

	for (failure = 1; failure < 100; failure++) {
		CHECK_EQ(luo_session_preserve_fd(s, 1, TOKEN), -failure);
		CHECK_EQ(luo_session_unpreserve_fd(s, TOKEN), -failure);
		CHECK_EQ(luo_session_retrieve_fd(s, TOKEN), -failure);
		CHECK_EQ(luo_session_finish(s), -failure);
		CHECK_EQ(luo_session_set_event(s, LUO_EVENT_FREEZE), -failure);
		CHECK_EQ(luo_session_get_state(s, &state), -failure);
		CHECK_EQ(luo_session_get_info(s, &info), -failure);
		CHECK_EQ(luo_session_list_files(s, &list), -failure);
		CHECK_EQ(luo_session_from_fd(&other, fd), -failure);
	}
	CHECK(!close(fd));
	luo_session_close(s);
}

static void waits(void)
{
	struct luo_session *s = new_session();

	CHECK_EQ(luo_session_wait(s, -1), 1);
	luo_session_close(s);
}

const struct test session_tests[] = {
	{ "make one of an fd", from_fd },
	{ "commands", commands },
	{ "errors of commands", errors },
	{ "wait", waits },
	{ NULL, NULL },
};
