// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of subsystems: the order of callbacks, and the state after the
 * n-th callback fails.
 */

#include <kunit/test.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/chain.h>
#include <linux/kho/abi/xluo.h>
#include <linux/string.h>

#include "../kho_internal.h"
#include "../kho_tracker.h"
#include "../luo_subsystem.h"

#define NR	4
#define LOG	64

/* A subsystem that logs its callbacks, for example prepare() as "p0". */
struct mock {
	struct liveupdate_subsystem subsystem;
	struct subsystem_test *t;
	char name[8];
	int index;
};

struct subsystem_test {
	struct luo_subsystem_set set;
	struct mock mocks[NR];
	char log[LOG];
	int calls;
	/* Index of the call that fails, among those that can fail. */
	int fail_at;
};

static struct mock *to_mock(struct liveupdate_subsystem *subsystem)
{
	return container_of(subsystem, struct mock, subsystem);
}

static void note(struct mock *mock, char what)
{
	const size_t len = strlen(mock->t->log);

	scnprintf(mock->t->log + len, LOG - len, "%c%d ", what, mock->index);
}

static int may_fail(struct mock *mock, char what)
{
	if (mock->t->calls++ == mock->t->fail_at)
		return -EUCLEAN;
	note(mock, what);
	return 0;
}

static int mock_prepare(struct liveupdate_subsystem *subsystem, u64 *data)
{
	struct mock *mock = to_mock(subsystem);

	*data += 100 + mock->index;
	return may_fail(mock, 'p');
}

static int mock_freeze(struct liveupdate_subsystem *subsystem, u64 *data)
{
	*data += 100;
	return may_fail(to_mock(subsystem), 'f');
}

/* Logs a capital letter if the data is not the expected value. */
static void note_data(struct liveupdate_subsystem *subsystem, char what,
		      u64 data, u64 want)
{
	struct mock *mock = to_mock(subsystem);

	note(mock, data == want + mock->index ? what : what - 'a' + 'A');
}

static void mock_unfreeze(struct liveupdate_subsystem *subsystem, u64 data)
{
	note_data(subsystem, 'u', data, 200);
}

static void mock_cancel(struct liveupdate_subsystem *subsystem, u64 data)
{
	note_data(subsystem, 'c', data, 100);
}

static void mock_boot(struct liveupdate_subsystem *subsystem, u64 data)
{
	note_data(subsystem, 'b', data, 200);
}

static void mock_finish(struct liveupdate_subsystem *subsystem, u64 data)
{
	note_data(subsystem, 'e', data, 200);
}

static const struct liveupdate_subsystem_ops mock_ops = {
	.prepare = mock_prepare,
	.freeze = mock_freeze,
	.unfreeze = mock_unfreeze,
	.cancel = mock_cancel,
	.boot = mock_boot,
	.finish = mock_finish,
};

static const struct liveupdate_subsystem_ops no_ops;

static int subsystem_test_init(struct kunit *test)
{
	struct subsystem_test *t;
	int i;

	if (!kho_is_enabled())
		kunit_skip(test, "KHO is off");
	t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t);
	luo_subsystem_set_init(&t->set);
	t->fail_at = -1;
	for (i = 0; i < NR; i++) {
		struct mock *mock = &t->mocks[i];

		mock->t = t;
		mock->index = i;
		snprintf(mock->name, sizeof(mock->name), "mock%d", i);
		mock->subsystem.name = mock->name;
		mock->subsystem.ops = &mock_ops;
	}
	test->priv = t;
	return 0;
}

static void subsystem_test_exit(struct kunit *test)
{
	struct subsystem_test *t = test->priv;

	if (!t)
		return;
	if (t->set.closed)
		luo_subsystem_set_cancel(&t->set);
	luo_subsystem_set_destroy(&t->set);
}

static void add(struct kunit *test, int first, int last)
{
	struct subsystem_test *t = test->priv;
	struct mock *mock;

	for (mock = t->mocks + first; mock <= t->mocks + last; mock++)
		KUNIT_ASSERT_EQ(test, 0,
				luo_subsystem_set_add(&t->set,
						      &mock->subsystem));
}

static void expect_log(struct kunit *test, const char *want)
{
	struct subsystem_test *t = test->priv;

	KUNIT_EXPECT_STREQ(test, t->log, want);
	t->log[0] = '\0';
}

