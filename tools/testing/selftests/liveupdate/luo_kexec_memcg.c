// SPDX-License-Identifier: GPL-2.0
/*
 * Retrieved memfds are charged to the memcg of the caller. If they exceed its
 * limit, RETRIEVE fails, and nothing is lost. Under memory pressure, pages of
 * the memfd are swapped out and in again, also because the memfd is preserved
 * again.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

#define PAGE 4096L
#define MIB (1L << 20)
#define SIZE (48 * MIB)

#define CGROUP "/cgroup"
#define PAYS CGROUP "/pays"
#define OTHER CGROUP "/other"

/*
 * Pages between holes: contiguous in memory, if allocated that way, but not in
 * the file.
 */
#define SPARSE_PAGES (24 * MIB / PAGE)

/* Charges besides the memfd: page tables and kernel objects. */
#define SLACK (4 * MIB)

#define HOLE (20 * MIB)
#define HOLE_SIZE (8 * MIB)

/* In another xarray node of the page cache than the first page of a file. */
#define TAIL (128 * PAGE)

#define SWAP_DEVICE "/dev/ram0"
#define SWAP_PAGES 32768

/* Pages beyond the end of the file; the mainline format loses them. */
#define BEHIND (2 * PAGE)

static long lost(void)
{
	return luo_folios() ? BEHIND : 0;
}

static void make_cgroup(const char *path)
{
	luo_check_eq(mkdir(path, 0755), 0);
}

static void make_cgroups(void)
{
	luo_check_eq(mkdir(CGROUP, 0755), 0);
	luo_check_eq(mount("cgroup2", CGROUP, "cgroup2", 0, NULL), 0);
	luo_check_eq(luo_write_file(CGROUP "/cgroup.subtree_control",
				    "+memory"), 0);
	make_cgroup(PAYS);
	make_cgroup(OTHER);
}

static void enter(const char *cgroup)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	luo_check_eq(luo_write_file(path, "0"), 0);
}

static void limit(const char *max)
{
	luo_check_eq(luo_write_file(PAYS "/memory.max", max), 0);
}

static void read_file(const char *path, char *text, size_t size)
{
	const int fd = luo_get(open(path, O_RDONLY | O_CLOEXEC));
	const ssize_t len = luo_get(read(fd, text, size - 1));

	text[len] = 0;
	close(fd);
}

static long charged_to(const char *cgroup)
{
	char path[128], text[64];

	snprintf(path, sizeof(path), "%s/memory.current", cgroup);
	read_file(path, text, sizeof(text));
	return atol(text);
}

static long swapped(void)
{
	char text[64];

	read_file(PAYS "/memory.swap.current", text, sizeof(text));
	return atol(text);
}

/*
 * Shared memory that is charged to a cgroup; the statistics may lag a little.
 */
static long charged_as_shmem(const char *cgroup)
{
	char path[128], text[4096];
	const char *line;

	snprintf(path, sizeof(path), "%s/memory.stat", cgroup);
	read_file(path, text, sizeof(text));
	line = strstr(text, "\nshmem ");
	luo_check(line);
	return atol(line + strlen("\nshmem "));
}

static void check_nobody_killed(void)
{
	char text[512];

	read_file(PAYS "/memory.events", text, sizeof(text));
	luo_check(strstr(text, "oom_kill 0\n"));
}

/* Writes a swap header as mkswap(8) does, and enables swap. */
static void use_swap(void)
{
	const int fd = luo_get(open(SWAP_DEVICE, O_RDWR | O_CLOEXEC));
	const uint32_t info[] = { 1, SWAP_PAGES - 1, 0 };

	luo_check_eq(pwrite(fd, info, sizeof(info), 1024), sizeof(info));
	luo_check_eq(pwrite(fd, "SWAPSPACE2", 10, PAGE - 10), 10);
	close(fd);
	luo_check_eq(swapon(SWAP_DEVICE, 0), 0);
}

static void preserve(int dev, const char *name, int fd)
{
	const int session = luo_get(luo_create(dev, name));

	luo_check_eq(luo_preserve_fd(session, fd, 1), 0);
}

static int sparse_memfd(void)
{
	const int fd = luo_get(luo_memfd("sparse", 2 * SPARSE_PAGES * PAGE));
	long i;

	for (i = 0; i < SPARSE_PAGES; i++)
		luo_check_eq(luo_fill(fd, 2 * i * PAGE, PAGE, 3), 0);
	return fd;
}

static void first_kernel(void)
{
	const int dev = luo_get(luo_open());

	preserve(dev, "memcg", luo_get(luo_memfd_filled("memcg", SIZE, 1)));
	preserve(dev, "too much",
		 luo_get(luo_memfd_filled("too much", SIZE, 2)));
	preserve(dev, "sparse", sparse_memfd());
	luo_next_kernel();
}

/* Every attempt fails, and changes nothing. */
static void retrieve_too_much(int session)
{
	const long waiting = luo_kho_incoming_pages();
	int i;

	limit("16M");
	for (i = 0; i < 3; i++) {
		luo_check_eq(luo_retrieve_fd(session, 1), -ENOMEM);
		luo_check_eq(luo_kho_incoming_pages(), waiting);
		luo_check(charged_to(PAYS) < SLACK);
	}
	check_nobody_killed();
	limit("max");
}

