// SPDX-License-Identifier: GPL-2.0
/*
 * luo_kexec_pair - memfds go from one kernel to another one, and back
 *
 * usage: luo_kexec_pair KERNEL KERNEL...
 *
 * The machine runs the first KERNEL; the next ones are started by kexec, in
 * their order, out of files of that name in /boot. Several sessions of files of
 * all kinds go through all of them, and are written to on the way.
 *
 * It uses the commands that every kernel with live update has, and no others.
 */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

#define PAGE 4096L
#define MIB (1L << 20)
#define HUGE (2 * MIB)

#define SESSIONS 3
#define MAX_KERNELS 8

#define SHMEM_HUGE "/sys/kernel/mm/transparent_hugepage/shmem_enabled"
#define FORCE "/sys/kernel/liveupdate/force"
#define UPDATE_COUNT "/sys/kernel/liveupdate/count"

/* In whose memfds the seal on the mode brings those on writing with it. */
#define MAINLINE "mainline"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif

/**
 * struct kind - files of a session that have something in common
 * @name: what it is
 * @size: size in bytes
 * @step: how far it is from one page with contents to the next; the pages
 *	  between them are holes, or zero
 * @huge: what tmpfs is told about huge pages while the file is made
 * @seals: seals
 * @pos: position
 */
struct kind {
	const char *name;
	long size;
	long step;
	const char *huge;
	int seals;
	off_t pos;
};

enum { SMALL, LARGE, LATE, ODD, SPARSE, EMPTY, SEALED, FUTURE, NOEXEC, KINDS };

static const struct kind kinds[KINDS] = {
	[SMALL] = { "small", 4 * MIB, PAGE, "never", 0, 4242 },
	[LARGE] = { "large", 8 * HUGE, PAGE, "always", 0, 3 * HUGE + 1 },
	[LATE] = { "late", 2 * MIB, PAGE, "never", 0, 0 },
	[ODD] = { "odd", 3 * MIB + 1234, PAGE, "never",
		  F_SEAL_SHRINK | F_SEAL_GROW, 777777 },
	[SPARSE] = { "sparse", 4 * MIB, 16 * PAGE, "never", 0, 0 },
	[EMPTY] = { "empty", 0, PAGE, "never", F_SEAL_GROW, 0 },
	[SEALED] = { "sealed", MIB, PAGE, "never",
		     F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL,
		     MIB },
	[FUTURE] = { "future", MIB, PAGE, "never", F_SEAL_FUTURE_WRITE, 0 },
	[NOEXEC] = { "noexec", MIB, PAGE, "never", F_SEAL_EXEC, 0 },
};

static char **kernels;
static int nr_kernels;
static int fds[SESSIONS][KINDS];

/* The kernel that runs, counted from 1. */
static int here(void)
{
	return luo_next_stage() - 1;
}

static bool is_mainline(int kernel)
{
	return !strcmp(kernels[kernel - 1], MAINLINE);
}

/* False for what the format cannot carry to that kernel. */
static bool can_go(int kind, int kernel)
{
	return kind != NOEXEC || !is_mainline(kernel);
}

static uint64_t seed_of(int session, int kind)
{
	return 100 * (session + 1) + kind;
}

/* What is written into a file of the kind LATE, in a kernel. */
static uint64_t late_seed(int session, int kernel)
{
	return 10000 * kernel + seed_of(session, LATE);
}

static long piece(const struct kind *kind, long at)
{
	long left = kind->size - at;

	return left < PAGE ? left : PAGE;
}

static int make_file(int session, int which)
{
	const struct kind *kind = &kinds[which];
	int flags = which == NOEXEC ? MFD_NOEXEC_SEAL : MFD_ALLOW_SEALING;
	int fd = luo_get(memfd_create(kind->name, flags | MFD_CLOEXEC));
	long at;

	luo_check_eq(luo_write_file(SHMEM_HUGE, kind->huge), 0);
	luo_check_eq(ftruncate(fd, kind->size), 0);
	for (at = 0; at < kind->size; at += kind->step)
		luo_check_eq(luo_fill(fd, at, piece(kind, at),
				      seed_of(session, which)), 0);
	luo_check_eq(lseek(fd, kind->pos, SEEK_SET), kind->pos);
	luo_check_eq(fcntl(fd, F_ADD_SEALS, kind->seals), 0);
	return fd;
}

static void make_files(void)
{
	int i, kind;

	for (i = 0; i < SESSIONS; i++) {
		for (kind = 0; kind < KINDS; kind++)
			fds[i][kind] = make_file(i, kind);
	}
}

/* Pages that one kernel after the other writes; the rest is as it was made. */
static void check_late(int session)
{
	int fd = fds[session][LATE], kernel;
	long at = 0;

	for (kernel = 1; kernel < here(); kernel++) {
		luo_check(luo_matches(fd, at, 2 * PAGE,
				      late_seed(session, kernel)));
		at += 2 * PAGE;
	}
	luo_check(luo_matches(fd, at, kinds[LATE].size - at,
			      seed_of(session, LATE)));
}

