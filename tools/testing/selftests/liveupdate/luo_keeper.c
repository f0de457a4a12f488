// SPDX-License-Identifier: GPL-2.0
/*
 * luo_keeper.c - a service whose files survive a live update
 *
 * It has a memfd in the fd store of the service manager, which survives
 * updates, and another one in the session of LUOSession=. It is ready when it
 * has created both, or has retrieved both with their contents.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "luo_util.h"

#define FIRST_FD 3
#define STORED "memory"
#define SESSION "session"

#define SIZE (3 * 4096 + 5)
#define TOKEN 5

enum { SEED_STORED = 1, SEED_PRESERVED = 2 };

static void need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "luo_keeper: %s\n", what);
	exit(1);
}

/* As sd_notify(3); @fd is -1 if no fd is passed. */
static void notify(const char *text, int fd)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct iovec iov = { (void *)text, strlen(text) };
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct msghdr msg = {
		.msg_name = &addr,
		.msg_namelen = sizeof(addr),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	need(sock >= 0 && getenv("NOTIFY_SOCKET"), "no service manager");
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s",
		 getenv("NOTIFY_SOCKET"));
	if (fd >= 0) {
		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
		CMSG_FIRSTHDR(&msg)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&msg)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&msg)->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&msg)), &fd, sizeof(fd));
	}
	need(sendmsg(sock, &msg, MSG_NOSIGNAL) >= 0, text);
	close(sock);
}

/* An fd of that name from the service manager, or -1. */
static int passed(const char *name)
{
	char *names = strdup(getenv("LISTEN_FDNAMES") ?: ""), *rest = names;
	int fd = FIRST_FD;
	char *word;

	while ((word = strsep(&rest, ":")) && strcmp(word, name))
		fd++;
	free(names);
	return word ? fd : -1;
}

static int make(unsigned int seed)
{
	int fd = luo_memfd(STORED, SIZE);

	need(fd >= 0 && !luo_fill(fd, 0, SIZE, seed), "no memfd");
	return fd;
}

static void make_both(int session)
{
	need(!luo_preserve_fd(session, make(SEED_PRESERVED), TOKEN),
	     "cannot preserve the memfd");
	notify("FDSTORE=1\nFDNAME=" STORED, make(SEED_STORED));
	notify("STATUS=made", -1);
}

static void take_both(int stored, int session)
{
	int fd = luo_retrieve_fd(session, TOKEN);

	need(luo_matches(stored, 0, SIZE, SEED_STORED),
	     "the contents of the stored memfd differ");
	need(fd >= 0, "cannot retrieve a memfd from the session");
	need(luo_matches(fd, 0, SIZE, SEED_PRESERVED),
	     "the contents of the preserved memfd differ");
	need(!luo_finish(session), "cannot finish the session");
	notify("STATUS=taken", -1);
}

int main(void)
{
	int stored = passed(STORED), session = passed(SESSION);

	need(session >= 0, "the service manager has passed no session");
	if (stored < 0)
		make_both(session);
	else
		take_both(stored, session);
	notify("READY=1", -1);
	for (;;)
		pause();
}
