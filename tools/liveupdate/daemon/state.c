// SPDX-License-Identifier: GPL-2.0
/*
 * The registry as JSON, for the state file. It is versioned, and validated when
 * it is read, as it may come from a different version in the previous kernel.
 */

#include <errno.h>
#include <string.h>

#include "luod.h"

#define STATE_VERSION	1
#define DEPTH_MAX	4

struct json_object *client_describe(const struct client *client)
{
	struct json_object *object = json_object_new_object();

	object = json_add_text(object, "id", client->id);
	object = json_add_text(object, "state",
			       client_state_name(client->state));
	object = json_add_number(object, "order", client->order);
	object = json_add_number(object, "timeout_ms", client->timeout_ms);
	object = json_add_number(object, "uid", client->owner.uid);
	object = json_add_number(object, "gid", client->owner.gid);
	return json_add_text(object, "cgroup", client->owner.cgroup);
}

static struct json_object *encode_clients(const struct luod *luod)
{
	struct json_object *array = json_object_new_array(), *object;
	const struct client *client;

	TAILQ_FOREACH(client, &luod->clients, node) {
		object = json_add_number(client_describe(client), "shared",
					 client->shared);
		if (!array || !object || json_object_array_add(array, object)) {
			json_object_put(object);
			json_object_put(array);
			return NULL;
		}
	}
	return array;
}

struct json_object *state_encode(const struct luod *luod)
{
	struct json_object *object = json_object_new_object(), *clients;

	object = json_add_number(object, "version", STATE_VERSION);
	object = json_add_text(object, "phase", phase_name(luod->phase));
	object = json_add_number(object, "order", luod->order);
	clients = encode_clients(luod);
	if (object && clients &&
	    !json_object_object_add(object, "clients", clients))
		return object;
	json_object_put(clients);
	json_object_put(object);
	return NULL;
}

static bool get_number(struct json_object *object, const char *key, int64_t max,
		       int64_t *number)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_int))
		return false;
	*number = json_object_get_int64(value);
	return *number >= 0 && *number <= max;
}

/* A string shorter than @size bytes and without NUL bytes, or NULL. */
static const char *get_text(struct json_object *object, const char *key,
			    size_t size)
{
	struct json_object *value;
	const char *text;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	text = json_object_get_string(value);
	if (strlen(text) != (size_t)json_object_get_string_len(value) ||
	    strlen(text) >= size)
		return NULL;
	return text;
}

/* Index of @text among the names of states or phases; -1 if it is unknown. */
static int find_name(const char *text, const char *(*name)(int), int nr)
{
	int i;

	for (i = 0; text && i < nr; i++) {
		if (!strcmp(text, name(i)))
			return i;
	}
	return -1;
}

static const char *name_of_state(int state)
{
	return client_state_name(state);
}

static const char *name_of_phase(int phase)
{
	return phase_name(phase);
}

static int decode_client(struct luod *luod, struct json_object *object)
{
	int64_t order, timeout, uid, gid, shared;
	const char *id, *cgroup;
	struct client *client;
	int state;

	id = get_text(object, "id", LUOD_ID_SIZE);
	cgroup = get_text(object, "cgroup", CGROUP_SIZE);
	state = find_name(get_text(object, "state", 16), name_of_state,
			  CLIENT_STATES);
	if (!id || !luod_id_is_valid(id) || client_find(luod, id) || !cgroup ||
	    state < 0 || !get_number(object, "order", LUOD_ORDER_MAX, &order) ||
	    !get_number(object, "timeout_ms", INT32_MAX, &timeout) ||
	    !get_number(object, "uid", UINT32_MAX, &uid) ||
	    !get_number(object, "gid", UINT32_MAX, &gid) ||
	    !get_number(object, "shared", 1, &shared))
		return -EBADMSG;
	client = client_add(luod, id, order);
	if (!client)
		return -ENOMEM;
	client->state = state;
	client->timeout_ms = timeout;
	client->owner.uid = uid;
	client->owner.gid = gid;
	strcpy(client->owner.cgroup, cgroup);
	client->shared = shared;
	return 0;
}

static int decode_object(struct luod *luod, struct json_object *object)
{
	struct json_object *clients;
	int64_t version, order;
	size_t nr, i;
	int phase, err = 0;

	if (!json_object_is_type(object, json_type_object) ||
	    !get_number(object, "version", STATE_VERSION, &version) ||
	    version != STATE_VERSION ||
	    !get_number(object, "order", LUOD_ORDER_MAX, &order) ||
	    !json_object_object_get_ex(object, "clients", &clients) ||
	    !json_object_is_type(clients, json_type_array))
		return -EBADMSG;
	phase = find_name(get_text(object, "phase", 16), name_of_phase, PHASES);
	nr = json_object_array_length(clients);
	if (phase < 0 || nr > LUOD_CLIENTS_MAX)
		return -EBADMSG;
	for (i = 0; !err && i < nr; i++)
		err = decode_client(luod,
				    json_object_array_get_idx(clients, i));
	luod->phase = phase;
	luod->order = order;
	return err;
}

static void forget_all(struct luod *luod)
{
	while (!TAILQ_EMPTY(&luod->clients))
		client_remove(luod, TAILQ_FIRST(&luod->clients));
	luod->phase = PHASE_IDLE;
	luod->order = 0;
}

int state_decode(struct luod *luod, const char *text, size_t len)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *object;
	int err = -EBADMSG;

	if (!tokener)
		return -ENOMEM;
	object = json_tokener_parse_ex(tokener, text, len);
	if (object && json_tokener_get_parse_end(tokener) == len)
		err = decode_object(luod, object);
	json_object_put(object);
	json_tokener_free(tokener);
	if (err)
		forget_all(luod);
	return err;
}
