// SPDX-License-Identifier: GPL-2.0
/*
 * A memfd has a poisoned page, before it is preserved or afterwards: it cannot
 * be handed over, everything can be undone, and other memfds are not affected.
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "luo_harness.h"
#include "luo_util.h"

#define PAGE 4096L
#define SIZE (64 * PAGE)

/* The first half of the file is allocated, the second one is a hole. */
#define HOLE (SIZE / 2)

#define HUGE (2L << 20)
#define SHMEM_HUGE "/sys/kernel/mm/transparent_hugepage/shmem_enabled"

FIXTURE(poison)
{
	int dev;
	int session;
	int fd;
	struct luo_held held;
};

/* @prepare is the result of PREPARE; the mainline format checks in FREEZE. */
FIXTURE_VARIANT(poison)
{
	const char *extents;
	int prepare;
};

FIXTURE_VARIANT_ADD(poison, extents)
{
	.extents = "1",
	.prepare = -EHWPOISON,
};

FIXTURE_VARIANT_ADD(poison, folios)
{
	.extents = "0",
	.prepare = 0,
};

/* With a length of 0 no page is poisoned; without the option it is -EINVAL. */
static bool pages_can_be_broken(void)
{
	return !madvise(NULL, 0, MADV_HWPOISON);
}

FIXTURE_SETUP(poison)
{
	luo_setup_machine(_metadata);
	if (!pages_can_be_broken())
		SKIP(return, "no MADV_HWPOISON: no CONFIG_MEMORY_FAILURE");
	self->dev = luo_setup_device(_metadata);
	luo_setup_memfds(_metadata);
	ASSERT_EQ(luo_write_file(LUO_MEMFD_EXTENTS, variant->extents), 0);
	self->held = luo_setup_held(_metadata);
	self->session = luo_setup_session(_metadata, self->dev, "poison");
	self->fd = luo_memfd("poison", SIZE);
	ASSERT_GE(self->fd, 0);
	ASSERT_EQ(luo_fill(self->fd, 0, HOLE, 1), 0);
}

/* No test leaves anything preserved. */
FIXTURE_TEARDOWN(poison)
{
	close(self->session);
	close(self->fd);
	close(self->dev);
	EXPECT_EQ(luo_write_file(LUO_MEMFD_EXTENTS, "1"), 0);
	luo_expect_held(_metadata, self->held);
}

/* Poisons a page; processes that map it get SIGBUS. False if that failed. */
static bool break_page(int fd, off_t offset)
{
	const int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
	const pid_t pid = fork();
	char *map;

	if (!pid) {
		map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, flags, fd,
			   offset);
		if (map == MAP_FAILED)
			_exit(1);
		map[0] = 'x';
		madvise(map, PAGE, MADV_HWPOISON);
		_exit(0);
	}
	return pid > 0 && waitpid(pid, NULL, 0) == pid;
}

/* True if reading the page fails, as for any poisoned page. */
static bool is_broken(int fd, off_t offset)
{
	char byte;

	return pread(fd, &byte, 1, offset) < 0 && errno == EIO;
}

static int punch(int fd, off_t offset)
{
	return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset,
			 PAGE) ? -errno : 0;
}

/* After punching out that page, the file can be preserved and prepared. */
static void expect_mended(struct __test_metadata *_metadata,
			  int session, int fd, off_t offset)
{
	ASSERT_EQ(punch(fd, offset), 0);
	ASSERT_EQ(luo_preserve_fd(session, fd, 1), 0);
	ASSERT_EQ(luo_session_event(session, LIVEUPDATE_PREPARE), 0);
	ASSERT_EQ(luo_session_event(session, LIVEUPDATE_FREEZE), 0);
	ASSERT_EQ(luo_session_event(session, LIVEUPDATE_CANCEL), 0);
	EXPECT_TRUE(luo_matches(fd, 0, PAGE, 1));
	EXPECT_TRUE(luo_is_zero(fd, offset, PAGE));
}

TEST_F(poison, broken_before_it_is_preserved)
{
	ASSERT_TRUE(break_page(self->fd, 3 * PAGE));
	ASSERT_TRUE(is_broken(self->fd, 3 * PAGE));
	EXPECT_EQ(luo_preserve_fd(self->session, self->fd, 1), -EHWPOISON);
	EXPECT_EQ(luo_preserve_fd(self->session, self->fd, 1), -EHWPOISON);
	EXPECT_LE(luo_kho_pages(), self->held.pages + 1);
	/* The file is not frozen after a failed PRESERVE. */
	EXPECT_EQ(ftruncate(self->fd, 2 * SIZE), 0);
	EXPECT_EQ(ftruncate(self->fd, SIZE), 0);
	expect_mended(_metadata, self->session, self->fd, 3 * PAGE);
}

