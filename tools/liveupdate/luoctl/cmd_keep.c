// SPDX-License-Identifier: GPL-2.0
/*
 * luoctl keep, cat: put files into a session and print files of a session.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "luoctl.h"

#define CHUNK (64 << 10)

static int write_all(int fd, const char *buf, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, buf, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		buf += n;
		len -= n;
	}
	return 0;
}

/* Copies from the current position to the end of @from. */
static int copy(int from, int to)
{
	static char buf[CHUNK];
	ssize_t n;
	int err = 0;

	while (!err) {
		n = read(from, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : 0;
		err = write_all(to, buf, n);
	}
	return err;
}

static int memfd_of_file(char *path)
{
	int in = open(path, O_RDONLY | O_CLOEXEC), fd, err;

	if (in < 0)
		return -errno;
	fd = memfd_create(basename(path), MFD_CLOEXEC);
	err = fd < 0 ? -errno : copy(in, fd);
	close(in);
	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

static int preserve_file(struct luo_session *session, char *path,
			 uint64_t token)
{
	int fd = memfd_of_file(path), err;

	if (fd < 0)
		return fail_with(STATUS_FAILED, "%s: %s", path,
				 strerror(-fd));
	err = luo_session_preserve_fd(session, fd, token);
	close(fd);
	return err ? fail(err, path) : STATUS_OK;
}

/* A process in the background holds the session, as closing it would end it. */
static int hold(struct luo_session *session, int files)
{
	int null;
	pid_t pid = fork();

	if (pid < 0)
		return fail(-errno, "fork");
	if (pid) {
		printf("session %s preserves %d file%s, while process %d runs\n",
		       luo_session_name(session), files, files == 1 ? "" : "s",
		       pid);
		return STATUS_OK;
	}
	setsid();
	null = open("/dev/null", O_RDWR);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
	}
	for (;;)
		pause();
}

static int keep(struct luo_session *session, int count, char **paths)
{
	int i, status;

	for (i = 0; i < count; i++) {
		progress_begin(paths[i]);
		status = preserve_file(session, paths[i], i);
		progress_end();
		if (status)
			return status;
	}
	return hold(session, count);
}

static int fail_create(int err, const char *name)
{
	if (err == -EEXIST)
		return fail_with(STATUS_FAILED,
				 "session %s already exists", name);
	if (err == -EAGAIN)
		return fail_with(STATUS_BUSY,
				 "the set of sessions is closed: an update is in progress, see luoctl status");
	return fail(err, name);
}

int cmd_keep(const struct options *options)
{
	struct luo_session *session;
	struct luo_device *device;
	int err, status = open_device(options, 0, &device);

	if (status)
		return status;
	err = luo_device_create_session(device, options->argv[0], &session);
	luo_device_close(device);
	if (err)
		return fail_create(err, options->argv[0]);
	status = keep(session, options->argc - 1, options->argv + 1);
	luo_session_close(session);
	return status;
}

static int print_file(struct luo_session *session, uint64_t token)
{
	char what[32];
	int fd = luo_session_retrieve_fd(session, token), err;

	snprintf(what, sizeof(what), "token %" PRIu64, token);
	if (fd < 0)
		return fail(fd, what);
	err = lseek(fd, 0, SEEK_SET) < 0 ? -errno : copy(fd, STDOUT_FILENO);
	close(fd);
	return err ? fail(err, what) : STATUS_OK;
}

int cmd_cat(const struct options *options)
{
	struct luo_session *session;
	struct luo_device *device;
	uint64_t token;
	char *end;
	int err, status;

	errno = 0;
	token = strtoull(options->argv[1], &end, 0);
	if (errno || *end || end == options->argv[1] ||
	    *options->argv[1] == '-')
		return fail_with(STATUS_USAGE, "invalid token %s",
				 options->argv[1]);
	status = open_device(options, 0, &device);
	if (status)
		return status;
	err = luo_device_retrieve_session(device, options->argv[0], &session);
	luo_device_close(device);
	if (err)
		return fail_session(err, options->argv[0]);
	status = print_file(session, token);
	luo_session_close(session);
	return status;
}
