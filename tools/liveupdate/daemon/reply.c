// SPDX-License-Identifier: GPL-2.0
/*
 * Messages from luod to its clients.
 */

#include <string.h>

#include "luod.h"

static struct json_object *new_message(const char *type, const char *id)
{
	struct json_object *object = json_object_new_object();

	object = json_add_text(object, "type", type);
	return json_add_text(object, "id", id);
}

void reply_ok(struct conn *conn, enum luod_command command, const char *id)
{
	struct json_object *object = new_message("OK", *id ? id : NULL);

	object = json_add_text(object, "command", luod_command_name(command));
	conn_send(conn, object, NULL);
}

static struct json_object *add_error(struct json_object *object,
				     enum luod_error error, const char *detail)
{
	object = json_add_text(object, "error", luod_error_name(error));
	return json_add_text(object, "detail",
			     detail && *detail ? detail : NULL);
}

void reply_error(struct conn *conn, const char *command, enum luod_error error,
		 const char *id, const char *detail)
{
	struct json_object *object = new_message("ERROR", id);

	object = json_add_text(object, "command", command);
	conn_send(conn, add_error(object, error, detail), NULL);
}

void reply_refused(struct conn *conn, enum luod_command command, int err)
{
	struct json_object *object = new_message("ERROR", NULL);

	object = json_add_text(object, "command", luod_command_name(command));
	object = add_error(object, LUOD_E_KERNEL, strerror(-err));
	conn_send(conn, json_add_number(object, "errno", -err), NULL);
}

void reply_session(struct conn *conn, const struct client *client)
{
	conn_send(conn, new_message("SESSION", client->id), client->session);
}

void event_preserve(struct client *client)
{
	struct json_object *object = new_message("PRESERVE", client->id);

	object = json_add_number(object, "timeout_ms", client->timeout_ms);
	conn_send(client->conn, object, client->session);
}

void event_abort(struct client *client, enum luod_error error, const char *id,
		 const char *detail)
{
	struct json_object *object = new_message("ABORT", client->id);

	object = json_add_text(object, "by", id);
	conn_send(client->conn, add_error(object, error, detail), NULL);
}

void event_complete(struct conn *conn)
{
	conn_send(conn, new_message("COMPLETE", NULL), NULL);
}

/* Only administrators see clients of other users. */
static struct json_object *describe_all(const struct luod *luod,
					const struct peer *peer)
{
	struct json_object *array = json_object_new_array(), *object;
	const struct client *client;

	TAILQ_FOREACH(client, &luod->clients, node) {
		if (!policy_is_owner(&luod->policy, &client->owner, peer))
			continue;
		object = json_add_number(client_describe(client), "connected",
					 client->conn ? 1 : 0);
		if (!array || !object || json_object_array_add(array, object)) {
			json_object_put(object);
			json_object_put(array);
			return NULL;
		}
	}
	return array;
}

void reply_status(struct luod *luod, struct conn *conn)
{
	struct json_object *object = new_message("STATUS", NULL), *clients;

	object = json_add_number(object, "version", 1);
	object = json_add_text(object, "phase", phase_name(luod->phase));
	clients = describe_all(luod, &conn->peer);
	if (!object || !clients ||
	    json_object_object_add(object, "clients", clients)) {
		json_object_put(clients);
		json_object_put(object);
		object = NULL;
	}
	conn_send(conn, object, NULL);
}
