// SPDX-License-Identifier: GPL-2.0
/*
 * Keeping the page allocator away from what the previous kernel preserved.
 *
 * Runs while all allocations come from scratch, so nothing that is read here
 * can have been overwritten. Whatever the tracker says is checked before it is
 * used: a kernel that left nonsense costs memory, never contents.
 */

#define pr_fmt(fmt) "KHO: " fmt

#include <linux/bitops.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/kho.h>
#include <linux/libfdt.h>
#include <linux/memblock.h>
#include <linux/mm.h>

#include "kexec_handover_internal.h"
#include "kho_internal.h"

/**
 * struct boot_walk - state of the walk over the previous kernel's tracker
 * @start: start of the run of preserved memory that is being gathered
 * @end: end of that run; blocks of one order come in ascending order
 * @nodes_left: how many nodes may follow; a damaged tree could lead in circles
 * @blocks: number of blocks so far
 * @pages: number of pages so far
 */
struct boot_walk {
	phys_addr_t start;
	phys_addr_t end;
	unsigned long nodes_left;
	unsigned long blocks;
	unsigned long pages;
};

static int __init reserve_run(struct boot_walk *walk)
{
	phys_addr_t size = walk->end - walk->start;
	int err;

	if (!size)
		return 0;
	err = memblock_reserve(walk->start, size);
	if (err)
		return err;
	/* The pages' own initialisation stands, with the marks on them. */
	return memblock_reserved_mark_noinit(walk->start, size);
}

static bool __init block_is_sane(u64 pa, u64 size)
{
	return pa + size > pa && memblock_is_region_memory(pa, size) &&
	       pfn_valid(PHYS_PFN(pa)) &&
	       pfn_valid(PHYS_PFN(pa + size - 1)) &&
	       !kho_scratch_overlap(pa, size);
}

static int __init add_block(struct boot_walk *walk, u64 key)
{
	unsigned int order = kho_tree_key_order(key);
	u64 pa, size;
	int err;

	if (order > KHO_TREE_MAX_ORDER)
		return -EINVAL;
	pa = kho_tree_key_pa(key);
	size = (u64)PAGE_SIZE << order;
	if (!block_is_sane(pa, size)) {
		pr_err("preserved block at 0x%llx of 0x%llx bytes is no memory\n",
		       pa, size);
		return -EINVAL;
	}
	if (pa != walk->end) {
		err = reserve_run(walk);
		if (err)
			return err;
		walk->start = pa;
	}
	walk->end = pa + size;
	walk->blocks++;
	walk->pages += 1UL << order;
	kho_mark_block(phys_to_page(pa), order);
	return 0;
}

static int __init walk_bitmap(struct boot_walk *walk,
			      const struct kho_tree_bitmap *bitmap, u64 key)
{
	unsigned long bit;
	int err;

	for_each_set_bit(bit, bitmap->bits, KHO_TREE_BITS) {
		/* No block has the key 0. */
		if (!(key | bit))
			return -EINVAL;
		err = add_block(walk, key | bit);
		if (err)
			return err;
	}
	return 0;
}

static void *__init node_at(struct boot_walk *walk, u64 pa)
{
	if (!pa || !IS_ALIGNED(pa, PAGE_SIZE) ||
	    !memblock_is_region_memory(pa, PAGE_SIZE) ||
	    kho_scratch_overlap(pa, PAGE_SIZE) || !walk->nodes_left) {
		pr_err("node of the preserved-memory map at 0x%llx is damaged\n",
		       pa);
		return NULL;
	}
	walk->nodes_left--;
	return phys_to_virt(pa);
}

/* Descends one level with each call, so never deeper than KHO_TREE_LEVELS. */
static int __init walk_node(struct boot_walk *walk, u64 pa, unsigned int level,
			    u64 key)
{
	unsigned int shift = KHO_TREE_BITMAP_SHIFT +
			     (level - 1) * KHO_TREE_TABLE_SHIFT;
	const struct kho_tree_table *table = node_at(walk, pa);
	unsigned int i;
	int err;

	if (!table)
		return -EINVAL;
	if (!level)
		return walk_bitmap(walk, (const void *)table, key);

	for (i = 0; i < KHO_TREE_SLOTS; i++) {
		if (!table->slots[i])
			continue;
		err = walk_node(walk, table->slots[i], level - 1,
				key | (u64)i << shift);
		if (err)
			return err;
	}
	return 0;
}

static int __init root_pa(const void *fdt, u64 *pa)
{
	const void *prop;
	int len;

	prop = fdt_getprop(fdt, 0, KHO_PROP_MEMORY_MAP, &len);
	if (!prop || len != sizeof(*pa))
		return -EINVAL;
	memcpy(pa, prop, sizeof(*pa));
	return 0;
}

/*
 * Reserves all memory that the root @fdt of the previous kernel says is
 * preserved. After an error some of it may not be reserved: nothing of it may
 * be used then.
 */
int __init kho_boot_reserve(const void *fdt)
{
	struct boot_walk walk = {
		.nodes_left = PHYS_PFN(memblock_phys_mem_size()),
	};
	int err;
	u64 pa;

	err = root_pa(fdt, &pa);
	if (!err)
		err = walk_node(&walk, pa, KHO_TREE_LEVELS - 1, 0);
	if (!err)
		err = reserve_run(&walk);
	if (!err)
		pr_info("%lu pages in %lu blocks are preserved\n", walk.pages,
			walk.blocks);
	return err;
}
