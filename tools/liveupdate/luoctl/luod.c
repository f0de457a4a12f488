// SPDX-License-Identifier: GPL-2.0
/*
 * Commands to luod, see luod-protocol(7): each is sent over a connection of its
 * own, and answered with one line.
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "luoctl.h"

/* luod queues at most LUOD_OUTPUT_MAX bytes for a connection. */
#define ANSWER_MAX (1 << 20)

/* MAX_ERRNO of the kernel. */
#define ERRNO_MAX 4095

/* 0 when @sock is readable. Pending signals are not consumed. */
static int wait_for(int sock, int signals, int64_t end)
{
	struct pollfd fds[] = {
		{ .fd = sock, .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};
	int64_t left = -1;
	int ret;

	if (end >= 0)
		left = end > now_ms() ? end - now_ms() : 0;
	do {
		ret = poll(fds, ARRAY_SIZE(fds), (int)left);
	} while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return -errno;
	if (fds[1].revents)
		return -EINTR;
	return fds[0].revents ? 0 : -ETIMEDOUT;
}

/* Reads one line into @text, without its newline. */
static int hear(int sock, int signals, int64_t end, char text[ANSWER_MAX])
{
	size_t used = 0;
	ssize_t n;
	int err;

	do {
		if (used == ANSWER_MAX)
			return -EBADMSG;
		err = wait_for(sock, signals, end);
		if (err)
			return err;
		n = recv(sock, text + used, ANSWER_MAX - used, 0);
		if (n <= 0)
			return n ? -errno : -ECONNRESET;
		used += n;
	} while (text[used - 1] != '\n');
	text[used - 1] = '\0';
	return 0;
}

static int parse(const char *text, struct json_object **answer)
{
	struct json_object *type;

	*answer = json_tokener_parse(text);
	if (json_object_is_type(*answer, json_type_object) &&
	    json_object_object_get_ex(*answer, "type", &type) &&
	    json_object_is_type(type, json_type_string))
		return 0;
	json_object_put(*answer);
	return -EBADMSG;
}

static int ask(int sock, const char *command, int signals, int timeout_ms,
	       struct json_object **answer)
{
	const int64_t end = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	char line[128], *text;
	ssize_t sent;
	int err, len;

	len = snprintf(line, sizeof(line),
		       "{\"type\":\"%s\",\"reason\":\"by luoctl\"}\n", command);
	sent = send(sock, line, len, MSG_NOSIGNAL);
	if (sent != len)
		return sent < 0 ? -errno : -EIO;
	text = malloc(ANSWER_MAX);
	if (!text)
		return -ENOMEM;
	err = hear(sock, signals, end, text);
	err = err ? err : parse(text, answer);
	free(text);
	return err;
}

/**
 * luod_ask() - send a command to luod and wait for the answer
 * @path: path of its socket
 * @command: the command
 * @signals: an fd that ends the wait when it is readable, or -1
 * @timeout_ms: how long to wait, -1 for no limit
 * @answer: returns the answer, a JSON object that has a type
 *
 * Return: 0 or a negative errno: -ENOENT if there is no socket, -EINTR if
 * @signals became readable, -ETIMEDOUT, -ECONNRESET if luod closed the
 * connection.
 */
int luod_ask(const char *path, const char *command, int signals,
	     int timeout_ms, struct json_object **answer)
{
	int err, sock = machine_connect(path);

	if (sock < 0)
		return sock;
	err = ask(sock, command, signals, timeout_ms, answer);
	close(sock);
	return err;
}

/* The string @key of an answer, or NULL. */
const char *luod_text(struct json_object *answer, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(answer, key, &value))
		return NULL;
	return json_object_get_string(value);
}

/* The kernel's error in an answer as a negative errno; 0 if it has none. */
int luod_errno(struct json_object *answer)
{
	struct json_object *value;
	int64_t number;

	if (!json_object_object_get_ex(answer, "errno", &value) ||
	    !json_object_is_type(value, json_type_int))
		return 0;
	number = json_object_get_int64(value);
	return number > 0 && number <= ERRNO_MAX ? -(int)number : 0;
}

bool luod_is(struct json_object *answer, const char *type)
{
	return !strcmp(luod_text(answer, "type"), type);
}
