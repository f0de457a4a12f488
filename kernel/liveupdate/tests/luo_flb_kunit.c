// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of shared objects (FLBs): when they are created and destroyed,
 * their records for the next kernel, and reading malformed pages.
 */

#include <kunit/test.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/luo.h>
#include <linux/string.h>

#include "../kho_internal.h"
#include "../kho_tracker.h"
#include "../luo_flb.h"
#include "../luo_read.h"

#define NR	3
#define LOG	64

/* An object that logs its callbacks, for example preserve() as "p0". */
struct mock {
	struct liveupdate_flb flb;
	struct flb_test *t;
	char name[16];
	int index;
};

struct flb_test {
	struct liveupdate_file_handler handlers[2];
	struct mock mocks[NR];
	struct luo_flb_page *page;
	char log[LOG];
	/* Index of the object whose preserve() or retrieve() fails. */
	int fail_at;
};

static struct mock *to_mock(struct liveupdate_flb_op_args *args)
{
	return container_of(args->flb, struct mock, flb);
}

static void note(struct mock *mock, char what)
{
	const size_t len = strlen(mock->t->log);

	scnprintf(mock->t->log + len, LOG - len, "%c%d ", what, mock->index);
}

static int make(struct liveupdate_flb_op_args *args, char what)
{
	struct mock *mock = to_mock(args);

	if (mock->index == mock->t->fail_at)
		return -EUCLEAN;
	note(mock, what);
	args->obj = mock;
	return 0;
}

/* Logs a capital letter if the object or its data are not the expected ones. */
static void undo(struct liveupdate_flb_op_args *args, char what)
{
	struct mock *mock = to_mock(args);

	if (args->obj != mock || args->data != 100 + mock->index)
		what += 'A' - 'a';
	note(mock, what);
}

static int mock_preserve(struct liveupdate_flb_op_args *args)
{
	args->data = 100 + to_mock(args)->index;
	return make(args, 'p');
}

static void mock_unpreserve(struct liveupdate_flb_op_args *args)
{
	undo(args, 'u');
}

static int mock_retrieve(struct liveupdate_flb_op_args *args)
{
	return make(args, 'r');
}

static void mock_finish(struct liveupdate_flb_op_args *args)
{
	undo(args, 'e');
}

static const struct liveupdate_flb_ops mock_ops = {
	.preserve = mock_preserve,
	.unpreserve = mock_unpreserve,
	.retrieve = mock_retrieve,
	.finish = mock_finish,
};

static int flb_test_init(struct kunit *test)
{
	struct flb_test *t;
	int i;

	if (!liveupdate_enabled())
		kunit_skip(test, "live update is off");
	t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t);
	t->page = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->page);
	t->page->pages = 1;
	t->fail_at = -1;
	for (i = 0; i < NR; i++) {
		struct mock *mock = &t->mocks[i];

		mock->t = t;
		mock->index = i;
		snprintf(mock->name, sizeof(mock->name), "kunit-flb%d", i);
		mock->flb.compatible = mock->name;
		mock->flb.ops = &mock_ops;
	}
	luo_flbs_add_handler(&t->handlers[0]);
	luo_flbs_add_handler(&t->handlers[1]);
	test->priv = t;
	return 0;
}

static void flb_test_exit(struct kunit *test)
{
	struct flb_test *t = test->priv;

	if (!t)
		return;
	luo_flbs_remove_handler(&t->handlers[0]);
	luo_flbs_remove_handler(&t->handlers[1]);
}

static void expect_log(struct kunit *test, const char *want)
{
	struct flb_test *t = test->priv;

	KUNIT_EXPECT_STREQ(test, t->log, want);
	t->log[0] = '\0';
}

/* Makes the handler's files depend on the objects @first to @last. */
static void link_flbs(struct kunit *test, int handler, int first, int last)
{
	struct flb_test *t = test->priv;

	for (; first <= last; first++)
		KUNIT_ASSERT_EQ(test, 0,
				liveupdate_register_flb(&t->handlers[handler],
							&t->mocks[first].flb));
}

