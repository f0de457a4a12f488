// SPDX-License-Identifier: GPL-2.0
/*
 * The session of a wrapper, see keeper.h.
 */

#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "keeper.h"

#define DEVICE_WAIT_MS	5000
#define LINE_SIZE	4096

/* A message from luod. */
struct answer {
	char type[16];
	char error[24];
};

static void copy_text(struct json_object *object, const char *key, char *buf,
		      size_t size)
{
	struct json_object *value;

	buf[0] = '\0';
	if (json_object_object_get_ex(object, key, &value))
		snprintf(buf, size, "%s", json_object_get_string(value));
}

static int parse(const char *line, struct answer *answer)
{
	struct json_object *object = json_tokener_parse(line);

	if (!json_object_is_type(object, json_type_object)) {
		json_object_put(object);
		return -EBADMSG;
	}
	copy_text(object, "type", answer->type, sizeof(answer->type));
	copy_text(object, "error", answer->error, sizeof(answer->error));
	json_object_put(object);
	return 0;
}

/* Reads byte by byte, so that the next line and its session stay queued. */
static int hear(struct keeper *keeper, struct answer *answer)
{
	struct luo_session *session;
	char line[LINE_SIZE];
	size_t used = 0;
	ssize_t n;

	for (;;) {
		n = luo_session_recv(keeper->sock, line + used, 1, &session);
		if (n <= 0)
			return n ? n : -ECONNRESET;
		if (session) {
			luo_session_close(keeper->session);
			keeper->session = session;
		}
		if (line[used] == '\n')
			break;
		if (++used == sizeof(line))
			return -EBADMSG;
	}
	line[used] = '\0';
	return parse(line, answer);
}

static int say(struct keeper *keeper, const char *type)
{
	char line[LINE_SIZE];
	int len = snprintf(line, sizeof(line),
			   "{\"type\":\"%s\",\"id\":\"%s\"}\n", type,
			   keeper->name);

	if (send(keeper->sock, line, len, MSG_NOSIGNAL) != len)
		return -errno;
	return 0;
}

/*
 * -EPROTO if luod answers with an error; it is printed, unless it is @expected.
 * An ABORT may arrive before the answer.
 */
static int ask(struct keeper *keeper, const char *type, const char *expected)
{
	struct answer answer;
	int err = say(keeper, type);

	err = err ?: hear(keeper, &answer);
	while (!err && !strcmp(answer.type, "ABORT")) {
		keeper->aborted = true;
		err = hear(keeper, &answer);
	}
	if (err || strcmp(answer.type, "ERROR"))
		return err;
	if (expected && !strcmp(answer.error, expected))
		return 0;
	fprintf(stderr, "luod: %s: %s\n", type, answer.error);
	return -EPROTO;
}

static int dial(struct keeper *keeper, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	keeper->sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (keeper->sock < 0 ||
	    connect(keeper->sock, (struct sockaddr *)&addr, sizeof(addr)))
		return -errno;
	return 0;
}

static int find_session(struct keeper *keeper)
{
	struct luo_device *device;
	int err;

	err = luo_device_open_wait(&device, 0, DEVICE_WAIT_MS);
	if (err)
		return err;
	err = luo_device_retrieve_session(device, keeper->name,
					  &keeper->session);
	luo_device_close(device);
	return err == -ENOENT ? 0 : err;
}

static void watch_signals(struct keeper *keeper)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &keeper->old_mask);
	keeper->signals = signalfd(-1, &set, SFD_CLOEXEC);
}

int keeper_open(struct keeper *keeper, const char *name, const char *socket)
{
	int err;

	*keeper = (struct keeper) { .name = name, .sock = -1 };
	watch_signals(keeper);
	if (!socket)
		return find_session(keeper);
	err = dial(keeper, socket);
	err = err ?: ask(keeper, "CLAIM", "UNKNOWN_ID");
	if (err || keeper->session)
		return err;
	return ask(keeper, "SUBSCRIBE", NULL);
}

int keeper_retrieve(struct keeper *keeper, unsigned int token)
{
	return luo_session_retrieve_fd(keeper->session, token);
}

int keeper_finish(struct keeper *keeper)
{
	int err = luo_session_finish(keeper->session);

	if (err)
		return err;
	luo_session_close(keeper->session);
	keeper->session = NULL;
	return keeper->sock < 0 ? 0 : ask(keeper, "SUBSCRIBE", NULL);
}

static int handle_signal(const struct keeper *keeper)
{
	struct signalfd_siginfo info;

	if (read(keeper->signals, &info, sizeof(info)) != sizeof(info))
		return -errno;
	if (info.ssi_signo == SIGCHLD)
		return KEEPER_CHILD;
	return info.ssi_signo == SIGTERM ? KEEPER_STOP : KEEPER_PRESERVE;
}

static int handle_answer(struct keeper *keeper)
{
	struct answer answer;
	int err = hear(keeper, &answer);

	if (err)
		return err;
	if (!strcmp(answer.type, "PRESERVE"))
		return KEEPER_PRESERVE;
	return strcmp(answer.type, "ABORT") ? 0 : KEEPER_ABORT;
}

int keeper_wait(struct keeper *keeper)
{
	struct pollfd fds[] = {
		{ .fd = keeper->signals, .events = POLLIN },
		{ .fd = keeper->sock, .events = POLLIN },
	};
	int event = keeper->aborted ? KEEPER_ABORT : 0;

	keeper->aborted = false;
	while (!event) {
		if (poll(fds, 2, -1) < 0)
			return -errno;
		if (fds[0].revents)
			event = handle_signal(keeper);
		else
			event = handle_answer(keeper);
	}
	return event;
}

static int make_session(struct keeper *keeper)
{
	struct luo_device *device;
	int err;

	err = luo_device_open_wait(&device, 0, DEVICE_WAIT_MS);
	if (err)
		return err;
	err = luo_device_create_session(device, keeper->name, &keeper->session);
	luo_device_close(device);
	return err;
}

int keeper_preserve(struct keeper *keeper, const int *fds, unsigned int nr)
{
	unsigned int i;
	int err = keeper->sock < 0 ? make_session(keeper) : 0;

	for (i = 0; !err && i < nr; i++)
		err = luo_session_preserve_fd(keeper->session, fds[i], i);
	if (err || keeper->sock < 0)
		return err;
	return ask(keeper, "READY", "WRONG_STATE");
}
