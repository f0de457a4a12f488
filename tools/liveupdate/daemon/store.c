// SPDX-License-Identifier: GPL-2.0
/*
 * The service manager: notifications, and the fd store, which keeps fds while
 * luod does not run. This implements the stable protocol of sd_notify(3) and
 * sd_listen_fds(3), as there is no static libsystemd.
 *
 * A message reaches the manager as soon as it is sent: an fd that was stored
 * before the reply to a client is not lost if luod is killed.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "luod.h"

#define FIRST_FD	3
#define MESSAGE_SIZE	256

static bool manager_address(struct sockaddr_un *addr, socklen_t *len)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t size = path ? strlen(path) : 0;

	if (!size || size >= sizeof(addr->sun_path))
		return false;
	memset(addr, 0, sizeof(*addr));
	addr->sun_family = AF_UNIX;
	memcpy(addr->sun_path, path, size);
	if (path[0] == '@')
		addr->sun_path[0] = '\0';
	*len = offsetof(struct sockaddr_un, sun_path) + size;
	return true;
}

static void attach_fd(struct msghdr *msg, int fd)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
}

/* @fd is -1 if no fd is attached. */
static void tell(const char *text, int fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov = { (void *)text, strlen(text) };
	struct sockaddr_un addr;
	struct msghdr msg = {
		.msg_name = &addr,
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	int sock;

	if (!manager_address(&addr, &msg.msg_namelen))
		return;
	if (fd >= 0) {
		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
		attach_fd(&msg, fd);
	}
	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0 || sendmsg(sock, &msg, MSG_NOSIGNAL) < 0)
		luod_log("cannot notify the service manager: %s",
			 strerror(errno));
	if (sock >= 0)
		close(sock);
}

void store_notify(const char *text)
{
	tell(text, -1);
}

void store_add(const char *name, int fd)
{
	char text[MESSAGE_SIZE];

	/*
	 * FDPOLL=0: a finished session polls as readable and would be dropped.
	 */
	snprintf(text, sizeof(text), "FDSTORE=1\nFDPOLL=0\nFDNAME=%s", name);
	tell(text, fd);
}

void store_remove(const char *name)
{
	char text[MESSAGE_SIZE];

	snprintf(text, sizeof(text), "FDSTOREREMOVE=1\nFDNAME=%s", name);
	tell(text, -1);
}

static int number_of_fds(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	long nr;

	if (!pid || !fds || strtol(pid, NULL, 10) != getpid())
		return 0;
	nr = strtol(fds, NULL, 10);
	return nr < 0 || nr > INT32_MAX - FIRST_FD ? 0 : nr;
}

bool store_has(const char *name)
{
	const char *names = getenv("LISTEN_FDNAMES");
	const size_t len = strlen(name);

	if (!number_of_fds())
		return false;
	for (; names; names = names ? names + 1 : NULL) {
		if (!strncmp(names, name, len) &&
		    (names[len] == ':' || !names[len]))
			return true;
		names = strchr(names, ':');
	}
	return false;
}

void store_take(void (*take)(void *data, const char *name, int fd), void *data)
{
	const char *env = getenv("LISTEN_FDNAMES");
	char *names = strdup(env ?: ""), *rest = names, *name;
	int nr = number_of_fds(), i;

	for (i = 0; i < nr; i++) {
		name = rest ? strsep(&rest, ":") : NULL;
		fcntl(FIRST_FD + i, F_SETFD, FD_CLOEXEC);
		take(data, name ?: "", FIRST_FD + i);
	}
	free(names);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}
