// SPDX-License-Identifier: GPL-2.0
/*
 * Print the result of a comparison as text.
 */

#include <string.h>

#include "catalog.h"
#include "report.h"

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_OK] = "OK",
		[VERDICT_LOST] = "LOST-BUT-OPTIONAL",
		[VERDICT_DOWNGRADE] = "DOWNGRADE",
		[VERDICT_FAIL] = "FAIL",
	};

	return names[verdict];
}

/* Length of a name, which may be followed by a comma and other names. */
static int name_length(const char *name)
{
	return strcspn(name, ",");
}

static void tell_commands(FILE *out, const struct finding *finding)
{
	size_t i;

	if (finding->busy)
		fputs("      something is preserved in it: unpreserve that first\n",
		      out);
	for (i = 0; i < finding->nr_switches; i++)
		fprintf(out, "      echo 0 > /sys/kernel/liveupdate/formats/%s/%s/enable_write\n",
			finding->switches[i]->kind, finding->switches[i]->name);
}

static void tell_finding(FILE *out, const struct finding *finding)
{
	fprintf(out, "  %-17s  %-9s  %s", verdict_name(finding->verdict),
		finding->format->kind, finding->format->name);
	if (!finding->missing) {
		fputs("\n", out);
		return;
	}
	fprintf(out, ": the other kernel does not read %.*s\n",
		name_length(finding->missing), finding->missing);
	if (finding->verdict != VERDICT_DOWNGRADE)
		return;
	fprintf(out, "      it reads %s%s; to write that format:\n",
		finding->instead->name,
		finding->instead->lossy ? ", which does not preserve everything" : "");
	tell_commands(out, finding);
}

static void tell_way(FILE *out, const char *what,
		     const struct comparison *comparison)
{
	size_t i;

	fprintf(out, "%s: %s -> %s: %s\n", what, comparison->from->source,
		comparison->to->source, verdict_name(comparison->verdict));
	for (i = 0; i < comparison->count; i++)
		tell_finding(out, &comparison->findings[i]);
}

void report_text(FILE *out, const struct comparison *there,
		 const struct comparison *back)
{
	tell_way(out, "there", there);
	tell_way(out, "back", back);
}
