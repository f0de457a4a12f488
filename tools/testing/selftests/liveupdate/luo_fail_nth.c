// SPDX-License-Identifier: GPL-2.0
/*
 * Runs sequences of commands again and again, each time with the next
 * allocation failing, until none fails any more. What it looks for is a crash,
 * a splat, and anything that stays behind.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "luo_harness.h"
#include "luo_util.h"

#define PAGE 4096
#define MAX_NTH 5000

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -EIO;
}

/* Lets any allocation of this task fail, and says nothing on the console. */
static int setup_injection(void)
{
	static const char * const kinds[] = { "failslab", "fail_page_alloc" };
	char path[128];
	size_t i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *dir = "/sys/kernel/debug";

		snprintf(path, sizeof(path), "%s/%s/ignore-gfp-wait", dir,
			 kinds[i]);
		err |= write_file(path, "N");
		snprintf(path, sizeof(path), "%s/%s/verbose", dir, kinds[i]);
		err |= write_file(path, "0");
	}
	err |= write_file("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem",
			  "N");
	err |= write_file("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	return err;
}

/* Opened once: to open a file takes allocations, too. */
static int nth_fd = -1;

static void set_nth(int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", nth);

	if (pwrite(nth_fd, text, len, 0) != len)
		abort();
}

/* True if the allocation that was to fail has failed. */
static bool has_failed(void)
{
	char buf[16] = "";

	if (pread(nth_fd, buf, sizeof(buf) - 1, 0) <= 0)
		abort();
	return !atoi(buf);
}

FIXTURE(fail)
{
	int dev;
	int dense;
	int sparse;
	long pages;
	long nodes;
};

FIXTURE_SETUP(fail)
{
	self->dev = luo_open();
	if (self->dev == -ENOENT)
		SKIP(return, LUO_DEVICE " is not there: no CONFIG_LIVEUPDATE, or no liveupdate=on");
	ASSERT_GE(self->dev, 0);
	nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth_fd < 0)
		SKIP(return, "no /proc/thread-self/fail-nth: no CONFIG_FAULT_INJECTION");
	ASSERT_EQ(setup_injection(), 0);
	self->dense = luo_memfd_filled("dense", 300 * PAGE, 1);
	self->sparse = luo_memfd("sparse", 1L << 36);
	ASSERT_GE(self->dense, 0);
	ASSERT_GE(self->sparse, 0);
	ASSERT_EQ(luo_fill(self->sparse, 1L << 35, PAGE, 2), 0);
	self->pages = luo_kho_pages();
	self->nodes = luo_kho_nodes();
}

FIXTURE_TEARDOWN(fail)
{
	close(self->dense);
	close(self->sparse);
	close(self->dev);
	close(nth_fd);
}

/* What a command may say when memory runs out. */
static bool is_allowed(int ret)
{
	return ret >= 0 || ret == -ENOMEM;
}

TEST_F(fail, create)
{
	int nth;

	for (nth = 1; nth < MAX_NTH; nth++) {
		bool failed;
		int session;

		set_nth(nth);
		session = luo_create(self->dev, "fail");
		failed = has_failed();
		set_nth(0);
		EXPECT_TRUE(is_allowed(session))
			TH_LOG("allocation %d: %d", nth, session);
		if (session >= 0)
			close(session);
		ASSERT_EQ(luo_kho_pages(), self->pages)
			TH_LOG("allocation %d", nth);
		ASSERT_EQ(luo_kho_nodes(), self->nodes)
			TH_LOG("allocation %d", nth);
		if (!failed)
			break;
	}
	TH_LOG("%d allocations failed", nth - 1);
	EXPECT_GT(nth, 3);
	EXPECT_LT(nth, MAX_NTH);
}

