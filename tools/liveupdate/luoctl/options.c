// SPDX-License-Identifier: GPL-2.0
/*
 * One table of options for all verbs; each verb accepts some of them.
 */

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "luoctl.h"

static const struct {
	const char *name;
	const char *arg;
	const char *help;
} descriptions[OPTION_COUNT] = {
	[OPTION_JSON] = { "json", NULL, "print JSON" },
	[OPTION_WAIT] = { "wait", NULL, "wait while another process has the device open" },
	[OPTION_TIMEOUT] = { "timeout", "SECONDS", "wait at most that long; implies --wait" },
	[OPTION_NO_LEGEND] = { "no-legend", NULL, "print no table header" },
	[OPTION_INCOMING] = { "incoming", NULL, "incoming sessions only" },
	[OPTION_OUTGOING] = { "outgoing", NULL, "outgoing sessions only" },
	[OPTION_FILES] = { "files", NULL, "retrieve the session for a moment to list its files" },
	[OPTION_INITRD] = { "initrd", "FILE", "the next kernel's initramfs" },
	[OPTION_CMDLINE] = { "cmdline", "TEXT", "the next kernel's command line" },
	[OPTION_REUSE_CMDLINE] = { "reuse-cmdline", NULL,
				   "use this kernel's command line (default)" },
	[OPTION_DRY_RUN] = { "dry-run", NULL, "only print what would be done" },
	[OPTION_EMPTY] = { "empty", NULL, "update even if nothing is preserved" },
	[OPTION_LUOD] = { "luod", "SOCKET", "the socket of luod" },
	[OPTION_NO_LUOD] = { "no-luod", NULL, "do not ask luod and its clients" },
	[OPTION_SVG] = { "svg", NULL, "print a picture" },
	[OPTION_BACK] = { "back", NULL, "the exit status covers the way back, too" },
	[OPTION_ABORT] = { "abort", NULL, "abort the update, so that clients resume" },
	[OPTION_HELP] = { "help", NULL, "print this help" },
};

/* Above every character, so that getopt_long() returns a distinct number. */
#define CODE 1000

static void fill(struct option *longs, unsigned int allowed)
{
	size_t i, n = 0;

	for (i = 0; i < OPTION_COUNT; i++) {
		if (!(allowed & (1u << i)))
			continue;
		longs[n].name = descriptions[i].name;
		longs[n].has_arg = descriptions[i].arg ? required_argument :
							 no_argument;
		longs[n].flag = NULL;
		longs[n].val = CODE + (int)i;
		n++;
	}
	memset(&longs[n], 0, sizeof(longs[n]));
}

static int parse_timeout(struct options *options, const char *text)
{
	char *end;
	long seconds;

	errno = 0;
	seconds = strtol(text, &end, 10);
	if (errno || end == text || *end || seconds < 0 ||
	    seconds > INT_MAX / 1000)
		return fail_with(STATUS_USAGE,
				 "--timeout: not a number of seconds: %s",
				 text);
	options->timeout_ms = (int)seconds * 1000;
	return STATUS_OK;
}

static int take(struct options *options, enum opt option, const char *arg)
{
	options->given |= 1u << option;
	switch (option) {
	case OPTION_TIMEOUT:
		return parse_timeout(options, arg);
	case OPTION_INITRD:
		options->initrd = arg;
		return STATUS_OK;
	case OPTION_CMDLINE:
		options->cmdline = arg;
		return STATUS_OK;
	case OPTION_LUOD:
		options->luod = arg;
		return STATUS_OK;
	default:
		return STATUS_OK;
	}
}

/* Pairs of options that exclude each other. */
static int check_pairs(const struct options *options)
{
	static const enum opt pairs[][2] = {
		{ OPTION_INCOMING, OPTION_OUTGOING },
		{ OPTION_CMDLINE, OPTION_REUSE_CMDLINE },
		{ OPTION_JSON, OPTION_SVG },
		{ OPTION_LUOD, OPTION_NO_LUOD },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		if (given(options, pairs[i][0]) && given(options, pairs[i][1]))
			return fail_with(STATUS_USAGE, "either --%s or --%s",
					 descriptions[pairs[i][0]].name,
					 descriptions[pairs[i][1]].name);
	}
	return STATUS_OK;
}

/**
 * options_parse() - parse the command line of a verb
 * @options: returns the options
 * @allowed: bit mask of the options that the verb accepts, besides --help
 * @argc: number of words, including the verb
 * @argv: the words
 *
 * Return: 0, or %STATUS_USAGE after a message.
 */
int options_parse(struct options *options, unsigned int allowed, int argc,
		  char **argv)
{
	struct option longs[OPTION_COUNT + 1];
	int c, status;

	memset(options, 0, sizeof(*options));
	options->verb = argv[0];
	options->timeout_ms = -1;
	fill(longs, allowed | HAS(HELP));
	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, ":", longs, NULL)) != -1) {
		if (c == ':')
			return fail_with(STATUS_USAGE, "%s needs an argument",
					 argv[optind - 1]);
		if (c < CODE)
			return fail_with(STATUS_USAGE, "%s takes no option %s",
					 argv[0], argv[optind - 1]);
		status = take(options, (enum opt)(c - CODE), optarg);
		if (status)
			return status;
	}
	if (!given(options, OPTION_WAIT) && !given(options, OPTION_TIMEOUT))
		options->timeout_ms = 0;
	options->argc = argc - optind;
	options->argv = argv + optind;
	return check_pairs(options);
}

void options_help(unsigned int allowed)
{
	char text[40];
	size_t i;

	allowed |= HAS(HELP);
	for (i = 0; i < OPTION_COUNT; i++) {
		if (!(allowed & (1u << i)))
			continue;
		snprintf(text, sizeof(text), "--%s%s%s", descriptions[i].name,
			 descriptions[i].arg ? " " : "",
			 descriptions[i].arg ? descriptions[i].arg : "");
		printf("  %-20s %s\n", text, descriptions[i].help);
	}
}

void options_names(unsigned int allowed)
{
	size_t i;

	allowed |= HAS(HELP);
	for (i = 0; i < OPTION_COUNT; i++) {
		if (allowed & (1u << i))
			printf("--%s\n", descriptions[i].name);
	}
}
