// SPDX-License-Identifier: GPL-2.0
/*
 * Credentials of the process at the other end of a connection.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "luod.h"

/*
 * Paths that are too long, or whose characters JSON would escape, are treated
 * as empty, so that the state of all clients always fits into the state file.
 * Names of systemd units do not contain such characters.
 */
static bool is_proper(const char *path, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (path[i] < ' ' || path[i] > '~')
			return false;
	}
	return len < CGROUP_SIZE;
}

void peer_parse_cgroup(const char *text, char cgroup[CGROUP_SIZE])
{
	const char *line = text, *end;

	cgroup[0] = '\0';
	while (line && strncmp(line, "0::", 3)) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	if (!line)
		return;
	line += 3;
	end = strchrnul(line, '\n');
	if (is_proper(line, end - line))
		snprintf(cgroup, CGROUP_SIZE, "%.*s", (int)(end - line), line);
}

/* An exited process has no cgroup. Running out of fds is an error, though. */
static int get_cgroup(struct peer *peer)
{
	char path[64], text[4096];
	ssize_t n;
	int fd;

	peer->cgroup[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/cgroup", peer->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == EMFILE || errno == ENFILE ? -errno : 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	peer_parse_cgroup(text, peer->cgroup);
	return 0;
}

int peer_get(int fd, struct peer *peer)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return -errno;
	peer->uid = cred.uid;
	peer->gid = cred.gid;
	peer->pid = cred.pid;
	return get_cgroup(peer);
}
