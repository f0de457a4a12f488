// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of reading the tree of preserved blocks: node by node, and as
 * runs merged from blocks of all orders, compared with a bitmap.
 */

#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/io.h>
#include <linux/kho/abi/kho.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/random.h>

#include "../kho_tracker.h"
#include "../kho_tree.h"

#define ALL_ORDERS	GENMASK_ULL(KHO_TREE_MAX_ORDER, 0)

struct tree_test {
	struct kho_tracker tracker;
	struct kho_tree_walk walk;
};

static int tree_test_init(struct kunit *test)
{
	struct tree_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	KUNIT_ASSERT_EQ(test, kho_tracker_init(&t->tracker), 0);
	test->priv = t;
	return 0;
}

static void tree_test_exit(struct kunit *test)
{
	struct tree_test *t = test->priv;

	if (t)
		kho_tracker_destroy(&t->tracker);
}

static u64 root_pa(struct tree_test *t)
{
	return virt_to_phys(t->tracker.root);
}

static void begin(struct tree_test *t, u64 orders, u64 start, u64 end)
{
	kho_tree_walk_init(&t->walk, root_pa(t), orders, start, end);
}

static void add(struct kunit *test, unsigned long pfn, unsigned int order)
{
	struct tree_test *t = test->priv;

	KUNIT_ASSERT_EQ(test, kho_tracker_add(&t->tracker, pfn, order), 0);
}

static void expect_run(struct kunit *test, u64 want_start, u64 want_end)
{
	struct tree_test *t = test->priv;
	u64 start = 0, end = 0;

	KUNIT_EXPECT_EQ(test, kho_tree_walk_next(&t->walk, &start, &end), 1);
	KUNIT_EXPECT_EQ(test, start, want_start);
	KUNIT_EXPECT_EQ(test, end, want_end);
}

static void expect_end(struct kunit *test)
{
	struct tree_test *t = test->priv;
	u64 start, end;

	KUNIT_EXPECT_EQ(test, kho_tree_walk_next(&t->walk, &start, &end), 0);
}

static void kho_tree_empty(struct kunit *test)
{
	begin(test->priv, ALL_ORDERS, 0, KHO_TREE_END);
	expect_end(test);
}

/* Adjacent blocks of any orders form one run. */
static void kho_tree_orders_merge(struct kunit *test)
{
	add(test, 0x1ff, 0);
	add(test, 0x200, 9);
	add(test, 0x400, 4);
	add(test, 0x412, 1);
	add(test, 0x410, 1);
	add(test, 0x500, 0);
	begin(test->priv, ALL_ORDERS, 0, KHO_TREE_END);
	expect_run(test, 0x1ff, 0x414);
	expect_run(test, 0x500, 0x501);
	expect_end(test);
}

/* The first and last blocks of adjacent and distant bitmaps. */
static void kho_tree_next_bitmap(struct kunit *test)
{
	const unsigned long last = KHO_TREE_BITS - 1;

	add(test, last, 0);
	add(test, last + 1, 0);
	add(test, last + KHO_TREE_BITS, 0);
	add(test, 5 * KHO_TREE_BITS, 0);
	begin(test->priv, ALL_ORDERS, 0, KHO_TREE_END);
	expect_run(test, last, last + 2);
	expect_run(test, last + KHO_TREE_BITS, last + KHO_TREE_BITS + 1);
	expect_run(test, 5 * KHO_TREE_BITS, 5 * KHO_TREE_BITS + 1);
	expect_end(test);
}

/* A walk over a part includes blocks that overlap its ends. */
static void kho_tree_part(struct kunit *test)
{
	add(test, 0x10, 0);
	add(test, 0x20, 4);
	add(test, 0x40, 4);
	add(test, 0x60, 0);
	begin(test->priv, ALL_ORDERS, 0x2f, 0x41);
	expect_run(test, 0x20, 0x30);
	expect_run(test, 0x40, 0x50);
	expect_end(test);
}

static void kho_tree_some_orders(struct kunit *test)
{
	add(test, 0x10, 0);
	add(test, 0x20, 4);
	begin(test->priv, BIT_ULL(4), 0, KHO_TREE_END);
	expect_run(test, 0x20, 0x30);
	expect_end(test);
}

/* Blocks so large that keys of several orders share the lowest bitmap. */
static void kho_tree_largest_orders(struct kunit *test)
{
	add(test, 0, KHO_TREE_MAX_ORDER);
	add(test, 1UL << KHO_TREE_MAX_ORDER, KHO_TREE_MAX_ORDER - 1);
	begin(test->priv, ALL_ORDERS, 0, KHO_TREE_END);
	expect_run(test, 0, 3UL << (KHO_TREE_MAX_ORDER - 1));
	expect_end(test);
}

