// SPDX-License-Identifier: GPL-2.0
/*
 * Many threads use live update concurrently. Each command succeeds, or fails
 * with a documented error. Afterwards everything is as before: nothing is
 * preserved, and neither files nor memory are leaked. Needs the module
 * luo_test.
 *
 * Random choices follow from a seed, which is printed. LUO_SEED=N in the
 * environment, or on the command line of a test machine, sets it.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "luo_contest.h"
#include "luo_harness.h"
#include "luo_util.h"

#define PAGE 4096

#define THREADS 6
#define ROUNDS 600
#define REBOOTS 40
#define SLOTS 5
#define MEMFDS 6
#define FILES 9
#define FILE_PAGES 16
#define FRESH_PAGES 32

/* State that all threads share. */
static struct arena {
	int dev;
	/* The thread that removes one closes it; others may still use it. */
	atomic_int sessions[SLOTS];
	/* Memfds, followed by files of luo_test. */
	int files[FILES];
	atomic_long fresh_pages;
} arena;

struct op;

/* State of a thread. */
struct racer {
	pthread_t thread;
	uint64_t random;
	/* How often each operation has succeeded. */
	unsigned long done[16];
	/* The first operation with an undocumented error. */
	const struct op *bad_op;
	int bad;
};

static uint32_t pick(struct racer *r, uint32_t below)
{
	return luo_random(&r->random, below);
}

static int pick_session(struct racer *r)
{
	return atomic_load(&arena.sessions[pick(r, SLOTS)]);
}

static int op_create(struct racer *r)
{
	int slot = pick(r, SLOTS), session;
	char name[16];

	snprintf(name, sizeof(name), "race-%d", slot);
	session = luo_create(arena.dev, name);
	if (session < 0)
		return session;
	/* The name was free, so the slot is empty. */
	atomic_store(&arena.sessions[slot], session);
	return 0;
}

static int op_close(struct racer *r)
{
	int session = atomic_exchange(&arena.sessions[pick(r, SLOTS)], -1);

	return close(session) ? -errno : 0;
}

static int op_preserve(struct racer *r)
{
	return luo_preserve_fd(pick_session(r), arena.files[pick(r, FILES)],
			       pick(r, 8));
}

/* Preserves a file whose only reference is the session's. */
static int op_preserve_fresh(struct racer *r)
{
	int fd = luo_memfd("fresh", FRESH_PAGES * PAGE), err;

	if (fd < 0)
		return fd;
	atomic_fetch_add(&arena.fresh_pages, FRESH_PAGES);
	err = fallocate(fd, 0, 0, FRESH_PAGES * PAGE) ? -errno : 0;
	if (!err)
		err = luo_preserve_fd(pick_session(r), fd, 8 + pick(r, 8));
	close(fd);
	return err;
}

static int op_unpreserve(struct racer *r)
{
	return luo_unpreserve_fd(pick_session(r), pick(r, 16));
}

static int op_session_event(struct racer *r)
{
	static const enum liveupdate_event events[] = {
		LIVEUPDATE_PREPARE, LIVEUPDATE_FREEZE, LIVEUPDATE_CANCEL,
		LIVEUPDATE_CANCEL,
	};

	return luo_session_event(pick_session(r),
				 events[pick(r, ARRAY_SIZE(events))]);
}

/* Cancels after PREPARE, which makes other operations fail. */
static int op_event(struct racer *r)
{
	int prepared = luo_event(arena.dev, LIVEUPDATE_PREPARE);
	int cancelled = luo_event(arena.dev, LIVEUPDATE_CANCEL);

	(void)r;
	return prepared ?: cancelled;
}

/* Writes the contents that the file has already. */
static int op_write(struct racer *r)
{
	int file = pick(r, MEMFDS);
	off_t offset = pick(r, FILE_PAGES) * PAGE;
	unsigned char page[PAGE];

	luo_pattern(page, PAGE, file, offset);
	return pwrite(arena.files[file], page, PAGE, offset) == PAGE ? 0 :
								       -errno;
}

static bool is_state(int state)
{
	return state >= LIVEUPDATE_STATE_NORMAL &&
	       state <= LIVEUPDATE_STATE_FROZEN;
}

