// SPDX-License-Identifier: GPL-2.0
/*
 * Find the processes that hold a session, by the links in /proc/PID/fd.
 */

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "luoctl.h"

/* The kernel documents this form of the link. */
#define LINK_FORM "anon_inode:[luo_session] %s"

/* A line of /proc/PID/fdinfo/FD of an incoming session. */
#define INCOMING_LINE "direction:\tincoming\n"

struct search {
	bool incoming;
	char link[LUO_SESSION_NAME_SIZE + sizeof(LINK_FORM)];
	struct holder *holders;
	size_t count;
};

static bool is_number(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

static int add_holder(struct search *search, pid_t pid, int fd)
{
	struct holder *holders, *holder;
	char path[64];

	holders = reallocarray(search->holders, search->count + 1,
			       sizeof(*holders));
	if (!holders)
		return -ENOMEM;
	search->holders = holders;
	holder = &holders[search->count++];
	holder->pid = pid;
	holder->fd = fd;
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	if (sysfs_text(path, holder->comm, sizeof(holder->comm)))
		snprintf(holder->comm, sizeof(holder->comm), "?");
	return 0;
}

/* False as well if the fd has been closed meanwhile. */
static bool is_direction(const struct search *search, pid_t pid, int fd)
{
	char path[64], text[1024];

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, fd);
	if (sysfs_text(path, text, sizeof(text)))
		return false;
	return search->incoming == !!strstr(text, INCOMING_LINE);
}

static bool links_to(const struct search *search, int dir, const char *name)
{
	char link[sizeof(search->link)];
	ssize_t n = readlinkat(dir, name, link, sizeof(link));

	return n == (ssize_t)strlen(search->link) &&
	       !memcmp(link, search->link, n);
}

/* Processes that have exited, or that may not be inspected, are skipped. */
static int search_process(struct search *search, pid_t pid)
{
	char path[64], real[PATH_MAX];
	struct dirent *entry;
	int fd, err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(machine_path(path, real, sizeof(real)));
	if (!dir)
		return 0;
	while (!err && (entry = readdir(dir))) {
		if (!is_number(entry->d_name) ||
		    !links_to(search, dirfd(dir), entry->d_name))
			continue;
		fd = atoi(entry->d_name);
		if (is_direction(search, pid, fd))
			err = add_holder(search, pid, fd);
	}
	closedir(dir);
	return err;
}

/**
 * holders_find() - find the processes that hold a session
 * @name: name of the session
 * @incoming: search for the incoming session of that name, not the outgoing one
 * @holders: returns the array of holders; the caller frees it
 * @count: returns the number of holders
 *
 * Return: 0 or a negative errno.
 */
int holders_find(const char *name, bool incoming, struct holder **holders,
		 size_t *count)
{
	struct search search = { .incoming = incoming };
	struct dirent *entry;
	char real[PATH_MAX];
	int err = 0;
	DIR *dir;

	snprintf(search.link, sizeof(search.link), LINK_FORM, name);
	dir = opendir(machine_path("/proc", real, sizeof(real)));
	if (!dir)
		return -errno;
	while (!err && (entry = readdir(dir))) {
		if (is_number(entry->d_name))
			err = search_process(&search, atoi(entry->d_name));
	}
	closedir(dir);
	if (err) {
		free(search.holders);
		return err;
	}
	*holders = search.holders;
	*count = search.count;
	return 0;
}

/* Duplicates the session fd of @holder, to query the kernel by it. */
int holder_session(const struct holder *holder, struct luo_session **session)
{
	int fd = machine_fd_of(holder->pid, holder->fd), err;

	if (fd < 0)
		return fd;
	err = luo_session_from_fd(session, fd);
	if (err)
		close(fd);
	return err;
}
