// SPDX-License-Identifier: GPL-2.0
/*
 * Deferred initialisation of the struct pages of preserved memory.
 *
 * The page allocator initialises the struct pages of free memory, and memblock
 * those of reserved memory. Preserved memory is neither. Initialising the
 * struct pages of terabytes on one CPU would add seconds to the blackout, so
 * all CPUs do it once they are up. Only pages that share a block of the largest
 * buddy order with free pages are initialised earlier, because the page
 * allocator may look at them.
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

/* Initialises the struct pages that the page allocator may look at. */
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

/*
 * These pages are not in use yet, so initialising a struct page twice is
 * harmless.
 */
static void __init init_pages(unsigned long pfn, unsigned long end)
{
	while (pfn < end) {
		unsigned long region, region_end, stop;
		/* A node may begin in the middle of a pageblock. */
		int nid = memblock_search_pfn_nid(pfn, &region, &region_end);

		stop = min3(region_end, pageblock_end_pfn(pfn), end);
		for (; pfn < stop; pfn++)
			__init_page_from_nid(pfn, nid);
		cond_resched();
	}
}

/*
 * Skips the pages that kho_deferred_init_edges() initialised: they share
 * pageblocks with free pages, and the page allocator may have changed the
 * migrate type of such a pageblock since.
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
 * Initialises the remaining struct pages of preserved memory on all CPUs. Must
 * run before anything is restored, and while memblock's node information is
 * available.
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
