// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the unit tests of libluo. None may leave an fd behind.
 */

#include <dirent.h>

#include "test.h"

static const struct {
	const char *name;
	const struct test *tests;
} suites[] = {
	{ "device", device_tests },
	{ "session", session_tests },
	{ "lists", list_tests },
	{ "pass", pass_tests },
};

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
	const struct test *test;
	size_t i;
	int before, n = 0;

	for (i = 0; i < ARRAY_SIZE(suites); i++) {
		for (test = suites[i].tests; test->name; test++) {
			printf("%s: %s\n", suites[i].name, test->name);
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
