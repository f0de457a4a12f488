// SPDX-License-Identifier: GPL-2.0
/*
 * Parse format catalogs. Lines of a catalog can be anywhere in a file of any
 * type; malformed lines are skipped.
 */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog.h"

#define LINE_START	"luo-format:1 "
#define LINE_SIZE	256

void catalog_init(struct catalog *catalog, const char *source)
{
	memset(catalog, 0, sizeof(*catalog));
	catalog->source = source;
}

void catalog_free(struct catalog *catalog)
{
	free(catalog->formats);
	catalog->formats = NULL;
	catalog->count = 0;
}

const struct format *catalog_find(const struct catalog *catalog,
				  const char *kind, const char *name)
{
	size_t i;

	for (i = 0; i < catalog->count; i++) {
		const struct format *format = &catalog->formats[i];

		if (!strcmp(format->kind, kind) && !strcmp(format->name, name))
			return format;
	}
	return NULL;
}

bool catalog_reads(const struct catalog *catalog, const char *kind,
		   const char *name)
{
	const struct format *format = catalog_find(catalog, kind, name);

	return format && format->reads;
}

static int add(struct catalog *catalog, const struct format *format)
{
	struct format *more;

	if (catalog_find(catalog, format->kind, format->name))
		return 0;
	more = realloc(catalog->formats, (catalog->count + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	more[catalog->count++] = *format;
	catalog->formats = more;
	return 0;
}

static bool is_word(const char *word)
{
	for (; *word; word++) {
		if (!islower((unsigned char)*word) &&
		    !isdigit((unsigned char)*word) && !strchr("._:,-", *word))
			return false;
	}
	return true;
}

static void add_need(struct format *format, const char *name)
{
	size_t used = strlen(format->needs);

	snprintf(format->needs + used, sizeof(format->needs) - used, "%s%s",
		 used ? "," : "", name);
}

static void parse_attrs(struct format *format, char *attrs)
{
	char *attr;

	while ((attr = strsep(&attrs, ","))) {
		if (!strncmp(attr, "needs:", 6))
			add_need(format, attr + 6);
		else if (!strncmp(attr, "in-use:", 7))
			format->in_use = strtoul(attr + 7, NULL, 10);
		else if (!strcmp(attr, "off"))
			format->off = true;
		else if (!strcmp(attr, "optional"))
			format->optional = true;
		else if (!strcmp(attr, "lossy"))
			format->lossy = true;
	}
}

/* False if the line is malformed. */
static bool parse_line(struct format *format, const char *line)
{
	char dir[4], attrs[LINE_SIZE];
	int end = 0;

	memset(format, 0, sizeof(*format));
	if (sscanf(line, "%15s %47s %47s %3s %u %255s %n", format->kind,
		   format->owner, format->name, dir, &format->rank, attrs,
		   &end) != 6 || line[end] || !format->rank)
		return false;
	if (!is_word(format->kind) || !is_word(format->owner) ||
	    !is_word(format->name) || !is_word(attrs))
		return false;
	format->reads = !strcmp(dir, "rw") || !strcmp(dir, "r");
	format->writes = !strcmp(dir, "rw") || !strcmp(dir, "w");
	parse_attrs(format, attrs);
	return format->reads || format->writes;
}

/* Adds a line, without LINE_START. Returns 0 or -ENOMEM. */
int catalog_add_line(struct catalog *catalog, const char *line)
{
	struct format format;

	if (!strcmp(line, "end")) {
		catalog->complete = true;
		return 0;
	}
	return parse_line(&format, line) ? add(catalog, &format) : 0;
}

/* A line ends at a NUL, at a newline or at the end of the file. */
static int take_line(struct catalog *catalog, const char *at, size_t left)
{
	char line[LINE_SIZE];
	size_t n;

	for (n = 0; n < left && at[n] && at[n] != '\n'; n++) {
		if (n == sizeof(line) - 1)
			return 0;
		line[n] = at[n];
	}
	line[n] = '\0';
	return catalog_add_line(catalog, line);
}

/* Adds all formats found in the contents of a file. Returns 0 or -ENOMEM. */
int catalog_scan(struct catalog *catalog, const char *bytes, size_t size)
{
	const char *at = bytes, *end = bytes + size;
	int err = 0;

	while (!err && (at = memmem(at, end - at, LINE_START,
				    strlen(LINE_START)))) {
		at += strlen(LINE_START);
		err = take_line(catalog, at, end - at);
	}
	return err;
}

static int compare(const void *a, const void *b)
{
	static const char kinds[] = "kho container core subsystem flb file";
	const struct format *x = a, *y = b;
	const char *x_kind = strstr(kinds, x->kind);
	const char *y_kind = strstr(kinds, y->kind);
	int owner = strcmp(x->owner, y->owner);

	if (x_kind != y_kind)
		return x_kind < y_kind ? -1 : 1;
	if (owner)
		return owner;
	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* Sorts by kind and owner, and the formats of one owner by rank. */
void catalog_sort(struct catalog *catalog)
{
	if (catalog->count)
		qsort(catalog->formats, catalog->count,
		      sizeof(*catalog->formats), compare);
}
