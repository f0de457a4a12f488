/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a kernel says of its formats, see <linux/liveupdate_format.h>.
 */

#ifndef LUO_CHECK_CATALOG_H
#define LUO_CHECK_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct format - a form in which a kernel hands something over
 * @kind: of what: "kho", "container", "core", "subsystem", "flb" or "file"
 * @owner: the formats of one owner stand for each other
 * @name: its name, unique of its kind
 * @reads: the kernel reads it
 * @writes: the kernel writes it
 * @off: somebody has switched off that it is written
 * @optional: it is only time that is lost if the next kernel does not read it
 * @lossy: something does not come through that others carry
 * @rank: 1 for the one that the owner writes rather than others, and so on
 * @in_use: how many things are preserved in it
 * @needs: what it contains: names with commas between, maybe none
 */
struct format {
	char kind[16];
	char owner[48];
	char name[48];
	bool reads;
	bool writes;
	bool off;
	bool optional;
	bool lossy;
	unsigned int rank;
	unsigned long in_use;
	char needs[128];
};

/**
 * struct catalog - all formats of a kernel
 * @source: where that is said
 * @complete: all of them are there
 * @running: it is the running kernel
 * @count: number of formats
 * @formats: the formats
 */
struct catalog {
	const char *source;
	bool complete;
	bool running;
	size_t count;
	struct format *formats;
};

void catalog_init(struct catalog *catalog, const char *source);
void catalog_free(struct catalog *catalog);
int catalog_scan(struct catalog *catalog, const char *bytes, size_t size);
int catalog_add_line(struct catalog *catalog, const char *line);
void catalog_sort(struct catalog *catalog);
const struct format *catalog_find(const struct catalog *catalog,
				  const char *kind, const char *name);
bool catalog_reads(const struct catalog *catalog, const char *kind,
		   const char *name);

#endif /* LUO_CHECK_CATALOG_H */