static void add_entry(struct luo_flb_page *page, const char *name, u64 data,
		      u64 files)
{
	struct luo_flb_ser *ser = &page->flbs[page->count++];

	strscpy_pad(ser->name, name);
	ser->data = data;
	ser->files = files;
}

/* Expects "name=data*files" records for the next kernel; returns the page. */
static void expect_page(struct kunit *test, const char *want)
{
	const u64 pa = luo_flbs_write();
	const struct luo_flb_page *page;
	char text[LOG] = "";
	int i, len = 0;

	if (!*want) {
		KUNIT_EXPECT_EQ(test, pa, 0);
		return;
	}
	KUNIT_ASSERT_NE(test, pa, 0);
	page = phys_to_virt(pa);
	KUNIT_EXPECT_EQ(test, luo_flb_page_check(page), 0);
	for (i = 0; i < page->count; i++)
		len += scnprintf(text + len, LOG - len, "%s=%llu*%llu ",
				 page->flbs[i].name + strlen("kunit-flb"),
				 page->flbs[i].data, page->flbs[i].files);
	KUNIT_EXPECT_STREQ(test, text, want);
}

/* The first file creates the objects, the last file destroys them. */
static void luo_flb_first_and_last(struct kunit *test)
{
	struct kho_tracker *tracker = kho_outgoing_tracker();
	const long pages = atomic_long_read(&tracker->pages);
	struct flb_test *t = test->priv;

	link_flbs(test, 0, 0, 1);
	link_flbs(test, 1, 1, 2);
	KUNIT_EXPECT_EQ(test, luo_flbs_preserve(&t->handlers[0]), 0);
	expect_log(test, "p0 p1 ");
	KUNIT_EXPECT_EQ(test, luo_flbs_preserve(&t->handlers[0]), 0);
	KUNIT_EXPECT_EQ(test, luo_flbs_preserve(&t->handlers[1]), 0);
	expect_log(test, "p2 ");
	expect_page(test, "0=100*2 1=101*3 2=102*1 ");
	luo_flbs_unpreserve(&t->handlers[0]);
	luo_flbs_unpreserve(&t->handlers[0]);
	expect_log(test, "u0 ");
	expect_page(test, "1=101*1 2=102*1 ");
	luo_flbs_unpreserve(&t->handlers[1]);
	expect_log(test, "u2 u1 ");
	expect_page(test, "");
	KUNIT_EXPECT_EQ(test, atomic_long_read(&tracker->pages), pages);
}

static void luo_flb_fail_nth(struct kunit *test)
{
	static const char * const undone[NR] = { "", "p0 u0 ", "p0 p1 u1 u0 " };
	struct kho_tracker *tracker = kho_outgoing_tracker();
	const long pages = atomic_long_read(&tracker->pages);
	struct flb_test *t = test->priv;

	link_flbs(test, 0, 0, NR - 1);
	for (t->fail_at = 0; t->fail_at < NR; t->fail_at++) {
		KUNIT_EXPECT_EQ(test, luo_flbs_preserve(&t->handlers[0]),
				-EUCLEAN);
		expect_log(test, undone[t->fail_at]);
		KUNIT_EXPECT_EQ(test, t->handlers[0].preserved, 0);
		KUNIT_EXPECT_EQ(test, atomic_long_read(&tracker->pages), pages);
	}
	KUNIT_EXPECT_EQ(test, luo_flbs_preserve(&t->handlers[0]), 0);
	luo_flbs_unpreserve(&t->handlers[0]);
	expect_log(test, "p0 p1 p2 u2 u1 u0 ");
}

