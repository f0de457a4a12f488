// SPDX-License-Identifier: GPL-2.0
/*
 * What userspace can rely on for states, events and queries, as far as it can
 * be tested without a kexec.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "luo_harness.h"
#include "luo_util.h"

#define PAGE 4096

#define NORMAL LIVEUPDATE_STATE_NORMAL
#define PREPARED LIVEUPDATE_STATE_PREPARED
#define FROZEN LIVEUPDATE_STATE_FROZEN

FIXTURE(states)
{
	int dev;
	int a;
	int b;
	int file;
	struct luo_held held;
};

/* Two sessions, a file in one of them. */
FIXTURE_SETUP(states)
{
	luo_setup_machine(_metadata);
	self->dev = luo_setup_device(_metadata);
	luo_setup_memfds(_metadata);
	ASSERT_EQ(luo_state(self->dev), NORMAL);
	self->held = luo_setup_held(_metadata);
	self->a = luo_setup_session(_metadata, self->dev, "a");
	self->b = luo_setup_session(_metadata, self->dev, "b");
	self->file = luo_memfd_filled("file", 5 * PAGE, 1);
	ASSERT_GE(self->file, 0);
	ASSERT_EQ(luo_preserve_fd(self->a, self->file, 1), 0);
}

/* No test leaves anything behind. */
FIXTURE_TEARDOWN(states)
{
	int event = luo_state(self->dev) == NORMAL ? -ENOENT : 0;

	close(self->a);
	close(self->b);
	EXPECT_EQ(luo_event(self->dev, LIVEUPDATE_CANCEL), event);
	EXPECT_EQ(luo_state(self->dev), NORMAL);
	EXPECT_TRUE(luo_matches(self->file, 0, 5 * PAGE, 1));
	EXPECT_EQ(ftruncate(self->file, PAGE), 0);
	close(self->file);
	close(self->dev);
	luo_expect_held(_metadata, self->held);
}

struct transition {
	const char *kind;
	int from;
	int event;
	int to;
};

#define LIVEUPDATE_STATE_BACK NORMAL
#define LUO_TRANSITION(_kind, _from, _event, _to)			\
	{ #_kind, LIVEUPDATE_STATE_##_from, LIVEUPDATE_##_event,	\
	  LIVEUPDATE_STATE_##_to },

/* The table that the kernel uses. */
static const struct transition transitions[] = {
#include "../../../../kernel/liveupdate/luo_transitions.h"
};

static int next_state(const char *kind, int from, int event)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(transitions); i++) {
		const struct transition *t = &transitions[i];

		if (!strcmp(t->kind, kind) && t->from == from &&
		    t->event == event)
			return t->to;
	}
	return -EINVAL;
}

/* Brings an outgoing session from any state to @state. */
static void bring(int session, int state)
{
	luo_session_event(session, LIVEUPDATE_CANCEL);
	if (state >= PREPARED)
		luo_session_event(session, LIVEUPDATE_PREPARE);
	if (state >= FROZEN)
		luo_session_event(session, LIVEUPDATE_FREEZE);
}

TEST_F(states, every_event_in_every_state_of_a_session)
{
	int state, event, next;

	for (state = NORMAL; state <= FROZEN; state++) {
		for (event = LIVEUPDATE_PREPARE; event <= LIVEUPDATE_CANCEL;
		     event++) {
			bring(self->a, state);
			ASSERT_EQ(luo_session_state(self->a), state);
			next = next_state("OUTGOING", state, event);
			EXPECT_EQ(luo_session_event(self->a, event),
				  next < 0 ? next : 0)
				TH_LOG("state %d, event %d", state, event);
			EXPECT_EQ(luo_session_state(self->a),
				  next < 0 ? state : next)
				TH_LOG("state %d, event %d", state, event);
			EXPECT_EQ(luo_session_state(self->b), NORMAL);
		}
	}
	EXPECT_EQ(luo_session_event(self->a, LIVEUPDATE_CANCEL + 1),
		  -EOPNOTSUPP);
	EXPECT_EQ(luo_session_event(self->a, UINT32_MAX), -EOPNOTSUPP);
}

/*
 * FREEZE is reserved for reboot(2); CANCEL has an error for nothing to cancel.
 */
static int refusal(int state, int event)
{
	if (event == LIVEUPDATE_FREEZE)
		return -EOPNOTSUPP;
	if (event == LIVEUPDATE_CANCEL && state == NORMAL)
		return -ENOENT;
	return next_state("WHOLE", state, event);
}

