// SPDX-License-Identifier: GPL-2.0
/*
 * The set of preserved blocks, as the radix tree that the next kernel reads.
 *
 * The tree is handed over without conversion or copying: all blocks in the tree
 * at the time of the kexec are preserved. The format is in
 * <linux/kho/abi/kho.h>.
 */

#define pr_fmt(fmt) "KHO: " fmt

#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/cleanup.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>

#include <kunit/visibility.h>

#include "kexec_handover_internal.h"
#include "kho_tracker.h"
#include "kho_tree.h"

/* The nodes on the path of a key, from the bitmap at index 0 up to the root. */
struct kho_path {
	void *nodes[KHO_TREE_LEVELS];
};

/*
 * Number of bits or slots in use in a node; an unused node is freed. Kept in
 * page->private, because the format has no field for it.
 */
static atomic_long_t *node_uses(void *node)
{
	struct page *page = virt_to_page(node);

	BUILD_BUG_ON(sizeof(page->private) != sizeof(atomic_long_t));
	return (atomic_long_t *)&page->private;
}

/* GFP_KERNEL does not allocate from CMA, so nodes never lie in scratch. */
static void *node_alloc(void)
{
	void *node = (void *)get_zeroed_page(GFP_KERNEL);

	if (node && !kho_is_boot_memory(PHYS_PFN(virt_to_phys(node)), 1)) {
		free_page((unsigned long)node);
		node = (void *)get_zeroed_page(GFP_KERNEL | GFP_DMA32);
	}
	if (!node)
		return NULL;
	/* Without a zone for DMA32 there is nowhere else to look. */
	if (!kho_is_boot_memory(PHYS_PFN(virt_to_phys(node)), 1)) {
		free_page((unsigned long)node);
		return NULL;
	}
	if (WARN_ON_ONCE(kho_scratch_overlap(virt_to_phys(node), PAGE_SIZE))) {
		free_page((unsigned long)node);
		return NULL;
	}
	atomic_long_set(node_uses(node), 0);
	return node;
}

static void node_free(void *node)
{
	free_page((unsigned long)node);
}

static u64 root_pa(const struct kho_tracker *tracker)
{
	return virt_to_phys(tracker->root);
}

static void *slot_node(const u64 *slot)
{
	u64 pa = READ_ONCE(*slot);

	return pa ? phys_to_virt(pa) : NULL;
}

static void *get_child(struct kho_tree_table *table, u64 key,
		       unsigned int level)
{
	return slot_node(&table->slots[kho_tree_index(key, level)]);
}

/* If two tasks add the same child concurrently, both use the first one. */
static void *get_or_add_child(struct kho_tracker *tracker,
			      struct kho_tree_table *table, u64 key,
			      unsigned int level)
{
	u64 *slot = &table->slots[kho_tree_index(key, level)];
	void *node = slot_node(slot);
	u64 other;

	if (node)
		return node;
	node = node_alloc();
	if (!node)
		return NULL;
	other = cmpxchg(slot, 0, virt_to_phys(node));
	if (other) {
		node_free(node);
		return phys_to_virt(other);
	}
	atomic_long_inc(node_uses(table));
	atomic_long_inc(&tracker->nodes);
	return node;
}

/* Returns NULL if out of memory; the caller then prunes the unused nodes. */
static struct kho_tree_bitmap *find_or_add_bitmap(struct kho_tracker *tracker,
						  u64 key)
{
	void *node = tracker->root;
	unsigned int level;

	for (level = KHO_TREE_LEVELS - 1; node && level; level--)
		node = get_or_add_child(tracker, node, key, level);
	return node;
}