static void luo_flb_register(struct kunit *test)
{
	struct flb_test *t = test->priv;
	struct liveupdate_file_handler *handler = &t->handlers[0], none = {};
	struct liveupdate_flb *flb = &t->mocks[0].flb, same = *flb;

	KUNIT_EXPECT_EQ(test, liveupdate_register_flb(&none, flb), -ENOENT);
	KUNIT_EXPECT_EQ(test, liveupdate_unregister_flb(&none, flb), -ENOENT);
	KUNIT_EXPECT_EQ(test, liveupdate_unregister_flb(handler, flb), -ENOENT);
	KUNIT_EXPECT_EQ(test, liveupdate_register_flb(handler, flb), 0);
	KUNIT_EXPECT_EQ(test, liveupdate_register_flb(handler, flb), -EEXIST);
	KUNIT_EXPECT_EQ(test, liveupdate_register_flb(handler, &same), -EEXIST);
	KUNIT_EXPECT_EQ(test, luo_flbs_preserve(handler), 0);
	KUNIT_EXPECT_EQ(test, liveupdate_unregister_flb(handler, flb), -EBUSY);
	KUNIT_EXPECT_EQ(test, -EBUSY,
			liveupdate_register_flb(handler, &t->mocks[1].flb));
	luo_flbs_unpreserve(handler);
	KUNIT_EXPECT_EQ(test, liveupdate_unregister_flb(handler, flb), 0);
	KUNIT_EXPECT_EQ(test, liveupdate_register_flb(handler, &same), 0);
	KUNIT_EXPECT_EQ(test, liveupdate_unregister_flb(handler, &same), 0);
}

/* A reference keeps an object alive, but does not hand it over. */
static void luo_flb_get_outgoing(struct kunit *test)
{
	struct flb_test *t = test->priv;
	struct liveupdate_flb *flb = &t->mocks[0].flb;
	void *obj;

	KUNIT_EXPECT_EQ(test, liveupdate_flb_get_outgoing(flb, &obj), -ENODATA);
	link_flbs(test, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, luo_flbs_preserve(&t->handlers[0]), 0);
	KUNIT_EXPECT_EQ(test, liveupdate_flb_get_outgoing(flb, &obj), 0);
	KUNIT_EXPECT_PTR_EQ(test, obj, &t->mocks[0]);
	luo_flbs_unpreserve(&t->handlers[0]);
	expect_log(test, "p0 ");
	expect_page(test, "");
	KUNIT_EXPECT_EQ(test, luo_flbs_preserve(&t->handlers[0]), 0);
	expect_page(test, "0=100*1 ");
	luo_flbs_unpreserve(&t->handlers[0]);
	liveupdate_flb_put_outgoing(flb);
	expect_log(test, "u0 ");
	KUNIT_EXPECT_EQ(test, liveupdate_flb_get_outgoing(flb, &obj), -ENODATA);
}

/* Adds incoming objects with these numbers of files. */
static void leave(struct kunit *test, u64 files0, u64 files1)
{
	struct flb_test *t = test->priv;

	add_entry(t->page, t->mocks[0].name, 100, files0);
	add_entry(t->page, t->mocks[1].name, 101, files1);
	KUNIT_ASSERT_EQ(test, luo_flbs_adopt(t->page), 2);
}

/* Objects that are never retrieved; more files are finished than counted. */
static void luo_flb_finish_unread(struct kunit *test)
{
	struct flb_test *t = test->priv;
	void *obj;

	link_flbs(test, 0, 0, 1);
	leave(test, 1, 2);
	luo_flbs_finish(&t->handlers[0]);
	expect_log(test, "r0 e0 ");
	luo_flbs_finish(&t->handlers[0]);
	expect_log(test, "r1 e1 ");
	luo_flbs_finish(&t->handlers[0]);
	expect_log(test, "");
	KUNIT_EXPECT_EQ(test, -ENODATA,
			liveupdate_flb_get_incoming(&t->mocks[0].flb, &obj));
}