TEST_F(poison, broken_before_prepare)
{
	ASSERT_EQ(luo_preserve_fd(self->session, self->fd, 1), 0);
	ASSERT_TRUE(break_page(self->fd, 5 * PAGE));
	ASSERT_TRUE(is_broken(self->fd, 5 * PAGE));
	EXPECT_EQ(luo_session_event(self->session, LIVEUPDATE_PREPARE),
		  variant->prepare);
	if (variant->prepare) {
		EXPECT_EQ(luo_session_event(self->session, LIVEUPDATE_PREPARE),
			  variant->prepare);
		EXPECT_EQ(luo_session_state(self->session),
			  LIVEUPDATE_STATE_NORMAL);
	} else {
		ASSERT_EQ(luo_session_event(self->session, LIVEUPDATE_FREEZE),
			  -EHWPOISON);
		EXPECT_EQ(luo_session_event(self->session, LIVEUPDATE_CANCEL),
			  0);
	}
	EXPECT_TRUE(luo_matches(self->fd, 6 * PAGE, PAGE, 1));
	ASSERT_EQ(luo_unpreserve_fd(self->session, 1), 0);
	expect_mended(_metadata, self->session, self->fd, 5 * PAGE);
}

TEST_F(poison, broken_before_freeze)
{
	ASSERT_EQ(luo_preserve_fd(self->session, self->fd, 1), 0);
	ASSERT_EQ(luo_session_event(self->session, LIVEUPDATE_PREPARE), 0);
	ASSERT_TRUE(break_page(self->fd, HOLE - PAGE));
	ASSERT_TRUE(is_broken(self->fd, HOLE - PAGE));
	ASSERT_EQ(luo_session_event(self->session, LIVEUPDATE_FREEZE),
		  -EHWPOISON);
	ASSERT_EQ(luo_session_event(self->session, LIVEUPDATE_FREEZE),
		  -EHWPOISON);
	EXPECT_EQ(luo_session_state(self->session), LIVEUPDATE_STATE_PREPARED);
	/* Filling a hole does not sleep. */
	EXPECT_EQ(luo_fill(self->fd, HOLE, PAGE, 2), 0);
	EXPECT_EQ(luo_session_event(self->session, LIVEUPDATE_CANCEL), 0);
	ASSERT_EQ(luo_unpreserve_fd(self->session, 1), 0);
	expect_mended(_metadata, self->session, self->fd, HOLE - PAGE);
}

/* The whole file is checked again, also if it has new pages. */
TEST_F(poison, broken_page_that_came_since)
{
	ASSERT_EQ(luo_preserve_fd(self->session, self->fd, 1), 0);
	ASSERT_EQ(luo_fill(self->fd, HOLE, 3 * PAGE, 1), 0);
	ASSERT_TRUE(break_page(self->fd, HOLE + PAGE));
	ASSERT_TRUE(is_broken(self->fd, HOLE + PAGE));
	EXPECT_EQ(luo_session_event(self->session, LIVEUPDATE_PREPARE),
		  variant->prepare);
	if (!variant->prepare)
		ASSERT_EQ(luo_session_event(self->session, LIVEUPDATE_FREEZE),
			  -EHWPOISON);
	luo_session_event(self->session, LIVEUPDATE_CANCEL);
	ASSERT_EQ(luo_unpreserve_fd(self->session, 1), 0);
	expect_mended(_metadata, self->session, self->fd, HOLE + PAGE);
}

/* A poisoned page in a huge page. */
TEST_F(poison, broken_page_of_a_huge_one)
{
	int fd;

	if (access(SHMEM_HUGE, F_OK))
		SKIP(return, "no huge pages: no CONFIG_TRANSPARENT_HUGEPAGE");
	ASSERT_EQ(luo_write_file(SHMEM_HUGE, "always"), 0);
	fd = luo_memfd_filled("huge", 2 * HUGE, 1);
	EXPECT_EQ(luo_write_file(SHMEM_HUGE, "never"), 0);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(luo_preserve_fd(self->session, fd, 1), 0);
	ASSERT_EQ(luo_session_event(self->session, LIVEUPDATE_PREPARE), 0);
	ASSERT_TRUE(break_page(fd, HUGE + 7 * PAGE));
	ASSERT_TRUE(is_broken(fd, HUGE + 7 * PAGE));
	ASSERT_EQ(luo_session_event(self->session, LIVEUPDATE_FREEZE),
		  -EHWPOISON);
	EXPECT_EQ(luo_session_event(self->session, LIVEUPDATE_CANCEL), 0);
	EXPECT_EQ(luo_unpreserve_fd(self->session, 1), 0);
	EXPECT_TRUE(luo_matches(fd, 0, HUGE, 1));
	close(fd);
}

/* Poisoned pages of other files have no effect. */
TEST_F(poison, broken_page_of_somebody_else)
{
	ASSERT_TRUE(break_page(-1, 0));
	ASSERT_EQ(luo_preserve_fd(self->session, self->fd, 1), 0);
	ASSERT_TRUE(break_page(-1, 0));
	EXPECT_EQ(luo_session_event(self->session, LIVEUPDATE_PREPARE), 0);
	ASSERT_TRUE(break_page(-1, 0));
	EXPECT_EQ(luo_session_event(self->session, LIVEUPDATE_FREEZE), 0);
	EXPECT_EQ(luo_session_event(self->session, LIVEUPDATE_CANCEL), 0);
	EXPECT_TRUE(luo_matches(self->fd, 0, HOLE, 1));
}

TEST_HARNESS_MAIN
