// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of registering and unregistering handlers, objects and subsystems
 * from several threads concurrently.
 */

#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/liveupdate.h>
#include <linux/sched.h>

#include "../luo_flb.h"
#include "../luo_internal.h"
#include "../luo_subsystem.h"

#define FLB	"luo-kunit-flb"
#define NAME	"luo-kunit-one"
#define THREADS	4
#define ROUNDS	200

struct register_test;

/**
 * struct party - a test thread
 * @t: state shared with the other threads
 * @run: executes one round; returns false if it fails
 * @name: name of the thread's handler and subsystem
 * @handler: the thread's handler
 * @file_format: the only format of the handler
 * @format: description of that format
 * @subsystem: the thread's subsystem
 * @steps: state of the subsystem: 0 no update, 1 prepared, 2 frozen
 * @successes: number of registrations
 * @failed: the round that failed, or -1
 * @done: completed when the thread has finished
 */
struct party {
	struct register_test *t;
	bool (*run)(struct party *party);
	char name[16];
	struct liveupdate_file_handler handler;
	struct liveupdate_file_format file_format;
	struct liveupdate_format format;
	struct liveupdate_subsystem subsystem;
	int steps;
	unsigned int successes;
	int failed;
	struct completion done;
};

/**
 * struct register_test - state shared by the threads
 * @parties: the threads
 * @flb: an object that the files of all handlers depend on
 * @made: number of existing objects
 * @owners: number of registered handlers with the contended name
 * @mistakes: number of unexpected callbacks
 * @tries: number of attempts to register or unregister a subsystem
 * @more: the threads continue after their last round
 * @set: the set of subsystems
 */
struct register_test {
	struct party parties[THREADS];
	struct liveupdate_flb flb;
	atomic_t made;
	atomic_t owners;
	atomic_t mistakes;
	atomic_t tries;
	bool more;
	struct luo_subsystem_set set;
};

static struct register_test *flb_test(struct liveupdate_flb_op_args *args)
{
	return container_of(args->flb, struct register_test, flb);
}

static int flb_preserve(struct liveupdate_flb_op_args *args)
{
	struct register_test *t = flb_test(args);

	if (atomic_inc_return(&t->made) != 1)
		atomic_inc(&t->mistakes);
	return 0;
}

static void flb_unpreserve(struct liveupdate_flb_op_args *args)
{
	struct register_test *t = flb_test(args);

	if (atomic_dec_return(&t->made))
		atomic_inc(&t->mistakes);
}

static int flb_retrieve(struct liveupdate_flb_op_args *args)
{
	return -EUCLEAN;
}

static void flb_finish(struct liveupdate_flb_op_args *args)
{
}

static const struct liveupdate_flb_ops flb_ops = {
	.preserve = flb_preserve,
	.unpreserve = flb_unpreserve,
	.retrieve = flb_retrieve,
	.finish = flb_finish,
};

static int no_file(struct liveupdate_file_handler *handler, struct file *file)
{
	return -ENOENT;
}

static int no_work(struct liveupdate_file_op_args *args)
{
	return -EUCLEAN;
}

static void no_undo(struct liveupdate_file_op_args *args)
{
}

static const struct liveupdate_file_ops file_ops = {
	.can_preserve = no_file,
};

static const struct liveupdate_file_format_ops format_ops = {
	.preserve = no_work,
	.unpreserve = no_undo,
	.retrieve = no_work,
	.finish = no_undo,
};

/* Changes the state of a subsystem; an unexpected old state is a mistake. */
static void move(struct liveupdate_subsystem *subsystem, int from, int to)
{
	struct party *party = container_of(subsystem, struct party, subsystem);

	if (party->steps != from)
		atomic_inc(&party->t->mistakes);
	party->steps = to;
}

static int subsystem_prepare(struct liveupdate_subsystem *subsystem, u64 *data)
{
	move(subsystem, 0, 1);
	return 0;
}

static int subsystem_freeze(struct liveupdate_subsystem *subsystem, u64 *data)
{
	move(subsystem, 1, 2);
	return 0;
}

static void subsystem_unfreeze(struct liveupdate_subsystem *subsystem, u64 data)
{
	move(subsystem, 2, 1);
}

static void subsystem_cancel(struct liveupdate_subsystem *subsystem, u64 data)
{
	move(subsystem, 1, 0);
}

