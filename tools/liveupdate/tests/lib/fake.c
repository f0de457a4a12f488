// SPDX-License-Identifier: GPL-2.0
/*
 * A fake kernel, controlled by the test.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fake.h"
#include "test.h"

#define DEVICE "/dev/liveupdate"

/* Files of this size are fake fds; no other file in the tests has it. */
#define FAKE_SIZE 4711

struct fake fake;

void fake_reset(int (*answer)(unsigned long cmd, void *arg))
{
	memset(&fake, 0, sizeof(fake));
	fake.answer = answer;
}

int fake_fd(void)
{
	int fd = memfd_create("fake", MFD_CLOEXEC);

	CHECK(fd >= 0);
	CHECK(!ftruncate(fd, FAKE_SIZE));
	return fd;
}

int fake_is_cloexec(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	CHECK(flags >= 0);
	return flags & FD_CLOEXEC;
}

int open(const char *path, int flags, ...)
{
	if (strcmp(path, DEVICE))
		return syscall(SYS_openat, AT_FDCWD, path, flags, 0);
	fake.opens++;
	fake.open_flags = flags;
	if (fake.open_err && fake.opens <= fake.open_failures) {
		errno = fake.open_err;
		return -1;
	}
	return fake_fd();
}

static int is_fake(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && st.st_size == FAKE_SIZE;
}

int ioctl(int fd, unsigned long cmd, ...)
{
	va_list args;
	void *arg;
	int err;

	va_start(args, cmd);
	arg = va_arg(args, void *);
	va_end(args);
	if (_IOC_TYPE(cmd) != 0xba)
		return syscall(SYS_ioctl, fd, cmd, arg);
	if (fcntl(fd, F_GETFD) < 0)
		return -1;
	fake.calls++;
	fake.fd = fd;
	fake.cmd = cmd;
	memcpy(&fake.size, arg, sizeof(fake.size));
	err = is_fake(fd) ? fake.answer(cmd, arg) : -ENOTTY;
	errno = -err;
	return err ? -1 : 0;
}
