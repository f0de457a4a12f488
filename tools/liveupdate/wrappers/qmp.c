// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU Machine Protocol, see qmp.h.
 */

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "qmp.h"

#define LINE_SIZE	65536

static int send_line(int sock, const char *line, int fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov = { (void *)line, strlen(line) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;

	if (fd >= 0) {
		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	}
	return sendmsg(sock, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* The next message, which the caller puts, or NULL at the end. */
static struct json_object *receive(int sock)
{
	static char line[LINE_SIZE];
	size_t used = 0;

	while (used < sizeof(line) - 1 && read(sock, line + used, 1) == 1) {
		if (line[used++] != '\n')
			continue;
		line[used] = '\0';
		return json_tokener_parse(line);
	}
	return NULL;
}

/* Receives the answer to a command; events before it are skipped. */
static int receive_answer(int sock, struct json_object **answer)
{
	struct json_object *object, *value;

	while ((object = receive(sock))) {
		if (json_object_object_get_ex(object, "return", &value)) {
			*answer = json_object_get(value);
			json_object_put(object);
			return 0;
		}
		if (json_object_object_get_ex(object, "error", &value)) {
			fprintf(stderr, "qemu: %s\n",
				json_object_to_json_string(value));
			json_object_put(object);
			return -EPROTO;
		}
		json_object_put(object);
	}
	return -ECONNRESET;
}

static int run(int sock, const char *command, const char *arguments, int fd,
	       struct json_object **answer)
{
	char line[512];
	int err;

	snprintf(line, sizeof(line), "{\"execute\":\"%s\"%s%s}\n", command,
		 arguments ? ",\"arguments\":" : "", arguments ?: "");
	err = send_line(sock, line, fd);
	return err ?: receive_answer(sock, answer);
}

int qmp_run(int sock, const char *command, const char *arguments, int fd)
{
	struct json_object *answer;
	int err = run(sock, command, arguments, fd, &answer);

	if (!err)
		json_object_put(answer);
	return err;
}

int qmp_open(int sock)
{
	struct json_object *greeting = receive(sock);

	if (!greeting)
		return -ECONNRESET;
	json_object_put(greeting);
	return qmp_run(sock, "qmp_capabilities", NULL, -1);
}

/* 1 if the migration has completed, 0 if it is in progress. */
static int is_migrated(int sock)
{
	struct json_object *answer, *status;
	const char *text = "";
	int err = run(sock, "query-migrate", NULL, -1, &answer);

	if (err)
		return err;
	if (json_object_object_get_ex(answer, "status", &status))
		text = json_object_get_string(status);
	err = !strcmp(text, "completed");
	if (!strcmp(text, "failed") || !strcmp(text, "cancelled"))
		err = -EIO;
	json_object_put(answer);
	return err;
}

int qmp_wait_migrated(int sock)
{
	const struct timespec nap = { .tv_nsec = 5 * 1000 * 1000 };
	int done;

	while (!(done = is_migrated(sock)))
		nanosleep(&nap, NULL);
	return done < 0 ? done : 0;
}
