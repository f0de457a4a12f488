// SPDX-License-Identifier: GPL-2.0
/*
 * The struct pages of preserved memory, where their initialisation is deferred.
 *
 * The page allocator initialises what is free, and memblock what is reserved.
 * What is preserved is neither. Initialising terabytes of it on one CPU would
 * take seconds of the black-out, so that is done by all CPUs once they are up,
 * but for the pages that the page allocator may look at before: those that share
 * a block of the largest order with free ones.
 */

#include <linux/align.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/kexec_handover.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/padata.h>
#include <linux/slab.h>

#include "../../mm/internal.h"
#include "kho_internal.h"
#include "kho_tree.h"

static void __init init_edge(unsigned long pfn, unsigned long end)
{
	for (; pfn < end; pfn++)
		init_deferred_page(pfn, early_pfn_to_nid(pfn));
}

/* Initialises the struct pages that page allocation may look at. */
void __init kho_deferred_init_edges(void)
{
	struct kho_tree_walk *walk = kho_boot_walk();
	u64 start, end, inner, outer;

	while (kho_tree_walk_next(walk, &start, &end) > 0) {
		inner = min(ALIGN(start, MAX_ORDER_NR_PAGES), end);
		outer = max(ALIGN_DOWN(end, MAX_ORDER_NR_PAGES), inner);
		init_edge(start, inner);
		init_edge(outer, end);
	}
}

/* Nobody uses these pages yet, so doing it twice does no harm. */
static void __init init_pages(unsigned long pfn, unsigned long end)
{
	while (pfn < end) {
		unsigned long region, region_end, stop;
		/* Nodes may begin anywhere, also inside of a pageblock. */
		int nid = memblock_search_pfn_nid(pfn, &region, &region_end);

		stop = min3(region_end, pageblock_end_pfn(pfn), end);
		for (; pfn < stop; pfn++)
			__init_page_from_nid(pfn, nid);
		cond_resched();
	}
}

/*
 * Leaves out what kho_deferred_init_edges() has done: these pages share
 * pageblocks with free ones, and the page allocator may have changed the type
 * of such a pageblock meanwhile.
 */
static void __init init_chunk(unsigned long start, unsigned long end, void *arg)
{
	const struct kho_incoming_tree *tree = arg;
	struct kho_tree_walk *walk;
	u64 from, to;

	walk = kmalloc(sizeof(*walk), GFP_KERNEL | __GFP_NOFAIL);
	kho_tree_walk_init(walk, tree->root, tree->orders, start, end);
	while (kho_tree_walk_next(walk, &from, &to) > 0)
		init_pages(ALIGN(max_t(u64, from, start), MAX_ORDER_NR_PAGES),
			   ALIGN_DOWN(min_t(u64, to, end), MAX_ORDER_NR_PAGES));
	kfree(walk);
}

/*
 * Initialises all other struct pages of preserved memory, on all CPUs. Before
 * anything is restored, and while memblock still knows the nodes.
 */
void __init kho_init_deferred_pages(void)
{
	const struct kho_incoming_tree *tree = kho_boot_tree();
	struct padata_mt_job job = {
		.thread_fn	= init_chunk,
		.fn_arg		= (void *)tree,
		.start		= 0,
		.size		= SECTION_ALIGN_UP(max_pfn),
		.align		= PAGES_PER_SECTION,
		.min_chunk	= PAGES_PER_SECTION,
		.max_threads	= num_online_cpus(),
		.numa_aware	= true,
	};

	if (tree->root)
		padata_do_multithreaded(&job);
}
