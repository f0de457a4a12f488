// SPDX-License-Identifier: GPL-2.0
/*
 * JSON objects with strings and numbers.
 */

#include "luod.h"

struct json_object *json_add_text(struct json_object *object, const char *key,
				  const char *text)
{
	struct json_object *value;

	if (!object || !text)
		return object;
	value = json_object_new_string(text);
	if (value && !json_object_object_add(object, key, value))
		return object;
	json_object_put(value);
	json_object_put(object);
	return NULL;
}

struct json_object *json_add_number(struct json_object *object, const char *key,
				    int64_t number)
{
	struct json_object *value;

	if (!object)
		return NULL;
	value = json_object_new_int64(number);
	if (value && !json_object_object_add(object, key, value))
		return object;
	json_object_put(value);
	json_object_put(object);
	return NULL;
}
