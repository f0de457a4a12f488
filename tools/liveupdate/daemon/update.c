// SPDX-License-Identifier: GPL-2.0
/*
 * An update until the kexec: create sessions, let clients preserve order by
 * order until all are ready, or abort.
 */

#include <errno.h>
#include <string.h>

#include "luod.h"

static const char * const phase_names[PHASES] = {
	[PHASE_IDLE]		= "idle",
	[PHASE_STARTING]	= "starting",
	[PHASE_PRESERVING]	= "preserving",
	[PHASE_COMPLETE]	= "complete",
};

const char *phase_name(enum phase phase)
{
	return phase_names[phase];
}

static void set_phase(struct luod *luod, enum phase phase)
{
	luod->phase = phase;
	luod->dirty = true;
	luod_log("update: %s", phase_name(phase));
}

/* The kernel refuses a kexec while a claimed session is not finished. */
static bool anybody_claimed(struct luod *luod)
{
	struct client *client, *next;
	bool claimed = false;

	for (client = TAILQ_FIRST(&luod->clients); client; client = next) {
		next = TAILQ_NEXT(client, node);
		claim_check(luod, client);
	}
	TAILQ_FOREACH(client, &luod->clients, node)
		claimed |= client->state == CLIENT_CLAIMED;
	return claimed;
}

enum luod_error update_start(struct luod *luod, struct conn *conn)
{
	if (luod->phase == PHASE_IDLE) {
		if (anybody_claimed(luod) || claim_is_pending(luod))
			return LUOD_E_UNFINISHED;
		luod->deadline = luod->now + DEVICE_WAIT_MS;
		set_phase(luod, PHASE_STARTING);
	}
	if (conn)
		conn->waits = true;
	return LUOD_OK;
}

static void tell_waiting(struct luod *luod, enum luod_error error,
			 const char *id, const char *detail)
{
	struct conn *conn;

	TAILQ_FOREACH(conn, &luod->conns, node) {
		if (!conn->waits)
			continue;
		conn->waits = false;
		if (error)
			reply_error(conn, luod_command_name(LUOD_UPDATE), error,
				    id, detail);
		else
			event_complete(conn);
	}
}

static void drop_internal(struct luod *luod)
{
	if (!luod->internal)
		return;
	store_remove(INTERNAL_SESSION);
	luo_session_close(luod->internal);
	luod->internal = NULL;
}

static void empty(struct client *client)
{
	int err = session_empty(client->session);

	if (err && !client->full)
		luod_log("cannot remove the files of client %s, will retry: %s",
			 client->id, strerror(-err));
	client->full = err;
}

/*
 * A client that has an fd of its session may keep it open, so the session is
 * emptied and used again in the next update. While the kernel is prepared,
 * unpreserving fails; it is retried later.
 */
static void take_back(struct luod *luod, struct client *client)
{
	if (client->shared)
		empty(client);
	else
		client_drop_session(client);
	client->state = CLIENT_SUBSCRIBED;
	client->told = false;
	client->ready_by = NEVER;
	luod->dirty = true;
}

/* A client without a connection is told when it returns. */
static void tell_abort(struct client *client, enum luod_error error,
		       const char *id, const char *detail)
{
	if (!client->in_update || !client->conn)
		return;
	client->in_update = false;
	event_abort(client, error, id, detail);
}

/*
 * A client may have lost only its connection, or luod was restarted. It can
 * return within the grace period, and still has its session.
 */
static bool is_gone(const struct luod *luod, const struct client *client)
{
	if (client->conn || client->full)
		return false;
	return luod->now >= client->back_by ||
	       (!client->shared && !client->in_update);
}

void update_abort(struct luod *luod, enum luod_error error, const char *id,
		  const char *detail)
{
	struct client *client, *next;
	char by[LUOD_ID_SIZE] = "";

	/* Copy the id: it may belong to a client that is removed below. */
	if (id)
		strcpy(by, id);
	id = id ? by : NULL;
	luod_log("update: %s %s %s", luod_error_name(error), id ?: "",
		 detail ?: "");
	for (client = TAILQ_FIRST(&luod->clients); client; client = next) {
		next = TAILQ_NEXT(client, node);
		if (client->state == CLIENT_INCOMING)
			continue;
		tell_abort(client, error, id, detail);
		take_back(luod, client);
		if (is_gone(luod, client))
			client_remove(luod, client);
	}
	drop_internal(luod);
	tell_waiting(luod, error, id, detail);
	jump_abort(luod, error, id, detail);
	set_phase(luod, PHASE_IDLE);
}

static int make_session(struct luo_device *device, struct client *client)
{
	char name[LUO_SESSION_NAME_SIZE];
	struct luo_session *session;
	int err;

	if (client->full)
		return -EBUSY;
	if (client->session || client->state != CLIENT_SUBSCRIBED)
		return 0;
	client_session_name(client->id, name);
	err = luo_device_create_session(device, name, &session);
	if (!err)
		client_set_session(client, session);
	return err;
}

