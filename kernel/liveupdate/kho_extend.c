// SPDX-License-Identifier: GPL-2.0
/*
 * Early memory beyond scratch, on a boot with a handover.
 *
 * Scratch is sized for what a kernel needs to boot, not for gigantic pages or
 * the memory map of a large machine. Once it is known what is preserved, all
 * blocks of memory without any of that are as good as scratch, until the page
 * allocator takes over.
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

/* memblock's array of regions is searched from its start. */
#define MAX_AREAS	1024

/**
 * struct used_blocks - which blocks of memory hold anything of the handover
 * @map: one bit each; NULL if there is no memory for it
 * @nr: number of blocks
 * @order: log2 of the number of pages in each block
 */
static struct used_blocks {
	unsigned long *map;
	unsigned long nr;
	unsigned int order;
} used __initdata;

/* A gigantic page fits in a block, and small machines have some blocks, too. */
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

/* Gets ready for kho_extend_use(). */
void __init kho_extend_prepare(void)
{
	const unsigned long pages = PHYS_PFN(memblock_end_of_DRAM());

	used.order = block_order(pages);
	used.nr = DIV_ROUND_UP(pages, 1UL << used.order);
	used.map = memblock_alloc(map_size(), SMP_CACHE_BYTES);
	if (!used.map)
		pr_warn("no memory to look for more memory, there is only scratch\n");
}

/* Forgets what kho_extend_use() was told. */
void __init kho_extend_forget(void)
{
	if (used.map)
		memblock_free(used.map, map_size());
	used.map = NULL;
}

/* Pages from @start up to @end, which are memory, hold something. */
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

/* Makes all blocks that hold nothing usable, until kho_extend_end(). */
void __init kho_extend_begin(void)
{
	int err;

	if (!used.map)
		return;
	err = mark_unused();
	if (err)
		pr_warn("not all memory can be used early: %d\n", err);
	kho_extend_forget();
}

/* From here on scratch is what the previous kernel said. */
void __init kho_extend_end(void)
{
	unsigned int i;

	memblock_clear_kho_scratch(0, PHYS_ADDR_MAX);
	for (i = 0; i < kho_scratch_cnt; i++)
		memblock_mark_kho_scratch(kho_scratch[i].addr,
					  kho_scratch[i].size);
}
