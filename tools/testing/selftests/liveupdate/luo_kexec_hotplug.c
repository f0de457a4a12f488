// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that was hot-added is not in the memory map of the next kernel. A memfd
 * with pages there cannot be preserved, stays usable, and what is preserved in
 * the memory of boot gets through, the records of the session included.
 *
 * Needs a DIMM of less than 512 MiB that the firmware's memory map lacks, and
 * memhp_default_state=online_kernel, so that its memory is allocated first.
 */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

#define MIB (1L << 20)
#define SIZE (4 * MIB)
#define DIMM (512 * MIB)
#define TRIES 64

static void expect_refusal(int session)
{
	int fd = luo_get(luo_memfd_filled("hot-added", SIZE, 1));

	luo_check_eq(luo_preserve_fd(session, fd, 1), -EADDRNOTAVAIL);
	luo_check(luo_matches(fd, 0, SIZE, 1));
	luo_check_eq(luo_fill(fd, 0, SIZE, 2), 0);
	close(fd);
}

/* Few pages of the DIMM are free, so one of the files has none of them. */
static int make_file_without(int session)
{
	int i, fd, err;

	for (i = 0; i < TRIES; i++) {
		fd = luo_get(luo_memfd_filled("kept", SIZE, 3));
		err = luo_preserve_fd(session, fd, 1);
		if (!err)
			break;
		luo_check_eq(err, -EADDRNOTAVAIL);
	}
	luo_check(i < TRIES);
	luo_check_eq(luo_unpreserve_fd(session, 1), 0);
	return fd;
}

static void preserve(void)
{
	int dev = luo_get(luo_open());
	int session = luo_get(luo_create(dev, "kept"));
	int filler, fd;

	expect_refusal(session);
	filler = luo_get(luo_memfd("filler", DIMM));
	luo_check_eq(fallocate(filler, 0, 0, DIMM), 0);
	fd = make_file_without(session);
	/* The page allocator would take records from the DIMM now. */
	close(filler);
	luo_check_eq(luo_preserve_fd(session, fd, 1), 0);
	luo_next_kernel();
}

static void retrieve(void)
{
	int dev = luo_get(luo_open());
	int session = luo_get(luo_retrieve(dev, "kept"));
	int fd = luo_get(luo_retrieve_fd(session, 1));

	luo_check(luo_matches(fd, 0, SIZE, 3));
	luo_check_eq(luo_finish(session), 0);
}

static const struct luo_stage stages[] = {
	{ "hot-added memory is refused", preserve },
	{ "memory of boot gets through", retrieve },
};

int main(void)
{
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
