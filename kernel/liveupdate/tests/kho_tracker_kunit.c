// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the tracker of preserved memory: the encoding of keys, and the
 * tracker compared with a linear list.
 */

#include <kunit/test.h>
#include <linux/kho/abi/kho.h>
#include <linux/mm.h>
#include <linux/prandom.h>

#include "../kho_tracker.h"

struct key_case {
	const char *name;
	u64 pa;
	unsigned int order;
	u64 key;
};

/* Expected keys, computed by hand from the format for 4 KiB pages. */
static const struct key_case key_cases[] = {
	{ "first page", 0, 0, 0x0010000000000000 },
	{ "second page", 0x1000, 0, 0x0010000000000001 },
	{ "last page of 52 bits", 0xffffffffff000, 0, 0x001000ffffffffff },
	{ "first 2 MiB", 0, 9, 0x0000080000000000 },
	{ "2 MiB at 4 GiB", 0x100000000, 9, 0x0000080000000800 },
	{ "1 GiB at 3 GiB", 0xc0000000, 18, 0x0000000400000003 },
	{ "16 GiB at 16 GiB", 0x400000000, 22, 0x0000000040000001 },
};

KUNIT_ARRAY_PARAM_DESC(key, key_cases, name);

static void kho_key_coding(struct kunit *test)
{
	const struct key_case *c = test->param_value;

	if (PAGE_SHIFT != 12)
		kunit_skip(test, "the expected keys are for 4 KiB pages");
	KUNIT_EXPECT_EQ(test, kho_tree_key(c->pa, c->order), c->key);
	KUNIT_EXPECT_EQ(test, kho_tree_key_order(c->key), c->order);
	KUNIT_EXPECT_EQ(test, kho_tree_key_pa(c->key), c->pa);
}

static void kho_key_roundtrip(struct kunit *test)
{
	unsigned int order, bit;

	for (order = 0; order <= KHO_TREE_MAX_ORDER; order++) {
		for (bit = PAGE_SHIFT + order; bit < 64; bit++) {
			u64 pa = 1ULL << bit;
			u64 key = kho_tree_key(pa, order);

			KUNIT_EXPECT_EQ(test, kho_tree_key_order(key), order);
			KUNIT_EXPECT_EQ(test, kho_tree_key_pa(key), pa);
		}
	}
}

/* The indices of all levels together make up the key. */
static void kho_key_indices(struct kunit *test)
{
	struct rnd_state rnd;
	int i;

	prandom_seed_state(&rnd, 42);
	for (i = 0; i < 1000; i++) {
		u64 random = (u64)prandom_u32_state(&rnd) << 32 |
			     prandom_u32_state(&rnd);
		u64 key = random >> (64 - KHO_TREE_KEY_BITS);
		unsigned int level, shift = KHO_TREE_BITMAP_SHIFT;
		u64 sum = kho_tree_index(key, 0);

		for (level = 1; level < KHO_TREE_LEVELS; level++) {
			sum |= (u64)kho_tree_index(key, level) << shift;
			shift += KHO_TREE_TABLE_SHIFT;
		}
		KUNIT_EXPECT_EQ(test, sum, key);
	}
}

static void kho_key_of_no_block(struct kunit *test)
{
	/* The order bit is too low, or a bit above all order bits is set. */
	KUNIT_EXPECT_GT(test, kho_tree_key_order(1), KHO_TREE_MAX_ORDER);
	KUNIT_EXPECT_GT(test, kho_tree_key_order(1ULL << 63), KHO_TREE_MAX_ORDER);
	KUNIT_EXPECT_GT(test, kho_tree_key_order(1ULL << (64 - PAGE_SHIFT + 1)),
			KHO_TREE_MAX_ORDER);
}

static int tracker_test_init(struct kunit *test)
{
	struct kho_tracker *tracker;

	tracker = kunit_kzalloc(test, sizeof(*tracker), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, tracker);
	KUNIT_ASSERT_EQ(test, kho_tracker_init(tracker), 0);
	test->priv = tracker;
	return 0;
}

static void tracker_test_exit(struct kunit *test)
{
	struct kho_tracker *tracker = test->priv;

	if (tracker)
		kho_tracker_destroy(tracker);
}

static void expect_empty(struct kunit *test, struct kho_tracker *tracker)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(test, atomic_long_read(&tracker->nodes), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&tracker->pages), 0);
	for (i = 0; i < KHO_TREE_SLOTS; i++)
		KUNIT_EXPECT_EQ(test, tracker->root->slots[i], 0);
}

