// SPDX-License-Identifier: GPL-2.0
/*
 * luoctl show: print everything about one session. Only an fd of the session
 * lists its files: the fd of a holder, or with --files one that is retrieved
 * for a moment.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "luoctl.h"

struct view {
	const struct luo_session_info *info;
	struct holder *holders;
	size_t holder_count;
	struct luo_file_list *files;
};

/*
 * Uses a duplicate of a holder's fd. It must not query the state: that would
 * consume the POLLIN that tells the holder of a change.
 */
static void list_files_of(const struct holder *holder, struct view *view)
{
	struct luo_session *session;

	if (holder_session(holder, &session))
		return;
	luo_session_list_files(session, &view->files);
	luo_session_close(session);
}

/*
 * Closing an incoming session of which every file was retrieved finishes it, so
 * such a session is not opened.
 */
static int take_for_a_moment(const struct options *options, struct view *view)
{
	const char *name = luo_session_info_name(view->info);
	struct luo_session *session;
	struct luo_device *device;
	int err, status;

	if (luo_session_info_files(view->info) ==
	    luo_session_info_retrieved(view->info))
		return STATUS_OK;
	status = open_device(options, 0, &device);
	if (status)
		return status;
	err = luo_device_retrieve_session(device, name, &session);
	if (!err) {
		err = luo_session_list_files(session, &view->files);
		luo_session_close(session);
	}
	luo_device_close(device);
	return err ? fail(err, name) : STATUS_OK;
}

static struct json_object *holders_json(const struct view *view)
{
	struct json_object *array = json_object_new_array(), *object;
	size_t i;

	for (i = 0; i < view->holder_count; i++) {
		object = json_object_new_object();
		add_number(object, "pid", view->holders[i].pid);
		add_number(object, "fd", view->holders[i].fd);
		add_string(object, "comm", view->holders[i].comm);
		json_object_array_add(array, object);
	}
	return array;
}

/* NULL, which prints as JSON null, if the files are not known. */
static struct json_object *files_json(const struct luo_file_list *files)
{
	const struct luo_file_info *file;
	struct json_object *array, *object;
	size_t i;

	if (!files)
		return NULL;
	array = json_object_new_array();
	for (i = 0; i < luo_file_list_count(files); i++) {
		file = luo_file_list_get(files, i);
		object = json_object_new_object();
		add_number(object, "token", luo_file_info_token(file));
		add_string(object, "format", luo_file_info_format(file));
		add_number(object, "bytes", luo_file_info_bytes(file));
		add_bool(object, "open", luo_file_info_is_open(file));
		json_object_array_add(array, object);
	}
	return array;
}

static int print_as_json(const struct view *view)
{
	struct json_object *object = session_json(view->info);

	json_object_object_add(object, "holders", holders_json(view));
	json_object_object_add(object, "file_list", files_json(view->files));
	return print_json(object);
}

static void print_files(const struct luo_file_list *files)
{
	static const char * const heads[] = { "TOKEN", "FORMAT", "MEMORY", "" };
	struct table *table = table_new(heads, ARRAY_SIZE(heads));
	const struct luo_file_info *file;
	char token[24], size[SIZE_TEXT];
	size_t i;

	for (i = 0; i < luo_file_list_count(files); i++) {
		file = luo_file_list_get(files, i);
		snprintf(token, sizeof(token), "%" PRIu64,
			 luo_file_info_token(file));
		size_text(luo_file_info_bytes(file), size);
		table_add(table, (const char *[]){
			token, luo_file_info_format(file),
			luo_file_info_bytes(file) ? size : "?",
			luo_file_info_is_open(file) ? "open" : "",
		});
	}
	puts("");
	table_print(table, true);
	table_free(table);
}

static int print_as_text(const struct view *view)
{
	const struct luo_session_info *info = view->info;
	char size[SIZE_TEXT];
	size_t i;

	print_text("session    ", luo_session_info_name(info));
	printf("\n%-11s%s\n", "direction",
	       luo_session_info_is_incoming(info) ? "incoming" : "outgoing");
	printf("%-11s", "state");
	print_state(luo_session_info_state(info),
		    state_text(luo_session_info_state(info)));
	if (luo_session_info_is_damaged(info))
		printf("%-11sits files are not available\n", "damaged");
	printf("%-11s%" PRIu64, "files", luo_session_info_files(info));
	if (luo_session_info_is_incoming(info))
		printf(", %" PRIu64 " retrieved",
		       luo_session_info_retrieved(info));
	printf("\n%-11s%s\n", "memory",
	       size_text(luo_session_info_bytes(info), size));
	for (i = 0; i < view->holder_count; i++) {
		print_text("held by    ", view->holders[i].comm);
		printf(", process %d, fd %d\n", view->holders[i].pid,
		       view->holders[i].fd);
	}
	if (!luo_session_info_is_held(info))
		printf("%-11sno process\n", "held by");
	else if (!view->holder_count)
		printf("%-11sa process that /proc does not show\n", "held by");
	if (view->files)
		print_files(view->files);
	return STATUS_OK;
}

static int show(const struct options *options,
		const struct luo_session_info *info)
{
	struct view view = { .info = info };
	int err, status = STATUS_OK;
	size_t i;

	err = holders_find(luo_session_info_name(info),
			   luo_session_info_is_incoming(info), &view.holders,
			   &view.holder_count);
	if (err)
		return fail(err, "/proc");
	for (i = 0; i < view.holder_count && !view.files; i++)
		list_files_of(&view.holders[i], &view);
	if (!view.files && given(options, OPTION_FILES) &&
	    !luo_session_info_is_held(info))
		status = take_for_a_moment(options, &view);
	if (!status)
		status = given(options, OPTION_JSON) ? print_as_json(&view) :
						       print_as_text(&view);
	free(view.holders);
	luo_file_list_free(view.files);
	return status;
}

int cmd_show(const struct options *options)
{
	const struct luo_session_info *info;
	struct luo_session_list *list;
	struct luo_device *device;
	int err = -ENOENT, status = open_device(options, LUO_OPEN_QUERY,
						&device);

	if (status)
		return status;
	if (!given(options, OPTION_INCOMING))
		err = find_session(device, options->argv[0], false, &list,
				   &info);
	if (err == -ENOENT && !given(options, OPTION_OUTGOING))
		err = find_session(device, options->argv[0], true, &list,
				   &info);
	luo_device_close(device);
	if (err == -ENOENT)
		return fail_with(STATUS_NOTHING, "there is no session %s",
				 options->argv[0]);
	if (err)
		return fail(err, options->argv[0]);
	status = show(options, info);
	luo_session_list_free(list);
	return status;
}