/* Frees the unused nodes on the path of a key, from the bottom up. */
static void prune(struct kho_tracker *tracker, u64 key)
{
	struct kho_path path = {};
	void *node = tracker->root;
	unsigned int level;

	lockdep_assert_held_write(&tracker->lock);

	for (level = KHO_TREE_LEVELS - 1; node && level; level--) {
		path.nodes[level] = node;
		node = get_child(node, key, level);
	}
	path.nodes[level] = node;

	for (level = 0; level < KHO_TREE_LEVELS - 1; level++) {
		struct kho_tree_table *parent = path.nodes[level + 1];

		node = path.nodes[level];
		if (!node)
			continue;
		if (atomic_long_read(node_uses(node)))
			return;
		WRITE_ONCE(parent->slots[kho_tree_index(key, level + 1)], 0);
		node_free(node);
		atomic_long_dec(node_uses(parent));
		atomic_long_dec(&tracker->nodes);
	}
}

/*
 * Sets @emptied if the bitmap is unused now, and never clears it, so that
 * callers can accumulate the result of several calls.
 */
static int clear_key(struct kho_tracker *tracker, u64 key, bool *emptied)
{
	struct kho_tree_bitmap *bitmap;

	lockdep_assert_held_read(&tracker->lock);

	bitmap = kho_tree_find(root_pa(tracker), key);
	if (!bitmap || !test_and_clear_bit(kho_tree_index(key, 0), bitmap->bits))
		return -ENOENT;
	atomic_long_sub(1L << kho_tree_key_order(key), &tracker->pages);
	if (atomic_long_dec_and_test(node_uses(bitmap)))
		*emptied = true;
	return 0;
}

static int set_key(struct kho_tracker *tracker, u64 key)
{
	const unsigned int order = kho_tree_key_order(key);
	struct kho_tree_bitmap *bitmap;

	lockdep_assert_held_read(&tracker->lock);

	bitmap = find_or_add_bitmap(tracker, key);
	if (!bitmap)
		return -ENOMEM;
	if (!test_bit(order, tracker->orders))
		set_bit(order, tracker->orders);
	if (test_and_set_bit(kho_tree_index(key, 0), bitmap->bits))
		return -EEXIST;
	atomic_long_inc(node_uses(bitmap));
	atomic_long_add(1L << order, &tracker->pages);
	return 0;
}

/* Number of blocks of each order that the caller has added. */
struct block_counts {
	unsigned int nr[KHO_TREE_MAX_ORDER + 1];
};

/*
 * True if [pfn, end) overlaps any blocks besides those that the caller has
 * added there. Callers check after adding, so that of two tasks that add
 * overlapping blocks at least one sees the overlap; and once for all blocks of
 * a range, because each check walks all levels of the tree.
 */
static bool overlaps(struct kho_tracker *tracker, u64 pfn, u64 end,
		     const struct block_counts *own)
{
	const u64 root = root_pa(tracker);
	unsigned int order;

	lockdep_assert_held_read(&tracker->lock);

	for_each_set_bit(order, tracker->orders, KHO_TREE_MAX_ORDER + 1) {
		if (kho_tree_has_more(root,
				      kho_tree_key(pfn << PAGE_SHIFT, order),
				      kho_tree_key((end << PAGE_SHIFT) - 1, order),
				      own->nr[order]))
			return true;
	}
	return false;
}

static int add_key(struct kho_tracker *tracker, u64 key)
{
	const unsigned int order = kho_tree_key_order(key);
	const u64 pfn = kho_tree_key_pa(key) >> PAGE_SHIFT;
	struct block_counts own = {};
	bool emptied;
	int err;

	err = set_key(tracker, key);
	if (err)
		return err;
	own.nr[order] = 1;
	if (!overlaps(tracker, pfn, pfn + BIT_ULL(order), &own))
		return 0;
	clear_key(tracker, key, &emptied);
	return -EEXIST;
}

static bool has_key(struct kho_tracker *tracker, u64 key)
{
	lockdep_assert_held_read(&tracker->lock);

	return kho_tree_has(root_pa(tracker), key);
}

/*
 * kho_range_order() splits a range into blocks. The result depends only on the
 * range, so removing a range finds the same blocks that adding it created.
 */
struct range_walk {
	unsigned long pfn;
	unsigned long end;
};

