// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * /dev/liveupdate: open it, the global state, sessions by name.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "private.h"

#define DEVICE		"/dev/liveupdate"

/* Delay between attempts to open the device: the first one, and the maximum. */
#define FIRST_NAP_MS	5
#define MAX_NAP_MS	100

static int new_device(struct luo_device **device, int fd)
{
	struct luo_device *d = malloc(sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->fd = fd;
	*device = d;
	return 0;
}

/* The errors of open() if the kernel has no live update. */
static bool means_absent(int err)
{
	return err == ENOENT || err == ENODEV || err == ENXIO;
}

int luo_device_open(struct luo_device **device, unsigned int flags)
{
	int fd, err;

	if (flags & ~LUO_OPEN_QUERY)
		return -EINVAL;
	fd = open(DEVICE, (flags ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (fd < 0)
		return means_absent(errno) ? -ENODEV : -errno;
	err = new_device(device, fd);
	if (err)
		close(fd);
	return err;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int nap(int64_t ms)
{
	struct timespec ts = {
		.tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000,
	};

	return nanosleep(&ts, NULL) ? -errno : 0;
}

/* The kernel does not signal that the device is free, so poll it. */
int luo_device_open_wait(struct luo_device **device, unsigned int flags,
			 int timeout_ms)
{
	const int64_t start = now_ms();
	int64_t ms = FIRST_NAP_MS, left;
	int err;

	for (;;) {
		left = timeout_ms - (now_ms() - start);
		err = luo_device_open(device, flags);
		if (err != -EBUSY || (timeout_ms >= 0 && left <= 0))
			return err;
		err = nap(timeout_ms >= 0 && left < ms ? left : ms);
		if (err)
			return err;
		ms = ms * 2 > MAX_NAP_MS ? MAX_NAP_MS : ms * 2;
	}
}

/*
 * Uses a command that mainline has, too. The session name is empty and
 * therefore invalid, so nothing is retrieved.
 */
static bool is_device(int fd)
{
	struct liveupdate_ioctl_retrieve_session arg = { .size = sizeof(arg) };
	int err = luo_ioctl(fd, LIVEUPDATE_IOCTL_RETRIEVE_SESSION, &arg);

	return err != -ENOTTY;
}

int luo_device_from_fd(struct luo_device **device, int fd)
{
	if (fcntl(fd, F_GETFD) < 0)
		return -errno;
	if (!is_device(fd))
		return -ENOTTY;
	return new_device(device, fd);
}

void luo_device_close(struct luo_device *device)
{
	if (!device)
		return;
	close(device->fd);
	free(device);
}

int luo_device_fd(const struct luo_device *device)
{
	return device->fd;
}

int luo_device_get_state(struct luo_device *device, enum luo_state *state,
			 uint64_t *count)
{
	struct liveupdate_ioctl_get_state arg = { .size = sizeof(arg) };
	int err = luo_ioctl(device->fd, LIVEUPDATE_IOCTL_GET_STATE, &arg);

	if (err)
		return err;
	*state = (enum luo_state)arg.state;
	if (count)
		*count = arg.count;
	return 0;
}

int luo_device_wait(struct luo_device *device, int timeout_ms)
{
	return luo_poll(device->fd, timeout_ms);
}

int luo_device_set_event(struct luo_device *device, enum luo_event event)
{
	struct liveupdate_ioctl_set_event arg = {
		.size = sizeof(arg),
		.event = event,
	};

	return luo_ioctl(device->fd, LIVEUPDATE_IOCTL_SET_EVENT, &arg);
}

static int set_name(__u8 *field, const char *name)
{
	const size_t len = strnlen(name, LUO_SESSION_NAME_SIZE);

	if (len == LUO_SESSION_NAME_SIZE)
		return -ENAMETOOLONG;
	memcpy(field, name, len + 1);
	return 0;
}

int luo_device_create_session(struct luo_device *device, const char *name,
			      struct luo_session **session)
{
	struct liveupdate_ioctl_create_session arg = { .size = sizeof(arg) };
	int err = set_name(arg.name, name);

	if (!err)
		err = luo_ioctl(device->fd, LIVEUPDATE_IOCTL_CREATE_SESSION,
				&arg);
	if (err)
		return err;
	err = luo_session_new(session, arg.fd, name);
	if (err)
		close(arg.fd);
	return err;
}

/*
 * Allocate the object before the session is retrieved. If the allocation failed
 * afterwards, closing the fd would finish an incoming session that has no
 * files, or whose files were all retrieved.
 */
int luo_device_retrieve_session(struct luo_device *device, const char *name,
				struct luo_session **session)
{
	struct liveupdate_ioctl_retrieve_session arg = { .size = sizeof(arg) };
	struct luo_session *s;
	int err = set_name(arg.name, name);

	if (err)
		return err;
	err = luo_session_new(&s, -1, name);
	if (err)
		return err;
	err = luo_ioctl(device->fd, LIVEUPDATE_IOCTL_RETRIEVE_SESSION, &arg);
	if (err) {
		free(s);
		return err;
	}
	s->fd = arg.fd;
	*session = s;
	return 0;
}

int luo_device_discard_session(struct luo_device *device, const char *name)
{
	struct liveupdate_ioctl_discard_session arg = { .size = sizeof(arg) };
	int err = set_name(arg.name, name);

	if (err)
		return err;
	return luo_ioctl(device->fd, LIVEUPDATE_IOCTL_DISCARD_SESSION, &arg);
}
