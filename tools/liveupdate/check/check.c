// SPDX-License-Identifier: GPL-2.0
/*
 * luoctl check: does the kernel NEW read the formats that the kernel OLD
 * writes, and the reverse?
 */

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "catalog.h"
#include "check.h"
#include "report.h"
#include "source.h"

static const char usage_text[] =
	"usage: %s [--json] [--back] OLD NEW\n"
	"\n"
	"Each of OLD and NEW is \"running\", a kernel image, a vmlinux, the file\n"
	"vmlinux.formats next to it, or a directory such as /lib/modules/VERSION, which\n"
	"includes the formats of modules.\n"
	"\n"
	"--json   print JSON\n"
	"--back   the exit status is the worse one of both ways, there and back\n"
	"\n"
	"Exit status: 0 all formats are read, or only optional ones are not; 1 error;\n"
	"2 usage; 3 formats have to be switched off; 4 a format is not read; 5 a kernel\n"
	"has no format catalog.\n";

static int exit_status(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_FAIL:
		return CHECK_FAIL;
	case VERDICT_DOWNGRADE:
		return CHECK_DOWNGRADE;
	default:
		return CHECK_OK;
	}
}

/* Returns 0, or an exit status after a message. */
static int read_kernel(struct catalog *catalog, const char *source)
{
	const char *culprit;
	int err = source_read(catalog, source, &culprit);

	if (err) {
		fprintf(stderr, "check: %s: %s\n", culprit, strerror(-err));
		return CHECK_ERROR;
	}
	if (!catalog->complete) {
		fprintf(stderr, "check: %s has no complete format catalog\n",
			source);
		catalog_free(catalog);
		return CHECK_UNKNOWN;
	}
	return 0;
}

static int out_of_memory(void)
{
	fprintf(stderr, "check: %s\n", strerror(ENOMEM));
	return CHECK_ERROR;
}

static int tell(const struct comparison *there, const struct comparison *back,
		bool json, bool both)
{
	enum verdict verdict = there->verdict;

	if (both && back->verdict > verdict)
		verdict = back->verdict;
	if (!json)
		report_text(stdout, there, back);
	else if (report_json(stdout, there, back))
		return out_of_memory();
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "check: cannot write the output: %s\n",
			strerror(errno));
		return CHECK_ERROR;
	}
	return exit_status(verdict);
}

static int compare(const struct catalog *old, const struct catalog *new,
		   bool json, bool both)
{
	struct comparison there, back;
	int status;

	if (compare_catalogs(&there, old, new))
		return out_of_memory();
	if (compare_catalogs(&back, new, old)) {
		comparison_free(&there);
		return out_of_memory();
	}
	status = tell(&there, &back, json, both);
	comparison_free(&back);
	comparison_free(&there);
	return status;
}

static int check(const char *old_source, const char *new_source, bool json,
		 bool both)
{
	struct catalog old, new;
	int status;

	status = read_kernel(&old, old_source);
	if (status)
		return status;
	status = read_kernel(&new, new_source);
	if (!status) {
		status = compare(&old, &new, json, both);
		catalog_free(&new);
	}
	catalog_free(&old);
	return status;
}

int luo_check(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "back", no_argument, NULL, 'b' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	bool json = false, both = false;
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "jbh", options, NULL)) != -1) {
		if (c == 'h') {
			printf(usage_text, argv[0]);
			return CHECK_OK;
		}
		if (c == '?')
			return CHECK_USAGE;
		json |= c == 'j';
		both |= c == 'b';
	}
	if (argc - optind != 2) {
		fprintf(stderr, usage_text, argv[0]);
		return CHECK_USAGE;
	}
	return check(argv[optind], argv[optind + 1], json, both);
}
