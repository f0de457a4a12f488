// SPDX-License-Identifier: GPL-2.0
/*
 * Updates with nothing preserved, with almost nothing, and with a session that
 * was closed before: four kernels.
 */

#include <errno.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

static long first_pages;

static void nothing(void)
{
	luo_next_kernel();
}

static void empty_session(void)
{
	int dev = luo_get(luo_open());

	luo_check_eq(luo_retrieve(dev, "empty"), -ENOENT);
	luo_get(luo_create(dev, "empty"));
	luo_next_kernel();
}

static void empty_memfd(void)
{
	int dev = luo_get(luo_open());
	int session = luo_get(luo_retrieve(dev, "empty"));
	int fd;

	luo_check_eq(luo_retrieve_fd(session, 0), -ENOENT);
	luo_check_eq(luo_finish(session), 0);
	close(session);
	luo_check_eq(luo_retrieve(dev, "empty"), -ENOENT);

	session = luo_get(luo_create(dev, "empty"));
	fd = luo_get(luo_memfd("empty", 0));
	luo_check_eq(luo_preserve_fd(session, fd, 0), 0);
	fd = luo_get(luo_memfd("hole", 1L << 40));
	luo_check_eq(luo_preserve_fd(session, fd, 1), 0);
	luo_next_kernel();
}

static void dropped_session(void)
{
	int dev = luo_get(luo_open());
	int session = luo_get(luo_retrieve(dev, "empty"));
	int fd = luo_get(luo_retrieve_fd(session, 0));

	luo_check_eq(lseek(fd, 0, SEEK_END), 0);
	fd = luo_get(luo_retrieve_fd(session, 1));
	luo_check_eq(lseek(fd, 0, SEEK_END), 1L << 40);
	luo_check(luo_is_hole(fd, 0, 1L << 40));
	luo_check_eq(luo_finish(session), 0);
	close(session);

	/* Preserved, and closed before the kexec. */
	first_pages = luo_kho_pages();
	session = luo_get(luo_create(dev, "dropped"));
	fd = luo_get(luo_memfd_filled("dropped", 1 << 20, 1));
	luo_check_eq(luo_preserve_fd(session, fd, 1), 0);
	luo_check(luo_kho_pages() > first_pages);
	close(session);
	luo_check_eq(luo_kho_pages(), first_pages);
	luo_next_kernel();
}

static void nothing_came(void)
{
	int dev = luo_get(luo_open());

	luo_check_eq(luo_retrieve(dev, "dropped"), -ENOENT);
	luo_check_eq(luo_retrieve(dev, "empty"), -ENOENT);
	luo_check_eq(luo_read_number("/sys/kernel/liveupdate/incoming/pages"),
		     0);
	luo_check_eq(luo_kho_incoming_pages(), 0);
}

static const struct luo_stage stages[] = {
	{ "kexec without a session", nothing },
	{ "kexec with an empty session", empty_session },
	{ "kexec with an empty memfd and one that is a hole", empty_memfd },
	{ "kexec with a session that was closed before", dropped_session },
	{ "there is no incoming session", nothing_came },
};

int main(void)
{
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