static int op_list(struct racer *r)
{
	struct liveupdate_session_info info[2];
	uint64_t cursor = 0;
	int nr, i;

	(void)r;
	while ((nr = luo_list(arena.dev, 0, &cursor, info, 2)) > 0) {
		for (i = 0; i < nr; i++) {
			if (!is_state(info[i].state))
				return -EPROTO;
		}
	}
	return nr < 0 ? nr : is_state(luo_state(arena.dev)) ? 0 : -EPROTO;
}

static int op_query_session(struct racer *r)
{
	struct liveupdate_file_info info[4];
	int session = pick_session(r), state;
	struct pollfd pfd = { .fd = session, .events = POLLIN };
	uint64_t cursor = 0;

	state = luo_session_state(session);
	if (state < 0)
		return state;
	poll(&pfd, 1, 0);
	state = luo_list_fds(session, &cursor, info, 4);
	return state < 0 ? state : 0;
}

static int op_fdinfo(struct racer *r)
{
	char path[64], text[512];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pick_session(r));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text));
	close(fd);
	return n < 0 ? -errno : 0;
}

/*
 * An operation: its frequency, and its documented errors. Operations on
 * sessions may also find an empty slot, or an fd number that was reused.
 */
static const struct op {
	const char *name;
	int (*run)(struct racer *r);
	int weight;
	bool session;
	int errors[2];
} ops[] = {
	{ "create", op_create, 4, false, { -EEXIST, -EAGAIN } },
	{ "close", op_close, 1, true, {} },
	{ "preserve", op_preserve, 6, true, { -EBUSY, -EEXIST } },
	{ "preserve fresh", op_preserve_fresh, 4, true, { -EBUSY, -EEXIST } },
	{ "unpreserve", op_unpreserve, 3, true, { -EBUSY, -ENOENT } },
	{ "session event", op_session_event, 4, true, { -EINVAL } },
	{ "event", op_event, 1, false, { -EINVAL, -ENOENT } },
	{ "write", op_write, 2, false, {} },
	{ "list", op_list, 1, false, {} },
	{ "query session", op_query_session, 2, true, {} },
	/* An fd that is closed meanwhile has no fdinfo. */
	{ "fdinfo", op_fdinfo, 1, true, { -ENOENT } },
};

static bool is_allowed(const struct op *op, int err)
{
	if (op->session && (err == -EBADF || err == -ENOTTY))
		return true;
	return !err || err == op->errors[0] || err == op->errors[1];
}

static const struct op *pick_op(struct racer *r)
{
	const struct op *op = ops;
	int total = 0, at;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		total += ops[i].weight;
	for (at = pick(r, total); at >= op->weight; op++)
		at -= op->weight;
	return op;
}

static void *race(void *arg)
{
	struct racer *r = arg;
	int i, err;

	for (i = 0; i < ROUNDS; i++) {
		const struct op *op = pick_op(r);

		err = op->run(r);
		r->done[op - ops] += !err;
		if (!is_allowed(op, err)) {
			r->bad_op = op;
			r->bad = err;
			break;
		}
	}
	return NULL;
}

/* Only reboot(2) calls freeze() of a subsystem, so no other thread fails. */
static void *reboot_again(void *arg)
{
	int *unexpected = arg, i, err;

	for (i = 0; i < REBOOTS && !*unexpected; i++) {
		err = luo_test_tell("fail", "sub_freeze 1 -28");
		if (!err)
			err = luo_kexec_jump();
		if (err != -ENOSPC)
			*unexpected = err ?: -EPROTO;
	}
	return NULL;
}

/* Counters that must be the same before and after. */
struct counts {
	long kho_pages;
	long kho_nodes;
	long files;
	long shmem_kb;
	long free_pages;
};

static struct counts count(void)
{
	return (struct counts) {
		.kho_pages = luo_kho_pages(),
		.kho_nodes = luo_kho_nodes(),
		.files = luo_open_files(),
		.shmem_kb = luo_meminfo_kb("Shmem"),
		.free_pages = luo_free_pages(),
	};
}

FIXTURE(races)
{
	struct counts before;
	uint64_t seed;
};