static const struct liveupdate_subsystem_ops subsystem_ops = {
	.prepare = subsystem_prepare,
	.freeze = subsystem_freeze,
	.unfreeze = subsystem_unfreeze,
	.cancel = subsystem_cancel,
};

/* Sets up the handler's only format with this name. */
static void name_format(struct party *party, const char *name)
{
	party->format = (struct liveupdate_format) {
		.kind = "file",
		.owner = "luo-kunit",
		.name = name,
		.dir = "rw",
		.rank = 1,
		.attrs = "-",
	};
	party->file_format.format = &party->format;
	party->file_format.ops = &format_ops;
	party->handler.ops = &file_ops;
	party->handler.formats = &party->file_format;
	party->handler.nr_formats = 1;
}

static int register_test_init(struct kunit *test)
{
	struct register_test *t;
	int i;

	if (!liveupdate_enabled())
		kunit_skip(test, "live update is off");
	t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t);
	t->flb.ops = &flb_ops;
	t->flb.compatible = FLB;
	luo_subsystem_set_init(&t->set);
	for (i = 0; i < THREADS; i++) {
		struct party *party = &t->parties[i];

		party->t = t;
		snprintf(party->name, sizeof(party->name), "luo-kunit-%d", i);
		name_format(party, party->name);
		party->subsystem.ops = &subsystem_ops;
		party->subsystem.name = party->name;
		party->failed = -1;
		init_completion(&party->done);
	}
	test->priv = t;
	return 0;
}

static void register_test_exit(struct kunit *test)
{
	struct register_test *t = test->priv;

	if (t)
		luo_subsystem_set_destroy(&t->set);
}

static int party_thread(void *arg)
{
	struct party *party = arg;
	int round = 0;

	while (party->failed < 0 &&
	       (round < ROUNDS || READ_ONCE(party->t->more))) {
		if (!party->run(party))
			party->failed = round;
		round++;
		cond_resched();
	}
	complete(&party->done);
	return 0;
}

static void start(struct kunit *test, bool (*run)(struct party *party))
{
	struct register_test *t = test->priv;
	struct task_struct *task;
	int i;

	for (i = 0; i < THREADS; i++) {
		t->parties[i].run = run;
		task = kthread_run(party_thread, &t->parties[i], "luo_kunit/%d",
				   i);
		KUNIT_EXPECT_FALSE(test, IS_ERR(task));
		if (IS_ERR(task)) {
			t->parties[i].failed = 0;
			complete(&t->parties[i].done);
		}
	}
}

/* Waits for all threads, also after failures. */
static void stop(struct kunit *test)
{
	struct register_test *t = test->priv;
	int i;

	for (i = 0; i < THREADS; i++)
		wait_for_completion(&t->parties[i].done);
	for (i = 0; i < THREADS; i++) {
		KUNIT_EXPECT_EQ(test, t->parties[i].failed, -1);
		KUNIT_EXPECT_NE(test, t->parties[i].successes, 0);
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&t->mistakes), 0);
}

/* A registered handler is found, and cannot be unregistered while in use. */
static bool use_handler(struct party *party)
{
	struct liveupdate_file_op_args args = {};
	bool good;

	if (luo_handler_get_reader(party->name, &args) ||
	    args.handler != &party->handler)
		return false;
	good = liveupdate_unregister_file_handler(&party->handler) == -EBUSY;
	luo_handler_put(&party->handler);
	return good;
}

/* A preserved file keeps the object registered. */
static bool use_flb(struct party *party)
{
	struct liveupdate_flb *flb = &party->t->flb;
	bool good;

	if (luo_flbs_preserve(&party->handler))
		return false;
	good = atomic_read(&party->t->made) == 1 &&
	       liveupdate_unregister_flb(&party->handler, flb) == -EBUSY;
	luo_flbs_unpreserve(&party->handler);
	return good;
}

/* In every other round the object is unregistered together with the handler. */
static bool handler_round(struct party *party)
{
	struct liveupdate_flb *flb = &party->t->flb;
	bool good;

	if (liveupdate_register_file_handler(&party->handler))
		return false;
	good = !liveupdate_register_flb(&party->handler, flb) &&
	       use_handler(party) && use_flb(party);
	if (party->successes++ % 2)
		good &= !liveupdate_unregister_flb(&party->handler, flb);
	return !liveupdate_unregister_file_handler(&party->handler) && good;
}

