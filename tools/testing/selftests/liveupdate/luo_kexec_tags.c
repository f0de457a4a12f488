// SPDX-License-Identifier: GPL-2.0
/*
 * With allocation tags, the kernel records for each page who allocated it.
 * Retrieved pages have no tag; they can be split, collapsed and freed like
 * other pages.
 *
 *	luo_kexec_tags [folios]
 */

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

/* Missing in older C libraries. */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define PAGE 4096L
#define HUGE (2L << 20)
#define HUGES 4
#define SIZE (HUGES * HUGE)

/*
 * Pages of two files, minus pages that are allocated for other purposes
 * meanwhile, and pages on per-CPU lists.
 */
#define ALMOST_ALL (2 * SIZE / PAGE - 256)

#define PROFILING "/proc/sys/vm/mem_profiling"
#define SHMEM_HUGE "/sys/kernel/mm/transparent_hugepage/shmem_enabled"

enum { LARGE = 1, SMALL };

static int large_file(void)
{
	int fd;

	luo_check_eq(luo_write_file(SHMEM_HUGE, "always"), 0);
	fd = luo_get(luo_memfd_filled("large", SIZE, LARGE));
	luo_check_eq(luo_write_file(SHMEM_HUGE, "never"), 0);
	return fd;
}

/* Creates a file in which neighbouring pages are not contiguous in memory. */
static int small_file(void)
{
	const int fd = luo_get(luo_memfd("small", SIZE));
	off_t at;

	for (at = 0; at < SIZE; at += 2 * PAGE)
		luo_check_eq(luo_fill(fd, at, PAGE, SMALL), 0);
	for (at = PAGE; at < SIZE; at += 2 * PAGE)
		luo_check_eq(luo_fill(fd, at, PAGE, SMALL), 0);
	return fd;
}

static void preserve(int dev, const char *name)
{
	const int session = luo_get(luo_create(dev, name));

	luo_check_eq(luo_preserve_fd(session, large_file(), LARGE), 0);
	luo_check_eq(luo_preserve_fd(session, small_file(), SMALL), 0);
}

static long huge_pages(void)
{
	return luo_get(luo_meminfo_kb("ShmemHugePages")) * 1024 / HUGE;
}

static void before(void)
{
	const int dev = luo_get(luo_open());

	luo_check_eq(luo_read_number(PROFILING), 1);
	preserve(dev, "kept");
	preserve(dev, "dropped");
	luo_check_eq(huge_pages(), 2 * HUGES);
	luo_next_kernel();
}

/* Punching a hole into a huge page splits it. */
static void cut(int fd)
{
	luo_check_eq(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			       HUGE + PAGE, PAGE), 0);
	luo_check_eq(huge_pages(), HUGES - 1);
	luo_check(luo_matches(fd, 0, HUGE + PAGE, LARGE));
	luo_check(luo_is_hole(fd, HUGE + PAGE, PAGE));
	luo_check(luo_matches(fd, HUGE + 2 * PAGE, SIZE - HUGE - 2 * PAGE,
			      LARGE));
}

/* Retries, as a temporary page reference makes a collapse fail. */
static int collapse(void *map)
{
	int i, err = -EAGAIN;

	for (i = 0; i < 1000 && err == -EAGAIN; i++)
		err = madvise(map, HUGE, MADV_COLLAPSE) ? -errno : 0;
	return err;
}

/* A collapse frees the small pages, and allocates a huge one. */
static void join(int fd)
{
	unsigned char *map;

	map = mmap(NULL, SIZE + HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		   -1, 0);
	luo_check(map != MAP_FAILED);
	map += -(uintptr_t)map % HUGE;
	luo_check(mmap(map, SIZE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) ==
		  map);
	luo_check_eq(collapse(map), 0);
	luo_check_eq(huge_pages(), HUGES);
	luo_check(luo_matches(fd, 0, SIZE, SMALL));
	munmap(map, SIZE);
}

static void drop(int dev)
{
	const int session = luo_get(luo_retrieve(dev, "dropped"));
	const long had = luo_free_pages();

	luo_check_eq(luo_finish(session), 0);
	close(session);
	luo_check(luo_free_pages() - had > ALMOST_ALL);
}

static void after(void)
{
	const int dev = luo_get(luo_open());
	const int session = luo_get(luo_retrieve(dev, "kept"));
	const int large = luo_get(luo_retrieve_fd(session, LARGE));
	const int small = luo_get(luo_retrieve_fd(session, SMALL));
	long had;

	luo_check_eq(luo_read_number(PROFILING), 1);
	luo_check_eq(luo_finish(session), 0);
	luo_check_eq(huge_pages(), HUGES);
	cut(large);
	join(small);
	had = luo_free_pages();
	close(large);
	close(small);
	luo_check(luo_free_pages() - had > ALMOST_ALL);
	drop(dev);
}

static const struct luo_stage stages[] = {
	{ "preserve memfds of huge and of small pages", before },
	{ "they are split, collapsed, and freed", after },
};

int main(int argc, char **argv)
{
	return luo_run_variant(argc, argv, stages, ARRAY_SIZE(stages));
}
