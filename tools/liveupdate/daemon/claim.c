// SPDX-License-Identifier: GPL-2.0
/*
 * Claims: pass the incoming sessions to clients.
 */

#include <errno.h>
#include <string.h>

#include "luod.h"

/* Root may claim a session that is not in the registry. */
static bool may_guess(const struct luod *luod, const struct conn *conn)
{
	return !conn->peer.uid && luod->nr_clients < LUOD_CLIENTS_MAX;
}

static enum luod_error check_client(const struct luod *luod,
				    const struct conn *conn,
				    const struct client *client)
{
	if (!policy_is_owner(&luod->policy, &client->owner, &conn->peer))
		return LUOD_E_NOT_ALLOWED;
	if (client->state != CLIENT_INCOMING && client->state != CLIENT_CLAIMED)
		return LUOD_E_WRONG_STATE;
	if (client->conn && client->conn != conn && !conn_is_dead(client->conn))
		return LUOD_E_ID_IN_USE;
	return LUOD_OK;
}

/* @client is NULL if it is not in the registry. */
static enum luod_error check(const struct luod *luod, const struct conn *conn,
			     const char *id, const struct client *client)
{
	enum luod_error error = LUOD_OK;
	const struct rule *rule;

	if (!policy_may_be(&luod->policy, id, &conn->peer, &rule))
		return LUOD_E_NOT_ALLOWED;
	if (client)
		error = check_client(luod, conn, client);
	if (error)
		return error;
	if (luod->phase != PHASE_IDLE || conn->claims[0])
		return LUOD_E_IN_PROGRESS;
	return LUOD_OK;
}

enum luod_error claim_start(struct luod *luod, struct conn *conn,
			    const char *id)
{
	struct client *client = client_find(luod, id);
	enum luod_error error;

	if (!client && !may_guess(luod, conn))
		return LUOD_E_UNKNOWN_ID;
	error = check(luod, conn, id, client);
	if (error)
		return error;
	if (client && client->state == CLIENT_CLAIMED) {
		client_set_conn(luod, client, conn);
		reply_session(conn, client);
		return LUOD_OK;
	}
	strcpy(conn->claims, id);
	conn->claim_deadline = luod->now + DEVICE_WAIT_MS;
	return LUOD_OK;
}

static void fail(struct conn *conn, enum luod_error error, int err)
{
	reply_error(conn, luod_command_name(LUOD_CLAIM), error, conn->claims,
		    strerror(-err));
	conn->claims[0] = '\0';
}

/* Adds a client that was not in the registry, when it gets its session. */
static struct client *add_owner(struct luod *luod, const struct conn *conn)
{
	struct client *client = client_add(luod, conn->claims, 0);

	if (client)
		client->owner = conn->peer;
	return client;
}

/* Without memory for a client the session is closed, which returns it. */
static int give(struct luod *luod, struct conn *conn, struct client *client,
		struct luo_session *session)
{
	if (!client)
		client = add_owner(luod, conn);
	if (!client) {
		luo_session_close(session);
		return -ENOMEM;
	}
	client_set_session(client, session);
	client->state = CLIENT_CLAIMED;
	luod->dirty = true;
	client_set_conn(luod, client, conn);
	reply_session(conn, client);
	conn->claims[0] = '\0';
	return 0;
}

static void retrieve(struct luod *luod, struct luo_device *device,
		     struct conn *conn)
{
	struct client *client = client_find(luod, conn->claims);
	char name[LUO_SESSION_NAME_SIZE];
	struct luo_session *session;
	int err;

	/* Another claim was served first, or there are too many clients. */
	if (client ? client->state != CLIENT_INCOMING : !may_guess(luod, conn)) {
		fail(conn, LUOD_E_UNKNOWN_ID, -ENOENT);
		return;
	}
	client_session_name(conn->claims, name);
	err = luo_device_retrieve_session(device, name, &session);
	if (err == -ENOENT) {
		if (client)
			client_remove(luod, client);
		fail(conn, LUOD_E_UNKNOWN_ID, err);
		return;
	}
	if (!err)
		err = give(luod, conn, client, session);
	if (err)
		fail(conn, LUOD_E_KERNEL, err);
}

static void retrieve_all(struct luod *luod, struct luo_device *device)
{
	struct conn *conn;

	TAILQ_FOREACH(conn, &luod->conns, node) {
		if (conn->claims[0] && !conn->broken)
			retrieve(luod, device, conn);
	}
}

static void fail_all(struct luod *luod, int err)
{
	struct conn *conn;

	TAILQ_FOREACH(conn, &luod->conns, node) {
		if (!conn->claims[0])
			continue;
		if (err != -EBUSY)
			fail(conn, LUOD_E_KERNEL, err);
		else if (luod->now >= conn->claim_deadline)
			fail(conn, LUOD_E_DEVICE_BUSY, err);
	}
}

bool claim_is_pending(const struct luod *luod)
{
	const struct conn *conn;

	TAILQ_FOREACH(conn, &luod->conns, node) {
		if (conn->claims[0])
			return true;
	}
	return false;
}

/* Closing the session returns it, and its files that were not retrieved. */
static void give_up(struct luod *luod, struct client *client)
{
	luod_log("client %s did not return in time, returning its session to the kernel",
		 client->id);
	client_drop_session(client);
	client->state = CLIENT_INCOMING;
	client->back_by = NEVER;
	luod->dirty = true;
}

void claim_tick(struct luod *luod)
{
	struct luo_device *device;
	struct client *client;
	int err;

	TAILQ_FOREACH(client, &luod->clients, node) {
		if (client->state == CLIENT_CLAIMED &&
		    luod->now >= client->back_by)
			give_up(luod, client);
	}
	if (!claim_is_pending(luod))
		return;
	err = luo_device_open(&device, 0);
	if (err) {
		fail_all(luod, err);
		return;
	}
	retrieve_all(luod, device);
	luo_device_close(device);
}

void claim_check(struct luod *luod, struct client *client)
{
	enum luo_state state;

	if (client->state != CLIENT_CLAIMED ||
	    luo_session_get_state(client->session, &state) ||
	    state == LUO_STATE_UPDATED)
		return;
	client_remove(luod, client);
}
