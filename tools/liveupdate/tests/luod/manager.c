// SPDX-License-Identifier: GPL-2.0
/*
 * A fake service manager for luod, see manager.h.
 */

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../lib/test.h"
#include "manager.h"

#define STORED_MAX	256
#define FIRST_FD	3

/* Lowest number for fds of the tests, above those that are passed to luod. */
#define HIGH_FD		300

static struct {
	int sock;
	int nr;
	struct {
		char name[64];
		int fd;
	} stored[STORED_MAX];
} manager;

void manager_start(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(addr);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	/* Autobind: the kernel picks an abstract address. */
	CHECK(!bind(fd, (struct sockaddr *)&addr, sizeof(sa_family_t)));
	CHECK(!getsockname(fd, (struct sockaddr *)&addr, &len));
	addr.sun_path[0] = '@';
	CHECK(!setenv("NOTIFY_SOCKET", addr.sun_path, 1));
	manager.sock = fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD);
	close(fd);
	manager.nr = 0;
}

int manager_fd(void)
{
	return manager.sock;
}

bool manager_has(const char *name)
{
	int i;

	for (i = 0; i < manager.nr; i++) {
		if (!strcmp(manager.stored[i].name, name))
			return true;
	}
	return false;
}

void manager_remove(const char *name)
{
	int i;

	for (i = 0; i < manager.nr; i++) {
		if (strcmp(manager.stored[i].name, name))
			continue;
		close(manager.stored[i].fd);
		manager.stored[i] = manager.stored[--manager.nr];
		return;
	}
}

void manager_add(const char *name, int fd)
{
	CHECK(manager.nr < STORED_MAX);
	snprintf(manager.stored[manager.nr].name, 64, "%s", name);
	manager.stored[manager.nr++].fd = fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD);
	close(fd);
}

void manager_listen(void)
{
	char text[256], control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { text, sizeof(text) - 1 };
	struct cmsghdr *cmsg;
	ssize_t n;
	int fd;

	for (;;) {
		struct msghdr msg = {
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};

		n = recvmsg(manager.sock, &msg, MSG_CMSG_CLOEXEC);
		if (n < 0)
			return;
		text[n] = '\0';
		if (!strncmp(text, "FDSTOREREMOVE=1\nFDNAME=", 23)) {
			manager_remove(text + 23);
			continue;
		}
		cmsg = CMSG_FIRSTHDR(&msg);
		if (!cmsg)
			continue;
		memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
		CHECK(!strncmp(text, "FDSTORE=1\nFDPOLL=0\nFDNAME=", 26));
		manager_add(text + 26, fd);
	}
}

void manager_stop(void)
{
	manager_listen();
	while (manager.nr)
		manager_remove(manager.stored[0].name);
	close(manager.sock);
	unsetenv("NOTIFY_SOCKET");
}

void manager_pass(void)
{
	static char names[STORED_MAX * 64];
	char number[16];
	int i;

	names[0] = '\0';
	for (i = 0; i < manager.nr; i++) {
		CHECK(fcntl(FIRST_FD + i, F_GETFD) < 0);
		CHECK_EQ(dup2(manager.stored[i].fd, FIRST_FD + i), FIRST_FD + i);
		strcat(names, manager.stored[i].name);
		strcat(names, ":");
	}
	snprintf(number, sizeof(number), "%d", getpid());
	setenv("LISTEN_PID", number, 1);
	snprintf(number, sizeof(number), "%d", manager.nr);
	setenv("LISTEN_FDS", number, 1);
	setenv("LISTEN_FDNAMES", names, 1);
}
