// SPDX-License-Identifier: GPL-2.0
/*
 * Compare the format catalogs of two kernels, owner by owner: which format is
 * written by default, does the other kernel read it, and is there an
 * alternative?
 */

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "catalog.h"
#include "compare.h"

static bool same_owner(const struct format *a, const struct format *b)
{
	return !strcmp(a->kind, b->kind) && !strcmp(a->owner, b->owner);
}

/* A format contains only containers, and records of LUO itself. */
static bool reads_need(const struct catalog *to, const char *name)
{
	return catalog_reads(to, "container", name) ||
	       catalog_reads(to, "core", name);
}

/* The first format that @to has to read for @format but does not, or NULL. */
static const char *find_missing(const struct format *format,
				const struct catalog *to)
{
	char name[sizeof(format->needs)];
	const char *at = format->needs;

	if (!catalog_reads(to, format->kind, format->name))
		return format->name;
	while (*at) {
		size_t len = strcspn(at, ",");

		memcpy(name, at, len);
		name[len] = '\0';
		if (!reads_need(to, name))
			return at;
		at += len + (at[len] == ',');
	}
	return NULL;
}

/*
 * Containers are judged as part of the formats that contain them.
 */
static bool is_candidate(const struct format *format)
{
	return format->writes && !format->off &&
	       strcmp(format->kind, "container");
}

static void conclude(struct finding *finding, bool optional)
{
	if (!finding->missing)
		finding->verdict = VERDICT_OK;
	else if (finding->instead)
		finding->verdict = VERDICT_DOWNGRADE;
	else
		finding->verdict = optional ? VERDICT_LOST : VERDICT_FAIL;
}

/* Judges the formats of one owner, which are sorted by rank. */
static void judge(struct finding *finding, const struct format *first,
		  size_t count, const struct catalog *to)
{
	const struct format *format;
	bool optional = true;

	for (format = first; format < first + count; format++) {
		const char *missing;

		if (!is_candidate(format))
			continue;
		missing = find_missing(format, to);
		if (!finding->format) {
			finding->format = format;
			finding->missing = missing;
		}
		optional = optional && format->optional;
		if (!missing) {
			finding->instead = format;
			break;
		}
		finding->busy |= format->in_use > 0;
		if (finding->nr_switches < MAX_SWITCHES)
			finding->switches[finding->nr_switches++] = format;
	}
	if (finding->format)
		conclude(finding, optional);
}

static size_t count_owner(const struct catalog *catalog, size_t first)
{
	size_t n = 1;

	while (first + n < catalog->count &&
	       same_owner(&catalog->formats[first], &catalog->formats[first + n]))
		n++;
	return n;
}

/* Compares one direction. Returns 0 or -ENOMEM. */
int compare_catalogs(struct comparison *comparison, const struct catalog *from,
		     const struct catalog *to)
{
	struct finding *finding;
	size_t i, n;

	memset(comparison, 0, sizeof(*comparison));
	comparison->from = from;
	comparison->to = to;
	comparison->findings = calloc(from->count + 1, sizeof(*finding));
	if (!comparison->findings)
		return -ENOMEM;
	for (i = 0; i < from->count; i += n) {
		n = count_owner(from, i);
		finding = &comparison->findings[comparison->count];
		judge(finding, &from->formats[i], n, to);
		/* An owner that writes no format has nothing to hand over. */
		if (!finding->format)
			continue;
		comparison->count++;
		if (finding->verdict > comparison->verdict)
			comparison->verdict = finding->verdict;
	}
	return 0;
}

void comparison_free(struct comparison *comparison)
{
	free(comparison->findings);
	comparison->findings = NULL;
}
