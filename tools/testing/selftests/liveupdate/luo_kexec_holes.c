// SPDX-License-Identifier: GPL-2.0
/*
 * Threads fill holes of a preserved memfd until the kexec, and record their
 * progress in the memfd. All recorded writes must be there in the next kernel.
 *
 * Another memfd has pages beyond EOF that an ftruncate() to the same size would
 * take out, and gets as many pages in holes after it was preserved.
 *
 *	luo_kexec_holes [folios]
 */

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

#define PAGE 4096UL
#define THREADS 3

/* More than the threads can fill before the kexec. */
#define PAGES_EACH 20000UL
#define SIZE ((1 + THREADS * PAGES_EACH) * PAGE)

/* Minimum progress before the kexec begins. */
#define START 50

/* The other file has four parts, and a fifth one beyond EOF. */
#define PART (4 * PAGE)
#define EOF_SEED 9
#define TOKEN_HOLES 1
#define TOKEN_EOF 2

/* In the first page of the file. */
struct progress {
	atomic_ulong pages[THREADS];
};

static int file;
static unsigned char *map;

static unsigned long page_of(unsigned int thread, unsigned long nr)
{
	return 1 + nr * THREADS + thread;
}

/* One thread uses write(2), the others page faults. */
static void fill_page(unsigned int thread, unsigned long nr)
{
	const off_t offset = page_of(thread, nr) * PAGE;
	unsigned char page[PAGE];

	luo_pattern(page, PAGE, thread, offset);
	if (thread)
		memcpy(map + offset, page, PAGE);
	else
		luo_check_eq(pwrite(file, page, PAGE, offset), PAGE);
}

static void *fill(void *arg)
{
	const unsigned int thread = (uintptr_t)arg;
	struct progress *progress = (struct progress *)map;
	unsigned long nr;

	for (nr = 0; nr < PAGES_EACH; nr++) {
		fill_page(thread, nr);
		atomic_store(&progress->pages[thread], nr + 1);
		/* Pace, to not finish before the kexec. */
		usleep(100);
	}
	return NULL;
}

static void map_file(void)
{
	map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	luo_check(map != MAP_FAILED);
}

/* The first part is filled before, the third one after it is preserved. */
static void preserve_beyond_eof(int session)
{
	int fd = luo_get(luo_memfd("eof", 4 * PART));

	luo_check_eq(luo_fill(fd, 0, PART, EOF_SEED), 0);
	luo_check_eq(fallocate(fd, FALLOC_FL_KEEP_SIZE, 4 * PART, PART), 0);
	luo_check_eq(luo_preserve_fd(session, fd, TOKEN_EOF), 0);
	luo_check_eq(ftruncate(fd, 4 * PART), 0);
	luo_check_eq(luo_fill(fd, 2 * PART, PART, EOF_SEED), 0);
	close(fd);
}

static void before(void)
{
	int session = luo_get(luo_create(luo_get(luo_open()), "holes"));
	struct progress *progress;
	pthread_t threads[THREADS];
	uintptr_t i;

	luo_check_eq(luo_kexec_load(NULL, luo_next_stage()), 0);
	file = luo_get(luo_memfd("holes", SIZE));
	map_file();
	progress = (struct progress *)map;
	atomic_store(&progress->pages[0], 0);
	luo_check_eq(luo_preserve_fd(session, file, TOKEN_HOLES), 0);
	preserve_beyond_eof(session);
	for (i = 0; i < THREADS; i++)
		luo_check_eq(pthread_create(&threads[i], NULL, fill, (void *)i),
			     0);
	for (i = 0; i < THREADS; i++) {
		while (atomic_load(&progress->pages[i]) < START)
			usleep(100);
	}
	luo_jump();
}

static void check_pages(unsigned int thread, unsigned long nr)
{
	unsigned long i;

	ksft_print_msg("thread %u had %lu pages\n", thread, nr);
	luo_check(nr >= START);
	luo_check(nr < PAGES_EACH);
	for (i = 0; i < nr; i++)
		luo_check(luo_matches(file, page_of(thread, i) * PAGE, PAGE,
				      thread));
}

static void check_beyond_eof(int session)
{
	/* The mainline format ends at EOF. */
	const off_t pages = luo_folios() ? 2 * PART : 3 * PART;
	int fd = luo_get(luo_retrieve_fd(session, TOKEN_EOF));

	luo_check(luo_matches(fd, 0, PART, EOF_SEED));
	luo_check(luo_is_hole(fd, PART, PART));
	luo_check(luo_matches(fd, 2 * PART, PART, EOF_SEED));
	luo_check(luo_is_hole(fd, 3 * PART, PART));
	luo_check_eq(luo_blocks(fd), pages / 512);
	close(fd);
}

static void after(void)
{
	int session = luo_get(luo_retrieve(luo_get(luo_open()), "holes"));
	struct progress *progress;
	unsigned int i;

	file = luo_get(luo_retrieve_fd(session, TOKEN_HOLES));
	map_file();
	progress = (struct progress *)map;
	for (i = 0; i < THREADS; i++)
		check_pages(i, atomic_load(&progress->pages[i]));
	check_beyond_eof(session);
	luo_check_eq(luo_finish(session), 0);
	close(session);
}

static const struct luo_stage stages[] = {
	{ "holes are filled until the kexec", before },
	{ "all filled pages are there", after },
};

int main(int argc, char **argv)
{
	return luo_run_variant(argc, argv, stages, ARRAY_SIZE(stages));
}
