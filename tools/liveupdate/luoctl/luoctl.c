// SPDX-License-Identifier: GPL-2.0
/*
 * luoctl - live update from a shell
 *
 * Shows sessions, changes the state, loads the next kernel, does the kexec, and
 * shows how long the update took.
 */

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "luoctl.h"

#define VERSION "1.0"

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < command_count; i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

static void usage(FILE *out)
{
	size_t i;

	fputs("usage: luoctl VERB ...\n\n", out);
	for (i = 0; i < command_count; i++)
		fprintf(out, "  %-9s %-22s %s\n", commands[i].name,
			commands[i].args, commands[i].help);
	fputs("\nluoctl VERB --help lists the options of a verb. See luoctl(8).\n",
	      out);
}

static int help_on(const struct command *command)
{
	printf("usage: luoctl %s%s%s [OPTION...]\n\n%s\n\n", command->name,
	       *command->args ? " " : "", command->args, command->help);
	options_help(command->options);
	return STATUS_OK;
}

/* For shell completion: prints all verbs, or the options of one. */
static int complete(int argc, char **argv)
{
	const struct command *command;
	size_t i;

	if (argc < 2) {
		for (i = 0; i < command_count; i++)
			puts(commands[i].name);
		return STATUS_OK;
	}
	command = find_command(argv[1]);
	if (command)
		options_names(command->options);
	return STATUS_OK;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct options options;
	int status;

	if (command->run_words)
		return command->run_words(argc, argv);
	status = options_parse(&options, command->options, argc, argv);
	if (status)
		return status;
	if (given(&options, OPTION_HELP))
		return help_on(command);
	if (options.argc < command->min_args ||
	    options.argc > command->max_args)
		return fail_with(STATUS_USAGE, "usage: luoctl %s%s%s",
				 command->name, *command->args ? " " : "",
				 command->args);
	return command->run(&options);
}

int main(int argc, char **argv)
{
	const struct command *command;
	const char *verb = argc > 1 ? argv[1] : "";
	int status;

	/* text_print() needs to know which characters are printable. */
	setlocale(LC_CTYPE, "");
	if (!strcmp(verb, "--help") || !strcmp(verb, "-h") ||
	    (!strcmp(verb, "help") && argc == 2)) {
		usage(stdout);
		return STATUS_OK;
	}
	if (!strcmp(verb, "--version")) {
		puts("luoctl " VERSION);
		return STATUS_OK;
	}
	if (!strcmp(verb, "--complete"))
		return complete(argc - 1, argv + 1);
	if (!strcmp(verb, "help"))
		verb = argv[2];
	if (!*verb) {
		usage(stderr);
		return STATUS_USAGE;
	}
	command = find_command(verb);
	if (!command)
		return fail_with(STATUS_USAGE,
				 "unknown verb %s, see luoctl help",
				 verb);
	status = verb == argv[1] ? run(command, argc - 1, argv + 1) :
				   help_on(command);
	/* Buffered output that cannot be written is an error. */
	if (fflush(stdout) || ferror(stdout))
		return fail_with(STATUS_FAILED, "cannot write the output");
	return status;
}
