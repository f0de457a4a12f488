// SPDX-License-Identifier: GPL-2.0
/*
 * Opening the device, and its commands.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/liveupdate.h>
#include <string.h>
#include <unistd.h>

#include "fake.h"
#include "libluo.h"
#include "test.h"

#define NAME63 "123456789012345678901234567890123456789012345678901234567890123"

static int failure;

static int fail(unsigned long cmd, void *arg)
{
	(void)cmd;
	(void)arg;
	return -failure;
}

static struct luo_device *device_with(int (*answer)(unsigned long, void *))
{
	struct luo_device *device;

	fake_reset(answer);
	CHECK_EQ(luo_device_open(&device, 0), 0);
	return device;
}

static void open_flags(void)
{
	struct luo_device *device;

	fake_reset(NULL);
	CHECK_EQ(luo_device_open(&device, 0), 0);
	CHECK_EQ(fake.open_flags, O_RDWR | O_CLOEXEC);
	CHECK(luo_device_fd(device) >= 0);
	luo_device_close(device);
	CHECK_EQ(luo_device_open(&device, LUO_OPEN_QUERY), 0);
	CHECK_EQ(fake.open_flags, O_RDONLY | O_CLOEXEC);
	luo_device_close(device);
	CHECK_EQ(luo_device_open(&device, 2), -EINVAL);
	luo_device_close(NULL);
}

static void open_errors(void)
{
	static const struct { int have, want; } errors[] = {
		{ ENOENT, -ENODEV }, { ENODEV, -ENODEV }, { ENXIO, -ENODEV },
		{ EBUSY, -EBUSY }, { EACCES, -EACCES }, { EBADMSG, -EBADMSG },
	};
	struct luo_device *device = (void *)&failure;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		fake_reset(NULL);
		fake.open_err = errors[i].have;
		fake.open_failures = 1;
		CHECK_EQ(luo_device_open(&device, 0), errors[i].want);
		CHECK(device == (void *)&failure);
	}
}

static void open_when_free(void)
{
	struct luo_device *device;

	fake_reset(NULL);
	fake.open_err = EBUSY;
	fake.open_failures = 3;
	CHECK_EQ(luo_device_open_wait(&device, 0, -1), 0);
	CHECK_EQ(fake.opens, 4);
	luo_device_close(device);

	/* There is a last attempt when the time is over; 0 allows only that. */
	fake_reset(NULL);
	fake.open_err = EBUSY;
	fake.open_failures = 1000;
	CHECK_EQ(luo_device_open_wait(&device, 0, 12), -EBUSY);
	CHECK(fake.opens >= 2);
	CHECK_EQ(luo_device_open_wait(&device, 0, 0), -EBUSY);

	/* An error other than -EBUSY is not retried. */
	fake_reset(NULL);
	fake.open_err = ENOENT;
	fake.open_failures = 1000;
	CHECK_EQ(luo_device_open_wait(&device, 0, -1), -ENODEV);
	CHECK_EQ(fake.opens, 1);
}

static void from_fd(void)
{
	struct luo_device *device;
	int fds[2], fd;

	failure = EINVAL;
	fake_reset(fail);
	fd = fake_fd();
	CHECK_EQ(luo_device_from_fd(&device, fd), 0);
	CHECK_EQ(luo_device_fd(device), fd);
	luo_device_close(device);
	CHECK_EQ(luo_device_from_fd(&device, fd), -EBADF);
	CHECK(!pipe2(fds, O_CLOEXEC));
	CHECK_EQ(luo_device_from_fd(&device, fds[0]), -ENOTTY);
	close(fds[0]);
	close(fds[1]);
}

static int answer_state(unsigned long cmd, void *arg)
{
	struct liveupdate_ioctl_get_state *state = arg;

	CHECK_EQ(cmd, LIVEUPDATE_IOCTL_GET_STATE);
	CHECK_EQ(state->size, sizeof(*state));
	CHECK_EQ(state->flags, 0);
	state->state = LIVEUPDATE_STATE_UPDATED;
	state->count = 1ULL << 40;
	return 0;
}

static void get_state(void)
{
	struct luo_device *device = device_with(answer_state);
	enum luo_state state;
	uint64_t count;

	CHECK_EQ(luo_device_get_state(device, &state, &count), 0);
	CHECK_EQ(state, LUO_STATE_UPDATED);
	CHECK_EQ(count, 1LL << 40);
	CHECK_EQ(luo_device_get_state(device, &state, NULL), 0);
	luo_device_close(device);
}

static unsigned int asked_event;

static int take_event(unsigned long cmd, void *arg)
{
	struct liveupdate_ioctl_set_event *event = arg;

	CHECK_EQ(cmd, LIVEUPDATE_IOCTL_SET_EVENT);
	CHECK_EQ(event->size, sizeof(*event));
	asked_event = event->event;
	return 0;
}

static void set_event(void)
{
	struct luo_device *device = device_with(take_event);

	CHECK_EQ(luo_device_set_event(device, LUO_EVENT_CANCEL), 0);
	CHECK_EQ(asked_event, LIVEUPDATE_CANCEL);
	CHECK_EQ(luo_device_set_event(device, LUO_EVENT_PREPARE), 0);
	CHECK_EQ(asked_event, LIVEUPDATE_PREPARE);
	luo_device_close(device);
}