/* A failed retrieve() can be repeated; a reference delays finish(). */
static void luo_flb_get_incoming(struct kunit *test)
{
	struct flb_test *t = test->priv;
	struct liveupdate_flb *flb = &t->mocks[0].flb;
	void *obj = NULL;

	link_flbs(test, 0, 0, 1);
	leave(test, 1, 1);
	t->fail_at = 0;
	KUNIT_EXPECT_EQ(test, liveupdate_flb_get_incoming(flb, &obj), -EUCLEAN);
	t->fail_at = -1;
	KUNIT_EXPECT_EQ(test, liveupdate_flb_get_incoming(flb, &obj), 0);
	KUNIT_EXPECT_PTR_EQ(test, obj, &t->mocks[0]);
	KUNIT_EXPECT_EQ(test, liveupdate_flb_get_incoming(flb, &obj), 0);
	expect_log(test, "r0 ");
	liveupdate_flb_put_incoming(flb);
	luo_flbs_finish(&t->handlers[0]);
	expect_log(test, "r1 e1 ");
	liveupdate_flb_put_incoming(flb);
	expect_log(test, "e0 ");
	KUNIT_EXPECT_EQ(test, liveupdate_flb_get_incoming(flb, &obj), -ENODATA);
}

/* Unfinished incoming objects, retrieved or not, are carried forward. */
static void luo_flb_hand_on(struct kunit *test)
{
	struct flb_test *t = test->priv;
	void *obj;

	link_flbs(test, 0, 0, 1);
	link_flbs(test, 1, 2, 2);
	leave(test, 3, 2);
	luo_flbs_finish(&t->handlers[0]);
	KUNIT_EXPECT_EQ(test, luo_flbs_preserve(&t->handlers[1]), 0);
	KUNIT_EXPECT_EQ(test, 0,
			liveupdate_flb_get_incoming(&t->mocks[0].flb, &obj));
	expect_page(test, "2=102*1 ");
	KUNIT_EXPECT_EQ(test, luo_flbs_hand_on(), 0);
	expect_page(test, "2=102*1 0=100*2 1=101*1 ");
	luo_flbs_take_back();
	luo_flbs_take_back();
	expect_page(test, "2=102*1 ");
	KUNIT_EXPECT_EQ(test, luo_flbs_preserve(&t->handlers[0]), 0);
	KUNIT_EXPECT_EQ(test, luo_flbs_hand_on(), -EEXIST);
	luo_flbs_unpreserve(&t->handlers[0]);
	luo_flbs_unpreserve(&t->handlers[1]);
	KUNIT_EXPECT_EQ(test, luo_flbs_hand_on(), 0);
	expect_page(test, "0=100*2 1=101*1 ");
	luo_flbs_take_back();
	liveupdate_flb_put_incoming(&t->mocks[0].flb);
	luo_flbs_finish(&t->handlers[0]);
	luo_flbs_finish(&t->handlers[0]);
	KUNIT_EXPECT_EQ(test, luo_flbs_hand_on(), 0);
	expect_page(test, "");
	luo_flbs_take_back();
}

/* finish() is deferred while incoming objects are carried forward. */
static void luo_flb_hand_on_and_put(struct kunit *test)
{
	struct flb_test *t = test->priv;
	struct liveupdate_flb *flb = &t->mocks[0].flb;
	void *obj;

	link_flbs(test, 0, 0, 1);
	leave(test, 1, 1);
	KUNIT_EXPECT_EQ(test, liveupdate_flb_get_incoming(flb, &obj), 0);
	luo_flbs_finish(&t->handlers[0]);
	expect_log(test, "r0 r1 e1 ");
	KUNIT_EXPECT_EQ(test, luo_flbs_hand_on(), 0);
	expect_page(test, "");
	liveupdate_flb_put_incoming(flb);
	expect_log(test, "");
	luo_flbs_take_back();
	expect_log(test, "e0 ");
	KUNIT_EXPECT_EQ(test, liveupdate_flb_get_incoming(flb, &obj), -ENODATA);
}

