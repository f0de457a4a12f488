// SPDX-License-Identifier: GPL-2.0
/*
 * luoctl list, and helpers to look up sessions.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "luoctl.h"

struct json_object *session_json(const struct luo_session_info *info)
{
	struct json_object *object = json_object_new_object();

	add_string(object, "name", luo_session_info_name(info));
	add_string(object, "direction",
		   luo_session_info_is_incoming(info) ? "incoming" :
							"outgoing");
	add_string(object, "state", state_text(luo_session_info_state(info)));
	add_bool(object, "held", luo_session_info_is_held(info));
	add_bool(object, "damaged", luo_session_info_is_damaged(info));
	add_number(object, "files", luo_session_info_files(info));
	add_number(object, "retrieved", luo_session_info_retrieved(info));
	add_number(object, "bytes", luo_session_info_bytes(info));
	return object;
}

/**
 * each_session() - call a function for each session
 * @device: the device
 * @flags: flags of luo_device_list_sessions()
 * @visit: the function
 * @data: argument of @visit
 *
 * Return: 0 or a negative errno.
 */
int each_session(struct luo_device *device, unsigned int flags,
		 session_visit visit, void *data)
{
	struct luo_session_list *list;
	size_t i;
	int err = luo_device_list_sessions(device, flags, &list);

	if (err)
		return err;
	for (i = 0; i < luo_session_list_count(list); i++)
		visit(luo_session_list_get(list, i), data);
	luo_session_list_free(list);
	return 0;
}

/**
 * find_session() - look up a session by name
 * @device: the device
 * @name: name of the session
 * @incoming: look up an incoming session, not an outgoing one
 * @list: returns the list that owns @info; the caller frees it
 * @info: returns the session
 *
 * Return: 0 or a negative errno; -ENOENT if there is none.
 */
int find_session(struct luo_device *device, const char *name, bool incoming,
		 struct luo_session_list **list,
		 const struct luo_session_info **info)
{
	size_t i;
	int err;

	err = luo_device_list_sessions(device, incoming ? LUO_LIST_INCOMING : 0,
				       list);
	if (err)
		return err;
	for (i = 0; i < luo_session_list_count(*list); i++) {
		*info = luo_session_list_get(*list, i);
		if (!strcmp(luo_session_info_name(*info), name))
			return 0;
	}
	luo_session_list_free(*list);
	return -ENOENT;
}

static const char *note_on(const struct luo_session_info *info)
{
	if (luo_session_info_is_damaged(info))
		return "damaged";
	return luo_session_info_is_held(info) ? "held" : "";
}

static void add_row(struct table *table, const struct luo_session_info *info)
{
	char files[48], size[SIZE_TEXT];
	const char * const row[] = {
		luo_session_info_name(info),
		luo_session_info_is_incoming(info) ? "incoming" : "outgoing",
		state_text(luo_session_info_state(info)),
		files,
		size_text(luo_session_info_bytes(info), size),
		note_on(info),
	};

	if (luo_session_info_is_incoming(info))
		snprintf(files, sizeof(files), "%" PRIu64 "/%" PRIu64,
			 luo_session_info_retrieved(info),
			 luo_session_info_files(info));
	else
		snprintf(files, sizeof(files), "%" PRIu64,
			 luo_session_info_files(info));
	table_add(table, row);
}

static void add_entry(const struct luo_session_info *info, void *data)
{
	struct listing *listing = data;

	if (listing->table)
		add_row(listing->table, info);
	else
		json_object_array_add(listing->array, session_json(info));
}

static int print_list(const struct options *options, struct luo_device *device)
{
	static const char * const heads[] = {
		"SESSION", "DIRECTION", "STATE", "FILES", "MEMORY", "",
	};
	struct listing listing;
	int err = 0;

	listing_begin(&listing, options, heads, ARRAY_SIZE(heads));
	if (!given(options, OPTION_INCOMING))
		err = each_session(device, 0, add_entry, &listing);
	if (!err && !given(options, OPTION_OUTGOING))
		err = each_session(device, LUO_LIST_INCOMING, add_entry,
				   &listing);
	listing_end(&listing, err);
	return err ? fail(err, "list") : STATUS_OK;
}

int cmd_list(const struct options *options)
{
	struct luo_device *device;
	int status = open_device(options, LUO_OPEN_QUERY, &device);

	if (status)
		return status;
	status = print_list(options, device);
	luo_device_close(device);
	return status;
}
