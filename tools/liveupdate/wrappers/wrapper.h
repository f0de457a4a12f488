/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What programs that run other programs have in common: their options, and how
 * they give up.
 */

#ifndef WRAPPER_H
#define WRAPPER_H

/**
 * struct options - of the command line
 * @luod: the socket of luod, or NULL
 * @name: of the session
 * @extra: the value of the option that only this program has
 * @argv: the program that is run, and its arguments
 */
struct options {
	const char *luod;
	const char *name;
	const char *extra;
	char **argv;
};

/* All are needed but --luod; @extra is the name of one more, and its @value. */
void parse_options(struct options *options, int argc, char **argv,
		   const char *extra, const char *value);
_Noreturn void show_usage(void);

/* End the program with a message if a value is a negative errno, or -1. */
int get(int value, const char *what);
int checked(int value, const char *what);
_Noreturn void die(const char *what, int err);

#endif /* WRAPPER_H */