static bool range_next(struct range_walk *walk, u64 *key)
{
	unsigned int order;

	if (walk->pfn == walk->end)
		return false;
	order = kho_range_order(walk->pfn, walk->end - walk->pfn);
	*key = kho_tree_key((u64)walk->pfn << PAGE_SHIFT, order);
	walk->pfn += 1UL << order;
	return true;
}

static void prune_range(struct kho_tracker *tracker, unsigned long pfn,
			unsigned long end)
{
	struct range_walk walk = { pfn, end };
	u64 key;

	guard(rwsem_write)(&tracker->lock);
	while (range_next(&walk, &key))
		prune(tracker, key);
}

/*
 * Adds the blocks of [pfn, end). @stop is set to the end of the last block
 * added.
 */
static int add_blocks(struct kho_tracker *tracker, unsigned long pfn,
		      unsigned long end, unsigned long *stop)
{
	struct range_walk walk = { pfn, end };
	struct block_counts own = {};
	int err;
	u64 key;

	guard(rwsem_read)(&tracker->lock);
	*stop = pfn;
	while (range_next(&walk, &key)) {
		err = set_key(tracker, key);
		if (err)
			return err;
		*stop = walk.pfn;
		own.nr[kho_tree_key_order(key)]++;
	}
	return overlaps(tracker, pfn, end, &own) ? -EEXIST : 0;
}

/* Caller has checked that all blocks of [pfn, end) are in the set. */
static bool del_blocks(struct kho_tracker *tracker, unsigned long pfn,
		       unsigned long end)
{
	struct range_walk walk = { pfn, end };
	bool emptied = false;
	u64 key;

	lockdep_assert_held_read(&tracker->lock);

	while (range_next(&walk, &key))
		WARN_ON_ONCE(clear_key(tracker, key, &emptied));
	return emptied;
}

static bool has_blocks(struct kho_tracker *tracker, unsigned long pfn,
		       unsigned long end)
{
	struct range_walk walk = { pfn, end };
	u64 key;

	while (range_next(&walk, &key)) {
		if (!has_key(tracker, key))
			return false;
	}
	return true;
}

static int del_all_or_nothing(struct kho_tracker *tracker, unsigned long pfn,
			      unsigned long end, bool *emptied)
{
	guard(rwsem_read)(&tracker->lock);
	if (!has_blocks(tracker, pfn, end))
		return -ENOENT;
	*emptied = del_blocks(tracker, pfn, end);
	return 0;
}

/**
 * kho_range_order - get the order of the first block of a range
 * @pfn: first page of the range
 * @nr: number of pages in the range, not 0
 *
 * Returns the largest naturally aligned block that fits and does not cross a
 * NUMA node boundary: the next kernel frees a block as a whole, into the node
 * of its first page.
 *
 * Return: the order.
 */
unsigned int kho_range_order(unsigned long pfn, unsigned long nr)
{
	unsigned int order = kho_tree_fitting_order(pfn, nr);

	while (order &&
	       pfn_to_nid(pfn) != pfn_to_nid(pfn + (1UL << order) - 1))
		order--;
	return order;
}
EXPORT_SYMBOL_IF_KUNIT(kho_range_order);

/**
 * kho_tracker_add_range - add a range of single pages
 * @tracker: the tracker
 * @pfn: first page
 * @nr: number of pages
 *
 * Context: May sleep. Calls for different ranges run in parallel.
 * Return: 0; -EEXIST if a page of the range is already in the set, -ENOMEM.
 *	   After an error nothing has changed.
 */
