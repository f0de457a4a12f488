// SPDX-License-Identifier: GPL-2.0
/*
 * What userspace can rely on for a memfd, while it is preserved and afterwards.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "luo_harness.h"
#include "luo_util.h"

#define PAGE 4096
#define SIZE (64 * PAGE)

FIXTURE(memfd)
{
	int dev;
	int session;
	int fd;
	struct luo_held held;
};

/* @records is the number of pages that a file takes besides its contents. */
FIXTURE_VARIANT(memfd)
{
	const char *extents;
	long records;
	int read_only;
};

/* A record, a chunk, a block of files. */
FIXTURE_VARIANT_ADD(memfd, extents)
{
	.extents = "1",
	.records = 3,
	.read_only = 0,
};

/* A record, an area with a chunk, a block of files. */
FIXTURE_VARIANT_ADD(memfd, folios)
{
	.extents = "0",
	.records = 4,
	.read_only = -EOPNOTSUPP,
};

FIXTURE_SETUP(memfd)
{
	luo_setup_machine(_metadata);
	self->dev = luo_setup_device(_metadata);
	luo_setup_memfds(_metadata);
	ASSERT_EQ(luo_write_file(LUO_MEMFD_EXTENTS, variant->extents), 0);
	self->held = luo_setup_held(_metadata);
	self->session = luo_setup_session(_metadata, self->dev, "memfd");
	self->fd = luo_memfd_filled("memfd", SIZE, 1);
	ASSERT_GE(self->fd, 0);
}

/* No test leaves anything preserved. */
FIXTURE_TEARDOWN(memfd)
{
	close(self->session);
	close(self->fd);
	close(self->dev);
	EXPECT_EQ(luo_write_file(LUO_MEMFD_EXTENTS, "1"), 0);
	luo_expect_held(_metadata, self->held);
}

TEST_F(memfd, stays_usable_while_preserved)
{
	char *map;

	ASSERT_EQ(luo_preserve_fd(self->session, self->fd, 1), 0);
	EXPECT_TRUE(luo_matches(self->fd, 0, SIZE, 1));
	EXPECT_EQ(luo_fill(self->fd, PAGE, PAGE, 2), 0);
	EXPECT_TRUE(luo_matches(self->fd, PAGE, PAGE, 2));
	map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
	ASSERT_NE(map, MAP_FAILED);
	luo_pattern(map + 3 * PAGE, PAGE, 3, 3 * PAGE);
	EXPECT_TRUE(luo_matches(self->fd, 3 * PAGE, PAGE, 3));
	munmap(map, SIZE);
}

TEST_F(memfd, size_is_fixed_while_preserved)
{
	struct stat st;
	char byte = 0;

	ASSERT_EQ(luo_preserve_fd(self->session, self->fd, 1), 0);
	EXPECT_EQ(ftruncate(self->fd, SIZE - 1), -1);
	EXPECT_EQ(errno, EPERM);
	EXPECT_EQ(ftruncate(self->fd, SIZE + 1), -1);
	EXPECT_EQ(errno, EPERM);
	EXPECT_EQ(ftruncate(self->fd, SIZE), 0);
	EXPECT_EQ(pwrite(self->fd, &byte, 1, SIZE), -1);
	EXPECT_EQ(errno, EPERM);
	EXPECT_EQ(fallocate(self->fd, 0, SIZE, PAGE), -1);
	EXPECT_EQ(errno, EPERM);
	ASSERT_EQ(fstat(self->fd, &st), 0);
	EXPECT_EQ(st.st_size, SIZE);
}

/* When a file is not preserved, ftruncate() to its present size frees them. */
TEST_F(memfd, pages_beyond_eof_stay_while_preserved)
{
	const blkcnt_t blocks = (SIZE + 4 * PAGE) / 512;

	ASSERT_EQ(fallocate(self->fd, FALLOC_FL_KEEP_SIZE, SIZE, 4 * PAGE), 0);
	ASSERT_EQ(luo_preserve_fd(self->session, self->fd, 1), 0);
	EXPECT_EQ(ftruncate(self->fd, SIZE), 0);
	EXPECT_EQ(luo_blocks(self->fd), blocks);
	EXPECT_EQ(luo_session_event(self->session, LIVEUPDATE_PREPARE), 0);
	EXPECT_EQ(ftruncate(self->fd, SIZE), 0);
	EXPECT_EQ(luo_session_event(self->session, LIVEUPDATE_FREEZE), 0);
	EXPECT_EQ(ftruncate(self->fd, SIZE), 0);
	EXPECT_EQ(luo_blocks(self->fd), blocks);
	EXPECT_EQ(luo_session_event(self->session, LIVEUPDATE_CANCEL), 0);
	EXPECT_EQ(luo_unpreserve_fd(self->session, 1), 0);
	EXPECT_TRUE(luo_matches(self->fd, 0, SIZE, 1));
	EXPECT_EQ(ftruncate(self->fd, SIZE), 0);
	EXPECT_EQ(luo_blocks(self->fd), SIZE / 512);
}