TEST_F(states, every_event_in_normal_and_prepared)
{
	int state, event, next;

	for (state = NORMAL; state <= PREPARED; state++) {
		for (event = LIVEUPDATE_PREPARE; event <= LIVEUPDATE_CANCEL;
		     event++) {
			luo_event(self->dev, LIVEUPDATE_CANCEL);
			if (state == PREPARED)
				luo_event(self->dev, LIVEUPDATE_PREPARE);
			ASSERT_EQ(luo_state(self->dev), state);
			next = refusal(state, event);
			EXPECT_EQ(luo_event(self->dev, event),
				  next < 0 ? next : 0)
				TH_LOG("state %d, event %d", state, event);
			EXPECT_EQ(luo_state(self->dev),
				  next < 0 ? state : next)
				TH_LOG("state %d, event %d", state, event);
		}
	}
	EXPECT_EQ(luo_event(self->dev, LIVEUPDATE_CANCEL + 1), -EOPNOTSUPP);
}

TEST_F(states, prepare_takes_all_sessions_along_and_cancel_takes_all_back)
{
	ASSERT_EQ(luo_session_event(self->b, LIVEUPDATE_PREPARE), 0);
	ASSERT_EQ(luo_session_event(self->b, LIVEUPDATE_FREEZE), 0);
	ASSERT_EQ(luo_event(self->dev, LIVEUPDATE_PREPARE), 0);
	EXPECT_EQ(luo_session_state(self->a), PREPARED);
	EXPECT_EQ(luo_session_state(self->b), FROZEN);
	ASSERT_EQ(luo_event(self->dev, LIVEUPDATE_CANCEL), 0);
	EXPECT_EQ(luo_session_state(self->a), NORMAL);
	EXPECT_EQ(luo_session_state(self->b), NORMAL);
}

TEST_F(states, cancel_of_the_whole_takes_single_sessions_back)
{
	ASSERT_EQ(luo_session_event(self->a, LIVEUPDATE_PREPARE), 0);
	EXPECT_EQ(luo_state(self->dev), NORMAL);
	EXPECT_EQ(luo_event(self->dev, LIVEUPDATE_CANCEL), 0);
	EXPECT_EQ(luo_session_state(self->a), NORMAL);
	EXPECT_EQ(luo_event(self->dev, LIVEUPDATE_CANCEL), -ENOENT);
}

TEST_F(states, a_session_that_was_cancelled_is_prepared_again)
{
	ASSERT_EQ(luo_session_event(self->a, LIVEUPDATE_PREPARE), 0);
	ASSERT_EQ(luo_session_event(self->a, LIVEUPDATE_CANCEL), 0);
	ASSERT_EQ(luo_event(self->dev, LIVEUPDATE_PREPARE), 0);
	EXPECT_EQ(luo_session_state(self->a), PREPARED);
	/* One session can be cancelled alone. */
	EXPECT_EQ(luo_session_event(self->a, LIVEUPDATE_CANCEL), 0);
	EXPECT_EQ(luo_session_state(self->a), NORMAL);
	EXPECT_EQ(luo_state(self->dev), PREPARED);
}

TEST_F(states, the_set_is_closed_while_prepared)
{
	int other = luo_memfd_filled("other", PAGE, 2);

	ASSERT_GE(other, 0);
	ASSERT_EQ(luo_event(self->dev, LIVEUPDATE_PREPARE), 0);
	EXPECT_EQ(luo_create(self->dev, "c"), -EAGAIN);
	EXPECT_EQ(luo_retrieve(self->dev, "a"), -EAGAIN);
	EXPECT_EQ(luo_discard(self->dev, "a"), -EBUSY);
	EXPECT_EQ(luo_preserve_fd(self->a, other, 2), -EBUSY);
	EXPECT_EQ(luo_unpreserve_fd(self->a, 1), -EBUSY);
	/* The same applies to a session that was cancelled alone. */
	ASSERT_EQ(luo_session_event(self->a, LIVEUPDATE_CANCEL), 0);
	EXPECT_EQ(luo_preserve_fd(self->a, other, 2), -EBUSY);
	ASSERT_EQ(luo_event(self->dev, LIVEUPDATE_CANCEL), 0);
	EXPECT_EQ(luo_preserve_fd(self->a, other, 2), 0);
	close(other);
}

