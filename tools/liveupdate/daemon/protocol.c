// SPDX-License-Identifier: GPL-2.0
/*
 * Parse the lines of clients, see protocol.h.
 */

#include <json-c/json.h>
#include <string.h>

#include "protocol.h"

static const struct {
	const char *name;
	bool needs_id;
} commands[LUOD_COMMANDS] = {
	[LUOD_SUBSCRIBE]	= { "SUBSCRIBE", true },
	[LUOD_UNSUBSCRIBE]	= { "UNSUBSCRIBE", true },
	[LUOD_READY]		= { "READY", true },
	[LUOD_VETO]		= { "VETO", true },
	[LUOD_CLAIM]		= { "CLAIM", true },
	[LUOD_STATUS]		= { "STATUS", false },
	[LUOD_UPDATE]		= { "UPDATE", false },
	[LUOD_ABORT]		= { "ABORT", false },
	[LUOD_KEXEC]		= { "KEXEC", false },
};

static const char * const errors[LUOD_ERRORS] = {
	[LUOD_OK]			= "OK",
	[LUOD_E_BAD_MESSAGE]		= "BAD_MESSAGE",
	[LUOD_E_UNKNOWN_COMMAND]	= "UNKNOWN_COMMAND",
	[LUOD_E_BAD_ID]			= "BAD_ID",
	[LUOD_E_NOT_ALLOWED]		= "NOT_ALLOWED",
	[LUOD_E_ID_IN_USE]		= "ID_IN_USE",
	[LUOD_E_UNKNOWN_ID]		= "UNKNOWN_ID",
	[LUOD_E_WRONG_STATE]		= "WRONG_STATE",
	[LUOD_E_IN_PROGRESS]		= "IN_PROGRESS",
	[LUOD_E_UNFINISHED]		= "UNFINISHED",
	[LUOD_E_TOO_MANY]		= "TOO_MANY",
	[LUOD_E_TIMEOUT]		= "TIMEOUT",
	[LUOD_E_VETO]			= "VETO",
	[LUOD_E_GONE]			= "GONE",
	[LUOD_E_ABORTED]		= "ABORTED",
	[LUOD_E_DEVICE_BUSY]		= "DEVICE_BUSY",
	[LUOD_E_KERNEL]			= "KERNEL",
};

const char *luod_command_name(enum luod_command command)
{
	return commands[command].name;
}

const char *luod_error_name(enum luod_error error)
{
	return errors[error];
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

bool luod_id_is_valid(const char *id)
{
	size_t i;

	if (!is_alnum(id[0]))
		return false;
	for (i = 0; id[i]; i++) {
		if (i == LUOD_ID_SIZE - 1 ||
		    !(is_alnum(id[i]) || strchr("._-", id[i])))
			return false;
	}
	return true;
}

/* A missing string is an empty one. */
static bool get_string(struct json_object *object, const char *key, char *buf,
		       size_t size)
{
	struct json_object *value;
	const char *text;
	size_t len;

	buf[0] = '\0';
	if (!json_object_object_get_ex(object, key, &value))
		return true;
	if (!json_object_is_type(value, json_type_string))
		return false;
	text = json_object_get_string(value);
	len = json_object_get_string_len(value);
	if (len >= size || memchr(text, '\0', len))
		return false;
	memcpy(buf, text, len + 1);
	return true;
}

static bool get_order(struct json_object *object, struct luod_request *request)
{
	struct json_object *value;
	int64_t order;

	request->order = 0;
	request->has_order = json_object_object_get_ex(object, "order", &value);
	if (!request->has_order)
		return true;
	if (!json_object_is_type(value, json_type_int))
		return false;
	order = json_object_get_int64(value);
	if (order < 0 || order > LUOD_ORDER_MAX)
		return false;
	request->order = order;
	return true;
}

static bool find_command(const char *name, enum luod_command *command)
{
	int i;

	for (i = 0; i < LUOD_COMMANDS; i++) {
		if (!strcmp(name, commands[i].name)) {
			*command = i;
			return true;
		}
	}
	return false;
}

static enum luod_error fill(struct json_object *object,
			    struct luod_request *request)
{
	char name[16], id[LUOD_LINE_MAX + 1];

	if (!json_object_is_type(object, json_type_object) ||
	    !get_string(object, "type", name, sizeof(name)) || !name[0])
		return LUOD_E_BAD_MESSAGE;
	if (!find_command(name, &request->command))
		return LUOD_E_UNKNOWN_COMMAND;
	if (!get_string(object, "id", id, sizeof(id)) ||
	    !get_string(object, "reason", request->reason,
			sizeof(request->reason)) ||
	    !get_order(object, request))
		return LUOD_E_BAD_MESSAGE;
	if ((id[0] || commands[request->command].needs_id) &&
	    !luod_id_is_valid(id))
		return LUOD_E_BAD_ID;
	strcpy(request->id, id);
	return LUOD_OK;
}

enum luod_error luod_parse(const char *line, size_t len,
			   struct luod_request *request)
{
	struct json_tokener *tokener = json_tokener_new_ex(LUOD_DEPTH_MAX);
	enum luod_error error = LUOD_E_BAD_MESSAGE;
	struct json_object *object;

	if (!tokener)
		return error;
	memset(request, 0, sizeof(*request));
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT |
					JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, line, len);
	/* json-c waits for more digits after a bare number: reject it. */
	if (object && json_tokener_get_error(tokener) == json_tokener_success &&
	    json_tokener_get_parse_end(tokener) == len)
		error = fill(object, request);
	json_object_put(object);
	json_tokener_free(tokener);
	return error;
}
