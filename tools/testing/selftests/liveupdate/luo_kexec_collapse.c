// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of a memfd are collapsed into huge pages, and so replaced, while the
 * memfd is preserved. Later writes must be visible in the next kernel.
 *
 *	luo_kexec_collapse [folios]
 */

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_contest.h"
#include "luo_util.h"

/* Missing in older C libraries. */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define PAGE 4096UL
#define HUGE (2UL << 20)

/* Each file is a race of its own, and has several huge pages. */
#define FILES 6
#define HUGES 6
#define SIZE (HUGES * HUGE)

struct race {
	int session;
	int fd;
	int token;
	unsigned char *map;
	blkcnt_t blocks;
};

/*
 * Only the last page of each huge page is allocated, so that a walk over the
 * pages is inside the range during the collapse.
 */
static void prepare_race(struct race *race, int token)
{
	unsigned char *map;
	off_t at;

	race->token = token;
	race->fd = luo_get(luo_memfd("collapse", SIZE));
	for (at = 0; at < SIZE; at += HUGE)
		luo_check_eq(luo_fill(race->fd, at + HUGE - PAGE, PAGE, 99), 0);
	map = mmap(NULL, SIZE + HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		   -1, 0);
	luo_check(map != MAP_FAILED);
	map += -(uintptr_t)map % HUGE;
	race->map = mmap(map, SIZE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, race->fd, 0);
	luo_check(race->map == map);
	race->blocks = luo_blocks(race->fd);
}

static long huge_pages(void)
{
	return luo_get(luo_meminfo_kb("ShmemHugePages")) * 1024 / HUGE;
}

/* Returns the number of huge pages. Preserved ranges cannot be collapsed. */
static int collapse(void *arg)
{
	const struct race *race = arg;
	int nr = 0;
	size_t i;

	for (i = 0; i < HUGES; i++)
		nr += !madvise(race->map + i * HUGE, HUGE, MADV_COLLAPSE);
	return nr;
}

/*
 * A file that is not preserved can be collapsed as a whole. A page that is locked
 * or isolated at that moment makes it fail with -EAGAIN.
 */
static void check_collapse(void)
{
	const long had = huge_pages();
	struct race race;
	int i, nr = 0;

	prepare_race(&race, -1);
	for (i = 0; i < 1000 && nr < HUGES; i++)
		nr = collapse(&race);
	luo_check_eq(nr, HUGES);
	luo_check_eq(huge_pages() - had, HUGES);
	munmap(race.map, SIZE);
	close(race.fd);
	luo_check_eq(huge_pages(), had);
}

/*
 * Waits until blocks are accounted for, which is when a collapse is in
 * progress.
 */
static int preserve(void *arg)
{
	const struct race *race = arg;

	while (luo_blocks(race->fd) == race->blocks)
		sched_yield();
	return luo_preserve_fd(race->session, race->fd, race->token);
}

static void before(void)
{
	int result[2], collapsed = 0, i;
	struct race race = {};
	long had;

	check_collapse();
	race.session = luo_get(luo_create(luo_get(luo_open()), "collapse"));
	for (i = 0; i < FILES; i++) {
		prepare_race(&race, i);
		had = huge_pages();
		luo_check_eq(luo_contest(collapse, preserve, &race, result), 0);
		luo_check_eq(result[1], 0);
		luo_check_eq(huge_pages() - had, result[0]);
		collapsed += result[0];
		ksft_print_msg("%d of %d huge pages, %ld blocks became %ld\n",
			       result[0], HUGES, (long)race.blocks,
			       (long)luo_blocks(race.fd));
		luo_check_eq(luo_fill(race.fd, 0, SIZE, i), 0);
	}
	/* Not every collapse lost its race against PRESERVE. */
	luo_check(collapsed > 0);
	luo_next_kernel();
}

static void after(void)
{
	int session = luo_get(luo_retrieve(luo_get(luo_open()), "collapse"));
	int fd, i;

	for (i = 0; i < FILES; i++) {
		fd = luo_get(luo_retrieve_fd(session, i));
		luo_check(luo_matches(fd, 0, SIZE, i));
		close(fd);
	}
	luo_check_eq(luo_finish(session), 0);
	close(session);
}

static const struct luo_stage stages[] = {
	{ "memfds are preserved during a collapse", before },
	{ "later writes are there", after },
};

int main(int argc, char **argv)
{
	return luo_run_variant(argc, argv, stages, ARRAY_SIZE(stages));
}
