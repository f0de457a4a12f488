// SPDX-License-Identifier: GPL-2.0
/*
 * Two processes compete for something that only one of them can get; and a
 * module is loaded and unloaded while its files are preserved. Needs the module
 * luo_test.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "luo_contest.h"
#include "luo_harness.h"
#include "luo_util.h"

#define PAGE 4096

/* Each round starts two processes. */
#define ROUNDS 20
#define RELOADS 15
#define PRESERVES 100

/* What the two processes compete for. */
struct duel {
	int dev;
	int a;
	int b;
	int file;
	int other;
};

FIXTURE(duels)
{
	struct duel d;
	struct luo_held held;
	long files;
};

/* Two sessions and two files that are not preserved. */
FIXTURE_SETUP(duels)
{
	struct duel *d = &self->d;

	luo_setup_machine(_metadata);
	d->dev = luo_setup_device(_metadata);
	luo_setup_memfds(_metadata);
	luo_setup_module(_metadata);
	d->a = luo_setup_session(_metadata, d->dev, "a");
	d->b = luo_setup_session(_metadata, d->dev, "b");
	d->file = luo_memfd_filled("file", 5 * PAGE, 1);
	d->other = luo_memfd_filled("other", PAGE, 2);
	ASSERT_GE(d->file, 0);
	ASSERT_GE(d->other, 0);
	self->held = luo_setup_held(_metadata);
	self->files = luo_open_files();
}

FIXTURE_TEARDOWN(duels)
{
	struct duel *d = &self->d;

	EXPECT_EQ(luo_state(d->dev), LIVEUPDATE_STATE_NORMAL);
	EXPECT_EQ(luo_event(d->dev, LIVEUPDATE_CANCEL), -ENOENT);
	luo_expect_held(_metadata, self->held);
	EXPECT_EQ(luo_open_files(), self->files);
	EXPECT_EQ(ftruncate(d->file, PAGE), 0);
	EXPECT_TRUE(luo_matches(d->file, 0, PAGE, 1));
	close(d->a);
	close(d->b);
	close(d->file);
	close(d->other);
	close(d->dev);
	EXPECT_EQ(luo_test_unload(), 0);
}

static int create_one(void *arg)
{
	struct duel *d = arg;

	return luo_create(d->dev, "one");
}

static int preserve_in_a(void *arg)
{
	struct duel *d = arg;

	return luo_preserve_fd(d->a, d->file, 1);
}

static int preserve_in_b(void *arg)
{
	struct duel *d = arg;

	return luo_preserve_fd(d->b, d->file, 1);
}

static int preserve_other(void *arg)
{
	struct duel *d = arg;

	return luo_preserve_fd(d->a, d->other, 1);
}

static int unpreserve(void *arg)
{
	struct duel *d = arg;

	return luo_unpreserve_fd(d->a, 1);
}

static int prepare(void *arg)
{
	struct duel *d = arg;

	return luo_event(d->dev, LIVEUPDATE_PREPARE);
}

static int cancel(void *arg)
{
	struct duel *d = arg;

	return luo_event(d->dev, LIVEUPDATE_CANCEL);
}

static int prepare_session(void *arg)
{
	struct duel *d = arg;

	return luo_session_event(d->a, LIVEUPDATE_PREPARE);
}

static int freeze_session(void *arg)
{
	struct duel *d = arg;

	return luo_session_event(d->a, LIVEUPDATE_FREEZE);
}

static int cancel_session(void *arg)
{
	struct duel *d = arg;

	return luo_session_event(d->a, LIVEUPDATE_CANCEL);
}

/* Undoes the effects of a round, whatever its outcome was. */
static void reset(struct duel *d)
{
	cancel(d);
	luo_unpreserve_fd(d->a, 1);
	luo_unpreserve_fd(d->b, 1);
}

static const struct {
	const char *name;
	/* Runs before the two; NULL for nothing. */
	luo_act first;
	luo_act second;
	luo_act one;
	luo_act two;
	/* Error of the one that loses. */
	int lose;
} duels[] = {
	{ "create one name", NULL, NULL, create_one, create_one, -EEXIST },
	{ "one file, two sessions", NULL, NULL, preserve_in_a, preserve_in_b,
	  -EBUSY },
	{ "two files, one token", NULL, NULL, preserve_in_a, preserve_other,
	  -EEXIST },
	{ "unpreserve", preserve_in_a, NULL, unpreserve, unpreserve, -ENOENT },
	{ "prepare all", preserve_in_a, NULL, prepare, prepare, -EINVAL },
	{ "cancel all", preserve_in_a, prepare, cancel, cancel, -ENOENT },
	{ "prepare one", preserve_in_a, NULL, prepare_session,
	  prepare_session, -EINVAL },
	{ "freeze one", preserve_in_a, prepare_session, freeze_session,
	  freeze_session, -EINVAL },
	{ "cancel one", preserve_in_a, prepare_session, cancel_session,
	  cancel_session, -EINVAL },
};

