// SPDX-License-Identifier: GPL-2.0
/*
 * Early boot after a handover: reserving the memory that the previous kernel
 * preserved.
 *
 * All allocations come from scratch until the memory is reserved, so the tree
 * of preserved blocks cannot be overwritten while it is read. The tree is
 * validated before use. If it is invalid, all memory outside scratch stays
 * reserved: a malformed handover costs memory, but never overwrites preserved
 * contents.
 */

#define pr_fmt(fmt) "KHO: " fmt

#include <linux/bits.h>
#include <linux/container_of.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/kho.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/panic.h>
#include <linux/sort.h>
#include <linux/timex.h>

#include "kexec_handover_internal.h"
#include "kho_internal.h"
#include "kho_tree.h"

/* The tree of the previous kernel, after validation. */
static struct kho_incoming_tree tree __initdata;

/* get_cycles() at the start of the validation. */
static u64 boot_cycles __initdata;

/* Upper bound of the number of runs in the tree. */
static unsigned long most_runs __initdata;

/*
 * Only one walk is active at a time. Static because it is too large for the
 * stack.
 */
static struct kho_tree_walk walk __initdata;

/*
 * A range of memory in pfns, within one memblock region and node. Memory
 * outside the direct map is treated as absent.
 */
struct mem_range {
	unsigned long start;
	unsigned long end;
};

static bool __init find_memory(struct mem_range *mem, u64 pfn)
{
	int i;

	for_each_mem_pfn_range(i, MAX_NUMNODES, &mem->start, &mem->end, NULL) {
		if (mem->start <= pfn && pfn < mem->end &&
		    memblock_is_map_memory(PFN_PHYS(pfn)))
			return true;
	}
	*mem = (struct mem_range) {};
	return false;
}

/**
 * struct boot_check - validation of the previous kernel's tree
 * @visitor: for kho_tree_visit()
 * @tree: summary of the nodes and blocks seen so far
 * @runs: number of groups of adjacent blocks of one order
 * @nodes_left: number of nodes that may follow; bounds the visit of a malformed
 *		tree with cycles
 * @mem: the range of memory that contains the last block
 * @drops: number of blocks that were dropped
 * @dropped: number of their pages
 */
struct boot_check {
	struct kho_tree_visitor visitor;
	struct kho_incoming_tree tree;
	unsigned long runs;
	unsigned long nodes_left;
	struct mem_range mem;
	unsigned long drops;
	unsigned long dropped;
};

static bool __init is_memory(struct boot_check *check, u64 start, u64 end)
{
	while (start < end) {
		if ((start < check->mem.start || start >= check->mem.end) &&
		    !find_memory(&check->mem, start))
			return false;
		start = check->mem.end;
	}
	return true;
}

/*
 * Preserved memory and tree nodes never lie in scratch, which this kernel uses.
 */
static bool __init is_usable(struct boot_check *check, u64 start, u64 end)
{
	return is_memory(check, start, end) &&
	       !kho_scratch_overlap(PFN_PHYS(start), PFN_PHYS(end - start));
}

static void *__init check_node(struct kho_tree_visitor *visitor, u64 pa)
{
	struct boot_check *check = container_of(visitor, struct boot_check,
						visitor);

	if (!pa || !PAGE_ALIGNED(pa) || !check->nodes_left ||
	    !is_usable(check, PHYS_PFN(pa), PHYS_PFN(pa) + 1)) {
		pr_err("invalid tracker node at 0x%llx\n", pa);
		return NULL;
	}
	check->nodes_left--;
	check->tree.nodes++;
	kho_extend_use(PHYS_PFN(pa), PHYS_PFN(pa) + 1);
	return phys_to_virt(pa);
}

static void __init boot_check_use(struct boot_check *check,
				  const struct kho_blocks *blocks)
{
	check->tree.orders |= BIT_ULL(blocks->order);
	check->tree.pages += blocks->end - blocks->start;
	check->runs++;
	kho_extend_use(blocks->start, blocks->end);
}

