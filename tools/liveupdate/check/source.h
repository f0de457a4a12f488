/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Find the format catalog of a kernel.
 */

#ifndef LUO_CHECK_SOURCE_H
#define LUO_CHECK_SOURCE_H

struct catalog;

/* Name of the running kernel as a source. */
#define SOURCE_RUNNING	"running"

/*
 * Reads the catalog of @source: "running", a file, or a directory of modules.
 * Returns 0, or a negative errno with the name of the unreadable file in
 * *@culprit.
 */
int source_read(struct catalog *catalog, const char *source,
		const char **culprit);

#endif /* LUO_CHECK_SOURCE_H */