FIXTURE_SETUP(races)
{
	int i;

	luo_setup_machine(_metadata);
	arena.dev = luo_setup_device(_metadata);
	luo_setup_memfds(_metadata);
	luo_setup_held(_metadata);
	luo_setup_module(_metadata);
	ASSERT_EQ(luo_test_tell("subsystem", "+x 1"), 0);
	self->seed = luo_seed();
	TH_LOG("LUO_SEED=%llu", (unsigned long long)self->seed);
	for (i = 0; i < FILES; i++) {
		arena.files[i] = i < MEMFDS ?
			luo_memfd_filled("race", FILE_PAGES * PAGE, i) :
			luo_test_file(i);
		ASSERT_GE(arena.files[i], 0);
	}
	for (i = 0; i < SLOTS; i++)
		atomic_store(&arena.sessions[i], -1);
	ASSERT_EQ(luo_kexec_load(NULL, 0), 0);
	self->before = count();
}

/* The files are not preserved any more, and have their contents. */
static void expect_files(struct __test_metadata *_metadata)
{
	int i;

	for (i = 0; i < MEMFDS; i++) {
		EXPECT_TRUE(luo_matches(arena.files[i], 0, FILE_PAGES * PAGE, i));
		EXPECT_EQ(ftruncate(arena.files[i], PAGE), 0);
	}
}

FIXTURE_TEARDOWN(races)
{
	struct liveupdate_session_info info;
	uint64_t cursor = 0;
	int i;

	EXPECT_EQ(luo_state(arena.dev), LIVEUPDATE_STATE_NORMAL);
	EXPECT_EQ(luo_event(arena.dev, LIVEUPDATE_CANCEL), -ENOENT);
	EXPECT_EQ(luo_list(arena.dev, 0, &cursor, &info, 1), 0);
	EXPECT_EQ(luo_kho_pages(), self->before.kho_pages);
	EXPECT_EQ(luo_kho_nodes(), self->before.kho_nodes);
	EXPECT_EQ(luo_open_files(), self->before.files);
	expect_files(_metadata);
	for (i = 0; i < FILES; i++)
		close(arena.files[i]);
	EXPECT_EQ(luo_test_unload(), 0);
	close(arena.dev);
}

static void close_sessions(void)
{
	int i;

	for (i = 0; i < SLOTS; i++)
		close(atomic_exchange(&arena.sessions[i], -1));
}

/* An operation that never succeeded has not been tested. */
static void expect_racers(struct __test_metadata *_metadata,
			  const struct racer *racers)
{
	unsigned long done;
	size_t i, op;

	for (i = 0; i < THREADS; i++) {
		EXPECT_EQ(racers[i].bad, 0)
			TH_LOG("%s", racers[i].bad_op->name);
	}
	for (op = 0; op < ARRAY_SIZE(ops); op++) {
		for (done = 0, i = 0; i < THREADS; i++)
			done += racers[i].done[op];
		EXPECT_GT(done, 0) TH_LOG("%s", ops[op].name);
	}
}

/*
 * Caches, and debug checks that delay freeing, make this inexact; a leak of
 * every session would be many times larger.
 */
static void expect_memory(struct __test_metadata *_metadata,
			  const struct counts *before)
{
	const struct counts after = count();
	const long fresh = atomic_load(&arena.fresh_pages);

	EXPECT_GT(fresh, THREADS * 1000);
	EXPECT_LT(after.shmem_kb - before->shmem_kb, fresh * PAGE / 1024 / 8);
	EXPECT_LT(before->free_pages - after.free_pages, fresh / 4);
}

TEST_F(races, everything_at_once)
{
	int own = luo_create(arena.dev, "reboot"), unexpected = 0, i;
	struct racer racers[THREADS] = {};
	pthread_t reboot;

	/* With nothing preserved, reboot(2) would not call any callback. */
	ASSERT_GE(own, 0);
	for (i = 0; i < THREADS; i++) {
		racers[i].random = self->seed + i;
		ASSERT_EQ(pthread_create(&racers[i].thread, NULL, race,
					 &racers[i]), 0);
	}
	ASSERT_EQ(pthread_create(&reboot, NULL, reboot_again, &unexpected), 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(racers[i].thread, NULL);
	pthread_join(reboot, NULL);
	EXPECT_EQ(unexpected, 0);
	expect_racers(_metadata, racers);
	close_sessions();
	close(own);
	expect_memory(_metadata, &self->before);
	/* No session is prepared any more. */
	EXPECT_EQ(luo_event(arena.dev, LIVEUPDATE_CANCEL), -ENOENT);
}

TEST_HARNESS_MAIN
