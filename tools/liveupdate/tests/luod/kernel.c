// SPDX-License-Identifier: GPL-2.0
/*
 * A fake kernel for luod, see kernel.h.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/liveupdate.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../lib/test.h"
#include "kernel.h"

#define SESSIONS_MAX	1200
#define FILES_MAX	4

struct file {
	__u64 token;
	int fd;
	bool retrieved;
};

struct session {
	char name[LIVEUPDATE_SESSION_NAME_LENGTH];
	bool incoming;
	bool finished;
	ino_t ino;		/* 0: no process holds it */
	int nr;
	struct file files[FILES_MAX];
};

static struct session sessions[SESSIONS_MAX];
static int nr_sessions, nr_jumps, fail_err;
static unsigned int fail_nr;
static bool device_busy, prepared;

static void drop_files(struct session *session)
{
	while (session->nr)
		syscall(SYS_close, session->files[--session->nr].fd);
}

void kernel_reset(void)
{
	while (nr_sessions)
		drop_files(&sessions[--nr_sessions]);
	device_busy = false;
	prepared = false;
	nr_jumps = 0;
	fail_err = 0;
}

void kernel_set_busy(bool busy)
{
	device_busy = busy;
}

void kernel_set_prepared(bool is_prepared)
{
	prepared = is_prepared;
}

void kernel_fail(unsigned int nr, int err)
{
	fail_nr = nr;
	fail_err = err;
}

void kernel_kexec_done(void)
{
	int i;

	for (i = 0; i < nr_sessions; i++) {
		sessions[i].incoming = true;
		sessions[i].ino = 0;
	}
}

static struct session *find(const char *name, bool incoming)
{
	int i;

	for (i = 0; i < nr_sessions; i++) {
		if (sessions[i].incoming == incoming &&
		    !sessions[i].finished && !strcmp(sessions[i].name, name))
			return &sessions[i];
	}
	return NULL;
}

int kernel_sessions(bool incoming)
{
	int i, n = 0;

	for (i = 0; i < nr_sessions; i++)
		n += sessions[i].incoming == incoming && !sessions[i].finished;
	return n;
}

int kernel_jumps(void)
{
	return nr_jumps;
}

int kernel_files(const char *name)
{
	struct session *session = find(name, false) ?: find(name, true);

	return session ? session->nr : -1;
}

static int give_fd(struct session *session)
{
	struct stat st;
	int fd = memfd_create("session", MFD_CLOEXEC);

	CHECK(fd >= 0);
	CHECK(!fstat(fd, &st));
	session->ino = st.st_ino;
	return fd;
}

static int create(struct liveupdate_ioctl_create_session *arg)
{
	struct session *session = &sessions[nr_sessions];

	if (prepared)
		return -EAGAIN;
	if (find((char *)arg->name, false))
		return -EEXIST;
	CHECK(nr_sessions < SESSIONS_MAX);
	nr_sessions++;
	memset(session, 0, sizeof(*session));
	memcpy(session->name, arg->name, sizeof(session->name));
	arg->fd = give_fd(session);
	return 0;
}

static int retrieve(struct liveupdate_ioctl_retrieve_session *arg)
{
	struct session *session = find((char *)arg->name, true);

	if (!session)
		return -ENOENT;
	if (session->ino)
		return -EINVAL;
	arg->fd = give_fd(session);
	return 0;
}

static struct session *of_fd(int fd)
{
	struct stat st;
	int i;

	if (fstat(fd, &st))
		return NULL;
	for (i = 0; i < nr_sessions; i++) {
		if (sessions[i].ino == st.st_ino)
			return &sessions[i];
	}
	return NULL;
}

static struct file *find_file(struct session *session, __u64 token)
{
	int i;

	for (i = 0; i < session->nr; i++) {
		if (session->files[i].token == token)
			return &session->files[i];
	}
	return NULL;
}

static int preserve(struct session *session,
		    const struct liveupdate_session_preserve_fd *arg)
{
	if (prepared)
		return -EBUSY;
	if (find_file(session, arg->token))
		return -EEXIST;
	CHECK(session->nr < FILES_MAX);
	session->files[session->nr++] = (struct file) {
		.token = arg->token,
		.fd = fcntl(arg->fd, F_DUPFD_CLOEXEC, 500),
	};
	return 0;
}

