// SPDX-License-Identifier: GPL-2.0
/*
 * The points of the last update, parsed from sysfs, and the phases between
 * them.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "luoctl.h"

const struct phase phases[] = {
	{ "prepare", "prepare-begin", "prepare-end", false },
	{ "freeze", "freeze-begin", "freeze-end", true },
	{ "shut down", "freeze-end", "jump", true },
	{ "jump", "jump", "kho-boot", true },
	{ "boot", "kho-boot", "init", true },
	{ "start programs", "init", "first-retrieve", true },
	{ "retrieve", "first-retrieve", "last-retrieve", true },
	{ "finish", "last-retrieve", "finish", false },
};

const size_t phase_count = ARRAY_SIZE(phases);

static int parse_line(struct point *point, char *line)
{
	char *space = strchr(line, ' '), *end;

	if (!space || space == line ||
	    (size_t)(space - line) >= sizeof(point->name))
		return -EBADMSG;
	memcpy(point->name, line, space - line);
	point->name[space - line] = '\0';
	errno = 0;
	point->us = strtoull(space + 1, &end, 10);
	return errno || end == space + 1 || *end ? -EBADMSG : 0;
}

/**
 * timeline_parse() - parse the points of a timeline
 * @timeline: returns the points
 * @text: one name and number per line; modified
 *
 * Return: 0, or -EBADMSG if it is malformed or has too many points.
 */
int timeline_parse(struct timeline *timeline, char *text)
{
	char *line;
	int err;

	timeline->count = 0;
	while ((line = strsep(&text, "\n"))) {
		if (!*line)
			continue;
		if (timeline->count == MAX_POINTS)
			return -EBADMSG;
		err = parse_line(&timeline->points[timeline->count++], line);
		if (err)
			return err;
	}
	return 0;
}

static const struct point *find_point(const struct timeline *timeline,
				      const char *name)
{
	size_t i;

	for (i = 0; i < timeline->count; i++) {
		if (!strcmp(timeline->points[i].name, name))
			return &timeline->points[i];
	}
	return NULL;
}

static bool between(const struct timeline *timeline, const char *from,
		    const char *to, uint64_t *begin, uint64_t *end)
{
	const struct point *a = find_point(timeline, from);
	const struct point *b = find_point(timeline, to);

	if (!a || !b || b->us < a->us)
		return false;
	*begin = a->us;
	*end = b->us;
	return true;
}

/* False if one of the two points was not reached. */
bool timeline_phase(const struct timeline *timeline, const struct phase *phase,
		    uint64_t *begin, uint64_t *end)
{
	return between(timeline, phase->from, phase->to, begin, end);
}

/* From freeze-begin to last-retrieve. */
bool timeline_blackout(const struct timeline *timeline, uint64_t *begin,
		       uint64_t *end)
{
	return between(timeline, "freeze-begin", "last-retrieve", begin, end);
}
