/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the image of a kernel says of its formats.
 */

#ifndef _LINUX_LIVEUPDATE_LUO_CATALOG_H
#define _LINUX_LIVEUPDATE_LUO_CATALOG_H

#include <linux/kho/abi/luo.h>
#include <linux/types.h>

/* More formats than this are not understood. */
#define LUO_CATALOG_MAX		128

#define LUO_KIND_SIZE		16

/**
 * struct luo_catalog_entry - a format that a kernel knows
 * @kind: of what, as in &struct liveupdate_format
 * @name: name of the format
 * @reads: the kernel reads it
 * @default_off: the kernel does not use it unless its command line says so
 */
struct luo_catalog_entry {
	char kind[LUO_KIND_SIZE];
	char name[LUO_FORMAT_SIZE];
	bool reads;
	bool default_off;
};

/**
 * struct luo_catalog - all formats that a kernel knows
 * @complete: it has all of them; false if the kernel says nothing of them
 * @count: number of entries in use
 * @entry: the formats
 */
struct luo_catalog {
	bool complete;
	unsigned int count;
	struct luo_catalog_entry entry[LUO_CATALOG_MAX];
};

void luo_catalog_scan(struct luo_catalog *catalog, const void *image,
		      size_t size);
const struct luo_catalog_entry *
luo_catalog_find(const struct luo_catalog *catalog, const char *kind,
		 const char *name);
bool luo_catalog_reads(const struct luo_catalog *catalog, const char *kind,
		       const char *name);

#endif /* _LINUX_LIVEUPDATE_LUO_CATALOG_H */
