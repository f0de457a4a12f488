// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of walking the runs of preserved pages.
 */

#include <linux/io.h>
#include <linux/string.h>

#include "test.h"

/* Adds random blocks to a tracker and to the model. */
static void fill(struct kho_tracker *tracker, struct model *model)
{
	unsigned int i, nr = random_below(400);

	*model = (struct model) {};
	for (i = 0; i < nr; i++) {
		const unsigned int order = random_below(1 + random_below(11));
		const unsigned long pfn = SIM_FIRST_PFN +
			ALIGN_DOWN(random_below(SIM_PAGES), 1UL << order);

		if (model_add(model, pfn, order))
			expect(!kho_tracker_add(tracker, pfn, order));
	}
}

/* The walk yields every run of the model as a whole, and no other. */
static void expect_runs(struct kho_tracker *tracker, const struct model *model)
{
	static struct kho_tree_walk walk;
	u64 start, end, want_start = SIM_FIRST_PFN, want_end = SIM_END_PFN;

	kho_tree_walk_init(&walk, virt_to_phys(tracker->root), U64_MAX, 0,
			   KHO_TREE_END);
	while (model_run(model, &want_start, &want_end)) {
		expect(kho_tree_walk_next(&walk, &start, &end) == 1);
		expect(start == want_start && end == want_end);
		want_start = want_end;
		want_end = SIM_END_PFN;
	}
	expect(!kho_tree_walk_next(&walk, &start, &end));
	expect(!kho_tree_walk_next(&walk, &start, &end));
}

void test_tree_random(void)
{
	static struct model model;
	struct kho_tracker tracker;
	int i;

	for (i = 0; i < 300; i++) {
		expect(!kho_tracker_init(&tracker));
		fill(&tracker, &model);
		expect_runs(&tracker, &model);
		kho_tracker_destroy(&tracker);
	}
}

/* Copies blocks of some orders that overlap [start, end). */
static void clip(struct model *to, const struct model *from, u64 orders,
		 u64 start, u64 end)
{
	unsigned int i;

	*to = (struct model) {};
	for (i = 0; i < from->count; i++) {
		const struct model_block *block = &from->blocks[i];
		const u64 block_end = block->pfn + (1ULL << block->order);

		if (orders & BIT_ULL(block->order) && block_end > start &&
		    block->pfn < end)
			expect(model_add(to, block->pfn, block->order));
	}
}

void test_tree_clipped(void)
{
	static struct model model, clipped;
	static struct kho_tree_walk walk;
	struct kho_tracker tracker;
	int i;

	expect(!kho_tracker_init(&tracker));
	fill(&tracker, &model);
	for (i = 0; i < 2000; i++) {
		const u64 orders = random_below(BIT(11));
		const u64 first = SIM_FIRST_PFN + random_below(SIM_PAGES);
		const u64 limit = first + 1 + random_below(SIM_END_PFN - first);
		u64 start, end, want_start = SIM_FIRST_PFN;
		u64 want_end = SIM_END_PFN;

		clip(&clipped, &model, orders, first, limit);
		kho_tree_walk_init(&walk, virt_to_phys(tracker.root), orders,
				   first, limit);
		while (model_run(&clipped, &want_start, &want_end)) {
			expect(kho_tree_walk_next(&walk, &start, &end) == 1);
			expect(start == want_start && end == want_end);
			want_start = want_end;
			want_end = SIM_END_PFN;
		}
		expect(!kho_tree_walk_next(&walk, &start, &end));
	}
	kho_tracker_destroy(&tracker);
}
