// SPDX-License-Identifier: GPL-2.0
/*
 * luoctl timeline: print how long the blackout was, by phase.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "luoctl.h"

/* Length of the longest bar, in characters. */
#define BAR 40

static void print_bar(uint64_t us, uint64_t longest)
{
	uint64_t n = longest ? (us * BAR + longest - 1) / longest : 0;

	while (n--)
		putchar('#');
	putchar('\n');
}

static void print_ms(const char *what, uint64_t us)
{
	printf("%-15s%7" PRIu64 ".%01" PRIu64 " ms", what, us / 1000,
	       us % 1000 / 100);
}

static int print_as_text(const struct timeline *timeline)
{
	uint64_t begin, end, longest = 0;
	size_t i;

	for (i = 0; i < phase_count; i++) {
		if (timeline_phase(timeline, &phases[i], &begin, &end) &&
		    end - begin > longest)
			longest = end - begin;
	}
	for (i = 0; i < phase_count; i++) {
		if (!timeline_phase(timeline, &phases[i], &begin, &end))
			continue;
		print_ms(phases[i].name, end - begin);
		printf(" %c ", phases[i].blackout ? '*' : ' ');
		print_bar(end - begin, longest);
	}
	if (timeline_blackout(timeline, &begin, &end)) {
		print_ms("blackout", end - begin);
		puts(" = *");
	} else {
		puts("blackout       has not ended: no file was retrieved yet");
	}
	return STATUS_OK;
}

static struct json_object *points_json(const struct timeline *timeline)
{
	struct json_object *array = json_object_new_array(), *object;
	size_t i;

	for (i = 0; i < timeline->count; i++) {
		object = json_object_new_object();
		add_string(object, "name", timeline->points[i].name);
		add_number(object, "us", timeline->points[i].us);
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *phases_json(const struct timeline *timeline)
{
	struct json_object *array = json_object_new_array(), *object;
	uint64_t begin, end;
	size_t i;

	for (i = 0; i < phase_count; i++) {
		if (!timeline_phase(timeline, &phases[i], &begin, &end))
			continue;
		object = json_object_new_object();
		add_string(object, "name", phases[i].name);
		add_string(object, "from", phases[i].from);
		add_string(object, "to", phases[i].to);
		add_bool(object, "blackout", phases[i].blackout);
		add_number(object, "us", end - begin);
		json_object_array_add(array, object);
	}
	return array;
}

static int print_as_json(const struct timeline *timeline)
{
	struct json_object *object = json_object_new_object();
	uint64_t begin, end;

	json_object_object_add(object, "points", points_json(timeline));
	json_object_object_add(object, "phases", phases_json(timeline));
	if (timeline_blackout(timeline, &begin, &end))
		add_number(object, "blackout_us", end - begin);
	else
		json_object_object_add(object, "blackout_us", NULL);
	return print_json(object);
}

/* After an ordinary boot the timeline has only points of this kernel's boot. */
static bool is_of_update(const struct timeline *timeline)
{
	size_t i;

	for (i = 0; i < timeline->count; i++) {
		if (!strcmp(timeline->points[i].name, "freeze-begin"))
			return true;
	}
	return false;
}

int cmd_timeline(const struct options *options)
{
	struct timeline timeline;
	char text[SYSFS_TEXT];
	int err = sysfs_text(SYSFS_DIR "timeline", text, sizeof(text));

	if (!err)
		err = timeline_parse(&timeline, text);
	if (err)
		return fail(err == -ENOENT ? -ENODEV : err, "timeline");
	if (!is_of_update(&timeline))
		return fail_with(STATUS_NOTHING,
				 "this kernel was not booted by a live update");
	if (given(options, OPTION_JSON))
		return print_as_json(&timeline);
	if (!given(options, OPTION_SVG))
		return print_as_text(&timeline);
	timeline_svg(&timeline);
	return STATUS_OK;
}
