// SPDX-License-Identifier: GPL-2.0
/*
 * A fake /dev/liveupdate for luoctl, described by lines of the file "device" in
 * LUO_FAKE:
 *
 *	state NAME COUNT
 *	session NAME in|out STATE FILES BYTES RETRIEVED FLAGS
 *	file SESSION in|out TOKEN FORMAT BYTES FLAGS
 *	error WHAT NUMBER
 *
 * Commands that would change the state are recorded as actions, and change
 * nothing. open() and ioctl() of this program replace those of libc.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/liveupdate.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fake.h"
#include "libluo.h"

#define DEVICE "/dev/liveupdate"
#define MAX_LINES 64

struct line {
	char word[8][64];
	int count;
};

static struct line lines[MAX_LINES];
static int line_count;

/* Returns false if the machine has no device. */
static int read_lines(void)
{
	char path[4096], text[512];
	struct line *line;
	FILE *file;

	if (line_count)
		return 1;
	file = fopen(fake_path("device", path, sizeof(path)), "re");
	if (!file)
		return 0;
	while (fgets(text, sizeof(text), file) && line_count < MAX_LINES) {
		line = &lines[line_count++];
		line->count = sscanf(text,
				     "%63s %63s %63s %63s %63s %63s %63s %63s",
				     line->word[0], line->word[1],
				     line->word[2], line->word[3],
				     line->word[4], line->word[5],
				     line->word[6], line->word[7]);
	}
	fclose(file);
	return 1;
}

/* The next line of a kind whose second word is @name; NULL matches any name. */
static const struct line *next_line(int *i, const char *kind, const char *name)
{
	while (*i < line_count) {
		const struct line *line = &lines[(*i)++];

		if (!strcmp(line->word[0], kind) &&
		    (!name || !strcmp(line->word[1], name)))
			return line;
	}
	return NULL;
}

static const struct line *line_of(const char *kind, const char *name)
{
	int i = 0;

	return next_line(&i, kind, name);
}

static const struct line *session_line(const char *name, int incoming)
{
	const struct line *line;
	int i = 0;

	while ((line = next_line(&i, "session", name))) {
		if (incoming == !strcmp(line->word[2], "in"))
			return line;
	}
	return NULL;
}

int fake_error(const char *what)
{
	const struct line *line = read_lines() ? line_of("error", what) : NULL;

	return line ? -atoi(line->word[2]) : 0;
}

static int state_number(const char *name)
{
	int i;

	for (i = 0; luo_state_name(i); i++) {
		if (!strcmp(luo_state_name(i), name))
			return i;
	}
	return 77;
}

/* The name of the memfd: "device", or "in" or "out" and the session's name. */
static int named_fd(const char *a, const char *b)
{
	char name[128];

	snprintf(name, sizeof(name), "luo %s %s", a, b);
	return memfd_create(name, MFD_CLOEXEC);
}

int fake_holder_fd(int fd)
{
	const struct line *line;
	int i = 0;

	/* The fds in the fixture have the same numbers as the sessions. */
	while ((line = next_line(&i, "session", NULL))) {
		if (!fd--)
			return named_fd(line->word[2], line->word[1]);
	}
	return -EPERM;
}

int open(const char *path, int flags, ...)
{
	va_list args;
	int mode, err;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, int) : 0;
	va_end(args);
	if (strcmp(path, DEVICE))
		return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	err = read_lines() ? fake_error((flags & O_ACCMODE) == O_RDWR ?
						"open" : "query") : -ENOENT;
	if (err) {
		errno = -err;
		return -1;
	}
	return named_fd("device", "-");
}

static int give_session(const char *how, const char *name, int incoming,
			__s32 *fd)
{
	const struct line *line = session_line(name, incoming);

	if (fake_error(how))
		return fake_error(how);
	if (!incoming && line)
		return -EEXIST;
	if (incoming && !line)
		return -ENOENT;
	if (incoming && strstr(line->word[7], "held"))
		return -EINVAL;
	*fd = named_fd(incoming ? "in" : "out", name);
	fake_action("%s %s", how, name);
	return 0;
}

static unsigned int flags_of(const struct line *line)
{
	unsigned int flags = 0;

	if (!strcmp(line->word[2], "in"))
		flags |= LIVEUPDATE_SESSION_INCOMING;
	if (strstr(line->word[7], "held"))
		flags |= LIVEUPDATE_SESSION_HELD;
	if (strstr(line->word[7], "damaged"))
		flags |= LIVEUPDATE_SESSION_DAMAGED;
	return flags;
}

static void list_sessions(struct liveupdate_ioctl_list_sessions *arg)
{
	struct liveupdate_session_info *info = (void *)(uintptr_t)arg->buffer;
	const int incoming = arg->flags & LIVEUPDATE_LIST_INCOMING;
	const struct line *line;
	int i = (int)arg->cursor;

	arg->count = 0;
	while ((line = next_line(&i, "session", NULL))) {
		if (incoming != !strcmp(line->word[2], "in"))
			continue;
		memset(info, 0, sizeof(*info));
		memcpy(info->name, line->word[1], sizeof(info->name));
		info->state = state_number(line->word[3]);
		info->files = strtoull(line->word[4], NULL, 10);
		info->bytes = strtoull(line->word[5], NULL, 10);
		info->retrieved = strtoull(line->word[6], NULL, 10);
		info->flags = flags_of(line);
		info++;
		arg->count++;
	}
	arg->cursor = i;
}

