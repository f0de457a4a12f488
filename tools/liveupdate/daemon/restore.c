// SPDX-License-Identifier: GPL-2.0
/*
 * Restore the state of luod at start: from the store after a restart, or from
 * the session that luod of the previous kernel has preserved.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "luod.h"

#define STATE_NAME	"luod-state"
#define INCOMING_NAME	"luod-incoming"

/* The fds that were found. */
struct found {
	struct luod *luod;
	struct luo_session *incoming;
	struct luo_session *sessions[LUOD_CLIENTS_MAX];
	size_t nr;
};

static bool is_listening(int fd)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return !getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &len) &&
	       value;
}

static void take_session(struct found *found, const char *name,
			 struct luo_session *session)
{
	struct luod *luod = found->luod;

	if (!strcmp(name, INCOMING_NAME) && !found->incoming)
		found->incoming = session;
	else if (!strcmp(name, INTERNAL_SESSION) && !luod->internal)
		luod->internal = session;
	else if (!strcmp(name, luo_session_name(session)) &&
		 found->nr < LUOD_CLIENTS_MAX)
		found->sessions[found->nr++] = session;
	else
		luo_session_close(session);
}

static void take_fd(void *data, const char *name, int fd)
{
	struct found *found = data;
	struct luod *luod = found->luod;
	struct luo_session *session;

	if (luod->listen_fd < 0 && is_listening(fd)) {
		luod->listen_fd = fd;
	} else if (luod->state_fd < 0 && !strcmp(name, STATE_NAME)) {
		luod->state_fd = fd;
	} else if (!luo_session_from_fd(&session, fd)) {
		take_session(found, name, session);
	} else {
		luod_log("removing the unknown entry \"%s\" from the fd store",
			 name);
		store_remove(name);
		close(fd);
	}
}

static int decode_file(struct luod *luod, int fd)
{
	char *text;
	size_t len;
	int err;

	err = statefile_read(fd, &text, &len);
	if (err)
		return err;
	err = state_decode(luod, text, len);
	free(text);
	return err;
}

static struct luo_session *take_found(struct found *found, const char *id)
{
	char name[LUO_SESSION_NAME_SIZE];
	struct luo_session *session;
	size_t i;

	client_session_name(id, name);
	for (i = 0; i < found->nr; i++) {
		session = found->sessions[i];
		if (session && !strcmp(luo_session_name(session), name)) {
			found->sessions[i] = NULL;
			return session;
		}
	}
	return NULL;
}

/* Assigns sessions to clients. False if the update has to be aborted. */
static bool attach_sessions(struct found *found)
{
	struct luod *luod = found->luod;
	struct client *client;
	bool complete = true;

	TAILQ_FOREACH(client, &luod->clients, node) {
		client->session = take_found(found, client->id);
		client->back_by = luod->now + luod->policy.grace_ms;
		if (client->state == CLIENT_PRESERVING)
			client->ready_by = luod->now + client->timeout_ms +
					   luod->policy.grace_ms;
		client->in_update = client->state == CLIENT_READY ||
				    client->state == CLIENT_PRESERVING;
		client->full = client->session && luod->phase < PHASE_PRESERVING &&
			       client->state == CLIENT_SUBSCRIBED;
		/* luod was killed before it had saved the claim. */
		if (client->session && client->state == CLIENT_INCOMING)
			client->state = CLIENT_CLAIMED;
		if (client->session)
			continue;
		if (client->state == CLIENT_CLAIMED)
			client->state = CLIENT_INCOMING;
		client->shared = false;
		if (client->state != CLIENT_INCOMING)
			complete = luod->phase < PHASE_PRESERVING && complete;
	}
	return complete && (luod->internal || !luod->nr_clients ||
			    luod->phase < PHASE_PRESERVING);
}

/* Continues after a restart in the same boot. */
static void go_on(struct found *found)
{
	struct luod *luod = found->luod;
	int err = decode_file(luod, luod->state_fd);

	if (err)
		luod_log("the state file is invalid: %s", strerror(-err));
	luod->deadline = luod->now + DEVICE_WAIT_MS;
	if (!attach_sessions(found))
		update_abort(luod, LUOD_E_ABORTED, NULL,
			     "luod was restarted without its store");
	luod_log("restarted, %zu clients, phase %s", luod->nr_clients,
		 phase_name(luod->phase));
}

/*
 * The session is stored before its file is retrieved. If luod was killed in
 * between otherwise, the file would be lost with it, and the session closed.
 */
static int get_incoming(struct found *found)
{
	struct luo_device *device;
	int err;

	if (found->incoming)
		return 0;
	err = luo_device_open_wait(&device, 0, DEVICE_WAIT_MS);
	if (err)
		return err;
	err = luo_device_retrieve_session(device, INTERNAL_SESSION,
					  &found->incoming);
	luo_device_close(device);
	if (!err)
		store_add(INCOMING_NAME, luo_session_fd(found->incoming));
	return err;
}

static int read_incoming(struct found *found)
{
	struct luod *luod = found->luod;
	struct client *client;
	int fd, err;

	fd = luo_session_retrieve_fd(found->incoming, TOKEN_STATE);
	if (fd < 0)
		return fd;
	err = decode_file(luod, fd);
	close(fd);
	luod->phase = PHASE_IDLE;
	luod->order = 0;
	TAILQ_FOREACH(client, &luod->clients, node) {
		client->state = CLIENT_INCOMING;
		client->shared = false;
	}
	return err;
}

/* An invalid state file is not fatal: root can still claim the sessions. */
static int come_through(struct found *found)
{
	struct luod *luod = found->luod;
	int err = get_incoming(found);

	if (err == -ENOENT)
		return 0;
	if (err)
		return err;
	err = read_incoming(found);
	if (err)
		luod_log("the state file of the previous kernel is invalid: %s",
			 strerror(-err));
	luod_log("booted by a live update, %zu sessions to be claimed",
		 luod->nr_clients);
	return 0;
}

/*
 * The new state file has everything, so the incoming session can be finished.
 */
static void finish_incoming(struct found *found)
{
	int err;

	if (!found->incoming)
		return;
	err = luo_session_finish(found->incoming);
	if (err)
		luod_log("cannot finish session " INTERNAL_SESSION ": %s",
			 strerror(-err));
	store_remove(INCOMING_NAME);
	luo_session_close(found->incoming);
	found->incoming = NULL;
}

static void close_rest(struct found *found)
{
	size_t i;

	for (i = 0; i < found->nr; i++) {
		if (!found->sessions[i])
			continue;
		store_remove(luo_session_name(found->sessions[i]));
		luo_session_close(found->sessions[i]);
	}
}

static int begin(struct found *found)
{
	struct luod *luod = found->luod;
	int err = come_through(found);

	if (err)
		return err;
	luod->state_fd = statefile_make();
	if (luod->state_fd < 0)
		return luod->state_fd;
	luod->dirty = true;
	luod_commit(luod);
	store_add(STATE_NAME, luod->state_fd);
	return 0;
}

bool restore_has_state(void)
{
	return store_has(STATE_NAME);
}

int restore(struct luod *luod)
{
	struct found *found = calloc(1, sizeof(*found));
	int err = 0;

	if (!found)
		return -ENOMEM;
	found->luod = luod;
	luod->now = luod_clock();
	store_take(take_fd, found);
	if (luod->state_fd >= 0)
		go_on(found);
	else
		err = begin(found);
	if (!err)
		finish_incoming(found);
	luo_session_close(found->incoming);
	close_rest(found);
	free(found);
	return err;
}