static void luo_register_handlers(struct kunit *test)
{
	struct register_test *t = test->priv;
	struct party *party = &t->parties[0];
	struct liveupdate_file_op_args args = {};

	start(test, handler_round);
	stop(test);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->made), 0);
	KUNIT_EXPECT_EQ(test, luo_handler_get_reader(party->name, &args),
			-ENOENT);
	/* The name of the object is free again, too. */
	KUNIT_EXPECT_EQ(test, t->flb.links, 0);
	KUNIT_EXPECT_TRUE(test, handler_round(party));
}

/* All threads register the same name, and retry until they succeed. */
static bool name_round(struct party *party)
{
	struct register_test *t = party->t;
	bool good;
	int err;

	while ((err = liveupdate_register_file_handler(&party->handler)) ==
	       -EEXIST)
		cond_resched();
	if (err)
		return false;
	good = atomic_inc_return(&t->owners) == 1;
	party->successes++;
	atomic_dec(&t->owners);
	return !liveupdate_unregister_file_handler(&party->handler) && good;
}

static void luo_register_one_name(struct kunit *test)
{
	struct register_test *t = test->priv;
	struct liveupdate_file_op_args args = {};
	int i;

	for (i = 0; i < THREADS; i++)
		name_format(&t->parties[i], NAME);
	start(test, name_round);
	stop(test);
	KUNIT_EXPECT_EQ(test, luo_handler_get_reader(NAME, &args), -ENOENT);
}

/* Retries while the set is closed and @op fails with -EBUSY. */
static int try_until_open(struct party *party,
			  int (*op)(struct luo_subsystem_set *set,
				    struct liveupdate_subsystem *subsystem))
{
	int err;

	do {
		err = op(&party->t->set, &party->subsystem);
		atomic_inc(&party->t->tries);
		cond_resched();
	} while (err == -EBUSY);
	return err;
}

/* A subsystem that is not registered is not part of an update. */
static bool subsystem_round(struct party *party)
{
	if (try_until_open(party, luo_subsystem_set_add))
		return false;
	party->successes++;
	return !try_until_open(party, luo_subsystem_set_remove) &&
	       !party->steps;
}

/* Waits for attempts of the other threads, unless they have failed. */
static void let_try(struct register_test *t)
{
	const int before = atomic_read(&t->tries);
	int i;

	for (i = 0; i < THREADS; i++) {
		while (atomic_read(&t->tries) - before <= i &&
		       READ_ONCE(t->parties[i].failed) < 0)
			cond_resched();
	}
}

/* True if all subsystems of the set take part in the update. */
static bool all_prepared(struct luo_subsystem_set *set)
{
	struct liveupdate_subsystem *subsystem;

	guard(mutex)(&set->lock);
	list_for_each_entry(subsystem, &set->list, list) {
		if (!subsystem->prepared)
			return false;
	}
	return true;
}

static void luo_register_subsystems(struct kunit *test)
{
	struct register_test *t = test->priv;
	int round;

	t->more = true;
	start(test, subsystem_round);
	for (round = 0; round < ROUNDS; round++) {
		KUNIT_EXPECT_EQ(test, luo_subsystem_set_prepare(&t->set), 0);
		KUNIT_EXPECT_EQ(test, luo_subsystem_set_freeze(&t->set), 0);
		let_try(t);
		KUNIT_EXPECT_TRUE(test, all_prepared(&t->set));
		luo_subsystem_set_unfreeze(&t->set);
		luo_subsystem_set_cancel(&t->set);
		cond_resched();
	}
	WRITE_ONCE(t->more, false);
	stop(test);
	KUNIT_EXPECT_TRUE(test, list_empty(&t->set.list));
	KUNIT_EXPECT_EQ(test, t->set.chain.reserved, 0);
}

static struct kunit_case luo_register_cases[] = {
	KUNIT_CASE(luo_register_handlers),
	KUNIT_CASE(luo_register_one_name),
	KUNIT_CASE(luo_register_subsystems),
	{}
};

static struct kunit_suite luo_register_suite = {
	.name = "luo_register",
	.init = register_test_init,
	.exit = register_test_exit,
	.test_cases = luo_register_cases,
};

kunit_test_suite(luo_register_suite);

MODULE_DESCRIPTION("Tests of registrations with LUO in parallel");
MODULE_LICENSE("GPL");