/* The tracker rejects overlapping blocks, so the test sets the bit directly. */
static void kho_tree_overlap(struct kunit *test)
{
	struct tree_test *t = test->priv;
	struct kho_tree_bitmap *bitmap;
	u64 key = kho_tree_key((u64)0x303 << PAGE_SHIFT, 0), start, end;

	add(test, 0x201, 0);
	add(test, 0x300, 3);
	bitmap = kho_tree_find(root_pa(t), key);
	KUNIT_ASSERT_NOT_NULL(test, bitmap);
	set_bit(kho_tree_index(key, 0), bitmap->bits);
	begin(t, ALL_ORDERS, 0, KHO_TREE_END);
	expect_run(test, 0x201, 0x202);
	KUNIT_EXPECT_EQ(test, kho_tree_walk_next(&t->walk, &start, &end),
			-EINVAL);
}

static void kho_tree_no_overlap_is_added(struct kunit *test)
{
	struct tree_test *t = test->priv;
	long nodes;

	add(test, 0x200, 9);
	add(test, 0x401, 0);
	nodes = atomic_long_read(&t->tracker.nodes);
	KUNIT_EXPECT_EQ(test, kho_tracker_add(&t->tracker, 0x2ff, 0), -EEXIST);
	KUNIT_EXPECT_EQ(test, kho_tracker_add(&t->tracker, 0x210, 4), -EEXIST);
	KUNIT_EXPECT_EQ(test, kho_tracker_add(&t->tracker, 0, 10), -EEXIST);
	KUNIT_EXPECT_EQ(test, kho_tracker_add(&t->tracker, 0x400, 1), -EEXIST);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&t->tracker.nodes), nodes);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&t->tracker.pages), 513);
	KUNIT_EXPECT_TRUE(test, kho_tracker_has(&t->tracker, 0x200, 9));
	KUNIT_EXPECT_FALSE(test, kho_tracker_has(&t->tracker, 0x400, 1));
}

/* A range is added completely or not at all, wherever it overlaps a block. */
static void kho_tree_no_range_over_blocks(struct kunit *test)
{
	struct kho_tracker *tracker = &((struct tree_test *)test->priv)->tracker;
	unsigned long pfn = ALIGN(PHYS_PFN(SZ_16M), MAX_ORDER_NR_PAGES);
	long nodes;

	if (!pfn_valid(pfn) || !pfn_valid(pfn + 2048))
		kunit_skip(test, "no memory at 16 MiB");
	add(test, pfn + 1024, 5);
	add(test, pfn + 301, 0);
	nodes = atomic_long_read(&tracker->nodes);
	KUNIT_EXPECT_EQ(test, kho_tracker_add_range(tracker, pfn + 1, 1100),
			-EEXIST);
	KUNIT_EXPECT_EQ(test, kho_tracker_add_range(tracker, pfn, 302), -EEXIST);
	KUNIT_EXPECT_EQ(test, kho_tracker_add_range(tracker, pfn + 1031, 1),
			-EEXIST);
	KUNIT_EXPECT_EQ(test, kho_tracker_add_range(tracker, pfn + 302, 723),
			-EEXIST);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&tracker->nodes), nodes);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&tracker->pages), 33);
	KUNIT_EXPECT_EQ(test, kho_tracker_add_range(tracker, pfn + 302, 722), 0);
}

/**
 * struct visit_log - results of a visit
 * @visitor: for kho_tree_visit()
 * @nodes: number of nodes visited
 * @max_nodes: number of nodes after which to reject nodes
 * @pages: total number of pages in all blocks
 * @orders: bitmap of the orders of the blocks
 */
struct visit_log {
	struct kho_tree_visitor visitor;
	unsigned int nodes;
	unsigned int max_nodes;
	u64 pages;
	u64 orders;
	bool bad_bitmap;
};

static void *log_node(struct kho_tree_visitor *visitor, u64 pa)
{
	struct visit_log *log = container_of(visitor, struct visit_log, visitor);

	return log->nodes++ < log->max_nodes ? phys_to_virt(pa) : NULL;
}

static int log_blocks(struct kho_tree_visitor *visitor,
		      const struct kho_blocks *blocks)
{
	struct visit_log *log = container_of(visitor, struct visit_log, visitor);
	const u64 key = kho_tree_key(PFN_PHYS(blocks->start), blocks->order);

	log->pages += blocks->end - blocks->start;
	log->orders |= BIT_ULL(blocks->order);
	log->bad_bitmap |= !test_bit(kho_tree_index(key, 0),
				     visitor->bitmap->bits);
	return 0;
}

static int visit(struct kunit *test, struct visit_log *log,
		 unsigned int max_nodes)
{
	*log = (struct visit_log) {
		.visitor = { .node = log_node, .blocks = log_blocks },
		.max_nodes = max_nodes,
	};
	return kho_tree_visit(&log->visitor, root_pa(test->priv));
}

static void kho_tree_visit_counts(struct kunit *test)
{
	struct tree_test *t = test->priv;
	struct visit_log log;
	unsigned int nodes;

	add(test, KHO_TREE_BITS - 1, 0);
	add(test, KHO_TREE_BITS, 0);
	add(test, 512, 9);
	KUNIT_EXPECT_EQ(test, visit(test, &log, UINT_MAX), 0);
	KUNIT_EXPECT_EQ(test, log.nodes,
			1 + atomic_long_read(&t->tracker.nodes));
	KUNIT_EXPECT_EQ(test, log.pages, 514);
	KUNIT_EXPECT_EQ(test, log.orders, BIT_ULL(0) | BIT_ULL(9));
	KUNIT_EXPECT_FALSE(test, log.bad_bitmap);
	/* Rejecting any of the nodes fails the visit. */
	nodes = log.nodes;
	while (nodes--)
		KUNIT_EXPECT_EQ(test, visit(test, &log, nodes), -EINVAL);
}

