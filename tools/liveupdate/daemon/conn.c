// SPDX-License-Identifier: GPL-2.0
/*
 * Connections: input and output queues.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "luod.h"

/* A queued line, with an optional session. */
struct message {
	TAILQ_ENTRY(message) node;
	struct luo_session *session;
	size_t len;
	size_t sent;
	char text[];
};

static void message_free(struct conn *conn, struct message *message)
{
	TAILQ_REMOVE(&conn->out, message, node);
	conn->out_bytes -= message->len;
	luo_session_close(message->session);
	free(message);
}

/* Takes ownership of @fd, and closes it on failure. */
static struct conn *make_conn(int fd)
{
	struct conn *conn = calloc(1, sizeof(*conn));

	if (!conn || peer_get(fd, &conn->peer)) {
		luod_log("cannot set up a connection, closing it: %s",
			 strerror(errno));
		free(conn);
		close(fd);
		return NULL;
	}
	conn->fd = fd;
	TAILQ_INIT(&conn->out);
	return conn;
}

static void insert(struct luod *luod, struct conn *conn)
{
	TAILQ_INSERT_TAIL(&luod->conns, conn, node);
	luod->nr_conns++;
}

struct conn *conn_add(struct luod *luod, int fd)
{
	struct conn *conn = make_conn(fd);

	if (conn)
		insert(luod, conn);
	return conn;
}

/* Reserves connections for administrators, who may have to abort an update. */
bool conn_fits(const struct luod *luod, const struct peer *peer)
{
	size_t room = LUOD_CONNS_MAX;

	if (!policy_is_admin(&luod->policy, peer))
		room -= LUOD_CONNS_ADMIN;
	return luod->nr_conns < room;
}

/*
 * A connection that is not accepted keeps the socket readable: poll it later.
 */
static void accept_later(struct luod *luod, int err)
{
	luod_log("cannot accept a connection, will retry: %s", strerror(err));
	luod->accept_at = luod->now + ACCEPT_MS;
}

/* Accepts and closes surplus connections, which keep the socket readable. */
void conn_accept(struct luod *luod)
{
	int fd = accept4(luod->listen_fd, NULL, NULL,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct conn *conn;

	if (fd < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			accept_later(luod, errno);
		return;
	}
	conn = make_conn(fd);
	if (!conn)
		return;
	if (conn_fits(luod, &conn->peer)) {
		insert(luod, conn);
		return;
	}
	luod_log("too many connections, closing a new one");
	close(conn->fd);
	free(conn);
}

/* Outside of an update, a subscribed client has no session to return to. */
static void leave(struct luod *luod, struct client *client)
{
	if (client->state == CLIENT_SUBSCRIBED && luod->phase == PHASE_IDLE)
		client_remove(luod, client);
	else
		client_set_conn(luod, client, NULL);
}

void conn_remove(struct luod *luod, struct conn *conn)
{
	struct client *client, *next;

	for (client = TAILQ_FIRST(&luod->clients); client; client = next) {
		next = TAILQ_NEXT(client, node);
		if (client->conn == conn)
			leave(luod, client);
	}
	if (luod->jumper == conn)
		luod->jumper = NULL;
	while (!TAILQ_EMPTY(&conn->out))
		message_free(conn, TAILQ_FIRST(&conn->out));
	TAILQ_REMOVE(&luod->conns, conn, node);
	luod->nr_conns--;
	close(conn->fd);
	free(conn);
}

bool conn_is_dead(const struct conn *conn)
{
	char byte;

	return conn->broken ||
	       recv(conn->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* Input is discarded, until the peer closes the connection. */
static void ignore(struct conn *conn)
{
	char bytes[LUOD_LINE_MAX];
	ssize_t n = recv(conn->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (!n || (n < 0 && errno != EAGAIN && errno != EINTR))
		conn->broken = true;
}

void conn_receive(struct luod *luod, struct conn *conn)
{
	const char *line;
	size_t room, len;
	char *buf;
	ssize_t n;

	if (conn->ending) {
		ignore(conn);
		return;
	}
	buf = luod_frame_room(&conn->in, &room);
	/* No buffer for control data: the kernel closes attached fds. */
	n = recv(conn->fd, buf, room, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		conn->broken = true;
		return;
	}
	luod_frame_add(&conn->in, n);
	while (!conn->broken && (line = luod_frame_next(&conn->in, &len)))
		command_run(luod, conn, line, len);
	if (!conn->broken && len) {
		reply_error(conn, NULL, LUOD_E_BAD_MESSAGE, NULL,
			    "the line is too long");
		conn->ending = true;
	}
}

static ssize_t send_some(const struct conn *conn, const struct message *message)
{
	const char *text = message->text + message->sent;
	size_t len = message->len - message->sent;
	ssize_t n;

	if (message->session && !message->sent)
		return luo_session_send(message->session, conn->fd, text, len);
	n = send(conn->fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	return n < 0 ? -errno : n;
}

void conn_flush(struct conn *conn)
{
	struct message *message;
	ssize_t n;

	while (!conn->broken && (message = TAILQ_FIRST(&conn->out))) {
		n = send_some(conn, message);
		if (n == -EAGAIN || n == -EINTR)
			return;
		/* Too many fds in flight, see unix(7): retry later. */
		if (n == -ETOOMANYREFS)
			return;
		if (n < 0) {
			conn->broken = true;
			return;
		}
		message->sent += n;
		if (message->sent == message->len)
			message_free(conn, message);
	}
	conn->broken |= conn->ending;
}

static struct luo_session *duplicate(const struct luo_session *session)
{
	struct luo_session *copy;
	int fd = fcntl(luo_session_fd(session), F_DUPFD_CLOEXEC, 3);

	if (fd < 0)
		return NULL;
	if (luo_session_from_fd(&copy, fd)) {
		close(fd);
		return NULL;
	}
	return copy;
}

static struct message *make_message(struct json_object *object,
				    const struct luo_session *session)
{
	struct message *message;
	const char *text;
	size_t len;

	if (!object)
		return NULL;
	text = json_object_to_json_string_length(object, JSON_C_TO_STRING_PLAIN,
						 &len);
	message = text ? malloc(sizeof(*message) + len + 1) : NULL;
	if (!message)
		return NULL;
	memcpy(message->text, text, len);
	message->text[len] = '\n';
	message->len = len + 1;
	message->sent = 0;
	message->session = session ? duplicate(session) : NULL;
	if (session && !message->session) {
		free(message);
		return NULL;
	}
	return message;
}

/* The connection is closed if memory is short or its output queue is full. */
void conn_send(struct conn *conn, struct json_object *object,
	       const struct luo_session *session)
{
	struct message *message = make_message(object, session);

	json_object_put(object);
	if (!message || conn->out_bytes + message->len > LUOD_OUTPUT_MAX) {
		if (message)
			luo_session_close(message->session);
		free(message);
		conn->broken = true;
		return;
	}
	TAILQ_INSERT_TAIL(&conn->out, message, node);
	conn->out_bytes += message->len;
}
