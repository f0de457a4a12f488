/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Does one kernel understand what another one hands over?
 */

#ifndef LUO_CHECK_COMPARE_H
#define LUO_CHECK_COMPARE_H

#include <stddef.h>

struct catalog;
struct format;

/* From best to worst. */
enum verdict {
	VERDICT_OK,
	VERDICT_LOST,		/* and it is only time that is lost */
	VERDICT_DOWNGRADE,	/* if some formats are switched off */
	VERDICT_FAIL,
};

/* One owner has at most so many formats; more are not looked at. */
#define MAX_SWITCHES	16

/**
 * struct finding - what becomes of what one owner hands over
 * @verdict: in a word
 * @format: what it writes as things are
 * @instead: what it has to write for the other kernel, or NULL
 * @missing: what the other kernel lacks: the name of @format or of something
 *	     that it contains; NULL if nothing
 * @switches: formats that have to be switched off for that
 * @nr_switches: how many these are
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
 * struct comparison - one way: all findings, and the worst of them
 * @from: who writes
 * @to: who reads
 * @verdict: the worst one
 * @count: number of findings
 * @findings: by owner
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
