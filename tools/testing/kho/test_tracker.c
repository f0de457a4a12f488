// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the tracker of preserved memory, and of restoring it in the next
 * kernel.
 */

#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/string.h>

#include "test.h"

static void expect_empty(struct kho_tracker *tracker)
{
	expect(!atomic_long_read(&tracker->pages));
	expect(!atomic_long_read(&tracker->nodes));
}

static unsigned int random_order(void)
{
	/* Prefer small orders. */
	return random_below(1 + random_below(9));
}

static unsigned long random_block(unsigned int order)
{
	return SIM_FIRST_PFN + ALIGN_DOWN(random_below(SIM_PAGES), 1UL << order);
}

/* A block that overlaps another one is rejected without side effects. */
void test_tracker_overlap(void)
{
	static struct model model;
	struct kho_tracker tracker;
	int i;

	model = (struct model) {};
	expect(!kho_tracker_init(&tracker));
	for (i = 0; i < 20000; i++) {
		const unsigned int order = random_order();
		const unsigned long pfn = random_block(order);
		const long pages = atomic_long_read(&tracker.pages);
		const long nodes = atomic_long_read(&tracker.nodes);

		if (model.count && (model.count == ARRAY_SIZE(model.blocks) ||
				    !random_below(3))) {
			struct model_block block =
				model_del(&model, random_below(model.count));

			expect(!kho_tracker_del(&tracker, block.pfn,
						block.order));
		} else if (model_add(&model, pfn, order)) {
			expect(!kho_tracker_add(&tracker, pfn, order));
			expect(atomic_long_read(&tracker.pages) ==
			       pages + (1L << order));
		} else {
			expect(kho_tracker_add(&tracker, pfn, order) == -EEXIST);
			expect(atomic_long_read(&tracker.pages) == pages);
			expect(atomic_long_read(&tracker.nodes) == nodes);
		}
	}
	while (model.count) {
		struct model_block block = model_del(&model, 0);

		expect(!kho_tracker_del(&tracker, block.pfn, block.order));
	}
	expect_empty(&tracker);
	kho_tracker_destroy(&tracker);
	expect(!sim_used_pages());
}

/* Preserving a range preserves its pages, however it is split into blocks. */
void test_tracker_ranges(void)
{
	struct kho_tracker tracker;
	int i;

	expect(!kho_tracker_init(&tracker));
	for (i = 0; i < 2000; i++) {
		const unsigned long nr = 1 + random_below(SIM_PAGES - 1);
		const unsigned long pfn = SIM_FIRST_PFN +
					  random_below(SIM_PAGES - nr);
		const unsigned long inside = pfn + random_below(nr);

		expect(!kho_tracker_add_range(&tracker, pfn, nr));
		expect(atomic_long_read(&tracker.pages) == nr);
		expect(kho_tracker_add_range(&tracker, inside, 1) == -EEXIST);
		expect(kho_tracker_add_range(&tracker, SIM_FIRST_PFN,
					     SIM_PAGES) == -EEXIST);
		expect(atomic_long_read(&tracker.pages) == nr);
		expect(kho_tracker_del_range(&tracker, pfn, nr + 1) == -ENOENT);
		expect(!kho_tracker_del_range(&tracker, pfn, nr));
		expect_empty(&tracker);
	}
	kho_tracker_destroy(&tracker);
}

/* A failed allocation, whichever it is, leaves the tracker unchanged. */
void test_tracker_no_memory(void)
{
	struct kho_tracker tracker;
	int err = -ENOMEM, i;

	expect(!kho_tracker_init(&tracker));
	expect(!kho_tracker_add(&tracker, SIM_FIRST_PFN + 7, 0));
	for (i = 0; err; i++) {
		const long nodes = atomic_long_read(&tracker.nodes);

		sim_fail_after(i);
		err = kho_tracker_add_range(&tracker, SIM_FIRST_PFN + 9,
					    SIM_PAGES - 10);
		sim_fail_after(-1);
		expect(!err || err == -ENOMEM);
		if (err) {
			expect(atomic_long_read(&tracker.pages) == 1);
			expect(atomic_long_read(&tracker.nodes) == nodes);
		}
	}
	expect(i > KHO_TREE_LEVELS);
	kho_tracker_destroy(&tracker);
	expect(!sim_used_pages());
}

/* Preserves some memory, and starts the next kernel. */
static void kexec_with_blocks(struct model *model)
{
	int i;

	*model = (struct model) {};
	expect(!kho_preserve_init());
	for (i = 0; i < 300; i++) {
		const unsigned int order = random_order();
		const unsigned long pfn = random_block(order);

		if (sim_take(pfn, order) && model_add(model, pfn, order))
			expect(!kho_preserve_folio(pfn_folio(pfn)));
	}
	expect(!sim_kexec(virt_to_phys(kho_outgoing_tracker()->root), NULL));
}

/* The tree is freed when the last block is restored, not earlier. */
void test_restore_all(void)
{
	static struct model model;
	unsigned long nodes;

	kexec_with_blocks(&model);
	nodes = kho_incoming_nodes();
	expect(nodes == 1 + atomic_long_read(&kho_outgoing_tracker()->nodes));
	while (model.count) {
		const struct model_block block =
			model_del(&model, random_below(model.count));
		const phys_addr_t phys = PFN_PHYS(block.pfn);

		expect(kho_incoming_nodes() == nodes);
		expect(kho_incoming_order(phys) == (int)block.order);
		expect(kho_range_waits(phys, 1UL << block.order));
		expect(kho_incoming_covers(block.pfn + (1UL << block.order) - 1));
		expect(!kho_incoming_data(phys, (PAGE_SIZE << block.order) + 1));
		kho_restore_free(kho_incoming_data(phys, 1));
		expect(kho_incoming_order(phys) == -ENOENT);
		expect(!kho_incoming_covers(block.pfn));
		sim_run_work();
	}
	expect(!kho_incoming_nodes());
	expect(!sim_used_pages());
}

/*
 * Memory that is handed over unchanged cannot be restored until that is undone.
 */
void test_hand_on(void)
{
	static struct model model;
	struct kho_tracker *tracker = kho_outgoing_tracker();
	unsigned int i;

	kexec_with_blocks(&model);
	expect(!kho_preserve_init());
	expect(!kho_hand_on());
	expect(kho_hand_on() == -EBUSY);
	for (i = 0; i < model.count; i++) {
		const struct model_block *block = &model.blocks[i];

		expect(kho_tracker_has(tracker, block->pfn, block->order));
		expect(!kho_incoming_take(block->pfn, block->order));
	}
	expect(atomic_long_read(&tracker->pages) ==
	       (long)kho_incoming_pages());
	kho_take_back();
	expect_empty(tracker);
	for (i = 0; i < model.count; i++)
		expect(kho_incoming_take(model.blocks[i].pfn,
					 model.blocks[i].order));
	expect(!kho_incoming_pages());
}
