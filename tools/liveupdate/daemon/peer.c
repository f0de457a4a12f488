// SPDX-License-Identifier: GPL-2.0
/*
 * Who is at the other end of a connection.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "luod.h"

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
	end = strchrnul(line, '\n');
	/* One that is too long for us matches no rule. */
	if ((size_t)(end - line) - 3 < CGROUP_SIZE)
		snprintf(cgroup, CGROUP_SIZE, "%.*s", (int)(end - line - 3),
			 line + 3);
}

/* Best effort: a process that is gone by now has none. */
static void get_cgroup(struct peer *peer)
{
	char path[64], text[4096];
	ssize_t n;
	int fd;

	peer->cgroup[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/cgroup", peer->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return;
	text[n] = '\0';
	peer_parse_cgroup(text, peer->cgroup);
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
	get_cgroup(peer);
	return 0;
}