/*
 * Makes the tree forget a block. Its bit lies in a bitmap that check_node() has
 * accepted, and before the bits that kho_tree_visit() has not yet read.
 */
static void __init boot_check_drop(struct boot_check *check,
				   const struct kho_blocks *block)
{
	const u64 key = kho_tree_key(PFN_PHYS(block->start), block->order);

	__clear_bit(kho_tree_index(key, 0), check->visitor.bitmap->bits);
	check->dropped += block->end - block->start;
	if (!check->drops++)
		pr_err("preserved pfns 0x%llx-0x%llx are not usable memory and are lost\n",
		       block->start, block->end - 1);
}

/*
 * A block that this kernel has no memory for, because it was hot-added or the
 * command line cuts it off, is lost. No other block is.
 */
static int __init check_blocks(struct kho_tree_visitor *visitor,
			       const struct kho_blocks *blocks)
{
	struct boot_check *check = container_of(visitor, struct boot_check,
						visitor);
	struct kho_blocks block = { .order = blocks->order };

	if (is_usable(check, blocks->start, blocks->end)) {
		boot_check_use(check, blocks);
		return 0;
	}
	for (block.start = blocks->start; block.start < blocks->end;
	     block.start = block.end) {
		block.end = block.start + (1ULL << block.order);
		if (is_usable(check, block.start, block.end))
			boot_check_use(check, &block);
		else
			boot_check_drop(check, &block);
	}
	return 0;
}

/*
 * Validates the tree that the previous kernel's root @fdt refers to. Requires
 * the direct map and the scratch table.
 */
int __init kho_boot_check(const void *fdt)
{
	struct boot_check check = {
		.visitor = { .node = check_node, .blocks = check_blocks },
		.nodes_left = PHYS_PFN(memblock_phys_mem_size()),
	};
	int err;

	boot_cycles = get_cycles();
	kho_extend_prepare();
	err = kho_root_u64(fdt, 0, KHO_PROP_MEMORY_MAP, &check.tree.root);
	if (!err)
		err = kho_tree_visit(&check.visitor, check.tree.root);
	if (err) {
		kho_extend_forget();
		return err;
	}
	if (check.dropped)
		pr_err("%lu preserved pages are lost\n", check.dropped);
	tree = check.tree;
	most_runs = check.runs;
	kho_incoming_adopt(&tree);
	return 0;
}

/* Returns the validated tree; its root is 0 if there is no usable tree. */
const struct kho_incoming_tree *__init kho_boot_tree(void)
{
	return &tree;
}

/* get_cycles() when this kernel began to validate the preserved memory. */
u64 __init kho_boot_cycles(void)
{
	return boot_cycles;
}

/* Addresses of all tree nodes, to be reserved in memblock. */
struct node_list {
	struct kho_tree_visitor visitor;
	u64 *pas;
	unsigned long nr;
	unsigned long index;
};

static void *__init list_node(struct kho_tree_visitor *visitor, u64 pa)
{
	struct node_list *list = container_of(visitor, struct node_list,
					      visitor);

	/* A node that is also preserved memory would be freed twice. */
	if (kho_incoming_covers(PHYS_PFN(pa))) {
		pr_err("tracker node at 0x%llx is preserved itself\n", pa);
		return NULL;
	}
	list->pas[list->nr++] = pa;
	return phys_to_virt(pa);
}

static int __init compare_pas(const void *a, const void *b)
{
	const u64 pa_a = *(const u64 *)a, pa_b = *(const u64 *)b;

	return (pa_a > pa_b) - (pa_a < pa_b);
}

static bool __init yield_node(void *ctx, phys_addr_t *base, phys_addr_t *size)
{
	struct node_list *list = ctx;

	if (list->index == list->nr)
		return false;
	*base = list->pas[list->index++];
	*size = PAGE_SIZE;
	return true;
}

/*
 * The tree is in use until all its blocks are restored, so reserve its nodes.
 */