TEST_F(states, files_stay_while_their_session_is_prepared)
{
	int other = luo_memfd_filled("other", PAGE, 2);

	ASSERT_EQ(luo_session_event(self->a, LIVEUPDATE_PREPARE), 0);
	EXPECT_EQ(luo_preserve_fd(self->a, other, 2), -EBUSY);
	EXPECT_EQ(luo_unpreserve_fd(self->a, 1), -EBUSY);
	/* Another session is not affected. */
	EXPECT_EQ(luo_preserve_fd(self->b, other, 2), 0);
	close(other);
}

TEST_F(states, a_session_can_be_closed_in_any_state)
{
	int state, session, file;

	for (state = NORMAL; state <= FROZEN; state++) {
		session = luo_create(self->dev, "closed");
		file = luo_memfd_filled("closed", PAGE, 3);
		ASSERT_GE(session, 0);
		ASSERT_EQ(luo_preserve_fd(session, file, 0), 0);
		bring(session, state);
		close(session);
		EXPECT_EQ(ftruncate(file, 0), 0);
		close(file);
	}
	ASSERT_EQ(luo_event(self->dev, LIVEUPDATE_PREPARE), 0);
	close(self->a);
	EXPECT_EQ(ftruncate(self->file, 5 * PAGE), 0);
	EXPECT_EQ(luo_event(self->dev, LIVEUPDATE_CANCEL), 0);
	self->a = -1;
}

TEST_F(states, closing_the_device_cancels_nothing)
{
	ASSERT_EQ(luo_event(self->dev, LIVEUPDATE_PREPARE), 0);
	close(self->dev);
	self->dev = luo_open();
	ASSERT_GE(self->dev, 0);
	EXPECT_EQ(luo_state(self->dev), PREPARED);
}

TEST_F(states, an_unpreserved_file_is_an_ordinary_one)
{
	EXPECT_EQ(luo_unpreserve_fd(self->a, 2), -ENOENT);
	EXPECT_EQ(luo_unpreserve_fd(self->b, 1), -ENOENT);
	EXPECT_NE(ftruncate(self->file, PAGE), 0);
	ASSERT_EQ(luo_unpreserve_fd(self->a, 1), 0);
	EXPECT_EQ(luo_unpreserve_fd(self->a, 1), -ENOENT);
	EXPECT_EQ(ftruncate(self->file, 5 * PAGE), 0);
	/* The token and the file can be used again. */
	EXPECT_EQ(luo_preserve_fd(self->b, self->file, 1), 0);
	EXPECT_EQ(luo_unpreserve_fd(self->b, 1), 0);
	EXPECT_EQ(luo_preserve_fd(self->a, self->file, 1), 0);
}

TEST_F(states, reserved_fields_are_zero)
{
	struct liveupdate_ioctl_get_state get = {
		.size = sizeof(get), .flags = 1 };
	struct liveupdate_session_get_state session = {
		.size = sizeof(session), .flags = 1 };
	struct liveupdate_session_unpreserve_fd unpreserve = {
		.size = sizeof(unpreserve), .reserved = 1, .token = 1 };
	struct liveupdate_ioctl_discard_session discard = {
		.size = sizeof(discard), .reserved = 1, .name = "a" };

	EXPECT_EQ(luo_ioctl(self->dev, LIVEUPDATE_IOCTL_GET_STATE, &get),
		  -EOPNOTSUPP);
	EXPECT_EQ(luo_ioctl(self->a, LIVEUPDATE_SESSION_GET_STATE, &session),
		  -EOPNOTSUPP);
	EXPECT_EQ(luo_ioctl(self->a, LIVEUPDATE_SESSION_UNPRESERVE_FD,
			    &unpreserve), -EOPNOTSUPP);
	EXPECT_EQ(luo_ioctl(self->dev, LIVEUPDATE_IOCTL_DISCARD_SESSION,
			    &discard), -EOPNOTSUPP);
	session.flags = 0;
	session.reserved = 1;
	EXPECT_EQ(luo_ioctl(self->a, LIVEUPDATE_SESSION_GET_STATE, &session),
		  -EOPNOTSUPP);
}

