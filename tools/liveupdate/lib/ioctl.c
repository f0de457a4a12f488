// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * System calls. Asserts that the library's numbers are equal to the kernel's.
 */

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "private.h"

static_assert(LUO_SESSION_NAME_SIZE == LIVEUPDATE_SESSION_NAME_LENGTH, "");
static_assert((int)LUO_STATE_UNDEFINED == LIVEUPDATE_STATE_UNDEFINED, "");
static_assert((int)LUO_STATE_NORMAL == LIVEUPDATE_STATE_NORMAL, "");
static_assert((int)LUO_STATE_PREPARED == LIVEUPDATE_STATE_PREPARED, "");
static_assert((int)LUO_STATE_FROZEN == LIVEUPDATE_STATE_FROZEN, "");
static_assert((int)LUO_STATE_UPDATED == LIVEUPDATE_STATE_UPDATED, "");
static_assert((int)LUO_EVENT_PREPARE == LIVEUPDATE_PREPARE, "");
static_assert((int)LUO_EVENT_FREEZE == LIVEUPDATE_FREEZE, "");
static_assert((int)LUO_EVENT_FINISH == LIVEUPDATE_FINISH, "");
static_assert((int)LUO_EVENT_CANCEL == LIVEUPDATE_CANCEL, "");
static_assert(LUO_LIST_INCOMING == LIVEUPDATE_LIST_INCOMING, "");

int luo_ioctl(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) ? -errno : 0;
}

/* 1 if the state has changed, 0 after the timeout, or a negative errno. */
int luo_poll(int fd, int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLPRI };
	int n = poll(&pfd, 1, timeout_ms);

	if (n < 0)
		return -errno;
	return n && (pfd.revents & POLLNVAL) ? -EBADF : n;
}