static int __init reserve_nodes(void)
{
	struct node_list list = {
		.visitor = { .node = list_node },
	};
	const size_t size = tree.nodes * sizeof(*list.pas);
	int err;

	list.pas = memblock_alloc(size, SMP_CACHE_BYTES);
	if (!list.pas)
		return -ENOMEM;
	err = kho_tree_visit(&list.visitor, tree.root);
	if (!err) {
		sort(list.pas, list.nr, sizeof(*list.pas), compare_pas, NULL);
		err = memblock_reserve_sorted(yield_node, &list, list.nr,
					      MEMBLOCK_NONE);
	}
	memblock_free(list.pas, size);
	return err;
}

/* Starts a walk over all preserved runs. */
struct kho_tree_walk *__init kho_boot_walk(void)
{
	kho_tree_walk_init(&walk, tree.root, tree.orders, 0,
			   PHYS_PFN(memblock_end_of_DRAM()));
	return &walk;
}

static bool __init yield_run(void *ctx, phys_addr_t *base, phys_addr_t *size)
{
	u64 start, end;
	int more;

	more = kho_tree_walk_next(&walk, &start, &end);
	if (!more)
		return false;
	if (more < 0) {
		pr_err("two preserved blocks overlap after pfn 0x%llx\n",
		       start);
		/*
		 * memblock_reserve_sorted() fails on an empty range, and rolls
		 * back.
		 */
		end = start;
	}
	*base = PFN_PHYS(start);
	*size = PFN_PHYS(end - start);
	return true;
}

/*
 * Reserves all runs or none. With deferred initialisation of struct pages,
 * kho_deferred.c initialises the struct pages of these regions and needs the
 * whole tree.
 */
static int __init reserve_runs(unsigned long nr)
{
	kho_boot_walk();
	return memblock_reserve_sorted(yield_run, NULL, nr,
				       MEMBLOCK_RSRV_NOINIT);
}

static unsigned long __init count_runs(void)
{
	unsigned long nr = 0;
	u64 start, end;

	kho_boot_walk();
	while (kho_tree_walk_next(&walk, &start, &end) > 0)
		nr++;
	return nr;
}

/*
 * Reserves all preserved memory in one pass over memblock's array. After an
 * error at most the nodes of the tree are reserved.
 */
int __init kho_boot_reserve(void)
{
	int err;

	err = reserve_nodes();
	if (err)
		return err;
	/*
	 * @most_runs is an upper bound: adjacent blocks of different orders
	 * form one run. If the array for that many regions cannot be allocated,
	 * count the runs exactly.
	 */
	err = reserve_runs(most_runs);
	if (err == -ENOMEM)
		err = reserve_runs(count_runs());
	if (err)
		return err;
	kho_deferred_init_edges();
	pr_info("%lu pages preserved by the previous kernel\n", tree.pages);
	return 0;
}

/* Yields all memory outside scratch; @ctx points to the next region. */
static bool __init yield_unknown(void *ctx, phys_addr_t *base, phys_addr_t *size)
{
	const struct memblock_type *memory = &memblock.memory;
	struct memblock_region **region = ctx;

	while (*region < memory->regions + memory->cnt) {
		*base = (*region)->base;
		*size = (*region)->size;
		if (!memblock_is_kho_scratch((*region)++))
			return true;
	}
	return false;
}

/*
 * Reserves all memory outside scratch, because any of it may be preserved.
 * Earlier boot allocations stay allocated.
 */
void __init kho_boot_seal(void)
{
	struct memblock_region *region = memblock.memory.regions;
	int err;

	tree = (struct kho_incoming_tree) {};
	kho_incoming_adopt(&tree);
	err = memblock_reserve_sorted(yield_unknown, &region,
				      memblock.memory.cnt, MEMBLOCK_NONE);
	/* Any further allocation could overwrite preserved memory. */
	if (err)
		panic("KHO: cannot reserve the previous kernel's memory: %d\n",
		      err);
	pr_err("cannot tell which memory is preserved; using scratch only, all other memory stays reserved\n");
}