static int make_internal(struct luod *luod, struct luo_device *device)
{
	int err;

	err = luo_device_create_session(device, INTERNAL_SESSION,
					&luod->internal);
	if (err)
		return err;
	err = luo_session_preserve_fd(luod->internal, luod->state_fd,
				      TOKEN_STATE);
	if (err) {
		luo_session_close(luod->internal);
		luod->internal = NULL;
		return err;
	}
	store_add(INTERNAL_SESSION, luo_session_fd(luod->internal));
	return 0;
}

static int make_sessions(struct luod *luod, struct luo_device *device,
			 const char **id)
{
	struct client *client;
	int err;

	TAILQ_FOREACH(client, &luod->clients, node) {
		err = make_session(device, client);
		if (err) {
			*id = client->id;
			return err;
		}
	}
	return luod->internal ? 0 : make_internal(luod, device);
}

/* Starts the clients of the lowest order that have not begun yet. */
static bool begin_order(struct luod *luod)
{
	struct client *client;
	bool any = false;

	TAILQ_FOREACH(client, &luod->clients, node) {
		if (client->state != CLIENT_SUBSCRIBED ||
		    (any && client->order != luod->order))
			continue;
		luod->order = client->order;
		client->state = CLIENT_PRESERVING;
		client->ready_by = luod->now + client->timeout_ms;
		any = true;
	}
	luod->dirty |= any;
	return any;
}

static void starting(struct luod *luod)
{
	struct luo_device *device;
	const char *id = NULL;
	int err;

	/* No sessions to create; the kernel may be prepared already. */
	if (!luod->nr_clients) {
		set_phase(luod, PHASE_PRESERVING);
		return;
	}
	err = luo_device_open(&device, 0);
	if (err == -EBUSY && luod->now < luod->deadline)
		return;
	if (err) {
		update_abort(luod, err == -EBUSY ? LUOD_E_DEVICE_BUSY :
			     LUOD_E_KERNEL, NULL, strerror(-err));
		return;
	}
	err = make_sessions(luod, device, &id);
	luo_device_close(device);
	if (err) {
		update_abort(luod, LUOD_E_KERNEL, id, strerror(-err));
		return;
	}
	set_phase(luod, PHASE_PRESERVING);
}

static struct client *find_late(struct luod *luod, enum luod_error *error)
{
	struct client *client;

	TAILQ_FOREACH(client, &luod->clients, node) {
		if (client->state != CLIENT_PRESERVING)
			continue;
		*error = luod->now >= client->back_by ? LUOD_E_GONE :
							LUOD_E_TIMEOUT;
		if (luod->now >= client->back_by ||
		    luod->now >= client->ready_by)
			return client;
	}
	return NULL;
}

static bool anybody_preserves(const struct luod *luod)
{
	const struct client *client;

	TAILQ_FOREACH(client, &luod->clients, node) {
		if (client->state == CLIENT_PRESERVING)
			return true;
	}
	return false;
}

static void tell_clients(struct luod *luod)
{
	struct client *client;

	TAILQ_FOREACH(client, &luod->clients, node) {
		if (client->state != CLIENT_PRESERVING || !client->conn ||
		    client->told)
			continue;
		client->shared = true;
		client->told = true;
		client->in_update = true;
		luod->dirty = true;
		event_preserve(client);
	}
}

static void preserving(struct luod *luod)
{
	enum luod_error error;
	struct client *late;

	late = find_late(luod, &error);
	if (late) {
		update_abort(luod, error, late->id, NULL);
		return;
	}
	if (!anybody_preserves(luod) && !begin_order(luod)) {
		set_phase(luod, PHASE_COMPLETE);
		return;
	}
	tell_clients(luod);
}

void update_ready(struct luod *luod, struct client *client)
{
	client->state = CLIENT_READY;
	client->ready_by = NEVER;
	luod->dirty = true;
}

/*
 * Finishes an aborted update: empty sessions, tell clients that have returned,
 * remove clients that have not.
 */
static void clean_up(struct luod *luod)
{
	struct client *client, *next;

	for (client = TAILQ_FIRST(&luod->clients); client; client = next) {
		next = TAILQ_NEXT(client, node);
		if (client->state != CLIENT_SUBSCRIBED)
			continue;
		if (client->full)
			empty(client);
		tell_abort(client, LUOD_E_ABORTED, NULL, "while the client had no connection");
		if (luod->now >= client->back_by && !client->full)
			client_remove(luod, client);
	}
}

void update_tick(struct luod *luod)
{
	if (luod->phase < PHASE_PRESERVING)
		clean_up(luod);
	if (luod->phase == PHASE_STARTING)
		starting(luod);
	if (luod->phase == PHASE_PRESERVING)
		preserving(luod);
	if (luod->phase == PHASE_COMPLETE)
		tell_waiting(luod, LUOD_OK, NULL, NULL);
}
