/* SPDX-License-Identifier: GPL-2.0 */
/*
 * luoctl check
 */

#ifndef LUO_CHECK_CHECK_H
#define LUO_CHECK_CHECK_H

/* Exit statuses. */
enum {
	CHECK_OK = 0,		/* also when something is lost that may be */
	CHECK_ERROR = 1,
	CHECK_USAGE = 2,
	CHECK_DOWNGRADE = 3,	/* formats have to be switched off */
	CHECK_FAIL = 4,
	CHECK_UNKNOWN = 5,	/* a kernel does not say what its formats are */
};

/* The verb: @argv[0] is its name; gives an exit status. */
int luo_check(int argc, char **argv);

#endif /* LUO_CHECK_CHECK_H */
