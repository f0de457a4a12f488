// SPDX-License-Identifier: GPL-2.0
/*
 * A memfd through many kernels. In each kernel random operations are done to it
 * before it is preserved, while it is preserved, and after PREPARE. The next
 * kernel compares all of it.
 *
 *	luo_kexec_random SEED KEXECS
 *
 * The operations depend only on the seed. So the next kernel repeats them on
 * memory of its own, to know the expected contents.
 */

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

#define PAGE 4096UL
#define MIB (1UL << 20)
#define MAX_SIZE (6 * MIB)
#define MAX_LEN (100UL << 10)
#define MAX_KEXECS 1000

/* Operations in each of the three phases. */
#define STEPS 40

#define SHMEM_HUGE "/sys/kernel/mm/transparent_hugepage/shmem_enabled"

/**
 * struct target - the target of the operations
 * @fd: the memfd, or -1 to change only @memory
 * @memory: the expected contents of the memfd
 * @size: its size
 * @random: state of the generator
 */
struct target {
	int fd;
	unsigned char *memory;
	size_t size;
	uint64_t random;
};

static unsigned long seed;

/* The device, which can be opened once. */
static int device;

/* Splitmix64, which has no bad seeds. */
static uint64_t next_random(struct target *target)
{
	uint64_t z = target->random += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static size_t below(struct target *target, size_t limit)
{
	return limit ? next_random(target) % limit : 0;
}

struct range {
	size_t start;
	size_t len;
};

/* About half of the ranges are whole pages; none extends beyond @end. */
static struct range random_range(struct target *target, size_t end)
{
	struct range range = { .start = below(target, end) };

	range.len = 1 + below(target, MAX_LEN);
	if (below(target, 2)) {
		range.start &= ~(PAGE - 1);
		range.len = (range.len + PAGE - 1) & ~(PAGE - 1);
	}
	if (range.len > end - range.start)
		range.len = end - range.start;
	return range;
}

static void do_write(struct target *target, struct range range)
{
	luo_pattern(target->memory + range.start, range.len,
		    next_random(target), range.start);
	if (target->fd < 0 || !range.len)
		return;
	luo_check_eq(pwrite(target->fd, target->memory + range.start, range.len,
			    range.start), range.len);
}

static void do_store(struct target *target, struct range range)
{
	const size_t map_start = range.start & ~(PAGE - 1);
	const size_t map_len = range.start + range.len - map_start;
	unsigned char *map;

	luo_pattern(target->memory + range.start, range.len,
		    next_random(target), range.start);
	if (target->fd < 0 || !range.len)
		return;
	map = mmap(NULL, map_len, PROT_READ | PROT_WRITE, MAP_SHARED,
		   target->fd, map_start);
	luo_check(map != MAP_FAILED);
	memcpy(map + range.start - map_start, target->memory + range.start,
	       range.len);
	munmap(map, map_len);
}

static void do_read(struct target *target, struct range range)
{
	unsigned char *buf;

	if (target->fd < 0 || !range.len)
		return;
	buf = malloc(range.len);
	luo_check(buf);
	luo_check_eq(pread(target->fd, buf, range.len, range.start), range.len);
	luo_check(!memcmp(buf, target->memory + range.start, range.len));
	free(buf);
}

static void do_punch(struct target *target, struct range range)
{
	memset(target->memory + range.start, 0, range.len);
	if (target->fd < 0 || !range.len)
		return;
	luo_check_eq(fallocate(target->fd, FALLOC_FL_PUNCH_HOLE |
			       FALLOC_FL_KEEP_SIZE, range.start, range.len), 0);
}

static void do_truncate(struct target *target, size_t size)
{
	if (size < target->size)
		memset(target->memory + size, 0, target->size - size);
	target->size = size;
	if (target->fd >= 0)
		luo_check_eq(ftruncate(target->fd, size), 0);
}

static void do_allocate(struct target *target, struct range range, bool keep)
{
	if (!range.len)
		return;
	if (!keep && range.start + range.len > target->size)
		target->size = range.start + range.len;
	if (target->fd >= 0)
		luo_check_eq(fallocate(target->fd,
				       keep ? FALLOC_FL_KEEP_SIZE : 0,
				       range.start, range.len), 0);
}

static void do_huge(struct target *target)
{
	const bool huge = below(target, 2);

	if (target->fd >= 0)
		luo_check_eq(luo_write_file(SHMEM_HUGE,
					    huge ? "always" : "never"), 0);
}

/* Operations that a preserved memfd supports, too. */
static void step_inside(struct target *target)
{
	const unsigned int what = below(target, 6);
	const struct range range = random_range(target, target->size);

	if (what < 2)
		do_write(target, range);
	else if (what < 4)
		do_store(target, range);
	else if (what < 5)
		do_read(target, range);
	else
		do_truncate(target, target->size);
}

static void step(struct target *target)
{
	switch (below(target, 10)) {
	case 0:
		do_truncate(target, below(target, MAX_SIZE));
		break;
	case 1:
		do_punch(target, random_range(target, target->size));
		break;
	case 2:
		do_allocate(target, random_range(target, MAX_SIZE),
			    below(target, 2));
		break;
	case 3:
		do_huge(target);
		break;
	default:
		step_inside(target);
	}
}

static void run_steps(struct target *target, void (*one)(struct target *target))
{
	int i;

	for (i = 0; i < STEPS; i++)
		one(target);
}

/* The operations of kernel @nr; @session is used only with a memfd. */
static void one_kernel(struct target *target, int nr, int session)
{
	target->random = seed * 1000003 + nr;
	run_steps(target, step);
	if (target->fd >= 0)
		luo_check_eq(luo_preserve_fd(session, target->fd, 1), 0);
	run_steps(target, step_inside);
	if (target->fd >= 0)
		luo_check_eq(luo_session_event(session, LIVEUPDATE_PREPARE), 0);
	run_steps(target, step_inside);
}

/* Retrieves the memfd, and computes its expected contents. */
static struct target take_over(int nr)
{
	struct target target = { .fd = -1, .memory = calloc(1, MAX_SIZE) };
	int session, i;

	luo_check(target.memory);
	device = luo_get(luo_open());
	for (i = 0; i < nr; i++)
		one_kernel(&target, i, -1);
	if (!nr) {
		target.fd = luo_get(luo_memfd("random", 0));
		return target;
	}
	session = luo_get(luo_retrieve(device, "random"));
	target.fd = luo_get(luo_retrieve_fd(session, 1));
	luo_check_eq(luo_finish(session), 0);
	close(session);
	return target;
}

/* The file position is the number of blocks that it had. */
static void compare(struct target *target)
{
	struct stat st;

	luo_check_eq(fstat(target->fd, &st), 0);
	luo_check_eq(st.st_size, target->size);
	luo_check_eq(st.st_blocks, lseek(target->fd, 0, SEEK_CUR));
	do_read(target, (struct range) { 0, target->size });
}

static void one_of_many(void)
{
	const int nr = luo_next_stage() - 2;
	struct target target;
	int session;

	ksft_print_msg("seed %lu, kernel %d\n", seed, nr);
	target = take_over(nr);
	compare(&target);
	session = luo_get(luo_create(device, "random"));
	one_kernel(&target, nr, session);
	luo_check_eq(lseek(target.fd, luo_blocks(target.fd), SEEK_SET),
		     luo_blocks(target.fd));
	luo_next_kernel();
}

static void last_one(void)
{
	struct target target = take_over(luo_next_stage() - 2);

	compare(&target);
}

int main(int argc, char *argv[])
{
	static struct luo_stage stages[MAX_KEXECS + 1];
	const int kexecs = argc > 2 ? atoi(argv[2]) : 5;
	int i;

	seed = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
	if (kexecs < 1 || kexecs > MAX_KEXECS)
		ksft_exit_fail_msg("1 to %d kexecs\n", MAX_KEXECS);
	for (i = 0; i < kexecs; i++)
		stages[i] = (struct luo_stage) { "random changes", one_of_many };
	stages[kexecs] = (struct luo_stage) { "contents are right", last_one };
	return luo_run_stages(stages, kexecs + 1);
}