TEST_F(states, sizes_of_set_event)
{
	struct {
		struct liveupdate_ioctl_set_event arg;
		uint64_t more;
	} buf = { .arg.event = LIVEUPDATE_CANCEL };
	unsigned int size;

	for (size = 0; size < sizeof(buf.arg); size++) {
		buf.arg.size = size;
		EXPECT_EQ(luo_ioctl(self->dev, LIVEUPDATE_IOCTL_SET_EVENT,
				    &buf), -EINVAL);
		EXPECT_EQ(luo_ioctl(self->a, LIVEUPDATE_SESSION_SET_EVENT,
				    &buf), -EINVAL);
	}
	buf.arg.size = sizeof(buf);
	EXPECT_EQ(luo_ioctl(self->dev, LIVEUPDATE_IOCTL_SET_EVENT, &buf),
		  -ENOENT);
	buf.more = 1;
	EXPECT_EQ(luo_ioctl(self->dev, LIVEUPDATE_IOCTL_SET_EVENT, &buf),
		  -E2BIG);
	EXPECT_EQ(luo_ioctl(self->a, LIVEUPDATE_SESSION_SET_EVENT, &buf),
		  -E2BIG);
}

/* Queries */

static bool is_changed(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLPRI };
	int n = poll(&pfd, 1, 0);

	return n == 1 && pfd.revents == (POLLIN | POLLPRI);
}

TEST_F(states, poll_tells_of_changes_until_the_state_is_asked_for)
{
	int reader = open(LUO_DEVICE, O_RDONLY | O_CLOEXEC);

	ASSERT_GE(reader, 0);
	EXPECT_FALSE(is_changed(reader));
	EXPECT_FALSE(is_changed(self->a));
	ASSERT_EQ(luo_event(self->dev, LIVEUPDATE_PREPARE), 0);
	EXPECT_TRUE(is_changed(reader));
	EXPECT_TRUE(is_changed(self->dev));
	EXPECT_TRUE(is_changed(self->a));
	EXPECT_EQ(luo_state(reader), PREPARED);
	EXPECT_EQ(luo_session_state(self->a), PREPARED);
	EXPECT_FALSE(is_changed(reader));
	EXPECT_FALSE(is_changed(self->a));
	/* Each open file has its own notion of what it has read. */
	EXPECT_TRUE(is_changed(self->dev));
	/* An event that fails is no change. */
	EXPECT_EQ(luo_event(self->dev, LIVEUPDATE_PREPARE), -EINVAL);
	EXPECT_FALSE(is_changed(reader));
	close(reader);
}

TEST_F(states, poll_wakes_who_waits)
{
	struct pollfd pfd = { .fd = self->a, .events = POLLPRI };
	pid_t pid = fork();
	int status;

	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(poll(&pfd, 1, 60000) == 1 ? 0 : 1);
	ASSERT_EQ(luo_session_event(self->a, LIVEUPDATE_PREPARE), 0);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
}

TEST_F(states, a_reader_may_ask_and_not_drive)
{
	struct liveupdate_session_info info[4];
	int reader = open(LUO_DEVICE, O_RDONLY | O_CLOEXEC);
	uint64_t cursor = 0;

	ASSERT_GE(reader, 0);
	EXPECT_EQ(luo_state(reader), NORMAL);
	EXPECT_EQ(luo_list(reader, 0, &cursor, info, 4), 2);
	EXPECT_EQ(luo_event(reader, LIVEUPDATE_PREPARE), -EBADF);
	EXPECT_EQ(luo_discard(reader, "a"), -EBADF);
	close(reader);
}

TEST_F(states, list_of_sessions)
{
	struct liveupdate_session_info info[4] = {};
	uint64_t cursor = 0;

	ASSERT_EQ(luo_session_event(self->b, LIVEUPDATE_PREPARE), 0);
	ASSERT_EQ(luo_list(self->dev, 0, &cursor, info, 4), 2);
	EXPECT_STREQ((char *)info[0].name, "a");
	EXPECT_EQ(info[0].state, NORMAL);
	EXPECT_EQ(info[0].flags, 0);
	EXPECT_EQ(info[0].files, 1);
	EXPECT_STREQ((char *)info[1].name, "b");
	EXPECT_EQ(info[1].state, PREPARED);
	EXPECT_EQ(info[1].files, 0);
	EXPECT_EQ(luo_list(self->dev, 0, &cursor, info, 4), 0);

	/* One at a time; new entries come last, removed ones are missing. */
	cursor = 0;
	ASSERT_EQ(luo_list(self->dev, 0, &cursor, info, 1), 1);
	EXPECT_STREQ((char *)info[0].name, "a");
	close(self->a);
	self->a = luo_create(self->dev, "a");
	ASSERT_EQ(luo_list(self->dev, 0, &cursor, info, 1), 1);
	EXPECT_STREQ((char *)info[0].name, "b");
	ASSERT_EQ(luo_list(self->dev, 0, &cursor, info, 1), 1);
	EXPECT_STREQ((char *)info[0].name, "a");
	EXPECT_EQ(luo_list(self->dev, 0, &cursor, info, 1), 0);

	cursor = 0;
	EXPECT_EQ(luo_list(self->dev, LIVEUPDATE_LIST_INCOMING, &cursor, info,
			   4), 0);
	EXPECT_EQ(luo_list(self->dev, 2, &cursor, info, 4), -EOPNOTSUPP);
	EXPECT_EQ(luo_list(self->dev, 0, &cursor, (void *)1, 4), -EFAULT);
	EXPECT_EQ(luo_list(self->dev, 0, &cursor, info, 0), 0);
}

