// SPDX-License-Identifier: GPL-2.0
/*
 * luo_bench - what a live update costs
 *
 * usage: luo_bench CASE [SIZE]
 *
 * Creates the files or sessions of a case, preserves them, boots the next
 * kernel, retrieves everything and checks its contents. Results are lines of
 * "bench: name=value" on the standard output, in ticks of the TSC, which keeps
 * running across kexec. In a machine that counts instructions, a tick is an
 * instruction.
 *
 * It uses only commands that every kernel with live update has.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <x86intrin.h>

#include "../kselftest.h"
#include "luo_frames.h"
#include "luo_util.h"

#define PAGE 4096UL
#define MIB (1UL << 20)
#define HUGE (2 * MIB)

#define SHMEM_HUGE "/sys/kernel/mm/transparent_hugepage/shmem_enabled"

/**
 * struct bench_case - a benchmark case
 * @name: name on the command line
 * @before: creates and preserves files or sessions in the first kernel
 * @after: retrieves them in the next kernel
 */
struct bench_case {
	const char *name;
	void (*before)(void);
	void (*after)(void);
};

/* The current case, and its size: mebibytes, files or sessions. */
static const struct bench_case *current;
static unsigned long amount;

static void say(const char *name, uint64_t value)
{
	printf("bench: %s=%llu\n", name, (unsigned long long)value);
}

/* Evaluates @expr, and prints how many ticks that took. */
#define timed(name, expr)						\
	({								\
		uint64_t start_tsc = __rdtsc();				\
		long timed_value = (expr);				\
									\
		say(name, __rdtsc() - start_tsc);			\
		timed_value;						\
	})

static uint64_t loop_ticks(uint64_t rounds)
{
	uint64_t start = __rdtsc();

	asm volatile("1: dec %0; jnz 1b" : "+r"(rounds));
	return __rdtsc() - start;
}

/*
 * Checks that a tick is an instruction, by a loop with two instructions. The
 * minimum of several attempts excludes timer interrupts.
 */
static void check_ticks(void)
{
	uint64_t rounds = 10000, best = UINT64_MAX, ticks;
	int i;

	for (i = 0; i < 16; i++) {
		ticks = loop_ticks(rounds);
		best = ticks < best ? ticks : best;
	}
	say("loop_instructions", 2 * rounds);
	say("loop_ticks", best);
}

static unsigned char *map_file(int fd, size_t size)
{
	unsigned char *map;

	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	luo_check(map != MAP_FAILED);
	return map;
}

static void shmem_huge(const char *value)
{
	int fd = luo_get(open(SHMEM_HUGE, O_WRONLY | O_CLOEXEC));

	luo_check_eq(write(fd, value, strlen(value)), strlen(value));
	close(fd);
}

/* Each page contains its number, so that swapped pages are detected. */
static void write_page(unsigned char *map, size_t offset)
{
	*(uint64_t *)(map + offset) = ~(uint64_t)offset;
}

static bool pages_match(const unsigned char *map, size_t size, size_t step)
{
	size_t i;

	for (i = 0; i < size; i += step) {
		if (*(const uint64_t *)(map + i) != ~(uint64_t)i)
			return false;
	}
	return true;
}