int kho_tracker_add_range(struct kho_tracker *tracker, unsigned long pfn,
			  unsigned long nr)
{
	unsigned long end = pfn + nr, stop;
	int err;

	err = add_blocks(tracker, pfn, end, &stop);
	if (!err)
		return 0;

	scoped_guard(rwsem_read, &tracker->lock)
		del_blocks(tracker, pfn, stop);
	prune_range(tracker, pfn, end);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(kho_tracker_add_range);

/**
 * kho_tracker_del_range - remove a range that kho_tracker_add_range() added
 * @tracker: the tracker
 * @pfn: first page, as passed to kho_tracker_add_range()
 * @nr: number of pages, as passed to kho_tracker_add_range()
 *
 * Context: May sleep.
 * Return: 0; -ENOENT if any block of the range is not in the set; then nothing
 *	   has changed.
 */
int kho_tracker_del_range(struct kho_tracker *tracker, unsigned long pfn,
			  unsigned long nr)
{
	bool emptied = false;
	int err;

	err = del_all_or_nothing(tracker, pfn, pfn + nr, &emptied);
	if (!err && emptied)
		prune_range(tracker, pfn, pfn + nr);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(kho_tracker_del_range);

static void prune_key(struct kho_tracker *tracker, u64 key)
{
	guard(rwsem_write)(&tracker->lock);
	prune(tracker, key);
}

/**
 * kho_tracker_add - add one block
 * @tracker: the tracker
 * @pfn: first page, a multiple of the block's size
 * @order: log2 of the number of pages in the block
 *
 * Context: May sleep.
 * Return: 0; -EEXIST if a page of the block is already in the set, -ENOMEM.
 *	   After an error nothing has changed.
 */
int kho_tracker_add(struct kho_tracker *tracker, unsigned long pfn,
		    unsigned int order)
{
	u64 key = kho_tree_key((u64)pfn << PAGE_SHIFT, order);
	int err;

	scoped_guard(rwsem_read, &tracker->lock)
		err = add_key(tracker, key);
	if (err)
		prune_key(tracker, key);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(kho_tracker_add);

/**
 * kho_tracker_del - remove a block that kho_tracker_add() added
 * @tracker: the tracker
 * @pfn: first page
 * @order: log2 of the number of pages in the block
 *
 * Context: May sleep.
 * Return: 0; -ENOENT if there is no such block.
 */
int kho_tracker_del(struct kho_tracker *tracker, unsigned long pfn,
		    unsigned int order)
{
	u64 key = kho_tree_key((u64)pfn << PAGE_SHIFT, order);
	bool emptied = false;
	int err;

	scoped_guard(rwsem_read, &tracker->lock)
		err = clear_key(tracker, key, &emptied);
	if (emptied)
		prune_key(tracker, key);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(kho_tracker_del);

/**
 * kho_tracker_has - check whether a block is in the set
 * @tracker: the tracker
 * @pfn: first page
 * @order: log2 of the number of pages in the block
 *
 * Context: May sleep.
 * Return: true if exactly this block is in the set.
 */
bool kho_tracker_has(struct kho_tracker *tracker, unsigned long pfn,
		     unsigned int order)
{
	guard(rwsem_read)(&tracker->lock);
	return has_key(tracker, kho_tree_key((u64)pfn << PAGE_SHIFT, order));
}
EXPORT_SYMBOL_IF_KUNIT(kho_tracker_has);

/**
 * kho_tracker_init - initialise an empty tracker
 * @tracker: the tracker
 *
 * Context: May sleep.
 * Return: 0 or -ENOMEM.
 */
int kho_tracker_init(struct kho_tracker *tracker)
{
	init_rwsem(&tracker->lock);
	atomic_long_set(&tracker->nodes, 0);
	atomic_long_set(&tracker->pages, 0);
	bitmap_zero(tracker->orders, KHO_TREE_MAX_ORDER + 1);
	tracker->root = node_alloc();
	return tracker->root ? 0 : -ENOMEM;
}
EXPORT_SYMBOL_IF_KUNIT(kho_tracker_init);

/**
 * kho_tracker_destroy - free a tracker and all its nodes
 * @tracker: the tracker; the caller has exclusive access
 */
void kho_tracker_destroy(struct kho_tracker *tracker)
{
	kho_tree_free(root_pa(tracker), node_free);
	tracker->root = NULL;
}
EXPORT_SYMBOL_IF_KUNIT(kho_tracker_destroy);