/* After a failed retrieve, the charges are as before. */
static void give_up(int dev)
{
	const int session = luo_get(luo_retrieve(dev, "too much"));
	const long waiting = luo_kho_incoming_pages();

	retrieve_too_much(session);
	luo_check_eq(luo_finish(session), 0);
	close(session);
	luo_check(waiting - luo_kho_incoming_pages() >= SIZE / PAGE);
}

/* A retrieve that failed halfway can be repeated. */
static void retrieve_sparse(int dev)
{
	const int session = luo_get(luo_retrieve(dev, "sparse"));
	long i;
	int fd;

	retrieve_too_much(session);
	fd = luo_get(luo_retrieve_fd(session, 1));
	for (i = 0; i < SPARSE_PAGES; i++)
		luo_check(luo_matches(fd, 2 * i * PAGE, PAGE, 3));
	luo_check_eq(luo_finish(session), 0);
	close(session);
	close(fd);
}

static int retrieve(int session)
{
	const long other = charged_to(OTHER);
	const int fd = luo_get(luo_retrieve_fd(session, 1));

	luo_check(charged_to(PAYS) >= SIZE);
	luo_check(charged_to(PAYS) < SIZE + SLACK);
	luo_check(labs(charged_as_shmem(PAYS) - SIZE) < SLACK);
	luo_check(labs(charged_to(OTHER) - other) < SLACK);
	return fd;
}

/*
 * A page to be swapped out after one that is in memory: a walk that stops after
 * the number of pages in memory misses it.
 */
static int make_tail(void)
{
	const int fd = luo_get(luo_memfd("tail", TAIL + PAGE));

	luo_check_eq(luo_fill(fd, TAIL, PAGE, 4), 0);
	return fd;
}

static void preserve_tail(int dev, int fd)
{
	luo_check_eq(luo_fill(fd, 0, PAGE, 4), 0);
	preserve(dev, "tail", fd);
}

static void check_tail(int dev)
{
	const int session = luo_get(luo_retrieve(dev, "tail"));
	const int fd = luo_get(luo_retrieve_fd(session, 1));

	luo_check(luo_matches(fd, 0, PAGE, 4));
	luo_check(luo_matches(fd, TAIL, PAGE, 4));
	luo_check_eq(luo_finish(session), 0);
	close(session);
	close(fd);
}

/* Pages that are added to a preserved file are not swapped out, either. */
static void check_stays(int fd)
{
	luo_check_eq(luo_fill(fd, HOLE, HOLE_SIZE, 1), 0);
	luo_check_eq(luo_write_file(PAYS "/memory.reclaim", "8M"), -EAGAIN);
	luo_check(charged_as_shmem(PAYS) > SIZE - HOLE_SIZE / 2);
}

static void second_kernel(void)
{
	const int dev = luo_get(luo_open());
	const int session = luo_get(luo_retrieve(dev, "memcg"));
	int fd, tail;

	make_cgroups();
	use_swap();
	enter(PAYS);
	give_up(dev);
	retrieve_sparse(dev);
	retrieve_too_much(session);
	fd = retrieve(session);
	luo_check_eq(luo_finish(session), 0);
	close(session);

	/* Much of it is swapped out, and swapped in when it is accessed. */
	luo_check_eq(fallocate(fd, FALLOC_FL_KEEP_SIZE, SIZE, BEHIND), 0);
	tail = make_tail();
	limit("16M");
	luo_check(swapped() > SIZE / 4);
	luo_check(luo_matches(fd, 0, SIZE, 1));
	luo_check_eq(luo_fill(fd, MIB, 8 * MIB, 2), 0);
	luo_check(swapped() > SIZE / 4);
	limit("max");

	/* Pages in swap have to be preserved, too. */
	luo_check_eq(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			       HOLE, HOLE_SIZE), 0);
	preserve(dev, "memcg", fd);
	luo_check(charged_as_shmem(PAYS) > SIZE - HOLE_SIZE - SLACK);
	check_stays(fd);
	preserve_tail(dev, tail);
	luo_next_kernel();
}

static void third_kernel(void)
{
	const int dev = luo_get(luo_open());
	const int session = luo_get(luo_retrieve(dev, "memcg"));
	int fd;

	make_cgroups();
	enter(PAYS);
	fd = retrieve(session);
	luo_check(luo_matches(fd, 0, MIB, 1));
	luo_check(luo_matches(fd, MIB, 8 * MIB, 2));
	luo_check(luo_matches(fd, 9 * MIB, SIZE - 9 * MIB, 1));
	luo_check_eq(luo_blocks(fd) * 512, SIZE + BEHIND - lost());
	luo_check_eq(luo_finish(session), 0);
	close(session);
	check_tail(dev);
	/*
	 * Uncharging goes to the memcg that was charged, not to the current
	 * one.
	 */
	enter(OTHER);
	luo_check(charged_to(PAYS) >= SIZE);
	close(fd);
	luo_check(charged_to(PAYS) < SLACK);
	luo_check(charged_as_shmem(PAYS) < SLACK);
	check_nobody_killed();
}

static const struct luo_stage stages[] = {
	{ "a memfd is preserved", first_kernel },
	{ "the caller is charged, and fails over its limit", second_kernel },
	{ "pages that were in swap are there", third_kernel },
};

int main(int argc, char **argv)
{
	return luo_run_variant(argc, argv, stages, ARRAY_SIZE(stages));
}