TEST_F(states, entries_of_other_sizes)
{
	unsigned char buf[3 * 200];
	struct liveupdate_ioctl_list_sessions arg = {
		.size = sizeof(arg),
		.buffer = (uintptr_t)buf,
		.count = 3,
		.entry_size = 200,
	};

	memset(buf, 0xff, sizeof(buf));
	ASSERT_EQ(luo_ioctl(self->dev, LIVEUPDATE_IOCTL_LIST_SESSIONS, &arg), 0);
	EXPECT_EQ(arg.count, 2);
	EXPECT_STREQ((char *)buf, "a");
	EXPECT_STREQ((char *)buf + 200, "b");
	/* Fields that this kernel does not know are zeroed. */
	EXPECT_EQ(buf[199], 0);
	EXPECT_EQ(buf[400], 0xff);

	arg.entry_size = LIVEUPDATE_SESSION_INFO_SIZE_VER0 - 1;
	EXPECT_EQ(luo_ioctl(self->dev, LIVEUPDATE_IOCTL_LIST_SESSIONS, &arg),
		  -EINVAL);
	arg.entry_size = UINT32_MAX;
	EXPECT_EQ(luo_ioctl(self->dev, LIVEUPDATE_IOCTL_LIST_SESSIONS, &arg),
		  -E2BIG);
}

TEST_F(states, list_of_files)
{
	struct liveupdate_file_info info[4] = {};
	int other = luo_memfd_filled("other", PAGE, 2);
	uint64_t cursor = 0;

	ASSERT_EQ(luo_preserve_fd(self->a, other, UINT64_MAX), 0);
	ASSERT_EQ(luo_list_fds(self->a, &cursor, info, 4), 2);
	EXPECT_EQ(cursor, 0);
	EXPECT_EQ(info[0].token, 1);
	EXPECT_EQ(info[1].token, UINT64_MAX);
	EXPECT_EQ(info[0].flags, LIVEUPDATE_FILE_OPEN);
	EXPECT_NE(strstr((char *)info[0].format, "memfd"), NULL);
	cursor = 2;
	EXPECT_EQ(luo_list_fds(self->a, &cursor, info, 4), 1);
	cursor = 0;
	ASSERT_EQ(luo_list_fds(self->a, &cursor, info, 1), 1);
	EXPECT_EQ(cursor, 2);
	EXPECT_EQ(luo_list_fds(self->b, &cursor, info, 4), 0);
	close(other);
}

TEST_F(states, fdinfo)
{
	char path[64], text[512] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", self->a);
	fd = open(path, O_RDONLY);
	ASSERT_GE(fd, 0);
	ASSERT_GT(read(fd, text, sizeof(text) - 1), 0);
	close(fd);
	EXPECT_NE(strstr(text, "name:\ta\n"), NULL);
	EXPECT_NE(strstr(text, "state:\tnormal\n"), NULL);
	EXPECT_NE(strstr(text, "direction:\toutgoing\n"), NULL);
	EXPECT_NE(strstr(text, "files:\t1\n"), NULL);
}

TEST_F(states, what_changes_while_prepared_is_seen_after_a_cancel)
{
	ASSERT_EQ(luo_fill(self->file, 0, PAGE, 99), 0);
	ASSERT_EQ(luo_event(self->dev, LIVEUPDATE_PREPARE), 0);
	ASSERT_EQ(luo_fill(self->file, 0, PAGE, 1), 0);
	ASSERT_EQ(luo_event(self->dev, LIVEUPDATE_CANCEL), 0);
	EXPECT_TRUE(luo_matches(self->file, 0, 5 * PAGE, 1));
}

TEST_HARNESS_MAIN