static int discard_session(const struct liveupdate_ioctl_discard_session *arg)
{
	const struct line *line = session_line((const char *)arg->name, 1);

	if (!line)
		return -ENOENT;
	if (strstr(line->word[7], "held"))
		return -EBUSY;
	fake_action("discard %s", arg->name);
	return 0;
}

static int get_state(struct liveupdate_ioctl_get_state *arg)
{
	const struct line *line = line_of("state", NULL);

	if (!line || fake_error("state"))
		return -ENOTTY;
	arg->state = state_number(line->word[1]);
	arg->count = atoi(line->word[2]);
	return 0;
}

static int device_ioctl(unsigned long cmd, void *arg)
{
	struct liveupdate_ioctl_create_session *session = arg;
	struct liveupdate_ioctl_set_event *event = arg;
	const char *name;

	switch (cmd) {
	case LIVEUPDATE_IOCTL_CREATE_SESSION:
		return give_session("create", (char *)session->name, 0,
				    &session->fd);
	case LIVEUPDATE_IOCTL_RETRIEVE_SESSION:
		return give_session("retrieve", (char *)session->name, 1,
				    &session->fd);
	case LIVEUPDATE_IOCTL_GET_STATE:
		return get_state(arg);
	case LIVEUPDATE_IOCTL_SET_EVENT:
		name = luo_event_name(event->event);
		if (line_of("slow", NULL))
			sleep(2);
		fake_action("%s", name);
		return fake_error(name);
	case LIVEUPDATE_IOCTL_LIST_SESSIONS:
		if (fake_error("list"))
			return fake_error("list");
		list_sessions(arg);
		return 0;
	case LIVEUPDATE_IOCTL_DISCARD_SESSION:
		return discard_session(arg);
	}
	return -ENOTTY;
}

static void list_files(struct liveupdate_session_list_fds *arg,
		       const char *name, int incoming)
{
	struct liveupdate_file_info *info = (void *)(uintptr_t)arg->buffer;
	const struct line *line;
	int i = 0;

	arg->count = 0;
	while (!arg->cursor && (line = next_line(&i, "file", name))) {
		if (incoming != !strcmp(line->word[2], "in"))
			continue;
		memset(info, 0, sizeof(*info));
		info->token = strtoull(line->word[3], NULL, 10);
		snprintf((char *)info->format, sizeof(info->format), "%.40s",
			 line->word[4]);
		info->bytes = strtoull(line->word[5], NULL, 10);
		info->flags = !strcmp(line->word[6], "open");
		info++;
		arg->count++;
	}
	arg->cursor = 0;
}

/* The contents of each file are its token. */
static int give_file(struct liveupdate_session_retrieve_fd *arg)
{
	if (fake_error("file"))
		return fake_error("file");
	arg->fd = named_fd("file", "-");
	dprintf(arg->fd, "contents of %llu\n", (unsigned long long)arg->token);
	return 0;
}

static int session_state(struct liveupdate_session_get_state *arg,
			 const char *name, int incoming)
{
	const struct line *line = session_line(name, incoming);

	if (!line)
		return -ENOTTY;
	arg->state = state_number(line->word[3]);
	arg->flags = flags_of(line);
	arg->files = strtoull(line->word[4], NULL, 10);
	arg->bytes = strtoull(line->word[5], NULL, 10);
	return 0;
}

static int session_ioctl(unsigned long cmd, void *arg, const char *name,
			 int incoming)
{
	struct liveupdate_session_preserve_fd *preserve = arg;
	struct liveupdate_session_get_name *named = arg;

	switch (cmd) {
	case LIVEUPDATE_SESSION_GET_NAME:
		snprintf((char *)named->name, sizeof(named->name), "%s", name);
		return 0;
	/* Consumes the POLLIN of other holders of the session. */
	case LIVEUPDATE_SESSION_GET_STATE:
		fake_action("take the news of %s", name);
		return session_state(arg, name, incoming);
	case LIVEUPDATE_SESSION_LIST_FDS:
		list_files(arg, name, incoming);
		return 0;
	case LIVEUPDATE_SESSION_PRESERVE_FD:
		fake_action("preserve %s %llu, %ld bytes", name,
			    (unsigned long long)preserve->token,
			    (long)lseek(preserve->fd, 0, SEEK_END));
		return fake_error("preserve");
	case LIVEUPDATE_SESSION_RETRIEVE_FD:
		return give_file(arg);
	case LIVEUPDATE_SESSION_FINISH:
		fake_action("finish %s", name);
		return fake_error("finish-session");
	}
	return -ENOTTY;
}

static int fake_ioctl(int fd, unsigned long cmd, void *arg)
{
	char path[64], link[256], kind[16], name[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		return -EBADF;
	link[n] = '\0';
	if (sscanf(link, "/memfd:luo %15s %63s", kind, name) != 2)
		return -ENOTTY;
	if (!strcmp(kind, "device"))
		return device_ioctl(cmd, arg);
	if (strcmp(kind, "in") && strcmp(kind, "out"))
		return -ENOTTY;
	return session_ioctl(cmd, arg, name, !strcmp(kind, "in"));
}

int ioctl(int fd, unsigned long cmd, ...)
{
	va_list args;
	void *arg;
	int err;

	va_start(args, cmd);
	arg = va_arg(args, void *);
	va_end(args);
	if (_IOC_TYPE(cmd) != LIVEUPDATE_IOCTL_TYPE)
		return (int)syscall(SYS_ioctl, fd, cmd, arg);
	err = fake_ioctl(fd, cmd, arg);
	errno = -err;
	return err ? -1 : 0;
}