/* Objects are finished, although files that could not be read are not. */
static void luo_flb_finish_all(struct kunit *test)
{
	struct flb_test *t = test->priv;
	struct liveupdate_flb *flb = &t->mocks[0].flb;
	void *obj;

	link_flbs(test, 0, 0, 1);
	leave(test, 3, 2);
	KUNIT_EXPECT_EQ(test, liveupdate_flb_get_incoming(flb, &obj), 0);
	luo_flbs_finish(&t->handlers[0]);
	expect_log(test, "r0 ");
	luo_flbs_finish_all();
	expect_log(test, "r1 e1 ");
	liveupdate_flb_put_incoming(flb);
	expect_log(test, "e0 ");
	luo_flbs_finish_all();
	expect_log(test, "");
}

/* A malformed entry does not affect the others. */
static void luo_flb_damaged(struct kunit *test)
{
	struct flb_test *t = test->priv;
	struct luo_flb_page *page = t->page;
	u64 data = 0;

	add_entry(page, "", 1, 1);
	add_entry(page, "no files", 2, 0);
	add_entry(page, "endless", 3, 1);
	memset(page->flbs[2].name, 'x', sizeof(page->flbs[2].name));
	add_entry(page, t->mocks[0].name, 100, 1);
	add_entry(page, t->mocks[0].name, 4, 1);
	KUNIT_EXPECT_EQ(test, luo_flb_page_find(page, "no files", &data), -EIO);
	KUNIT_EXPECT_EQ(test, luo_flb_page_find(page, "none", &data), -ENODATA);
	KUNIT_EXPECT_EQ(test, data, 0);
	KUNIT_EXPECT_EQ(test, luo_flb_page_find(page, t->mocks[0].name, &data),
			0);
	KUNIT_EXPECT_EQ(test, data, 100);
	KUNIT_EXPECT_EQ(test, luo_flbs_adopt(page), 1);
	link_flbs(test, 0, 0, 0);
	luo_flbs_finish(&t->handlers[0]);
	expect_log(test, "r0 e0 ");
}

static void luo_flb_page_limits(struct kunit *test)
{
	struct flb_test *t = test->priv;
	struct luo_flb_page *page = t->page;

	page->count = LUO_FLB_MAX;
	KUNIT_EXPECT_EQ(test, luo_flb_page_check(page), 0);
	page->count++;
	KUNIT_EXPECT_EQ(test, luo_flb_page_check(page), -EIO);
	page->count = U64_MAX;
	KUNIT_EXPECT_EQ(test, luo_flb_page_check(page), -EIO);
	page->count = 0;
	page->pages = 2;
	KUNIT_EXPECT_EQ(test, luo_flb_page_check(page), -EIO);
	KUNIT_EXPECT_EQ(test, PAGE_SIZE == 4096, LUO_FLB_MAX == 63);
}

static struct kunit_case luo_flb_cases[] = {
	KUNIT_CASE(luo_flb_first_and_last),
	KUNIT_CASE(luo_flb_fail_nth),
	KUNIT_CASE(luo_flb_register),
	KUNIT_CASE(luo_flb_get_outgoing),
	KUNIT_CASE(luo_flb_finish_unread),
	KUNIT_CASE(luo_flb_get_incoming),
	KUNIT_CASE(luo_flb_hand_on),
	KUNIT_CASE(luo_flb_hand_on_and_put),
	KUNIT_CASE(luo_flb_finish_all),
	KUNIT_CASE(luo_flb_damaged),
	KUNIT_CASE(luo_flb_page_limits),
	{}
};

static struct kunit_suite luo_flb_suite = {
	.name = "luo_flb",
	.init = flb_test_init,
	.exit = flb_test_exit,
	.test_cases = luo_flb_cases,
};

kunit_test_suite(luo_flb_suite);

MODULE_DESCRIPTION("Tests of objects that files have in common, of LUO");
MODULE_LICENSE("GPL");
