// SPDX-License-Identifier: GPL-2.0
/*
 * The event loop. One turn waits for events, handles them, writes the state
 * file if the registry has changed, and sends the replies, in this order.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "../common/text.h"
#include "luod.h"

/* The fds to poll: the signalfd, the socket, connections, claimed sessions. */
#define FDS_MAX	(2 + LUOD_CONNS_MAX + LUOD_CLIENTS_MAX)

struct poll_set {
	struct pollfd fds[FDS_MAX];
	size_t nr;
};

void luod_log(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("luod: ", stderr);
	text_vprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

int64_t luod_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void luod_init(struct luod *luod)
{
	memset(luod, 0, sizeof(*luod));
	TAILQ_INIT(&luod->clients);
	TAILQ_INIT(&luod->conns);
	policy_init(&luod->policy);
	luod->state_fd = -1;
	luod->listen_fd = -1;
}

/* Closes luod's fd of the session; the fd store may have another one. */
static void free_client(struct luod *luod, struct client *client)
{
	luo_session_close(client->session);
	client->session = NULL;
	client_remove(luod, client);
}

/* Clients first, as removing a connection would make its clients leave. */
void luod_free(struct luod *luod)
{
	while (!TAILQ_EMPTY(&luod->clients))
		free_client(luod, TAILQ_FIRST(&luod->clients));
	while (!TAILQ_EMPTY(&luod->conns))
		conn_remove(luod, TAILQ_FIRST(&luod->conns));
	luo_session_close(luod->internal);
	if (luod->state_fd >= 0)
		close(luod->state_fd);
	if (luod->listen_fd >= 0)
		close(luod->listen_fd);
	policy_free(&luod->policy);
}

static void save(struct luod *luod)
{
	struct json_object *object;
	const char *text = NULL;
	size_t len;
	int err = -ENOMEM;

	object = state_encode(luod);
	if (object)
		text = json_object_to_json_string_length(object, 0, &len);
	if (text)
		err = statefile_write(luod->state_fd, text, len);
	json_object_put(object);
	if (err)
		luod_log("cannot write the state file: %s", strerror(-err));
	else
		luod->dirty = false;
}

void luod_commit(struct luod *luod)
{
	struct conn *conn, *next;

	if (luod->dirty)
		save(luod);
	for (conn = TAILQ_FIRST(&luod->conns); conn; conn = next) {
		next = TAILQ_NEXT(conn, node);
		conn_flush(conn);
	}
}

static void add_fd(struct poll_set *set, int fd, short events)
{
	set->fds[set->nr++] = (struct pollfd) { .fd = fd, .events = events };
}

static bool listens(const struct luod *luod)
{
	return luod->listen_fd >= 0 && luod->now >= luod->accept_at;
}

static void fill(const struct luod *luod, int signal_fd, struct poll_set *set)
{
	const struct client *client;
	const struct conn *conn;

	set->nr = 0;
	add_fd(set, signal_fd, POLLIN);
	add_fd(set, listens(luod) ? luod->listen_fd : -1, POLLIN);
	TAILQ_FOREACH(conn, &luod->conns, node)
		add_fd(set, conn->fd, TAILQ_EMPTY(&conn->out) ? POLLIN :
				      POLLIN | POLLOUT);
	TAILQ_FOREACH(client, &luod->clients, node) {
		if (client->state == CLIENT_CLAIMED)
			add_fd(set, luo_session_fd(client->session), POLLPRI);
	}
}

static void earlier(int64_t *time, int64_t other)
{
	if (other < *time)
		*time = other;
}

/* When the next timeout expires. */
static int64_t next_time(const struct luod *luod)
{
	const struct client *client;
	const struct conn *conn;
	int64_t time = NEVER;

	TAILQ_FOREACH(client, &luod->clients, node) {
		if (client->state == CLIENT_PRESERVING)
			earlier(&time, client->ready_by);
		if (client->state == CLIENT_PRESERVING ||
		    client->state == CLIENT_CLAIMED ||
		    (client->state == CLIENT_SUBSCRIBED &&
		     luod->phase == PHASE_IDLE && !client->full))
			earlier(&time, client->back_by);
		if (client->full && luod->phase == PHASE_IDLE)
			earlier(&time, luod->now + EMPTY_MS);
	}
	TAILQ_FOREACH(conn, &luod->conns, node) {
		if (conn->claims[0])
			earlier(&time, luod->now + RETRY_MS);
	}
	if (luod->phase == PHASE_STARTING)
		earlier(&time, luod->now + RETRY_MS);
	if (luod->listen_fd >= 0 && !listens(luod))
		earlier(&time, luod->accept_at);
	if (luod->jumper)
		earlier(&time, luod->now);
	return time;
}

static int wait_ms(const struct luod *luod, int timeout_ms)
{
	const int64_t time = next_time(luod);
	int64_t ms;

	if (time == NEVER)
		return timeout_ms;
	ms = time - luod_clock();
	if (ms < 0)
		ms = 0;
	if (ms > INT32_MAX)
		ms = INT32_MAX;
	return timeout_ms >= 0 && timeout_ms < ms ? timeout_ms : ms;
}

static void remove_broken(struct luod *luod)
{
	struct conn *conn, *next;

	for (conn = TAILQ_FIRST(&luod->conns); conn; conn = next) {
		next = TAILQ_NEXT(conn, node);
		if (conn->broken)
			conn_remove(luod, conn);
	}
}

static void check_claims(struct luod *luod)
{
	struct client *client, *next;

	for (client = TAILQ_FIRST(&luod->clients); client; client = next) {
		next = TAILQ_NEXT(client, node);
		claim_check(luod, client);
	}
}

static void handle_signal(struct luod *luod, int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) == sizeof(info))
		luod->stop = true;
}

static void handle(struct luod *luod, int signal_fd, struct poll_set *set)
{
	const struct pollfd *fd = set->fds;
	struct conn *conn;
	bool listener;

	if (fd++->revents)
		handle_signal(luod, signal_fd);
	listener = fd++->revents;
	/* The connections that were polled first, before new ones are added. */
	TAILQ_FOREACH(conn, &luod->conns, node) {
		if (fd++->revents & ~POLLOUT)
			conn_receive(luod, conn);
	}
	for (; fd < set->fds + set->nr; fd++) {
		if (fd->revents) {
			check_claims(luod);
			break;
		}
	}
	if (listener)
		conn_accept(luod);
}

int luod_turn(struct luod *luod, int signal_fd, int timeout_ms)
{
	struct poll_set set;

	fill(luod, signal_fd, &set);
	if (poll(set.fds, set.nr, wait_ms(luod, timeout_ms)) < 0)
		return errno == EINTR ? 0 : -errno;
	luod->now = luod_clock();
	handle(luod, signal_fd, &set);
	remove_broken(luod);
	update_tick(luod);
	claim_tick(luod);
	luod_commit(luod);
	remove_broken(luod);
	jump_tick(luod);
	return 0;
}