static void kho_tracker_one_block(struct kunit *test)
{
	struct kho_tracker *tracker = test->priv;

	KUNIT_EXPECT_FALSE(test, kho_tracker_has(tracker, 0x1200, 9));
	KUNIT_ASSERT_EQ(test, kho_tracker_add(tracker, 0x1200, 9), 0);
	KUNIT_EXPECT_TRUE(test, kho_tracker_has(tracker, 0x1200, 9));
	KUNIT_EXPECT_FALSE(test, kho_tracker_has(tracker, 0x1200, 8));
	KUNIT_EXPECT_FALSE(test, kho_tracker_has(tracker, 0x1400, 9));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&tracker->pages), 512);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&tracker->nodes),
			KHO_TREE_LEVELS - 1);
	KUNIT_EXPECT_EQ(test, kho_tracker_del(tracker, 0x1200, 9), 0);
	expect_empty(test, tracker);
}

static void kho_tracker_add_twice(struct kunit *test)
{
	struct kho_tracker *tracker = test->priv;

	KUNIT_ASSERT_EQ(test, kho_tracker_add(tracker, 7, 0), 0);
	KUNIT_EXPECT_EQ(test, kho_tracker_add(tracker, 7, 0), -EEXIST);
	KUNIT_EXPECT_TRUE(test, kho_tracker_has(tracker, 7, 0));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&tracker->pages), 1);
	KUNIT_EXPECT_EQ(test, kho_tracker_del(tracker, 7, 0), 0);
	KUNIT_EXPECT_EQ(test, kho_tracker_del(tracker, 7, 0), -ENOENT);
	expect_empty(test, tracker);
}

/* A node is freed with the last block below it, not earlier. */
static void kho_tracker_shared_nodes(struct kunit *test)
{
	struct kho_tracker *tracker = test->priv;
	const unsigned long far = KHO_TREE_BITS;

	KUNIT_ASSERT_EQ(test, kho_tracker_add(tracker, 1, 0), 0);
	KUNIT_ASSERT_EQ(test, kho_tracker_add(tracker, 2, 0), 0);
	KUNIT_ASSERT_EQ(test, kho_tracker_add(tracker, far, 0), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&tracker->nodes),
			KHO_TREE_LEVELS);
	KUNIT_EXPECT_EQ(test, kho_tracker_del(tracker, far, 0), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&tracker->nodes),
			KHO_TREE_LEVELS - 1);
	KUNIT_EXPECT_EQ(test, kho_tracker_del(tracker, 1, 0), 0);
	KUNIT_EXPECT_TRUE(test, kho_tracker_has(tracker, 2, 0));
	KUNIT_EXPECT_EQ(test, kho_tracker_del(tracker, 2, 0), 0);
	expect_empty(test, tracker);
}

/* First page of existing memory that the tests use for ranges. */
static unsigned long some_pfn(struct kunit *test)
{
	unsigned long pfn = ALIGN(PHYS_PFN(SZ_16M), MAX_ORDER_NR_PAGES);

	if (!pfn_valid(pfn) || !pfn_valid(pfn + 4096))
		kunit_skip(test, "no memory at 16 MiB");
	return pfn;
}

static void kho_range_blocks(struct kunit *test)
{
	unsigned long pfn = some_pfn(test);

	KUNIT_EXPECT_EQ(test, kho_range_order(pfn, 1), 0);
	KUNIT_EXPECT_EQ(test, kho_range_order(pfn, 7), 2);
	KUNIT_EXPECT_EQ(test, kho_range_order(pfn + 4, 700), 2);
	KUNIT_EXPECT_EQ(test, kho_range_order(pfn + 1, 700), 0);
	KUNIT_EXPECT_EQ(test, kho_range_order(pfn, 512), 9);
	KUNIT_EXPECT_EQ(test, kho_range_order(pfn, 1023), 9);
}

/* A range takes one key per block, not per page. */
static void kho_range_add_del(struct kunit *test)
{
	struct kho_tracker *tracker = test->priv;
	unsigned long pfn = some_pfn(test);

	KUNIT_ASSERT_EQ(test, kho_tracker_add_range(tracker, pfn + 3, 1026), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&tracker->pages), 1026);
	KUNIT_EXPECT_TRUE(test, kho_tracker_has(tracker, pfn + 3, 0));
	KUNIT_EXPECT_TRUE(test, kho_tracker_has(tracker, pfn + 4, 2));
	KUNIT_EXPECT_TRUE(test, kho_tracker_has(tracker, pfn + 512, 9));
	KUNIT_EXPECT_TRUE(test, kho_tracker_has(tracker, pfn + 1028, 0));
	KUNIT_EXPECT_FALSE(test, kho_tracker_has(tracker, pfn + 1029, 0));

	/* Only the exact range that was added can be removed. */
	KUNIT_EXPECT_EQ(test, kho_tracker_del_range(tracker, pfn + 3, 1027),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&tracker->pages), 1026);

	KUNIT_EXPECT_EQ(test, kho_tracker_del_range(tracker, pfn + 3, 1026), 0);
	expect_empty(test, tracker);
}

