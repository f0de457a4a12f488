// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers of the wrappers, see wrapper.h.
 */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wrapper.h"

static const char *program, *extra_option, *extra_value;

_Noreturn void die(const char *what, int err)
{
	fprintf(stderr, "%s: %s: %s\n", program, what, strerror(-err));
	exit(1);
}

int get(int value, const char *what)
{
	if (value < 0)
		die(what, value);
	return value;
}

int checked(int value, const char *what)
{
	return get(value < 0 ? -errno : value, what);
}

_Noreturn void show_usage(void)
{
	fprintf(stderr,
		"usage: %s [--luod SOCKET] --name NAME --%s %s [--] PROGRAM ARGUMENT...\n",
		program, extra_option, extra_value);
	exit(2);
}

void parse_options(struct options *options, int argc, char **argv,
		   const char *extra, const char *value)
{
	const struct option known[] = {
		{ "luod", required_argument, NULL, 'l' },
		{ "name", required_argument, NULL, 'n' },
		{ extra, required_argument, NULL, 'x' },
		{ 0 }
	};
	int option;

	program = basename(argv[0]);
	extra_option = extra;
	extra_value = value;
	while ((option = getopt_long(argc, argv, "+", known, NULL)) != -1) {
		if (option == 'l')
			options->luod = optarg;
		else if (option == 'n')
			options->name = optarg;
		else if (option == 'x')
			options->extra = optarg;
		else
			show_usage();
	}
	if (!options->name || !options->extra || optind == argc)
		show_usage();
	options->argv = argv + optind;
}
