// SPDX-License-Identifier: GPL-2.0
/*
 * Clients, and the registry that lists them.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "luod.h"

static const char * const state_names[CLIENT_STATES] = {
	[CLIENT_SUBSCRIBED]	= "subscribed",
	[CLIENT_PRESERVING]	= "preserving",
	[CLIENT_READY]		= "ready",
	[CLIENT_INCOMING]	= "incoming",
	[CLIENT_CLAIMED]	= "claimed",
};

const char *client_state_name(enum client_state state)
{
	return state_names[state];
}

void client_session_name(const char *id, char name[LUO_SESSION_NAME_SIZE])
{
	snprintf(name, LUO_SESSION_NAME_SIZE, SESSION_PREFIX "%.*s",
		 LUOD_ID_SIZE - 1, id);
}

struct client *client_find(struct luod *luod, const char *id)
{
	struct client *client;

	TAILQ_FOREACH(client, &luod->clients, node) {
		if (!strcmp(client->id, id))
			return client;
	}
	return NULL;
}

static void insert_sorted(struct luod *luod, struct client *client)
{
	struct client *other;

	TAILQ_FOREACH(other, &luod->clients, node) {
		if (other->order > client->order) {
			TAILQ_INSERT_BEFORE(other, client, node);
			return;
		}
	}
	TAILQ_INSERT_TAIL(&luod->clients, client, node);
}

struct client *client_add(struct luod *luod, const char *id, int order)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	snprintf(client->id, sizeof(client->id), "%s", id);
	client->order = order;
	client->timeout_ms = luod->policy.timeout_ms;
	client->ready_by = NEVER;
	client->back_by = NEVER;
	insert_sorted(luod, client);
	luod->nr_clients++;
	luod->dirty = true;
	return client;
}

void client_remove(struct luod *luod, struct client *client)
{
	client_drop_session(client);
	TAILQ_REMOVE(&luod->clients, client, node);
	luod->nr_clients--;
	luod->dirty = true;
	free(client);
}

void client_set_session(struct client *client, struct luo_session *session)
{
	char name[LUO_SESSION_NAME_SIZE];

	client->session = session;
	client_session_name(client->id, name);
	store_add(name, luo_session_fd(session));
}

void client_drop_session(struct client *client)
{
	char name[LUO_SESSION_NAME_SIZE];

	if (!client->session)
		return;
	client_session_name(client->id, name);
	store_remove(name);
	luo_session_close(client->session);
	client->session = NULL;
	client->shared = false;
	client->full = false;
}

/* @conn is NULL for a lost connection, which starts the grace period. */
void client_set_conn(struct luod *luod, struct client *client,
		     struct conn *conn)
{
	client->conn = conn;
	client->told = false;
	client->back_by = conn ? NEVER : luod->now + luod->policy.grace_ms;
}
