// SPDX-License-Identifier: GPL-2.0
/*
 * Extended scratch: early boot memory beyond scratch after a handover.
 *
 * Scratch is sized for what a kernel needs to boot, not for gigantic pages or
 * the memory map of a large machine. Once the preserved memory is known, all
 * blocks without preserved memory can serve as scratch until the page allocator
 * takes over.
 */

#define pr_fmt(fmt) "KHO: " fmt

#include <linux/bitmap.h>
#include <linux/init.h>
#include <linux/log2.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "kexec_handover_internal.h"
#include "kho_internal.h"

/* Limit, because memblock searches its array of regions linearly. */
#define MAX_AREAS	1024

/**
 * struct used_blocks - blocks that contain preserved memory or tree nodes
 * @map: one bit per block; NULL if the map could not be allocated
 * @nr: number of blocks
 * @order: log2 of the number of pages in each block
 */
static struct used_blocks {
	unsigned long *map;
	unsigned long nr;
	unsigned int order;
} used __initdata;

/*
 * Aims at 1024 blocks; a block has at least MAX_PAGE_ORDER and at most 1 GiB.
 */
static unsigned int __init block_order(unsigned long pages)
{
	unsigned int order = ilog2(pages);

	return clamp(order < 10 ? 0 : order - 10, MAX_PAGE_ORDER,
		     ilog2(SZ_1G) - PAGE_SHIFT);
}

static size_t __init map_size(void)
{
	return BITS_TO_LONGS(used.nr) * sizeof(*used.map);
}

/* Allocates the map for kho_extend_use(). */
void __init kho_extend_prepare(void)
{
	const unsigned long pages = PHYS_PFN(memblock_end_of_DRAM());

	used.order = block_order(pages);
	used.nr = DIV_ROUND_UP(pages, 1UL << used.order);
	used.map = memblock_alloc(map_size(), SMP_CACHE_BYTES);
	if (!used.map)
		pr_warn("cannot allocate the scratch map; early boot is limited to kho_scratch=\n");
}

/* Frees the map. */
void __init kho_extend_forget(void)
{
	if (used.map)
		memblock_free(used.map, map_size());
	used.map = NULL;
}

/* Marks the blocks of [@start, @end), a range of memory in pfns, as used. */
void __init kho_extend_use(u64 start, u64 end)
{
	const unsigned long first = start >> used.order;
	const unsigned long last = (end - 1) >> used.order;

	if (!used.map)
		return;
	if (first == last)
		__set_bit(first, used.map);
	else
		bitmap_set(used.map, first, last - first + 1);
}

static int __init mark_unused(void)
{
	unsigned long first, end;
	unsigned int areas = 0;
	int err;

	for_each_clear_bitrange(first, end, used.map, used.nr) {
		if (areas++ == MAX_AREAS)
			break;
		err = memblock_mark_kho_scratch(PFN_PHYS(first << used.order),
						PFN_PHYS((end - first) <<
							 used.order));
		if (err)
			return err;
	}
	return 0;
}

/* Marks all unused blocks as scratch, until kho_extend_end(). */
void __init kho_extend_begin(void)
{
	int err;

	if (!used.map)
		return;
	err = mark_unused();
	if (err)
		pr_warn("cannot extend scratch to all unused memory: %d\n", err);
	kho_extend_forget();
}

/* Reduces scratch to the areas that the previous kernel handed over. */
void __init kho_extend_end(void)
{
	unsigned int i;

	memblock_clear_kho_scratch(0, PHYS_ADDR_MAX);
	for (i = 0; i < kho_scratch_cnt; i++)
		memblock_mark_kho_scratch(kho_scratch[i].addr,
					  kho_scratch[i].size);
}
