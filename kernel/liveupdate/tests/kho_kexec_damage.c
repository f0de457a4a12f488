// SPDX-License-Identifier: GPL-2.0
/*
 * Malformed trees of preserved blocks that the next kernel must reject.
 */

#include <linux/bitmap.h>
#include <linux/bits.h>
#include <linux/io.h>
#include <linux/memblock.h>
#include <linux/pfn.h>
#include <linux/slab.h>

#include "../kho_internal.h"
#include "../kho_tracker.h"
#include "../kho_tree.h"
#include "kho_kexec_test.h"

/* Adds a node at an address without memory. */
int kho_test_damage_nowhere(void)
{
	struct kho_tree_table *root = kho_outgoing_tracker()->root;

	root->slots[KHO_TREE_SLOTS - 1] = U64_MAX & PAGE_MASK;
	return 0;
}

/* Preserves a page where there is no memory, as if it had been hot-added. */
int kho_test_damage_page(void)
{
	return kho_tracker_add(kho_outgoing_tracker(), max_pfn + 12345, 0);
}

/* Preserves a tree node, the root; nodes must not be preserved themselves. */
int kho_test_damage_node(void)
{
	struct kho_tracker *tracker = kho_outgoing_tracker();

	return kho_tracker_add(tracker, PHYS_PFN(virt_to_phys(tracker->root)),
			       0);
}

/* Returns the pfn of the last preserved page; 0 if there is none. */
static unsigned long last_pfn(struct kho_tracker *tracker)
{
	struct kho_tree_walk *walk = kmalloc(sizeof(*walk), GFP_KERNEL);
	u64 start, end = 1;

	if (!walk)
		return 0;
	kho_tree_walk_init(walk, virt_to_phys(tracker->root),
			   GENMASK_ULL(KHO_TREE_MAX_ORDER, 0), 0, KHO_TREE_END);
	while (kho_tree_walk_next(walk, &start, &end) > 0)
		;
	kfree(walk);
	return end - 1;
}

/* Adds a block that overlaps the last one, so that other blocks precede it. */
int kho_test_damage_overlap(void)
{
	struct kho_tracker *tracker = kho_outgoing_tracker();
	unsigned long pfn = last_pfn(tracker);
	unsigned int order;
	int err = -ENOENT;

	for (order = 0; pfn && order < 2; order++) {
		/* With no order set, the tracker misses the overlap. */
		bitmap_zero(tracker->orders, KHO_TREE_MAX_ORDER + 1);
		err = kho_tracker_add(tracker, round_down(pfn, 1UL << order),
				      order);
		if (err != -EEXIST)
			break;
	}
	return err;
}