TEST_F(memfd, pages_of_an_empty_file_stay_while_preserved)
{
	int fd = luo_memfd("empty", 0), again;

	ASSERT_GE(fd, 0);
	ASSERT_EQ(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 4 * PAGE), 0);
	ASSERT_EQ(luo_preserve_fd(self->session, fd, 1), 0);
	again = luo_reopen(fd, O_RDWR | O_TRUNC);
	ASSERT_GE(again, 0);
	EXPECT_EQ(luo_blocks(fd), 4 * PAGE / 512);
	EXPECT_EQ(luo_session_event(self->session, LIVEUPDATE_PREPARE), 0);
	EXPECT_EQ(luo_session_event(self->session, LIVEUPDATE_FREEZE), 0);
	close(again);
	close(fd);
}

TEST_F(memfd, pages_are_not_taken_out_while_preserved)
{
	ASSERT_EQ(luo_preserve_fd(self->session, self->fd, 1), 0);
	EXPECT_EQ(fallocate(self->fd,
			    FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			    PAGE), -1);
	EXPECT_EQ(errno, EPERM);
	EXPECT_TRUE(luo_matches(self->fd, 0, SIZE, 1));
}

TEST_F(memfd, is_as_before_after_the_session)
{
	ASSERT_EQ(luo_preserve_fd(self->session, self->fd, 1), 0);
	close(self->session);
	EXPECT_TRUE(luo_matches(self->fd, 0, SIZE, 1));
	EXPECT_EQ(fallocate(self->fd,
			    FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			    PAGE), 0);
	EXPECT_EQ(ftruncate(self->fd, 2 * SIZE), 0);
	EXPECT_EQ(ftruncate(self->fd, 0), 0);
	EXPECT_EQ(luo_blocks(self->fd), 0);
	self->session = luo_create(self->dev, "memfd");
	EXPECT_GE(self->session, 0);
}

TEST_F(memfd, outlives_its_last_fd)
{
	ASSERT_EQ(luo_preserve_fd(self->session, self->fd, 1), 0);
	close(self->fd);
	EXPECT_GE(luo_kho_pages(), self->held.pages + SIZE / PAGE);
	self->fd = -1;
}

TEST_F(memfd, every_page_is_preserved_once)
{
	long before = luo_kho_pages();

	ASSERT_EQ(luo_preserve_fd(self->session, self->fd, 1), 0);
	EXPECT_EQ(luo_kho_pages() - before, SIZE / PAGE + variant->records);
}

TEST_F(memfd, holes_are_not_filled)
{
	int fd = luo_memfd("sparse", 1L << 30);
	long before;
	int i;

	ASSERT_GE(fd, 0);
	for (i = 0; i < 16; i++)
		ASSERT_EQ(luo_fill(fd, i * 64L * 1024 * 1024, PAGE, i), 0);
	before = luo_kho_pages();
	ASSERT_EQ(luo_preserve_fd(self->session, fd, 1), 0);
	EXPECT_EQ(luo_blocks(fd), 16 * PAGE / 512);
	EXPECT_EQ(luo_kho_pages() - before, 16 + variant->records);
	EXPECT_TRUE(luo_is_hole(fd, PAGE, PAGE));
	close(fd);
}

TEST_F(memfd, empty_file)
{
	int fd = luo_memfd("empty", 0);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(luo_preserve_fd(self->session, fd, 1), 0);
	EXPECT_EQ(ftruncate(fd, 1), -1);
	EXPECT_EQ(errno, EPERM);
	close(fd);
}

TEST_F(memfd, file_of_nothing_but_a_hole)
{
	int fd = luo_memfd("hole", 1L << 44);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(luo_preserve_fd(self->session, fd, 1), 0);
	EXPECT_EQ(luo_blocks(fd), 0);
	close(fd);
}

TEST_F(memfd, largest_file_there_can_be)
{
	int fd = luo_memfd("largest", 0x7fffffffffffffffL);

	ASSERT_GE(fd, 0);
	ASSERT_EQ(luo_fill(fd, 0x7ffffffffffff000L, PAGE - 1, 1), 0);
	EXPECT_EQ(luo_preserve_fd(self->session, fd, 1), 0);
	EXPECT_EQ(luo_blocks(fd), PAGE / 512);
	close(fd);
}