TEST_F(duels, one_gets_it)
{
	struct duel *d = &self->d;
	int result[2], round;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(duels); i++) {
		for (round = 0; round < ROUNDS; round++) {
			if (duels[i].first)
				ASSERT_EQ(duels[i].first(d), 0);
			if (duels[i].second)
				ASSERT_EQ(duels[i].second(d), 0);
			ASSERT_EQ(luo_contest(duels[i].one, duels[i].two, d,
					      result), 0);
			ASSERT_TRUE(luo_one_wins(result, duels[i].lose))
				TH_LOG("%s: %d, %d", duels[i].name, result[0],
				       result[1]);
			reset(d);
		}
	}
}

/* PRESERVE against a PREPARE of another process: one is first. */
TEST_F(duels, preserve_against_prepare)
{
	struct liveupdate_file_info info[2];
	struct duel *d = &self->d;
	int result[2], round;
	uint64_t cursor;

	for (round = 0; round < ROUNDS; round++) {
		ASSERT_EQ(luo_contest(preserve_in_a, prepare, d, result), 0);
		EXPECT_EQ(result[1], 0);
		EXPECT_TRUE(!result[0] || result[0] == -EBUSY);
		cursor = 0;
		EXPECT_EQ(luo_list_fds(d->a, &cursor, info, 2), !result[0]);
		EXPECT_EQ(luo_session_state(d->a), LIVEUPDATE_STATE_PREPARED);
		reset(d);
	}
}

/* State of the test that loads and unloads the module. */
struct reload {
	struct duel *d;
	atomic_bool over;
	atomic_ulong preserves;
	atomic_ulong unloads;
	int bad[3];
};

/* Keeps the module loaded for a while, so that other threads find it. */
static void let_preserve(struct reload *r)
{
	const unsigned long before = atomic_load(&r->preserves);

	while (!atomic_load(&r->over) && atomic_load(&r->preserves) == before)
		sched_yield();
}

static void *reload_module(void *arg)
{
	struct reload *r = arg;
	int err;

	while (!r->bad[0] && !atomic_load(&r->over)) {
		if (atomic_load(&r->unloads) % 2)
			let_preserve(r);
		do {
			err = luo_test_unload();
		} while (err == -EAGAIN);
		r->bad[0] = err ?: luo_test_load();
		atomic_fetch_add(&r->unloads, 1);
	}
	return NULL;
}

/* An open file pins its module, so that its handler is registered. */
static int preserve_module_file(struct reload *r)
{
	int fd = luo_test_file(1), err;

	if (fd < 0)
		return 0;
		/* PRESERVE fails while the global state is PREPARED. */
	do {
		err = luo_preserve_fd(r->d->a, fd, 1);
	} while (err == -EBUSY);
	close(fd);
	if (err)
		return err;
		/* Now the session pins the module. */
	atomic_fetch_add(&r->preserves, 1);
	do {
		err = luo_unpreserve_fd(r->d->a, 1);
	} while (err == -EBUSY);
	return err;
}

/* Runs until both threads have succeeded often enough. */
static void *preserve_module_files(void *arg)
{
	struct reload *r = arg;

	while (!r->bad[0] && !r->bad[1] &&
	       (atomic_load(&r->preserves) < PRESERVES ||
		atomic_load(&r->unloads) < RELOADS))
		r->bad[1] = preserve_module_file(r);
	return NULL;
}

/* Registers a subsystem of the module, and runs global events with it. */
static void *prepare_module(void *arg)
{
	struct reload *r = arg;
	int err;

	while (!atomic_load(&r->over) && !r->bad[2]) {
		luo_test_tell("subsystem", "+x 1");
		err = prepare(r->d) ?: cancel(r->d);
		if (err)
			r->bad[2] = err;
		luo_test_tell("subsystem", "-x");
	}
	return NULL;
}

TEST_F(duels, a_module_comes_and_goes)
{
	struct reload r = { .d = &self->d };
	pthread_t reload, preserve, prepare;

	ASSERT_EQ(pthread_create(&reload, NULL, reload_module, &r), 0);
	ASSERT_EQ(pthread_create(&prepare, NULL, prepare_module, &r), 0);
	ASSERT_EQ(pthread_create(&preserve, NULL, preserve_module_files, &r), 0);
	pthread_join(preserve, NULL);
	atomic_store(&r.over, true);
	pthread_join(prepare, NULL);
	pthread_join(reload, NULL);
	EXPECT_EQ(r.bad[0], 0);
	EXPECT_EQ(r.bad[1], 0);
	EXPECT_EQ(r.bad[2], 0);
}

TEST_HARNESS_MAIN
