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
#include <linux/container_of.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/log2.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "kexec_handover_internal.h"
#include "kho_internal.h"
#include "kho_tree.h"

/* memblock's array of regions is searched from its start. */
#define MAX_AREAS	1024

/**
 * struct used_blocks - which blocks of memory hold anything of the handover
 * @visitor: for kho_boot_visit()
 * @map: one bit each
 * @nr: number of blocks
 * @order: log2 of the number of pages in each block
 */
struct used_blocks {
	struct kho_tree_visitor visitor;
	unsigned long *map;
	unsigned long nr;
	unsigned int order;
};

/* A gigantic page fits in a block, and small machines have some blocks, too. */
static unsigned int __init block_order(unsigned long pages)
{
	unsigned int order = ilog2(pages);

	return clamp(order < 10 ? 0 : order - 10, MAX_PAGE_ORDER,
		     ilog2(SZ_1G) - PAGE_SHIFT);
}

static void __init use(struct used_blocks *used, u64 start, u64 end)
{
	const unsigned long first = start >> used->order;

	bitmap_set(used->map, first, ((end - 1) >> used->order) - first + 1);
}

static void *__init use_node(struct kho_tree_visitor *visitor, u64 pa)
{
	struct used_blocks *used = container_of(visitor, struct used_blocks,
						visitor);

	use(used, PHYS_PFN(pa), PHYS_PFN(pa) + 1);
	return phys_to_virt(pa);
}

static int __init use_blocks(struct kho_tree_visitor *visitor,
			     const struct kho_blocks *blocks)
{
	use(container_of(visitor, struct used_blocks, visitor), blocks->start,
	    blocks->end);
	return 0;
}

static int __init mark_unused(const struct used_blocks *used)
{
	unsigned long first, end;
	unsigned int areas = 0;
	int err;

	for_each_clear_bitrange(first, end, used->map, used->nr) {
		if (areas++ == MAX_AREAS)
			break;
		err = memblock_mark_kho_scratch(PFN_PHYS(first << used->order),
						PFN_PHYS((end - first) <<
							 used->order));
		if (err)
			return err;
	}
	return 0;
}

/* Makes memory without anything preserved usable, until kho_extend_end(). */
void __init kho_extend_begin(void)
{
	const unsigned long pages = PHYS_PFN(memblock_end_of_DRAM());
	struct used_blocks used = {
		.visitor = { .node = use_node, .blocks = use_blocks },
		.order = block_order(pages),
	};
	size_t size;
	int err;

	used.nr = DIV_ROUND_UP(pages, 1UL << used.order);
	size = BITS_TO_LONGS(used.nr) * sizeof(*used.map);
	used.map = memblock_alloc(size, SMP_CACHE_BYTES);
	if (!used.map) {
		pr_warn("no memory to look for more memory, there is only scratch\n");
		return;
	}
	err = kho_boot_visit(&used.visitor);
	if (!err)
		err = mark_unused(&used);
	if (err)
		pr_warn("not all memory can be used early: %d\n", err);
	memblock_free(used.map, size);
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
