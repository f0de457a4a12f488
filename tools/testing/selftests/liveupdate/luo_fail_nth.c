// SPDX-License-Identifier: GPL-2.0
/*
 * Runs sequences of commands again and again, each time with the next
 * allocation failing, until none fails any more. What it looks for is a crash,
 * a splat, and anything that stays behind.
 */

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "luo_harness.h"
#include "luo_nth.h"
#include "luo_util.h"

#define PAGE 4096

FIXTURE(fail)
{
	int dev;
	int dense;
	int sparse;
	struct luo_held held;
};

FIXTURE_SETUP(fail)
{
	int err;

	luo_setup_machine(_metadata);
	self->dev = luo_setup_device(_metadata);
	luo_setup_memfds(_metadata);
	self->held = luo_setup_held(_metadata);
	err = luo_nth_open();
	if (err == -ENOENT)
		SKIP(return, "no fail-nth, failslab or fail_page_alloc: no fault injection");
	ASSERT_EQ(err, 0);
	self->dense = luo_memfd_filled("dense", 300 * PAGE, 1);
	self->sparse = luo_memfd("sparse", 1L << 36);
	ASSERT_GE(self->dense, 0);
	ASSERT_GE(self->sparse, 0);
	ASSERT_EQ(luo_fill(self->sparse, 1L << 35, PAGE, 2), 0);
}

FIXTURE_TEARDOWN(fail)
{
	close(self->dense);
	close(self->sparse);
	close(self->dev);
	luo_nth_close();
}

/* What a command may say when memory runs out. */
static bool is_allowed(int ret)
{
	return ret >= 0 || ret == -ENOMEM;
}

TEST_F(fail, create)
{
	int nth;

	for (nth = 1; nth < LUO_MAX_NTH; nth++) {
		bool failed;
		int session;

		luo_nth_set(nth);
		session = luo_create(self->dev, "fail");
		failed = luo_nth_failed();
		luo_nth_set(0);
		EXPECT_TRUE(is_allowed(session))
			TH_LOG("allocation %d: %d", nth, session);
		if (session >= 0)
			close(session);
		ASSERT_EQ(luo_kho_pages(), self->held.pages)
			TH_LOG("allocation %d", nth);
		ASSERT_EQ(luo_kho_nodes(), self->held.nodes)
			TH_LOG("allocation %d", nth);
		if (!failed)
			break;
	}
	TH_LOG("%d allocations failed", nth - 1);
	EXPECT_GT(nth, 3);
	EXPECT_LT(nth, LUO_MAX_NTH);
}

/* The file is as it was: not preserved, and with its contents. */
TEST_F(fail, preserve)
{
	int nth;

	for (nth = 1; nth < LUO_MAX_NTH; nth++) {
		int session = luo_create(self->dev, "fail"), dense, sparse = 0;
		/* Another session may have its page under another node. */
		const long pages = luo_kho_pages(), nodes = luo_kho_nodes();
		bool failed;

		ASSERT_GE(session, 0);
		luo_nth_set(nth);
		dense = luo_preserve_fd(session, self->dense, 1);
		if (!dense)
			sparse = luo_preserve_fd(session, self->sparse, 2);
		failed = luo_nth_failed();
		luo_nth_set(0);
		EXPECT_TRUE(is_allowed(dense) && is_allowed(sparse))
			TH_LOG("allocation %d: %d, %d", nth, dense, sparse);
		if (failed && dense) {
			ASSERT_EQ(luo_kho_pages(), pages)
				TH_LOG("allocation %d", nth);
			ASSERT_EQ(luo_kho_nodes(), nodes)
				TH_LOG("allocation %d", nth);
			ASSERT_EQ(ftruncate(self->dense, 301 * PAGE), 0);
			ASSERT_EQ(ftruncate(self->dense, 300 * PAGE), 0);
		}
		close(session);
		if (!failed)
			break;
	}
	TH_LOG("%d allocations failed", nth - 1);
	EXPECT_GT(nth, 10);
	EXPECT_LT(nth, LUO_MAX_NTH);
	EXPECT_TRUE(luo_matches(self->dense, 0, 300 * PAGE, 1));
	EXPECT_TRUE(luo_matches(self->sparse, 1L << 35, PAGE, 2));
	luo_expect_held(_metadata, self->held);
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

	for (nth = 1; nth < LUO_MAX_NTH; nth++) {
		int session = luo_create(self->dev, "fail"), err;
		off_t offset = (1L << 34) + nth * 4L * PAGE;
		bool failed;

		ASSERT_GE(session, 0);
		ASSERT_EQ(luo_preserve_fd(session, self->dense, 1), 0);
		ASSERT_EQ(luo_preserve_fd(session, self->sparse, 2), 0);
		/* There is something new to record. */
		ASSERT_EQ(luo_fill(self->sparse, offset, PAGE, nth), 0);
		luo_nth_set(nth);
		err = prepare_and_freeze(self->dev, session);
		failed = luo_nth_failed();
		luo_nth_set(0);
		EXPECT_TRUE(is_allowed(err))
			TH_LOG("allocation %d: %d", nth, err);
		/* Taking back needs no memory, either. */
		luo_nth_set(1 + nth % 3);
		luo_event(self->dev, LIVEUPDATE_CANCEL);
		luo_nth_set(0);
		EXPECT_EQ(luo_session_state(session), LIVEUPDATE_STATE_NORMAL);
		EXPECT_EQ(luo_state(self->dev), LIVEUPDATE_STATE_NORMAL);
		close(session);
		ASSERT_EQ(luo_kho_pages(), self->held.pages)
			TH_LOG("allocation %d", nth);
		ASSERT_EQ(luo_kho_nodes(), self->held.nodes)
			TH_LOG("allocation %d", nth);
		EXPECT_TRUE(luo_matches(self->sparse, offset, PAGE, nth));
		if (!failed)
			break;
	}
	TH_LOG("%d allocations failed", nth - 1);
	EXPECT_GT(nth, 1);
	EXPECT_LT(nth, LUO_MAX_NTH);
}

/*
 * Closing a session must not need memory: the few allocations that it makes may
 * fail, and nothing stays preserved. CREATE comes first and fails, which shows
 * that faults are injected: if none hits a close, then a close allocates nothing.
 */
TEST_F(fail, close)
{
	int nth, hits = 0;
	bool failed;

	luo_nth_set(1);
	EXPECT_EQ(luo_create(self->dev, "fail"), -ENOMEM);
	failed = luo_nth_failed();
	luo_nth_set(0);
	ASSERT_TRUE(failed);
	for (nth = 1; nth < 50; nth++) {
		int session = luo_create(self->dev, "fail");

		ASSERT_GE(session, 0);
		ASSERT_EQ(luo_preserve_fd(session, self->dense, 1), 0);
		ASSERT_EQ(luo_preserve_fd(session, self->sparse, 2), 0);
		luo_nth_set(nth);
		close(session);
		failed = luo_nth_failed();
		luo_nth_set(0);
		hits += failed;
		ASSERT_EQ(luo_kho_pages(), self->held.pages);
		ASSERT_EQ(luo_kho_nodes(), self->held.nodes);
	}
	TH_LOG("%d allocations failed", hits);
	/* The last round was beyond the last allocation of a close. */
	EXPECT_FALSE(failed);
}

TEST_HARNESS_MAIN
