/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The format catalog of a kernel, see <linux/liveupdate_format.h>.
 */

#ifndef LUO_CHECK_CATALOG_H
#define LUO_CHECK_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct format - a format in which a kernel hands over data
 * @kind: "kho", "container", "core", "subsystem", "flb" or "file"
 * @owner: the formats of one owner are alternatives to each other
 * @name: its name, unique within its kind
 * @reads: the kernel reads it
 * @writes: the kernel writes it
 * @off: writing it has been switched off
 * @optional: only performance is lost if the next kernel does not read it
 * @lossy: it does not preserve everything that other formats do
 * @rank: order of preference within its owner, from 1
 * @in_use: number of objects that are preserved in it
 * @needs: formats that it contains: names separated by commas, or empty
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
 * @source: where the catalog was read from
 * @complete: the end of the catalog was found
 * @running: it is the catalog of the running kernel
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
