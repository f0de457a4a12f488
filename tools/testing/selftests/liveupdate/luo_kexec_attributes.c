// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes of a memfd survive an update: owner, mode, name, time stamps,
 * seals, and how it was opened, whether they were set before it was preserved
 * or afterwards.
 */

#include <errno.h>
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

#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define SHMEM_HUGE "/sys/kernel/mm/transparent_hugepage/shmem_enabled"

#define LONG_NAME 249

/**
 * struct kind - a file of the test
 * @name: its name; NULL for one of maximum length
 * @create: flags of memfd_create()
 * @mode: permission bits, 0 for the default
 * @before: seals that are set before it is preserved
 * @after: seals that are set afterwards
 * @open: flags to reopen it with, 0 to not reopen it
 * @huge: it consists of huge pages
 */
struct kind {
	const char *name;
	unsigned int create;
	mode_t mode;
	int before;
	int after;
	int open;
	bool huge;
};

#define MANY (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE)
#define ALL (MANY | F_SEAL_WRITE | F_SEAL_EXEC | F_SEAL_SEAL)

/* A mode without execute permissions, which F_SEAL_EXEC requires. */
#define DATA 0600

#define SEALED(...)							\
	{ .name = "sealed", .create = MFD_ALLOW_SEALING, __VA_ARGS__ }

/* Distinguishes O_RDONLY, which is 0, from no reopening. */
#define REOPEN 0x40000000

static const struct kind kinds[] = {
	{ .name = "plain", .create = MFD_ALLOW_SEALING },
	{ .mode = 0640 },
	{ .name = "", .mode = 06751 },
	{ .name = "not executable", .create = MFD_NOEXEC_SEAL },
	{ .name = "read", .mode = 0444, .open = REOPEN | O_RDONLY },
	{ .name = "write", .open = REOPEN | O_WRONLY },
	{ .name = "append", .open = REOPEN | O_RDWR | O_APPEND },
	{ .name = "append only", .open = REOPEN | O_WRONLY | O_APPEND },
	{ .name = "huge", .huge = true },
	SEALED(.before = F_SEAL_SEAL),
	SEALED(.after = F_SEAL_SEAL),
	SEALED(.before = F_SEAL_SHRINK),
	SEALED(.after = F_SEAL_SHRINK),
	SEALED(.before = F_SEAL_GROW),
	SEALED(.after = F_SEAL_GROW),
	SEALED(.before = F_SEAL_FUTURE_WRITE),
	SEALED(.after = F_SEAL_FUTURE_WRITE),
	/* F_SEAL_WRITE fails while other users hold references to pages. */
	SEALED(.before = F_SEAL_WRITE),
	SEALED(.before = F_SEAL_EXEC),
	SEALED(.before = F_SEAL_EXEC, .mode = DATA),
	SEALED(.after = F_SEAL_EXEC, .mode = DATA),
	SEALED(.before = MANY, .after = F_SEAL_EXEC | F_SEAL_SEAL,
	       .mode = DATA),
	SEALED(.before = ALL),
	SEALED(.before = F_SEAL_GROW, .after = MANY | F_SEAL_SEAL),
};

#define NR_KINDS ARRAY_SIZE(kinds)
#define SIZE (4 * MIB)
#define TOKEN_NOTES 1000

/* Attributes at the time of the kexec, for comparison in the next kernel. */
struct note {
	struct statx stat;
	char link[320];
	int seals;
	int flags;
	off_t pos;
};

static void read_link(int fd, char link[320])
{
	char path[64];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = luo_get(readlink(path, link, 319));
	link[len] = 0;
}

static struct note describe(int fd)
{
	struct note note;

	memset(&note, 0, sizeof(note));
	luo_check_eq(statx(fd, "", AT_EMPTY_PATH,
			   STATX_BASIC_STATS | STATX_BTIME, &note.stat), 0);
	read_link(fd, note.link);
	note.seals = luo_get(fcntl(fd, F_GET_SEALS));
	note.flags = luo_get(fcntl(fd, F_GETFL));
	note.pos = lseek(fd, 0, SEEK_CUR);
	return note;
}