/* The file is as it was: not preserved, and with its contents. */
TEST_F(fail, preserve)
{
	int session = luo_create(self->dev, "fail"), nth;
	long pages = luo_kho_pages(), nodes = luo_kho_nodes();

	ASSERT_GE(session, 0);
	for (nth = 1; nth < MAX_NTH; nth++) {
		int dense, sparse = 0;
		bool failed;

		set_nth(nth);
		dense = luo_preserve_fd(session, self->dense, 1);
		if (!dense)
			sparse = luo_preserve_fd(session, self->sparse, 2);
		failed = has_failed();
		set_nth(0);
		EXPECT_TRUE(is_allowed(dense) && is_allowed(sparse))
			TH_LOG("allocation %d: %d, %d", nth, dense, sparse);
		if (!failed)
			break;
		if (dense) {
			ASSERT_EQ(luo_kho_pages(), pages)
				TH_LOG("allocation %d", nth);
			ASSERT_EQ(luo_kho_nodes(), nodes)
				TH_LOG("allocation %d", nth);
			ASSERT_EQ(ftruncate(self->dense, 301 * PAGE), 0);
			ASSERT_EQ(ftruncate(self->dense, 300 * PAGE), 0);
		}
		close(session);
		session = luo_create(self->dev, "fail");
		ASSERT_GE(session, 0);
	}
	TH_LOG("%d allocations failed", nth - 1);
	EXPECT_GT(nth, 10);
	EXPECT_LT(nth, MAX_NTH);
	EXPECT_TRUE(luo_matches(self->dense, 0, 300 * PAGE, 1));
	EXPECT_TRUE(luo_matches(self->sparse, 1L << 35, PAGE, 2));
	close(session);
	EXPECT_EQ(luo_kho_pages(), self->pages);
	EXPECT_EQ(luo_kho_nodes(), self->nodes);
}

/* PREPARE of the whole, then FREEZE of a session; what failed has not begun. */
static int prepare_and_freeze(int dev, int session)
{
	int err = luo_event(dev, LIVEUPDATE_PREPARE);

	if (err)
		return luo_session_state(session) == LIVEUPDATE_STATE_NORMAL &&
		       luo_state(dev) == LIVEUPDATE_STATE_NORMAL ?
		       err : -EPROTO;
	err = luo_session_event(session, LIVEUPDATE_FREEZE);
	if (err)
		return luo_session_state(session) == LIVEUPDATE_STATE_PREPARED ?
		       err : -EPROTO;
	return 0;
}

TEST_F(fail, prepare_and_freeze)
{
	int nth;

	for (nth = 1; nth < MAX_NTH; nth++) {
		int session = luo_create(self->dev, "fail"), err;
		off_t offset = (1L << 34) + nth * 4L * PAGE;
		bool failed;

		ASSERT_GE(session, 0);
		ASSERT_EQ(luo_preserve_fd(session, self->dense, 1), 0);
		ASSERT_EQ(luo_preserve_fd(session, self->sparse, 2), 0);
		/* There is something new to record. */
		ASSERT_EQ(luo_fill(self->sparse, offset, PAGE, nth), 0);
		set_nth(nth);
		err = prepare_and_freeze(self->dev, session);
		failed = has_failed();
		set_nth(0);
		EXPECT_TRUE(is_allowed(err))
			TH_LOG("allocation %d: %d", nth, err);
		/* Taking back needs no memory, either. */
		set_nth(1 + nth % 3);
		luo_event(self->dev, LIVEUPDATE_CANCEL);
		set_nth(0);
		EXPECT_EQ(luo_session_state(session), LIVEUPDATE_STATE_NORMAL);
		EXPECT_EQ(luo_state(self->dev), LIVEUPDATE_STATE_NORMAL);
		close(session);
		ASSERT_EQ(luo_kho_pages(), self->pages)
			TH_LOG("allocation %d", nth);
		ASSERT_EQ(luo_kho_nodes(), self->nodes)
			TH_LOG("allocation %d", nth);
		EXPECT_TRUE(luo_matches(self->sparse, offset, PAGE, nth));
		if (!failed)
			break;
	}
	TH_LOG("%d allocations failed", nth - 1);
	EXPECT_GT(nth, 1);
	EXPECT_LT(nth, MAX_NTH);
}

/* Nothing that a close does may need memory. */
TEST_F(fail, close)
{
	int nth;

	for (nth = 1; nth < 50; nth++) {
		int session = luo_create(self->dev, "fail");

		ASSERT_GE(session, 0);
		ASSERT_EQ(luo_preserve_fd(session, self->dense, 1), 0);
		ASSERT_EQ(luo_preserve_fd(session, self->sparse, 2), 0);
		set_nth(nth);
		close(session);
		set_nth(0);
		ASSERT_EQ(luo_kho_pages(), self->pages);
		ASSERT_EQ(luo_kho_nodes(), self->nodes);
	}
}

TEST_HARNESS_MAIN
