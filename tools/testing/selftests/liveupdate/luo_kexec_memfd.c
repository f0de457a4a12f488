// SPDX-License-Identifier: GPL-2.0
/*
 * Memfds of all kinds through two updates: contents, size, position and holes,
 * with writes until the last moment. The first image is loaded before anything
 * is preserved, the second one after it.
 */

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

#define PAGE 4096L
#define MIB (1L << 20)

enum { DENSE = 1, ODD, SPARSE, LATE, FALLOC, SEALED, TOKENS };

/* A size within a page, and a position within the file. */
#define ODD_SIZE (3 * MIB + 1234)
#define ODD_POS 777777
#define SPARSE_SIZE (64L << 30)

static void make_files(int fds[TOKENS])
{
	int i;

	fds[DENSE] = luo_get(luo_memfd_filled("dense", 16 * MIB, DENSE));
	fds[ODD] = luo_get(luo_memfd_filled("odd", ODD_SIZE, ODD));
	luo_check_eq(lseek(fds[ODD], ODD_POS, SEEK_SET), ODD_POS);
	fds[SPARSE] = luo_get(luo_memfd("sparse", SPARSE_SIZE));
	for (i = 0; i < 64; i++)
		luo_check_eq(luo_fill(fds[SPARSE], i * (1L << 30) + i * PAGE,
				      PAGE, SPARSE), 0);
	fds[LATE] = luo_get(luo_memfd_filled("late", 2 * MIB, LATE));
	luo_check_eq(ftruncate(fds[LATE], 4 * MIB), 0);
	fds[FALLOC] = luo_get(luo_memfd("falloc", 0));
	luo_check_eq(fallocate(fds[FALLOC], 0, 0, MIB), 0);
	fds[SEALED] = luo_get(luo_memfd_filled("sealed", MIB, SEALED));
	luo_check_eq(fcntl(fds[SEALED], F_ADD_SEALS,
			   F_SEAL_SHRINK | F_SEAL_GROW), 0);
}

/* Writes of a workload between PRESERVE and the kexec. */
static void write_late(int fds[TOKENS])
{
	char *map;

	/* To existing pages, by write(2) and through a mapping. */
	luo_check_eq(luo_fill(fds[LATE], 5 * PAGE, PAGE, 100), 0);
	map = mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED,
		   fds[LATE], 0);
	luo_check(map != MAP_FAILED);
	luo_pattern(map + 7 * PAGE, PAGE, 101, 7 * PAGE);
	/* To holes: before, between and after other new pages. */
	luo_pattern(map + 3 * MIB, PAGE, 102, 3 * MIB);
	luo_check_eq(luo_fill(fds[LATE], 2 * MIB, PAGE, 103), 0);
	luo_check_eq(luo_fill(fds[LATE], 4 * MIB - PAGE, PAGE, 104), 0);
	luo_check_eq(luo_fill(fds[SPARSE], PAGE * 1000, PAGE, SPARSE), 0);
	/* To a page that was allocated but not initialised. */
	luo_check_eq(luo_fill(fds[FALLOC], 10 * PAGE, PAGE, FALLOC), 0);
	/* The position, and a seal. */
	luo_check_eq(lseek(fds[DENSE], 4242, SEEK_SET), 4242);
}