/* Expects "name=data" records in the chain of a set. */
static void expect_chain(struct kunit *test, u64 pa, const char *want)
{
	const struct xluo_subsystem_ser *ser;
	const struct kho_chain_block *block;
	char text[LOG] = "";
	int i, len = 0;

	KUNIT_ASSERT_NE(test, pa, 0);
	block = phys_to_virt(pa);
	KUNIT_EXPECT_EQ(test, block->next, 0);
	ser = (const void *)(block + 1);
	for (i = 0; i < block->count; i++, ser++) {
		KUNIT_EXPECT_EQ(test, ser->reserved, 0);
		len += scnprintf(text + len, LOG - len, "%s=%llu ", ser->name,
				 ser->data);
	}
	KUNIT_EXPECT_STREQ(test, text, want);
}

/* Adds incoming data. */
static void leave(struct kunit *test, const char *name, u64 data)
{
	struct subsystem_test *t = test->priv;

	KUNIT_ASSERT_EQ(test, 0, luo_subsystem_set_leave(&t->set, name, data));
}

static void luo_subsystem_order(struct kunit *test)
{
	struct subsystem_test *t = test->priv;

	add(test, 0, 2);
	KUNIT_EXPECT_EQ(test, luo_subsystem_set_prepare(&t->set), 0);
	expect_log(test, "p0 p1 p2 ");
	KUNIT_EXPECT_EQ(test, luo_subsystem_set_freeze(&t->set), 0);
	expect_log(test, "f0 f1 f2 ");
	expect_chain(test, luo_subsystem_set_write(&t->set),
		     "mock0=200 mock1=201 mock2=202 ");
	luo_subsystem_set_unfreeze(&t->set);
	expect_log(test, "u2 u1 u0 ");
	expect_chain(test, luo_subsystem_set_write(&t->set),
		     "mock0=100 mock1=101 mock2=102 ");
	luo_subsystem_set_cancel(&t->set);
	expect_log(test, "c2 c1 c0 ");
	KUNIT_EXPECT_EQ(test, luo_subsystem_set_write(&t->set), 0);
}

/* Fails the n-th callback, for each n; afterwards all steps succeed. */
static void luo_subsystem_fail_nth(struct kunit *test)
{
	static const char * const undone[2 * NR] = {
		"", "p0 c0 ", "p0 p1 c1 c0 ", "p0 p1 p2 c2 c1 c0 ",
		"", "f0 u0 ", "f0 f1 u1 u0 ", "f0 f1 f2 u2 u1 u0 ",
	};
	struct kho_tracker *tracker = kho_outgoing_tracker();
	const long pages = atomic_long_read(&tracker->pages);
	struct subsystem_test *t = test->priv;
	int n, err;

	add(test, 0, NR - 1);
	for (n = 0; n < 2 * NR; n++) {
		t->calls = 0;
		t->fail_at = n;
		err = luo_subsystem_set_prepare(&t->set);
		KUNIT_EXPECT_EQ(test, err, n < NR ? -EUCLEAN : 0);
		if (!err) {
			expect_log(test, "p0 p1 p2 p3 ");
			KUNIT_EXPECT_EQ(test, luo_subsystem_set_freeze(&t->set),
					-EUCLEAN);
		}
		expect_log(test, undone[n]);
		KUNIT_EXPECT_EQ(test, t->set.closed, !err);
		if (!err) {
			luo_subsystem_set_cancel(&t->set);
			expect_log(test, "c3 c2 c1 c0 ");
		}
		KUNIT_EXPECT_EQ(test, t->set.chain.reserved, 0);
		KUNIT_EXPECT_EQ(test, atomic_long_read(&tracker->pages), pages);
	}
}

static void luo_subsystem_register(struct kunit *test)
{
	struct subsystem_test *t = test->priv;
	struct liveupdate_subsystem other = {
		.name = "mock0", .ops = &no_ops,
	};
	struct liveupdate_subsystem *first = &t->mocks[0].subsystem;

	KUNIT_EXPECT_EQ(test, luo_subsystem_set_remove(&t->set, first), -ENOENT);
	add(test, 0, 1);
	KUNIT_EXPECT_EQ(test, luo_subsystem_set_add(&t->set, first), -EEXIST);
	KUNIT_EXPECT_EQ(test, luo_subsystem_set_add(&t->set, &other), -EEXIST);
	KUNIT_EXPECT_EQ(test, luo_subsystem_set_remove(&t->set, &other),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, luo_subsystem_set_prepare(&t->set), 0);
	KUNIT_EXPECT_EQ(test, luo_subsystem_set_remove(&t->set, first), -EBUSY);
	KUNIT_EXPECT_EQ(test, luo_subsystem_set_add(&t->set,
						    &t->mocks[2].subsystem),
			-EBUSY);
	luo_subsystem_set_cancel(&t->set);
	KUNIT_EXPECT_EQ(test, luo_subsystem_set_remove(&t->set, first), 0);
	KUNIT_EXPECT_EQ(test, luo_subsystem_set_add(&t->set, &other), 0);
	expect_log(test, "p0 p1 c1 c0 ");
}

