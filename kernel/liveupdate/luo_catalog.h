/* SPDX-License-Identifier: GPL-2.0 */
/* Format catalog of a kernel image. */

#ifndef _LINUX_LIVEUPDATE_LUO_CATALOG_H
#define _LINUX_LIVEUPDATE_LUO_CATALOG_H

#include <linux/kho/abi/luo.h>
#include <linux/types.h>

/* Maximum number of formats in a catalog. */
#define LUO_CATALOG_MAX		128

#define LUO_KIND_SIZE		16

/**
 * struct luo_catalog_entry - a format in a catalog
 * @kind: type of data, as in &struct liveupdate_format
 * @name: name of the format
 * @reads: the kernel can read the format
 * @default_off: the kernel uses the format only if its command line enables it
 */
struct luo_catalog_entry {
	char kind[LUO_KIND_SIZE];
	char name[LUO_FORMAT_SIZE];
	bool reads;
	bool default_off;
};

/**
 * struct luo_catalog - formats of a kernel
 * @complete: no format is missing; false if the image has no catalog
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
