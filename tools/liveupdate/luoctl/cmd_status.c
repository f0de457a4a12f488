// SPDX-License-Identifier: GPL-2.0
/*
 * luoctl status: print what sysfs has. Needs neither privileges nor the device.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/text.h"
#include "luoctl.h"

struct status {
	char state[16];
	int64_t error;
	uint64_t count;
	uint64_t loaded;
	uint64_t outgoing;
	uint64_t incoming;
	uint64_t waiting;
	uint64_t pages;
	char subsystems[SYSFS_TEXT];
	char flbs[SYSFS_TEXT];
};

/* Older kernels lack some files; their fields keep the default. */
static int optional(int err)
{
	return err == -ENOENT ? 0 : err;
}

static int read_texts(struct status *s)
{
	char error[16];
	int err;

	err = sysfs_text(SYSFS_DIR "state", s->state, sizeof(s->state));
	if (!err)
		err = sysfs_text(SYSFS_DIR "error", error, sizeof(error));
	if (err)
		return err;
	s->error = strtoll(error, NULL, 10);
	err = optional(sysfs_text(SYSFS_DIR "incoming/subsystems",
				  s->subsystems, sizeof(s->subsystems)));
	if (!err)
		err = optional(sysfs_text(SYSFS_DIR "incoming/flbs", s->flbs,
					  sizeof(s->flbs)));
	return err;
}

static int read_numbers(struct status *s)
{
	const struct { const char *path; uint64_t *number; } numbers[] = {
		{ SYSFS_DIR "count", &s->count },
		{ SYSFS_DIR "sessions/outgoing", &s->outgoing },
		{ SYSFS_DIR "sessions/incoming", &s->incoming },
		{ SYSFS_DIR "sessions/waiting", &s->waiting },
		{ SYSFS_DIR "incoming/pages", &s->pages },
		{ "/sys/kernel/kexec_loaded", &s->loaded },
	};
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		err = optional(sysfs_number(numbers[i].path,
					    numbers[i].number));
		if (err)
			return err;
	}
	return 0;
}

/* An array with one string per line of @text. */
static struct json_object *lines_json(const char *text)
{
	struct json_object *array = json_object_new_array();
	size_t len;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		json_object_array_add(array,
				      json_object_new_string_len(text,
								 (int)len));
	}
	return array;
}

static int print_as_json(const struct status *s)
{
	struct json_object *all = json_object_new_object();
	struct json_object *sessions = json_object_new_object();
	struct json_object *left = json_object_new_object();

	add_string(all, "state", s->state);
	json_object_object_add(all, "error", json_object_new_int64(s->error));
	add_number(all, "count", s->count);
	add_bool(all, "kernel_loaded", s->loaded);
	add_number(sessions, "outgoing", s->outgoing);
	add_number(sessions, "incoming", s->incoming);
	add_number(sessions, "waiting", s->waiting);
	json_object_object_add(all, "sessions", sessions);
	add_number(left, "bytes", s->pages * sysconf(_SC_PAGESIZE));
	json_object_object_add(left, "subsystems", lines_json(s->subsystems));
	json_object_object_add(left, "flbs", lines_json(s->flbs));
	json_object_object_add(all, "incoming", left);
	return print_json(all);
}

/* Prints each line of @text, labelled with @what. */
static void print_lines(const char *what, const char *text)
{
	size_t len;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		printf("%-15s", what);
		text_print(stdout, text, len);
		putchar('\n');
	}
}

static int state_of(const char *name)
{
	int i;

	for (i = 0; luo_state_name(i); i++) {
		if (!strcmp(luo_state_name(i), name))
			return i;
	}
	return -1;
}

static void print_as_text(const struct status *s)
{
	char size[SIZE_TEXT];

	printf("%-15s", "state");
	print_state(state_of(s->state), s->state);
	if (s->error)
		printf("%-15s%s: no data of the previous kernel is available\n",
		       "error", strerror((int)-s->error));
	printf("%-15s%" PRIu64 " in a row\n", "updates", s->count);
	printf("%-15s%s\n", "next kernel",
	       s->loaded ? "loaded" : "not loaded");
	printf("%-15s%" PRIu64 " for the next kernel\n", "sessions",
	       s->outgoing);
	if (s->incoming || s->waiting)
		printf("%-15s%" PRIu64 " of the previous one, %" PRIu64
		       " not finished\n", "", s->incoming, s->waiting);
	if (s->pages)
		printf("%-15s%s of the previous kernel not restored\n",
		       "memory",
		       size_text(s->pages * sysconf(_SC_PAGESIZE), size));
	print_lines("subsystem", s->subsystems);
	print_lines("shared object", s->flbs);
}

/* Live update in mainline has no directory in sysfs. */
static int no_sysfs(void)
{
	struct luo_device *device;
	int err = luo_device_open(&device, LUO_OPEN_QUERY);

	if (!err)
		luo_device_close(device);
	if (err == -ENODEV)
		return fail(err, "status");
	return fail_with(STATUS_FAILED,
			 "this kernel does not report its state in sysfs");
}

int cmd_status(const struct options *options)
{
	struct status *s = calloc(1, sizeof(*s));
	int err, status = STATUS_OK;

	if (!s)
		return fail(-ENOMEM, "status");
	err = read_texts(s);
	if (!err)
		err = read_numbers(s);
	if (err) {
		free(s);
		return err == -ENOENT ? no_sysfs() : fail(err, SYSFS_DIR);
	}
	if (given(options, OPTION_JSON))
		print_as_json(s);
	else
		print_as_text(s);
	if (state_of(s->state) == LUO_STATE_UNDEFINED)
		status = STATUS_NO_LUO;
	free(s);
	return status;
}