/* Keys that encode no block: the order is too large, or the key is 0. */
static void kho_tree_visit_bad_keys(struct kunit *test)
{
	struct tree_test *t = test->priv;
	struct kho_tree_bitmap *bitmap;
	struct visit_log log;
	unsigned long bit;

	add(test, 0, KHO_TREE_MAX_ORDER);
	bitmap = kho_tree_find(root_pa(t), kho_tree_key(0, KHO_TREE_MAX_ORDER));
	KUNIT_ASSERT_NOT_NULL(test, bitmap);
	KUNIT_EXPECT_EQ(test, visit(test, &log, UINT_MAX), 0);
	for (bit = 0; bit < 2; bit++) {
		set_bit(bit, bitmap->bits);
		KUNIT_EXPECT_EQ(test, visit(test, &log, UINT_MAX), -EINVAL);
		clear_bit(bit, bitmap->bits);
	}
	/* Only the first slots of the root have valid orders. */
	swap(t->tracker.root->slots[0], t->tracker.root->slots[4]);
	KUNIT_EXPECT_EQ(test, visit(test, &log, UINT_MAX), -EINVAL);
	swap(t->tracker.root->slots[0], t->tracker.root->slots[4]);
}

/* A tree with a cycle, where each node is the root of a smaller tree. */
static void kho_tree_visit_circle(struct kunit *test)
{
	const unsigned int nodes = BIT(KHO_TREE_LEVELS) - 1;
	struct tree_test *t = test->priv;
	u64 *slots = t->tracker.root->slots;
	struct visit_log log;

	slots[2] = root_pa(t);
	slots[3] = root_pa(t);
	KUNIT_EXPECT_EQ(test, visit(test, &log, nodes), 0);
	KUNIT_EXPECT_EQ(test, log.nodes, nodes);
	KUNIT_EXPECT_EQ(test, visit(test, &log, nodes - 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, log.nodes, nodes);
	slots[2] = 0;
	slots[3] = 0;
}

#define MODEL_PAGES	(2 * KHO_TREE_BITS)
#define MODEL_BLOCKS	3000

static void expect_bitmap(struct kunit *test, const unsigned long *model)
{
	unsigned long start, end;

	begin(test->priv, ALL_ORDERS, 0, MODEL_PAGES);
	for_each_set_bitrange(start, end, model, MODEL_PAGES)
		expect_run(test, start, end);
	expect_end(test);
}

static void kho_tree_against_bitmap(struct kunit *test)
{
	struct tree_test *t = test->priv;
	u32 seed = get_random_u32();
	unsigned long *model;
	struct rnd_state rnd;
	int i;

	kunit_info(test, "seed %u", seed);
	prandom_seed_state(&rnd, seed);
	model = kunit_kzalloc(test, BITS_TO_LONGS(MODEL_PAGES) * sizeof(long),
			      GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, model);
	for (i = 0; i < MODEL_BLOCKS; i++) {
		unsigned int order = prandom_u32_state(&rnd) % 6;
		unsigned long pfn = prandom_u32_state(&rnd) % MODEL_PAGES;
		bool used;

		pfn = round_down(pfn, 1UL << order);
		used = find_next_bit(model, pfn + (1UL << order), pfn) <
		       pfn + (1UL << order);
		KUNIT_ASSERT_EQ(test, kho_tracker_add(&t->tracker, pfn, order),
				used ? -EEXIST : 0);
		if (!used)
			bitmap_set(model, pfn, 1UL << order);
	}
	expect_bitmap(test, model);
}

static struct kunit_case kho_tree_cases[] = {
	KUNIT_CASE(kho_tree_empty),
	KUNIT_CASE(kho_tree_orders_merge),
	KUNIT_CASE(kho_tree_next_bitmap),
	KUNIT_CASE(kho_tree_part),
	KUNIT_CASE(kho_tree_some_orders),
	KUNIT_CASE(kho_tree_largest_orders),
	KUNIT_CASE(kho_tree_overlap),
	KUNIT_CASE(kho_tree_no_overlap_is_added),
	KUNIT_CASE(kho_tree_no_range_over_blocks),
	KUNIT_CASE(kho_tree_visit_counts),
	KUNIT_CASE(kho_tree_visit_bad_keys),
	KUNIT_CASE(kho_tree_visit_circle),
	KUNIT_CASE(kho_tree_against_bitmap),
	{}
};

static struct kunit_suite kho_tree_suite = {
	.name = "kho_tree",
	.init = tree_test_init,
	.exit = tree_test_exit,
	.test_cases = kho_tree_cases,
};

kunit_test_suite(kho_tree_suite);

MODULE_DESCRIPTION("Tests of reading KHO's tree of preserved blocks");
MODULE_LICENSE("GPL");
