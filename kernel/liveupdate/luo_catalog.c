// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the format catalog in a kernel image: lines of text that begin with
 * LIVEUPDATE_FORMAT_LINE, anywhere in the image. Text that has this prefix but
 * is malformed is ignored.
 *
 * The catalog is described in <linux/liveupdate_format.h>.
 */

#include <linux/kernel.h>
#include <linux/liveupdate_format.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "luo_catalog.h"

#define LINE_SIZE	256

const struct luo_catalog_entry *
luo_catalog_find(const struct luo_catalog *catalog, const char *kind,
		 const char *name)
{
	unsigned int i;

	for (i = 0; i < min(catalog->count, LUO_CATALOG_MAX); i++) {
		const struct luo_catalog_entry *entry = &catalog->entry[i];

		if (!strcmp(entry->kind, kind) && !strcmp(entry->name, name))
			return entry;
	}
	return NULL;
}

bool luo_catalog_reads(const struct luo_catalog *catalog, const char *kind,
		       const char *name)
{
	const struct luo_catalog_entry *entry =
		luo_catalog_find(catalog, kind, name);

	return entry && entry->reads;
}

static bool is_direction(const char *dir)
{
	return !strcmp(dir, "rw") || !strcmp(dir, "r") || !strcmp(dir, "w");
}

/*
 * Duplicates are ignored. An entry for which there is no room is counted, so
 * that luo_catalog_scan() can tell that the catalog is incomplete.
 */
static void add_entry(struct luo_catalog *catalog,
		      const struct luo_catalog_entry *entry)
{
	if (catalog->count > LUO_CATALOG_MAX ||
	    luo_catalog_find(catalog, entry->kind, entry->name))
		return;
	if (catalog->count < LUO_CATALOG_MAX)
		catalog->entry[catalog->count] = *entry;
	catalog->count++;
}

static void take_line(struct luo_catalog *catalog, const char *line)
{
	struct luo_catalog_entry entry = {};
	char owner[LUO_FORMAT_SIZE], dir[3], attrs[LINE_SIZE];
	unsigned int rank;

	if (!strcmp(line, "end")) {
		catalog->complete = true;
		return;
	}
	if (sscanf(line, "%15s %47s %47s %2s %u %255s", entry.kind, owner,
		   entry.name, dir, &rank, attrs) != 6 || !is_direction(dir))
		return;
	entry.reads = dir[0] == 'r';
	entry.default_off = strstr(attrs, "default-off");
	add_entry(catalog, &entry);
}

/* The line at @at ends at a NUL, at a newline or at the end of the image. */
static void read_line(struct luo_catalog *catalog, const char *at, size_t left)
{
	char line[LINE_SIZE];
	size_t n;

	for (n = 0; n < left && at[n] && at[n] != '\n'; n++) {
		if (n == LINE_SIZE - 1)
			return;
		line[n] = at[n];
	}
	line[n] = '\0';
	take_line(catalog, line);
}

/**
 * luo_catalog_scan - find the format catalog in a kernel image
 * @catalog: output: the catalog
 * @image: the image
 * @size: size of the image in bytes
 */
void luo_catalog_scan(struct luo_catalog *catalog, const void *image,
		      size_t size)
{
	const size_t start = strlen(LIVEUPDATE_FORMAT_LINE);
	const char *at = image, *end = at + size;

	memset(catalog, 0, sizeof(*catalog));
	while (end - at > start) {
		at = memchr(at, LIVEUPDATE_FORMAT_LINE[0], end - at - start);
		if (!at)
			break;
		if (!memcmp(at, LIVEUPDATE_FORMAT_LINE, start))
			read_line(catalog, at + start, end - at - start);
		at++;
	}
	if (catalog->count > LUO_CATALOG_MAX) {
		catalog->count = LUO_CATALOG_MAX;
		catalog->complete = false;
	}
}