static bool same_time(struct statx_timestamp a, struct statx_timestamp b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static void compare(const struct note *had, const struct note *has)
{
	const struct statx *a = &had->stat, *b = &has->stat;

	luo_check(!strcmp(had->link, has->link));
	luo_check_eq(has->seals, had->seals);
	luo_check_eq(has->flags, had->flags);
	luo_check_eq(has->pos, had->pos);
	luo_check_eq(b->stx_mode, a->stx_mode);
	luo_check_eq(b->stx_uid, a->stx_uid);
	luo_check_eq(b->stx_gid, a->stx_gid);
	luo_check_eq(b->stx_size, a->stx_size);
	luo_check_eq(b->stx_blocks, a->stx_blocks);
	luo_check(same_time(b->stx_atime, a->stx_atime));
	luo_check(same_time(b->stx_mtime, a->stx_mtime));
	luo_check(same_time(b->stx_ctime, a->stx_ctime));
	luo_check(same_time(b->stx_btime, a->stx_btime));
}

/* Creates a file with a hole, and with pages beyond its end. */
static int make_file(const struct kind *kind, unsigned int seed)
{
	char name[LONG_NAME + 1];
	int fd;

	memset(name, 'x', LONG_NAME);
	name[LONG_NAME] = 0;
	luo_check_eq(luo_write_file(SHMEM_HUGE,
				    kind->huge ? "always" : "never"), 0);
	fd = luo_get(memfd_create(kind->name ?: name,
				  kind->create | MFD_CLOEXEC));
	luo_check_eq(ftruncate(fd, SIZE), 0);
	luo_check_eq(luo_fill(fd, 0, SIZE / 2, seed), 0);
	luo_check_eq(luo_fill(fd, SIZE - PAGE, PAGE, seed), 0);
	luo_check_eq(fallocate(fd, FALLOC_FL_KEEP_SIZE, SIZE, 2 * PAGE), 0);
	return fd;
}

static int open_file(const struct kind *kind, unsigned int seed)
{
	int fd = make_file(kind, seed), again;

	if (kind->mode)
		luo_check_eq(fchmod(fd, kind->mode), 0);
	luo_check_eq(fchown(fd, 1000 + seed, 2000 + seed), 0);
	/* chown() may clear mode bits. */
	if (kind->mode)
		luo_check_eq(fchmod(fd, kind->mode), 0);
	if (kind->before)
		luo_check_eq(fcntl(fd, F_ADD_SEALS, kind->before), 0);
	if (!kind->open)
		return fd;
	again = luo_get(luo_reopen(fd, kind->open & ~REOPEN));
	close(fd);
	return again;
}

/* Changes attributes of a file that is preserved. */
static void change_file(int fd, const struct kind *kind, unsigned int seed)
{
	const struct timespec times[] = { { seed, 1 }, { -1L - seed, 999999999 } };
	/* May be beyond the end of the file. */
	const off_t pos = ((off_t)seed << 40) + 7;

	luo_check_eq(fchown(fd, 3000 + seed, -1), 0);
	if (kind->mode)
		luo_check_eq(fchmod(fd, kind->mode), 0);
	luo_check_eq(futimens(fd, times), 0);
	luo_check_eq(lseek(fd, pos, SEEK_SET), pos);
	if (kind->after)
		luo_check_eq(fcntl(fd, F_ADD_SEALS, kind->after), 0);
	if (seed % 2 && !kind->open)
		luo_check_eq(fcntl(fd, F_SETFL, O_APPEND), 0);
}

static void before(void)
{
	int session = luo_get(luo_create(luo_get(luo_open()), "attributes"));
	int notes = luo_get(luo_memfd("notes", NR_KINDS * sizeof(struct note)));
	int fds[NR_KINDS];
	unsigned int i;

	for (i = 0; i < NR_KINDS; i++) {
		ksft_print_msg("file %u, \"%s\"\n", i, kinds[i].name ?: "(long)");
		fds[i] = open_file(&kinds[i], i);
		luo_check_eq(luo_preserve_fd(session, fds[i], i), 0);
		change_file(fds[i], &kinds[i], i);
	}
	for (i = 0; i < NR_KINDS; i++) {
		const struct note note = describe(fds[i]);

		luo_check_eq(pwrite(notes, &note, sizeof(note),
				    i * sizeof(note)), sizeof(note));
	}
	luo_check_eq(luo_preserve_fd(session, notes, TOKEN_NOTES), 0);
	luo_next_kernel();
}

/* The retrieved fd must not have more rights than the preserved one. */
static void check_rights(int fd, const struct note *had)
{
	const int mode = had->flags & O_ACCMODE;
	char byte;

	if (mode == O_RDONLY) {
		luo_check_eq(pwrite(fd, "", 1, 0), -1);
		luo_check_eq(errno, EBADF);
		luo_check(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, fd, 0) ==
			  MAP_FAILED);
		luo_check_eq(errno, EACCES);
		luo_check_eq(ftruncate(fd, 0), -1);
	}
	if (mode == O_WRONLY) {
		luo_check_eq(pread(fd, &byte, 1, 0), -1);
		luo_check_eq(errno, EBADF);
	}
	if (had->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) {
		luo_check_eq(pwrite(fd, "", 1, 0), -1);
		luo_check(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, fd, 0) ==
			  MAP_FAILED);
	}
	if (had->seals & F_SEAL_EXEC) {
		luo_check_eq(fchmod(fd, had->stat.stx_mode ^ 0111), -1);
		luo_check_eq(errno, EPERM);
	}
}

/* The owner can reopen the file for reading, however it was opened. */
static void check_contents(int fd, unsigned int seed)
{
	const int again = luo_get(luo_reopen(fd, O_RDONLY));

	luo_check(luo_matches(again, 0, SIZE / 2, seed));
	luo_check(luo_matches(again, SIZE - PAGE, PAGE, seed));
	if (!kinds[seed].huge)
		luo_check(luo_is_hole(again, SIZE / 2, SIZE / 2 - PAGE));
	close(again);
}

static void check_append(int fd, const struct note *had)
{
	struct stat st;

	if (!(had->flags & O_APPEND) || had->seals & ~F_SEAL_SEAL)
		return;
	luo_check_eq(lseek(fd, 0, SEEK_SET), 0);
	luo_check_eq(write(fd, "at the end", 10), 10);
	luo_check_eq(fstat(fd, &st), 0);
	luo_check_eq(st.st_size, SIZE + 10);
}

static void after(void)
{
	int session = luo_get(luo_retrieve(luo_get(luo_open()), "attributes"));
	int notes = luo_get(luo_retrieve_fd(session, TOKEN_NOTES));
	unsigned int i;

	for (i = 0; i < NR_KINDS; i++) {
		const int fd = luo_get(luo_retrieve_fd(session, i));
		const struct note has = describe(fd);
		struct note had;

		ksft_print_msg("file %u, \"%s\"\n", i, kinds[i].name ?: "(long)");
		luo_check_eq(pread(notes, &had, sizeof(had), i * sizeof(had)),
			     sizeof(had));
		compare(&had, &has);
		check_rights(fd, &had);
		check_contents(fd, i);
		check_append(fd, &had);
	}
	luo_check_eq(luo_finish(session), 0);
}

static const struct luo_stage stages[] = {
	{ "preserve files with different attributes", before },
	{ "the attributes are the same", after },
};

int main(void)
{
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
