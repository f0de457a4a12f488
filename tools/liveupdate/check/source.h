/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where to find what a kernel says of its formats.
 */

#ifndef LUO_CHECK_SOURCE_H
#define LUO_CHECK_SOURCE_H

struct catalog;

/* Stands for the running kernel, instead of the name of a file. */
#define SOURCE_RUNNING	"running"

/*
 * Reads what @source says: "running", a file, or a directory of modules. 0, or a
 * negative errno with the name of what cannot be read in *@culprit.
 */
int source_read(struct catalog *catalog, const char *source,
		const char **culprit);

#endif /* LUO_CHECK_SOURCE_H */