/* Without callbacks, a subsystem hands over 0. */
static void luo_subsystem_no_ops(struct kunit *test)
{
	struct subsystem_test *t = test->priv;

	t->mocks[1].subsystem.ops = &no_ops;
	leave(test, "mock1", 3);
	add(test, 0, 1);
	luo_subsystem_set_finish(&t->set);
	KUNIT_EXPECT_EQ(test, luo_subsystem_set_prepare(&t->set), 0);
	KUNIT_EXPECT_EQ(test, luo_subsystem_set_freeze(&t->set), 0);
	expect_chain(test, luo_subsystem_set_write(&t->set), "mock0=200 mock1=0 ");
	luo_subsystem_set_unfreeze(&t->set);
	luo_subsystem_set_cancel(&t->set);
	expect_log(test, "p0 f0 u0 c0 ");
}

/* boot() runs whether data or subsystem comes first; finish() is in order. */
static void luo_subsystem_boot(struct kunit *test)
{
	struct subsystem_test *t = test->priv;
	struct liveupdate_subsystem *first = &t->mocks[0].subsystem;

	leave(test, "mock1", 201);
	leave(test, "nobody", 7);
	leave(test, "mock0", 200);
	KUNIT_EXPECT_EQ(test, luo_subsystem_set_leave(&t->set, "nobody", 8),
			-EEXIST);
	expect_log(test, "");
	add(test, 0, 2);
	expect_log(test, "b0 b1 ");
	leave(test, "mock2", 202);
	expect_log(test, "b2 ");
	/* The module is loaded again. */
	KUNIT_EXPECT_EQ(test, luo_subsystem_set_remove(&t->set, first), 0);
	add(test, 0, 0);
	expect_log(test, "b0 ");
	luo_subsystem_set_finish(&t->set);
	expect_log(test, "e1 e2 e0 ");
	KUNIT_EXPECT_TRUE(test, list_empty(&t->set.incoming));
	luo_subsystem_set_finish(&t->set);
	expect_log(test, "");
}

/* Unfinished data is carried forward unchanged, with or without a subsystem. */
static void luo_subsystem_hand_on(struct kunit *test)
{
	struct subsystem_test *t = test->priv;

	leave(test, "nobody", 7);
	leave(test, "mock1", 201);
	add(test, 0, 2);
	expect_log(test, "b1 ");
	KUNIT_EXPECT_EQ(test, luo_subsystem_set_prepare(&t->set), 0);
	KUNIT_EXPECT_EQ(test, luo_subsystem_set_freeze(&t->set), 0);
	expect_log(test, "p0 p2 f0 f2 ");
	expect_chain(test, luo_subsystem_set_write(&t->set),
		     "nobody=7 mock1=201 mock0=200 mock2=202 ");
	luo_subsystem_set_unfreeze(&t->set);
	luo_subsystem_set_cancel(&t->set);
	expect_log(test, "u2 u0 c2 c0 ");
	luo_subsystem_set_finish(&t->set);
	expect_log(test, "e1 ");
	KUNIT_EXPECT_EQ(test, t->set.chain.reserved, 0);
}

static struct kunit_case luo_subsystem_cases[] = {
	KUNIT_CASE(luo_subsystem_order),
	KUNIT_CASE(luo_subsystem_fail_nth),
	KUNIT_CASE(luo_subsystem_register),
	KUNIT_CASE(luo_subsystem_no_ops),
	KUNIT_CASE(luo_subsystem_boot),
	KUNIT_CASE(luo_subsystem_hand_on),
	{}
};

static struct kunit_suite luo_subsystem_suite = {
	.name = "luo_subsystem",
	.init = subsystem_test_init,
	.exit = subsystem_test_exit,
	.test_cases = luo_subsystem_cases,
};

kunit_test_suite(luo_subsystem_suite);

MODULE_DESCRIPTION("Tests of the subsystems of LUO");
MODULE_LICENSE("GPL");
