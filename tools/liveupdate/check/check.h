/* SPDX-License-Identifier: GPL-2.0 */
/*
 * luoctl check
 */

#ifndef LUO_CHECK_CHECK_H
#define LUO_CHECK_CHECK_H

/* Exit statuses, documented in luoctl(8). */
enum {
	CHECK_OK = 0,		/* also if only optional formats are not read */
	CHECK_ERROR = 1,
	CHECK_USAGE = 2,
	CHECK_DOWNGRADE = 3,	/* formats have to be switched off */
	CHECK_FAIL = 4,
	CHECK_UNKNOWN = 5,	/* a kernel has no format catalog */
};

/* Runs the verb: @argv[0] is its name. Returns an exit status. */
int luo_check(int argc, char **argv);

#endif /* LUO_CHECK_CHECK_H */