/* For create and retrieve, whose structs have the same layout. */
static int give_session(unsigned long cmd, void *arg)
{
	struct liveupdate_ioctl_create_session *create = arg;

	CHECK(cmd == LIVEUPDATE_IOCTL_CREATE_SESSION ||
	      cmd == LIVEUPDATE_IOCTL_RETRIEVE_SESSION);
	CHECK_EQ(create->size, sizeof(*create));
	CHECK(!strcmp((char *)create->name, NAME63));
	create->fd = fake_fd();
	return 0;
}

static void sessions(void)
{
	struct luo_device *device = device_with(give_session);
	struct luo_session *session;

	CHECK_EQ(luo_device_create_session(device, NAME63, &session), 0);
	CHECK_EQ(fake.cmd, LIVEUPDATE_IOCTL_CREATE_SESSION);
	CHECK(!strcmp(luo_session_name(session), NAME63));
	CHECK(fake_is_cloexec(luo_session_fd(session)));
	luo_session_close(session);
	CHECK_EQ(luo_device_retrieve_session(device, NAME63, &session), 0);
	CHECK_EQ(fake.cmd, LIVEUPDATE_IOCTL_RETRIEVE_SESSION);
	CHECK(!strcmp(luo_session_name(session), NAME63));
	luo_session_close(session);
	luo_device_close(device);
}

static int take_discard(unsigned long cmd, void *arg)
{
	struct liveupdate_ioctl_discard_session *discard = arg;

	CHECK_EQ(cmd, LIVEUPDATE_IOCTL_DISCARD_SESSION);
	CHECK_EQ(discard->size, sizeof(*discard));
	CHECK_EQ(discard->reserved, 0);
	CHECK(!strcmp((char *)discard->name, "x"));
	return 0;
}

static void discard_session(void)
{
	struct luo_device *device = device_with(take_discard);

	CHECK_EQ(luo_device_discard_session(device, "x"), 0);
	luo_device_close(device);
}

/* The kernel must not be called. */
static void long_name(void)
{
	struct luo_device *device = device_with(NULL);
	struct luo_session *session;

	CHECK_EQ(luo_device_create_session(device, NAME63 "4", &session),
		 -ENAMETOOLONG);
	CHECK_EQ(luo_device_retrieve_session(device, NAME63 "4", &session),
		 -ENAMETOOLONG);
	CHECK_EQ(luo_device_discard_session(device, NAME63 "4"),
		 -ENAMETOOLONG);
	CHECK_EQ(fake.calls, 0);
	luo_device_close(device);
}

/* Errors of the kernel are returned, and outputs are not written. */
static void errors(void)
{
	struct luo_device *device = device_with(fail);
	struct luo_session *session = (void *)&failure;
	enum luo_state state = LUO_STATE_FROZEN;
	uint64_t count = 5;

	for (failure = 1; failure < 100; failure++) {
		CHECK_EQ(luo_device_get_state(device, &state, &count),
			 -failure);
		CHECK_EQ(luo_device_set_event(device, LUO_EVENT_FINISH),
			 -failure);
		CHECK_EQ(luo_device_create_session(device, "a", &session),
			 -failure);
		CHECK_EQ(luo_device_retrieve_session(device, "a", &session),
			 -failure);
		CHECK_EQ(luo_device_discard_session(device, "a"), -failure);
	}
	CHECK_EQ(state, LUO_STATE_FROZEN);
	CHECK_EQ(count, 5);
	CHECK(session == (void *)&failure);
	luo_device_close(device);
}

static void names(void)
{
	CHECK(!strcmp(luo_state_name(LUO_STATE_UNDEFINED), "undefined"));
	CHECK(!strcmp(luo_state_name(LUO_STATE_UPDATED), "updated"));
	CHECK(!luo_state_name(LUO_STATE_UPDATED + 1));
	CHECK(!luo_state_name(-1));
	CHECK(!strcmp(luo_event_name(LUO_EVENT_PREPARE), "prepare"));
	CHECK(!strcmp(luo_event_name(LUO_EVENT_CANCEL), "cancel"));
	CHECK(!luo_event_name(LUO_EVENT_CANCEL + 1));
}

/* A memfd always polls as readable, an empty pipe never does. */
static void waits(void)
{
	struct luo_device *device;
	int fds[2];

	failure = EINVAL;
	fake_reset(fail);
	CHECK_EQ(luo_device_open(&device, LUO_OPEN_QUERY), 0);
	CHECK_EQ(luo_device_wait(device, -1), 1);
	CHECK(!pipe2(fds, O_CLOEXEC));
	CHECK(dup3(fds[0], luo_device_fd(device), O_CLOEXEC) >= 0);
	CHECK_EQ(luo_device_wait(device, 1), 0);
	luo_device_close(device);
	close(fds[0]);
	close(fds[1]);
}

const struct test device_tests[] = {
	{ "flags of open", open_flags },
	{ "errors of open", open_errors },
	{ "open it when it is free", open_when_free },
	{ "make one of an fd", from_fd },
	{ "get the state", get_state },
	{ "set an event", set_event },
	{ "create and retrieve a session", sessions },
	{ "discard a session", discard_session },
	{ "a name that is too long", long_name },
	{ "errors of commands", errors },
	{ "names of states and events", names },
	{ "wait", waits },
	{ NULL, NULL },
};
