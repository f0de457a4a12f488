/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Helpers of the programs that wrap other programs: options and fatal errors.
 */

#ifndef WRAPPER_H
#define WRAPPER_H

/**
 * struct options - command line options
 * @luod: socket of luod, or NULL
 * @name: name of the session
 * @extra: value of the option that is specific to the wrapper
 * @argv: the program to run, and its arguments
 */
struct options {
	const char *luod;
	const char *name;
	const char *extra;
	char **argv;
};

/*
 * All options but --luod are required; @extra is the name of the specific one.
 */
void parse_options(struct options *options, int argc, char **argv,
		   const char *extra, const char *value);
_Noreturn void show_usage(void);

/* Exit with a message if @value is a negative errno, or -1 with errno set. */
int get(int value, const char *what);
int checked(int value, const char *what);
_Noreturn void die(const char *what, int err);

#endif /* WRAPPER_H */
