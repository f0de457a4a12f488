// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers of luod's tests, see suite.h.
 */

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "suite.h"

void start(struct luod *luod)
{
	unsetenv("NOTIFY_SOCKET");
	kernel_reset();
	luod_init(luod);
	luod->now = luod_clock();
	luod->state_fd = statefile_make();
	CHECK(luod->state_fd >= 0);
}

void die(struct luod *luod)
{
	luod_free(luod);
}

void stop(struct luod *luod)
{
	luod_free(luod);
	kernel_reset();
}

void dial(struct luod *luod, struct end *end, uid_t uid)
{
	int fds[2];

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			  0, fds));
	end->fd = fds[0];
	end->session = NULL;
	end->conn = conn_add(luod, fds[1]);
	CHECK(end->conn);
	end->conn->peer.uid = uid;
	end->conn->peer.gid = uid;
}

void hang_up(struct luod *luod, struct end *end)
{
	luo_session_close(end->session);
	end->session = NULL;
	close(end->fd);
	CHECK(!luod_turn(luod, -1, 0));
}

void say(struct end *end, const char *line)
{
	const size_t len = strlen(line);

	CHECK_EQ(send(end->fd, line, len, MSG_NOSIGNAL), len);
	CHECK_EQ(send(end->fd, "\n", 1, MSG_NOSIGNAL), 1);
}

/* One byte at a time, so that the next line and its fd stay queued. */
static bool receive(struct end *end, size_t *used)
{
	struct luo_session *session;
	ssize_t n;

	for (;;) {
		n = luo_session_recv(end->fd, end->line + *used, 1, &session);
		if (n <= 0)
			return false;
		if (session) {
			luo_session_close(end->session);
			end->session = session;
		}
		if (end->line[*used] == '\n')
			return true;
		CHECK(++*used < sizeof(end->line));
	}
}

const char *hear(struct luod *luod, struct end *end)
{
	const int64_t late = luod_clock() + PATIENCE_MS;
	size_t used = 0;

	while (!receive(end, &used)) {
		CHECK(luod_clock() < late);
		CHECK(!luod_turn(luod, -1, 100));
	}
	end->line[used] = '\0';
	return end->line;
}

void hear_nothing(struct luod *luod, struct end *end)
{
	struct pollfd fd = { .fd = end->fd, .events = POLLIN };
	int i;

	for (i = 0; i < 3; i++)
		CHECK(!luod_turn(luod, -1, 0));
	CHECK_EQ(poll(&fd, 1, 0), 0);
}

void ask(struct luod *luod, struct end *end, const char *line,
	 const char *answer)
{
	say(end, line);
	CHECK_TEXT(hear(luod, end), answer);
}