static void check_contents(int session, int which)
{
	const struct kind *kind = &kinds[which];
	int fd = fds[session][which];
	long at;

	for (at = 0; at < kind->size; at += kind->step) {
		luo_check(luo_matches(fd, at, piece(kind, at),
				      seed_of(session, which)));
		luo_check(luo_is_zero(fd, at + PAGE, kind->step - PAGE));
	}
}

static void check_file(int session, int which)
{
	const struct kind *kind = &kinds[which];
	int fd = fds[session][which];
	struct stat st;

	luo_check_eq(fstat(fd, &st), 0);
	luo_check_eq(st.st_size, kind->size);
	luo_check_eq(fcntl(fd, F_GET_SEALS), kind->seals);
	luo_check_eq(lseek(fd, 0, SEEK_CUR), kind->pos);
	if (which == LATE)
		check_late(session);
	else
		check_contents(session, which);
	if (kind->seals & F_SEAL_WRITE)
		luo_check_eq(pwrite(fd, "x", 1, 0), -1);
}

/* Huge pages do not fall into pieces on the way. */
static void check_huge(void)
{
	long total = SESSIONS * kinds[LARGE].size / 1024;

	luo_check(luo_meminfo_kb("ShmemHugePages") >= total);
}

static void name_session(char name[32], int session)
{
	snprintf(name, 32, "vm-%d", session);
}

static void retrieve_session(int dev, int i)
{
	char name[32];
	int session, kind;

	name_session(name, i);
	session = luo_get(luo_retrieve(dev, name));
	for (kind = KINDS - 1; kind >= 0; kind--) {
		if (can_go(kind, here()))
			fds[i][kind] = luo_get(luo_retrieve_fd(session, kind));
		else
			fds[i][kind] = make_file(i, kind);
	}
	luo_check_eq(luo_finish(session), 0);
	close(session);
	for (kind = 0; kind < KINDS; kind++)
		check_file(i, kind);
}

static void preserve_session(int dev, int i)
{
	char name[32];
	int session, kind;

	name_session(name, i);
	session = luo_get(luo_create(dev, name));
	for (kind = 0; kind < KINDS; kind++) {
		if (can_go(kind, here() + 1))
			luo_check_eq(luo_preserve_fd(session, fds[i][kind],
						     kind), 0);
	}
}

/* What a workload does between the preserve and the jump. */
static void write_late(int i)
{
	int fd = fds[i][LATE];
	long at = 2 * PAGE * (here() - 1);
	char *map;

	luo_check_eq(luo_fill(fd, at, PAGE, late_seed(i, here())), 0);
	map = mmap(NULL, kinds[LATE].size, PROT_READ | PROT_WRITE, MAP_SHARED,
		   fd, 0);
	luo_check(map != MAP_FAILED);
	luo_pattern(map + at + PAGE, PAGE, late_seed(i, here()), at + PAGE);
}

static void go_on(int dev)
{
	char path[64];
	int i;

	/*
	 * Only kernels that know more than what all know have these files.
	 * Mainline's does not say what it reads, which is what this test knows.
	 */
	luo_write_file(LUO_MEMFD_EXTENTS, "0");
	luo_write_file(FORCE, "1");
	for (i = 0; i < SESSIONS; i++)
		preserve_session(dev, i);
	for (i = 0; i < SESSIONS; i++)
		write_late(i);
	snprintf(path, sizeof(path), "/boot/%s", kernels[here()]);
	luo_check_eq(luo_kexec_load(path, luo_next_stage()), 0);
	luo_jump();
}

/* A kernel that counts the updates has been told of those before it. */
static void check_count(void)
{
	FILE *f = fopen(UPDATE_COUNT, "re");
	int count;

	if (!f)
		return;
	luo_check_eq(fscanf(f, "%d", &count), 1);
	luo_check_eq(count, here() - 1);
	fclose(f);
}

/* The memory of the files is ordinary memory again. */
static void let_go(void)
{
	long before = luo_free_pages(), bytes = 0;
	int i, kind;

	for (i = 0; i < SESSIONS; i++) {
		for (kind = 0; kind < KINDS; kind++) {
			close(fds[i][kind]);
			bytes += kind == SPARSE ? 0 : kinds[kind].size;
		}
	}
	luo_check(luo_free_pages() - before >= bytes / PAGE * 9 / 10);
}

static void run_kernel(void)
{
	int dev = luo_get(luo_open()), i;

	check_count();
	if (here() == 1)
		make_files();
	for (i = 0; here() > 1 && i < SESSIONS; i++)
		retrieve_session(dev, i);
	check_huge();
	if (here() < nr_kernels)
		go_on(dev);
	let_go();
}

int main(int argc, char **argv)
{
	static struct luo_stage stages[MAX_KERNELS];
	static char names[MAX_KERNELS][64];
	int i;

	if (argc < 2 || argc - 1 > MAX_KERNELS) {
		fprintf(stderr, "usage: luo_kexec_pair KERNEL KERNEL...\n");
		return KSFT_FAIL;
	}
	kernels = argv + 1;
	nr_kernels = argc - 1;
	for (i = 0; i < nr_kernels; i++) {
		snprintf(names[i], sizeof(names[i]), "%s as kernel %d",
			 kernels[i], i + 1);
		stages[i].name = names[i];
		stages[i].run = run_kernel;
	}
	return luo_run_stages(stages, nr_kernels);
}