/* Pages that were allocated, but never written, are not holes. */
TEST_F(memfd, fallocated_pages)
{
	int fd = luo_memfd("falloc", 0);
	long before = luo_kho_pages();

	ASSERT_GE(fd, 0);
	ASSERT_EQ(fallocate(fd, 0, 0, 32 * PAGE), 0);
	ASSERT_EQ(luo_preserve_fd(self->session, fd, 1), 0);
	EXPECT_EQ(luo_kho_pages() - before, 32 + variant->records);
	EXPECT_TRUE(luo_is_zero(fd, 0, 32 * PAGE));
	close(fd);
}

TEST_F(memfd, many_folios)
{
	/* More than a chunk of an area, and more than a page of entries. */
	const size_t size = 140000L * PAGE / 4;
	int fd = luo_memfd_filled("many", size, 5);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(luo_preserve_fd(self->session, fd, 1), 0);
	EXPECT_TRUE(luo_matches(fd, size / 2, PAGE, 5));
	close(fd);
}

/* Kills a process during PRESERVE; false if that was complete already. */
static bool kill_preserver(int session, int fd)
{
	const long before = luo_kho_pages();
	const pid_t pid = fork();

	if (!pid) {
		luo_preserve_fd(session, fd, 1);
		_exit(0);
	}
	while (luo_kho_pages() < before + 100 && !waitpid(pid, NULL, WNOHANG))
		;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return luo_unpreserve_fd(session, 1) == -ENOENT;
}

TEST_F(memfd, who_preserves_can_be_killed)
{
	bool killed = false;
	int i, fd = -1;

	for (i = 0; i < 20 && !killed; i++) {
		close(fd);
		/* Slow, as each page has to be initialised. */
		fd = luo_memfd("large", 0);
		ASSERT_GE(fd, 0);
		ASSERT_EQ(fallocate(fd, 0, 0, 65536 * PAGE), 0);
		killed = kill_preserver(self->session, fd);
	}
	EXPECT_TRUE(killed);
	EXPECT_LE(luo_kho_pages(), self->held.pages + 1);
	EXPECT_EQ(ftruncate(fd, 64 * PAGE), 0);
	EXPECT_EQ(luo_preserve_fd(self->session, fd, 1), 0);
	close(fd);
}

/* The retrieved fd has exactly the rights of the preserved one. */
TEST_F(memfd, rights_that_the_format_knows)
{
	const int flags[] = { O_RDONLY, O_WRONLY, O_RDWR | O_APPEND };
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		fd = luo_reopen(self->fd, flags[i]);
		ASSERT_GE(fd, 0);
		EXPECT_EQ(luo_preserve_fd(self->session, fd, 1),
			  variant->read_only);
		luo_unpreserve_fd(self->session, 1);
		close(fd);
	}
	/* O_ACCMODE: neither reading nor writing, only ioctls. */
	fd = luo_reopen(self->fd, O_ACCMODE);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(luo_preserve_fd(self->session, fd, 1), -EOPNOTSUPP);
	close(fd);
	EXPECT_EQ(luo_preserve_fd(self->session, self->fd, 1), 0);
}

/* Contents and records; the mainline format does not implement this. */
TEST_F(memfd, bytes_are_counted)
{
	struct liveupdate_file_info info;
	uint64_t cursor = 0;

	ASSERT_EQ(luo_preserve_fd(self->session, self->fd, 1), 0);
	ASSERT_EQ(luo_list_fds(self->session, &cursor, &info, 1), 1);
	if (variant->records == 3)
		EXPECT_EQ(info.bytes, SIZE + 2 * PAGE);
}

/* A file of a mounted tmpfs is not a memfd, unlinked or not. */
TEST_F(memfd, unlinked_file_of_a_tmpfs)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(luo_preserve_fd(self->session, fd, 1), -EOPNOTSUPP);
	close(fd);

	fd = open("/tmp/memfd:x", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ASSERT_GE(fd, 0);
	unlink("/tmp/memfd:x");
	EXPECT_EQ(luo_preserve_fd(self->session, fd, 1), -EOPNOTSUPP);
	close(fd);
}

TEST_F(memfd, every_seal_can_be_there)
{
	const int seals[] = {
		F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE,
		F_SEAL_FUTURE_WRITE,
		F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(seals); i++) {
		int fd = luo_memfd_filled("seal", PAGE, 1);

		ASSERT_GE(fd, 0);
		ASSERT_EQ(fcntl(fd, F_ADD_SEALS, seals[i]), 0);
		EXPECT_EQ(luo_preserve_fd(self->session, fd, i), 0);
		EXPECT_EQ(fcntl(fd, F_GET_SEALS), seals[i]);
		close(fd);
	}
}

TEST_HARNESS_MAIN
