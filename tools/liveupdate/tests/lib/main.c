// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the unit tests of a program, and checks that none leaks an fd.
 */

#include <dirent.h>

#include "test.h"

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	CHECK(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

int main(void)
{
	const struct suite *suite;
	const struct test *test;
	int before, n = 0;

	for (suite = suites; suite->name; suite++) {
		for (test = suite->tests; test->name; test++) {
			printf("%s: %s\n", suite->name, test->name);
			fflush(stdout);
			before = count_fds();
			test->run();
			CHECK_EQ(count_fds(), before);
			n++;
		}
	}
	printf("%d tests passed\n", n);
	return 0;
}
