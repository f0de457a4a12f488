/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compare the format catalogs of two kernels.
 */

#ifndef LUO_CHECK_COMPARE_H
#define LUO_CHECK_COMPARE_H

#include <stddef.h>

struct catalog;
struct format;

/* From best to worst. */
enum verdict {
	VERDICT_OK,
	VERDICT_LOST,		/* only optional formats are not read */
	VERDICT_DOWNGRADE,	/* read if some formats are switched off */
	VERDICT_FAIL,
};

/* Maximum number of formats of one owner; further ones are ignored. */
#define MAX_SWITCHES	16

/**
 * struct finding - result for one owner
 * @verdict: the result
 * @format: the format that it writes by default
 * @instead: the format that it has to write for the other kernel, or NULL
 * @missing: the format that the other kernel does not read: @format or one that
 *	     it contains; NULL if none
 * @switches: formats that have to be switched off to write @instead
 * @nr_switches: number of formats in @switches
 * @busy: something is preserved in one of @switches, or in @format
 */
struct finding {
	enum verdict verdict;
	const struct format *format;
	const struct format *instead;
	const char *missing;
	const struct format *switches[MAX_SWITCHES];
	size_t nr_switches;
	int busy;
};

/**
 * struct comparison - results for one direction
 * @from: the kernel that writes
 * @to: the kernel that reads
 * @verdict: the worst verdict
 * @count: number of findings
 * @findings: the findings, one for each owner
 */
struct comparison {
	const struct catalog *from;
	const struct catalog *to;
	enum verdict verdict;
	size_t count;
	struct finding *findings;
};

int compare_catalogs(struct comparison *comparison, const struct catalog *from,
		     const struct catalog *to);
void comparison_free(struct comparison *comparison);

#endif /* LUO_CHECK_COMPARE_H */