static int unpreserve(struct session *session, __u64 token)
{
	struct file *file = find_file(session, token);

	if (prepared)
		return -EBUSY;
	if (!file)
		return -ENOENT;
	syscall(SYS_close, file->fd);
	*file = session->files[--session->nr];
	return 0;
}

static int give_file(struct session *session,
		     struct liveupdate_session_retrieve_fd *arg)
{
	struct file *file = find_file(session, arg->token);

	if (!file)
		return -ENOENT;
	arg->fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 3);
	file->retrieved = true;
	return 0;
}

static int list(struct session *session, struct liveupdate_session_list_fds *arg)
{
	struct liveupdate_file_info *info = (void *)(unsigned long)arg->buffer;
	int i;

	CHECK(arg->count >= FILES_MAX);
	memset(info, 0, sizeof(*info) * session->nr);
	for (i = 0; i < session->nr; i++)
		info[i].token = session->files[i].token;
	arg->count = session->nr;
	arg->cursor = 0;
	return 0;
}

static int session_command(struct session *session, unsigned long cmd, void *arg)
{
	switch (cmd) {
	case LIVEUPDATE_SESSION_PRESERVE_FD:
		return preserve(session, arg);
	case LIVEUPDATE_SESSION_UNPRESERVE_FD:
		return unpreserve(session,
			((struct liveupdate_session_unpreserve_fd *)arg)->token);
	case LIVEUPDATE_SESSION_RETRIEVE_FD:
		return give_file(session, arg);
	case LIVEUPDATE_SESSION_LIST_FDS:
		return list(session, arg);
	case LIVEUPDATE_SESSION_FINISH:
		session->finished = true;
		drop_files(session);
		return 0;
	case LIVEUPDATE_SESSION_GET_NAME:
		memcpy(((struct liveupdate_session_get_name *)arg)->name,
		       session->name, sizeof(session->name));
		return 0;
	case LIVEUPDATE_SESSION_GET_STATE:
		((struct liveupdate_session_get_state *)arg)->state =
			session->incoming && !session->finished ?
			LIVEUPDATE_STATE_UPDATED : LIVEUPDATE_STATE_NORMAL;
		return 0;
	}
	return -ENOTTY;
}

static int command(int fd, unsigned long cmd, void *arg)
{
	struct session *session;

	if (fail_err && _IOC_NR(cmd) == fail_nr) {
		int err = fail_err;

		fail_err = 0;
		return -err;
	}
	if (cmd == LIVEUPDATE_IOCTL_CREATE_SESSION)
		return create(arg);
	if (cmd == LIVEUPDATE_IOCTL_RETRIEVE_SESSION)
		return retrieve(arg);
	session = of_fd(fd);
	return session ? session_command(session, cmd, arg) : -ENOTTY;
}

static bool is_open(ino_t ino)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	bool found = false;
	struct stat st;

	CHECK(dir);
	while ((entry = readdir(dir)))
		found |= !fstat(atoi(entry->d_name), &st) && st.st_ino == ino;
	closedir(dir);
	return found;
}

/* The last fd of the session was closed. */
static void released(struct session *session)
{
	int i;

	session->ino = 0;
	for (i = 0; i < session->nr; i++) {
		if (session->incoming && !session->files[i].retrieved)
			return;
	}
	drop_files(session);
	if (session->incoming)
		session->finished = true;
	else
		*session = sessions[--nr_sessions];
}

int close(int fd)
{
	struct session *session = of_fd(fd);
	int value = syscall(SYS_close, fd);

	if (session && !is_open(session->ino))
		released(session);
	return value;
}

int open(const char *path, int flags, ...)
{
	if (strcmp(path, "/dev/liveupdate"))
		return syscall(SYS_openat, AT_FDCWD, path, flags, 0);
	if (device_busy && (flags & O_ACCMODE) != O_RDONLY) {
		errno = EBUSY;
		return -1;
	}
	return memfd_create("device", MFD_CLOEXEC);
}

int ioctl(int fd, unsigned long cmd, ...)
{
	va_list args;
	void *arg;
	int err;

	va_start(args, cmd);
	arg = va_arg(args, void *);
	va_end(args);
	err = command(fd, cmd, arg);
	if (!err)
		return 0;
	errno = -err;
	return -1;
}

/* Fails as without a loaded kernel. */
int reboot(int how)
{
	CHECK_EQ(how, RB_KEXEC);
	nr_jumps++;
	errno = EINVAL;
	return -1;
}
