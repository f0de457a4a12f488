// SPDX-License-Identifier: GPL-2.0
/*
 * A page of a memfd is poisoned after the memfd was preserved: reboot(2) fails,
 * and nothing changes. Without that memfd the kexec works.
 *
 *	luo_kexec_poison [folios]
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

#define PAGE 4096L
#define SIZE (256 * PAGE)

/* Processes that have the page mapped get SIGBUS. */
static void break_page(int fd, off_t offset)
{
	const pid_t pid = luo_get(fork());
	char byte, *map;

	if (!pid) {
		map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			   offset);
		if (map != MAP_FAILED)
			madvise(map, PAGE, MADV_HWPOISON);
		_exit(0);
	}
	luo_check_eq(waitpid(pid, NULL, 0), pid);
	luo_check_eq(pread(fd, &byte, 1, offset), -1);
	luo_check_eq(errno, EIO);
}

static void before(void)
{
	const int dev = luo_get(luo_open());
	const int session = luo_get(luo_create(dev, "poison"));
	const int good = luo_get(luo_memfd_filled("good", SIZE, 1));
	const int bad = luo_get(luo_memfd_filled("bad", SIZE, 2));

	luo_check_eq(luo_preserve_fd(session, good, 1), 0);
	luo_check_eq(luo_preserve_fd(session, bad, 2), 0);
	break_page(bad, 9 * PAGE);
	luo_check_eq(luo_kexec_load(NULL, luo_next_stage()), 0);
	luo_check_eq(luo_kexec_jump(), -EHWPOISON);
	luo_check_eq(luo_kexec_jump(), -EHWPOISON);
	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_NORMAL);
	luo_check_eq(luo_session_state(session), LIVEUPDATE_STATE_NORMAL);

	luo_check_eq(luo_fill(good, PAGE, PAGE, 3), 0);
	luo_check_eq(luo_unpreserve_fd(session, 2), 0);
	luo_jump();
}

static void after(void)
{
	const int session = luo_get(luo_retrieve(luo_get(luo_open()), "poison"));
	const int good = luo_get(luo_retrieve_fd(session, 1));

	luo_check(luo_matches(good, 0, PAGE, 1));
	luo_check(luo_matches(good, PAGE, PAGE, 3));
	luo_check(luo_matches(good, 2 * PAGE, SIZE - 2 * PAGE, 1));
	luo_check_eq(luo_retrieve_fd(session, 2), -ENOENT);
	luo_check_eq(luo_finish(session), 0);
	close(session);
}

static const struct luo_stage stages[] = {
	{ "a poisoned page prevents the kexec", before },
	{ "the other memfd is there", after },
};

int main(int argc, char **argv)
{
	return luo_run_variant(argc, argv, stages, ARRAY_SIZE(stages));
}