static int compare_frames(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Prints the number of pages of a file, and of contiguous runs of them. */
static void say_pieces(const unsigned char *map, size_t size)
{
	int pagemap = luo_get(luo_frames_open());
	size_t nr = size / PAGE, pieces = 1, i;
	uint64_t *frames = malloc(nr * sizeof(*frames));

	luo_check(frames);
	for (i = 0; i < nr; i++)
		frames[i] = luo_frame(pagemap, map + i * PAGE);
	qsort(frames, nr, sizeof(*frames), compare_frames);
	for (i = 1; i < nr; i++)
		pieces += frames[i] != frames[i - 1] + 1;
	free(frames);
	close(pagemap);
	say("pages", nr);
	say("pieces", pieces);
}

static int create(void)
{
	return luo_get(luo_create(luo_get(luo_open()), "bench"));
}

static int retrieve(void)
{
	return luo_get(luo_retrieve(luo_get(luo_open()), "bench"));
}

static void finish(int session)
{
	luo_check_eq(timed("finish", luo_finish(session)), 0);
}

/* Preserves a file, and prints how much memory that takes in addition. */
static void preserve(int fd)
{
	int session = create();
	long pages = luo_free_pages();

	luo_check_eq(timed("preserve", luo_preserve_fd(session, fd, 1)), 0);
	pages -= luo_free_pages();
	say("records", pages > 0 ? pages * PAGE : 0);
}

/*
 * Creates a file in which the page at each @step is written, and returns its
 * mapping; @huge is the setting of tmpfs for huge pages.
 */
static unsigned char *make_file(int *fd, size_t size, size_t step,
				const char *huge)
{
	unsigned char *map;
	size_t i;

	shmem_huge(huge);
	*fd = luo_get(luo_memfd("bench", size));
	map = map_file(*fd, size);
	for (i = 0; i < size; i += step)
		write_page(map, i);
	return map;
}

/* Retrieves that file and checks its contents. */
static void check_file(size_t size, size_t step)
{
	int session = retrieve();
	int fd = luo_get(timed("retrieve", luo_retrieve_fd(session, 1)));

	finish(session);
	luo_check(pages_match(map_file(fd, size), size, step));
}

/* A kexec without anything preserved. */
static void plain_before(void)
{
	check_ticks();
}

static void plain_after(void)
{
	check_ticks();
}

static void empty_before(void)
{
	create();
}

static void empty_after(void)
{
	finish(retrieve());
}

/*
 * Consecutive allocations return contiguous pages, so every other page goes to
 * a file that is not preserved. That file is kept open, because later
 * allocations for the preserved file would fill the gaps otherwise.
 */
static void frag_before(void)
{
	size_t size = amount * MIB, i;
	unsigned char *map, *gaps;
	int fd;

	map = make_file(&fd, size, size, "never");
	gaps = map_file(luo_get(luo_memfd("gaps", size)), size);
	for (i = 0; i < size; i += PAGE) {
		write_page(map, i);
		write_page(gaps, i);
	}
	say_pieces(map, size);
	preserve(fd);
}

static void frag_after(void)
{
	check_file(amount * MIB, PAGE);
}

/* A file of small pages, most of which are contiguous. */
static void dense_before(void)
{
	size_t size = amount * MIB;
	int fd;

	say_pieces(make_file(&fd, size, PAGE, "never"), size);
	preserve(fd);
}

static void dense_after(void)
{
	check_file(amount * MIB, PAGE);
}

/* A file of huge pages; fails if it has small ones. */
static void thp_before(void)
{
	int pagemap = luo_get(luo_frames_open());
	size_t size = amount * MIB, i;
	unsigned char *map;
	int fd;

	map = make_file(&fd, size, PAGE, "always");
	for (i = 0; i < size; i += PAGE)
		luo_check_eq(luo_frame(pagemap, map + i) % (HUGE / PAGE),
			     i / PAGE % (HUGE / PAGE));
	say("folios", size / HUGE);
	preserve(fd);
}

static void thp_after(void)
{
	check_file(amount * MIB, PAGE);
}

/* A sparse file: one page in 64 is allocated. */
#define SPARSE_STEP (64 * PAGE)

static void sparse_before(void)
{
	long had;
	int fd;

	make_file(&fd, amount * MIB, SPARSE_STEP, "never");
	had = luo_meminfo_kb("Shmem");
	say("pages", amount * MIB / SPARSE_STEP);
	preserve(fd);
	say("filled_kb", luo_meminfo_kb("Shmem") - had);
}

static void sparse_after(void)
{
	check_file(amount * MIB, SPARSE_STEP);
}

/* Raises the limit of open files. */
static void allow_descriptors(void)
{
	const struct rlimit limit = { amount + 64, amount + 64 };

	luo_check_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* Many files of 1 MiB, in one session. */
static long preserve_all(int session, const int *fds)
{
	unsigned long i;

	for (i = 0; i < amount; i++)
		luo_check_eq(luo_preserve_fd(session, fds[i], i), 0);
	return 0;
}

static long retrieve_all(int session, int *fds)
{
	unsigned long i;

	for (i = 0; i < amount; i++)
		fds[i] = luo_get(luo_retrieve_fd(session, i));
	return 0;
}

static void files_before(void)
{
	int *fds = calloc(amount, sizeof(*fds));
	int session;
	unsigned long i;

	luo_check(fds);
	allow_descriptors();
	for (i = 0; i < amount; i++)
		make_file(&fds[i], MIB, PAGE, "never");
	session = create();
	timed("preserve", preserve_all(session, fds));
}

static void files_after(void)
{
	int *fds = calloc(amount, sizeof(*fds));
	int session = retrieve();
	unsigned long i;

	luo_check(fds);
	allow_descriptors();
	timed("retrieve", retrieve_all(session, fds));
	finish(session);
	for (i = 0; i < amount; i++)
		luo_check(pages_match(map_file(fds[i], MIB), MIB, PAGE));
}

/* Many empty sessions. */
static void name_session(char name[32], unsigned long i)
{
	snprintf(name, 32, "session-%lu", i);
}

static long create_all(int dev)
{
	unsigned long i;
	char name[32];

	for (i = 0; i < amount; i++) {
		name_session(name, i);
		luo_get(luo_create(dev, name));
	}
	return 0;
}

static long take_all(int dev)
{
	unsigned long i;
	char name[32];

	for (i = 0; i < amount; i++) {
		name_session(name, i);
		luo_check_eq(luo_finish(luo_get(luo_retrieve(dev, name))), 0);
	}
	return 0;
}

static void sessions_before(void)
{
	int dev = luo_get(luo_open());

	allow_descriptors();
	timed("create", create_all(dev));
}

static void sessions_after(void)
{
	int dev = luo_get(luo_open());

	allow_descriptors();
	timed("take", take_all(dev));
}

static const struct bench_case cases[] = {
	{ "plain", plain_before, plain_after },
	{ "empty", empty_before, empty_after },
	{ "frag", frag_before, frag_after },
	{ "dense", dense_before, dense_after },
	{ "thp", thp_before, thp_after },
	{ "sparse", sparse_before, sparse_after },
	{ "files", files_before, files_after },
	{ "sessions", sessions_before, sessions_after },
};

/*
 * The next kernel is loaded first, so that the location of its pages does not
 * depend on the case. The last tick of this kernel is printed before the kexec,
 * so the blackout includes a few lines of output, equally in all cases.
 */
static void before(void)
{
	luo_check_eq(luo_kexec_load(NULL, luo_next_stage()), 0);
	current->before();
	say("jump_tsc", __rdtsc());
	luo_jump();
}

static void after(void)
{
	const char *tsc = getenv("LUO_INIT_TSC");

	say("init_tsc", strtoull(tsc ?: "0", NULL, 10));
	current->after();
}

static const struct luo_stage stages[] = {
	{ "preserved", before },
	{ "retrieved", after },
};

int main(int argc, char **argv)
{
	unsigned int i;

	for (i = 0; argc > 1 && i < ARRAY_SIZE(cases); i++) {
		if (!strcmp(cases[i].name, argv[1]))
			current = &cases[i];
	}
	if (!current) {
		fprintf(stderr, "usage: luo_bench CASE [SIZE]\n");
		return KSFT_FAIL;
	}
	amount = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