static void check_files(const int fds[TOKENS])
{
	struct stat st;
	int i;

	luo_check_eq(fstat(fds[DENSE], &st), 0);
	luo_check_eq(st.st_size, 16 * MIB);
	luo_check_eq(lseek(fds[DENSE], 0, SEEK_CUR), 4242);
	luo_check(luo_matches(fds[DENSE], 0, 16 * MIB, DENSE));

	luo_check_eq(fstat(fds[ODD], &st), 0);
	luo_check_eq(st.st_size, ODD_SIZE);
	luo_check_eq(lseek(fds[ODD], 0, SEEK_CUR), ODD_POS);
	luo_check(luo_matches(fds[ODD], 0, ODD_SIZE, ODD));

	luo_check_eq(fstat(fds[SPARSE], &st), 0);
	luo_check_eq(st.st_size, SPARSE_SIZE);
	for (i = 0; i < 64; i++) {
		off_t at = i * (1L << 30) + i * PAGE;

		luo_check(luo_matches(fds[SPARSE], at, PAGE, SPARSE));
		luo_check(luo_is_hole(fds[SPARSE], at + PAGE, PAGE));
	}
	luo_check(luo_matches(fds[SPARSE], PAGE * 1000, PAGE, SPARSE));
	luo_check_eq(luo_blocks(fds[SPARSE]), 65 * PAGE / 512);

	luo_check(luo_matches(fds[LATE], 0, 5 * PAGE, LATE));
	luo_check(luo_matches(fds[LATE], 5 * PAGE, PAGE, 100));
	luo_check(luo_matches(fds[LATE], 6 * PAGE, PAGE, LATE));
	luo_check(luo_matches(fds[LATE], 7 * PAGE, PAGE, 101));
	luo_check(luo_matches(fds[LATE], 8 * PAGE, 2 * MIB - 8 * PAGE, LATE));
	luo_check(luo_matches(fds[LATE], 2 * MIB, PAGE, 103));
	luo_check(luo_is_hole(fds[LATE], 2 * MIB + PAGE, MIB - PAGE));
	luo_check(luo_matches(fds[LATE], 3 * MIB, PAGE, 102));
	luo_check(luo_is_hole(fds[LATE], 3 * MIB + PAGE, MIB - 2 * PAGE));
	luo_check(luo_matches(fds[LATE], 4 * MIB - PAGE, PAGE, 104));

	luo_check(luo_is_zero(fds[FALLOC], 0, 10 * PAGE));
	luo_check(luo_matches(fds[FALLOC], 10 * PAGE, PAGE, FALLOC));
	luo_check(luo_is_zero(fds[FALLOC], 11 * PAGE, MIB - 11 * PAGE));
	luo_check_eq(luo_blocks(fds[FALLOC]), MIB / 512);

	luo_check(luo_matches(fds[SEALED], 0, MIB, SEALED));
	luo_check_eq(fcntl(fds[SEALED], F_GET_SEALS),
		     F_SEAL_SHRINK | F_SEAL_GROW);
	luo_check_eq(ftruncate(fds[SEALED], 0), -1);
}

static void preserve_files(int session, const int fds[TOKENS])
{
	int i;

	for (i = DENSE; i < TOKENS; i++)
		luo_check_eq(luo_preserve_fd(session, fds[i], i), 0);
}

/* In a different order than they were preserved. */
static void retrieve_files(int session, int fds[TOKENS])
{
	int i;

	for (i = TOKENS - 1; i >= DENSE; i--)
		fds[i] = luo_get(luo_retrieve_fd(session, i));
}

static void loaded_before(void)
{
	int dev = luo_get(luo_open()), fds[TOKENS], session;

	luo_check_eq(luo_kexec_load(NULL, luo_next_stage()), 0);
	make_files(fds);
	session = luo_get(luo_create(dev, "files"));
	preserve_files(session, fds);
	write_late(fds);
	luo_jump();
}

static void loaded_after(void)
{
	int dev = luo_get(luo_open()), fds[TOKENS];
	int session = luo_get(luo_retrieve(dev, "files"));

	retrieve_files(session, fds);
	luo_check_eq(luo_finish(session), 0);
	close(session);
	check_files(fds);

	/* Retrieved files can be changed and preserved again. */
	luo_check_eq(ftruncate(fds[DENSE], 32 * MIB), 0);
	luo_check_eq(ftruncate(fds[DENSE], 16 * MIB), 0);
	session = luo_get(luo_create(dev, "again"));
	preserve_files(session, fds);
	luo_next_kernel();
}

static void second_time(void)
{
	int dev = luo_get(luo_open()), fds[TOKENS], i;
	int session = luo_get(luo_retrieve(dev, "again"));
	long before;

	retrieve_files(session, fds);
	check_files(fds);
	luo_check_eq(luo_finish(session), 0);
	close(session);
	check_files(fds);

	/* Their memory can be freed. */
	before = luo_free_pages();
	for (i = DENSE; i < TOKENS; i++)
		close(fds[i]);
	luo_check(luo_free_pages() - before >= 23 * MIB / PAGE);
}

static const struct luo_stage stages[] = {
	{ "files with an image that was loaded before", loaded_before },
	{ "files with an image that was loaded after", loaded_after },
	{ "files after two updates", second_time },
};

int main(int argc, char **argv)
{
	return luo_run_variant(argc, argv, stages, ARRAY_SIZE(stages));
}
