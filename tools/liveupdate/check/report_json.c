// SPDX-License-Identifier: GPL-2.0
/*
 * Print the result of a comparison as JSON.
 */

#include <errno.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <string.h>

#include "catalog.h"
#include "report.h"

static struct json_object *string(const char *text)
{
	return json_object_new_string(text);
}

static struct json_object *missing_name(const char *name)
{
	return json_object_new_string_len(name, strcspn(name, ","));
}

static struct json_object *switches_of(const struct finding *finding)
{
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < finding->nr_switches; i++)
		json_object_array_add(list, string(finding->switches[i]->name));
	return list;
}

static struct json_object *finding_json(const struct finding *finding)
{
	struct json_object *obj = json_object_new_object();

	json_object_object_add(obj, "verdict",
			       string(verdict_name(finding->verdict)));
	json_object_object_add(obj, "kind", string(finding->format->kind));
	json_object_object_add(obj, "owner", string(finding->format->owner));
	json_object_object_add(obj, "format", string(finding->format->name));
	if (finding->missing)
		json_object_object_add(obj, "missing",
				       missing_name(finding->missing));
	if (finding->verdict != VERDICT_DOWNGRADE)
		return obj;
	json_object_object_add(obj, "instead", string(finding->instead->name));
	json_object_object_add(obj, "lossy",
			       json_object_new_boolean(finding->instead->lossy));
	json_object_object_add(obj, "switch_off", switches_of(finding));
	json_object_object_add(obj, "in_use",
			       json_object_new_boolean(finding->busy));
	return obj;
}

static struct json_object *way_json(const struct comparison *comparison)
{
	struct json_object *obj = json_object_new_object();
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < comparison->count; i++)
		json_object_array_add(list,
				      finding_json(&comparison->findings[i]));
	json_object_object_add(obj, "from", string(comparison->from->source));
	json_object_object_add(obj, "to", string(comparison->to->source));
	json_object_object_add(obj, "verdict",
			       string(verdict_name(comparison->verdict)));
	json_object_object_add(obj, "formats", list);
	return obj;
}

/* Returns 0 or a negative errno. */
int report_json(FILE *out, const struct comparison *there,
		const struct comparison *back)
{
	struct json_object *obj = json_object_new_object();
	const char *text;
	bool good;

	json_object_object_add(obj, "there", way_json(there));
	json_object_object_add(obj, "back", way_json(back));
	text = json_object_to_json_string_ext(obj, JSON_C_TO_STRING_PRETTY |
					      JSON_C_TO_STRING_NOSLASHESCAPE);
	good = text && fprintf(out, "%s\n", text) > 0;
	json_object_put(obj);
	return good ? 0 : -ENOMEM;
}
