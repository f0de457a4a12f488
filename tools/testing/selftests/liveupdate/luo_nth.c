// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the n-th allocation of a task fail.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_nth.h"
#include "luo_util.h"

/* Opened once, as opening a file allocates, too. */
static int nth_fd = -1;

/* Lets any allocation of this task fail, without messages on the console. */
static int setup_injection(void)
{
	static const char * const kinds[] = { "failslab", "fail_page_alloc" };
	char path[128];
	size_t i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(kinds) && !err; i++) {
		const char *dir = "/sys/kernel/debug";

		snprintf(path, sizeof(path), "%s/%s/ignore-gfp-wait", dir,
			 kinds[i]);
		err = luo_write_file(path, "N");
		snprintf(path, sizeof(path), "%s/%s/verbose", dir, kinds[i]);
		err = err ?: luo_write_file(path, "0");
	}
	err = err ?: luo_write_file("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem",
				    "N");
	return err ?: luo_write_file("/sys/kernel/debug/fail_page_alloc/min-order",
				     "0");
}

int luo_nth_open(void)
{
	nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	return nth_fd < 0 ? -errno : setup_injection();
}

void luo_nth_close(void)
{
	close(nth_fd);
}

void luo_nth_set(int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", nth);

	if (pwrite(nth_fd, text, len, 0) != len)
		abort();
}

bool luo_nth_failed(void)
{
	char buf[16] = "";

	if (pread(nth_fd, buf, sizeof(buf) - 1, 0) <= 0)
		abort();
	return !atoi(buf);
}
