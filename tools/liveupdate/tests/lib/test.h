/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Macros for test programs.
 */

#ifndef LUO_TOOLS_TEST_H
#define LUO_TOOLS_TEST_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Ends the program, as later checks would be meaningless. */
#define CHECK(condition) do {						\
	if (!(condition)) {						\
		fprintf(stderr, "%s:%d: false: %s\n", __FILE__,		\
			__LINE__, #condition);				\
		exit(1);						\
	}								\
} while (0)

#define CHECK_EQ(have, want) do {					\
	const long long have_ = (long long)(have);			\
	const long long want_ = (long long)(want);			\
									\
	if (have_ != want_) {						\
		fprintf(stderr, "%s:%d: %s is %lld, not %lld\n",	\
			__FILE__, __LINE__, #have, have_, want_);	\
		exit(1);						\
	}								\
} while (0)

struct test {
	const char *name;
	void (*run)(void);
};

/* A test case; the last one of a suite has no name. */
struct suite {
	const char *name;
	const struct test *tests;
};

/* All suites of a program; the last one has no name. */
extern const struct suite suites[];

extern const struct test device_tests[];
extern const struct test session_tests[];
extern const struct test list_tests[];
extern const struct test pass_tests[];

#endif /* LUO_TOOLS_TEST_H */