/* A range that cannot be added completely is rolled back. */
static void kho_range_overlap(struct kunit *test)
{
	struct kho_tracker *tracker = test->priv;
	unsigned long pfn = some_pfn(test);

	KUNIT_ASSERT_EQ(test, kho_tracker_add(tracker, pfn + 512, 8), 0);
	KUNIT_EXPECT_EQ(test, kho_tracker_add_range(tracker, pfn + 1, 767),
			-EEXIST);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&tracker->pages), 256);
	KUNIT_EXPECT_TRUE(test, kho_tracker_has(tracker, pfn + 512, 8));
	KUNIT_EXPECT_EQ(test, kho_tracker_del(tracker, pfn + 512, 8), 0);
	expect_empty(test, tracker);
}

/* The model: a list of ranges that is searched linearly. */
#define MODEL_PAGES	2048
#define MODEL_STEPS	4000

struct model_range {
	u16 first;
	u16 nr;
};

struct model {
	struct model_range ranges[64];
	unsigned int count;
	u8 used[MODEL_PAGES];
};

static bool model_add(struct model *model, u16 first, u16 nr)
{
	if (model->count == ARRAY_SIZE(model->ranges) ||
	    memchr_inv(model->used + first, 0, nr))
		return false;
	memset(model->used + first, 1, nr);
	model->ranges[model->count++] = (struct model_range) { first, nr };
	return true;
}

static struct model_range model_del(struct model *model, unsigned int i)
{
	struct model_range range = model->ranges[i];

	memset(model->used + range.first, 0, range.nr);
	model->ranges[i] = model->ranges[--model->count];
	return range;
}

static void random_step(struct kunit *test, struct model *model,
			struct rnd_state *rnd, unsigned long pfn)
{
	struct kho_tracker *tracker = test->priv;
	u16 first = prandom_u32_state(rnd) % MODEL_PAGES;
	u16 nr = 1 + prandom_u32_state(rnd) %
		 min(MODEL_PAGES - first, 1 << prandom_u32_state(rnd) % 11);

	if (prandom_u32_state(rnd) % 2 && model->count) {
		struct model_range range =
			model_del(model, prandom_u32_state(rnd) % model->count);

		KUNIT_EXPECT_EQ(test, kho_tracker_del_range(tracker,
							    pfn + range.first,
							    range.nr), 0);
	} else if (model_add(model, first, nr)) {
		KUNIT_EXPECT_EQ(test, kho_tracker_add_range(tracker,
							    pfn + first, nr), 0);
	}
}

static void expect_model(struct kunit *test, const struct model *model)
{
	struct kho_tracker *tracker = test->priv;
	unsigned long pages = 0;
	unsigned int i;

	for (i = 0; i < model->count; i++)
		pages += model->ranges[i].nr;
	KUNIT_EXPECT_EQ(test, atomic_long_read(&tracker->pages), pages);
}

static void kho_tracker_against_model(struct kunit *test)
{
	struct kho_tracker *tracker = test->priv;
	unsigned long pfn = some_pfn(test);
	struct rnd_state rnd;
	struct model *model;
	u32 seed = get_random_u32();
	int i;

	kunit_info(test, "seed %u", seed);
	prandom_seed_state(&rnd, seed);
	model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, model);

	for (i = 0; i < MODEL_STEPS; i++) {
		random_step(test, model, &rnd, pfn);
		expect_model(test, model);
	}
	while (model->count) {
		struct model_range range = model_del(model, 0);

		KUNIT_EXPECT_EQ(test, kho_tracker_del_range(tracker,
							    pfn + range.first,
							    range.nr), 0);
	}
	expect_empty(test, tracker);
}

static struct kunit_case kho_key_cases[] = {
	KUNIT_CASE_PARAM(kho_key_coding, key_gen_params),
	KUNIT_CASE(kho_key_roundtrip),
	KUNIT_CASE(kho_key_indices),
	KUNIT_CASE(kho_key_of_no_block),
	{}
};

static struct kunit_suite kho_key_suite = {
	.name = "kho_key",
	.test_cases = kho_key_cases,
};

static struct kunit_case kho_tracker_cases[] = {
	KUNIT_CASE(kho_tracker_one_block),
	KUNIT_CASE(kho_tracker_add_twice),
	KUNIT_CASE(kho_tracker_shared_nodes),
	KUNIT_CASE(kho_range_blocks),
	KUNIT_CASE(kho_range_add_del),
	KUNIT_CASE(kho_range_overlap),
	KUNIT_CASE(kho_tracker_against_model),
	{}
};

static struct kunit_suite kho_tracker_suite = {
	.name = "kho_tracker",
	.init = tracker_test_init,
	.exit = tracker_test_exit,
	.test_cases = kho_tracker_cases,
};

kunit_test_suites(&kho_key_suite, &kho_tracker_suite);

MODULE_DESCRIPTION("Tests of the preserved-memory tracker of KHO");
MODULE_LICENSE("GPL");
