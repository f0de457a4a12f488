// SPDX-License-Identifier: GPL-2.0
/*
 * Reading the tree of preserved blocks in the handover format.
 *
 * The format is in <linux/kho/abi/kho.h>. There are two ways to read a tree:
 * kho_tree_visit() goes node by node and validates an untrusted tree;
 * kho_tree_walk_next() goes run by run, merges blocks of all orders, and
 * requires a validated tree.
 */

#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include <kunit/visibility.h>

#include "kho_tree.h"

#define NO_PFN	U64_MAX

/* Shift of a key for the index in a table. */
static unsigned int level_shift(unsigned int level)
{
	return KHO_TREE_BITMAP_SHIFT + (level - 1) * KHO_TREE_TABLE_SHIFT;
}

/* The lowest key of an order is its order bit alone. */
static u64 first_key(unsigned int order)
{
	return kho_tree_key(0, order);
}

static u64 key_pfn(u64 key)
{
	return kho_tree_key_pa(key) >> PAGE_SHIFT;
}

static void *map_slot(const struct kho_tree_table *table, unsigned int index)
{
	u64 pa = READ_ONCE(table->slots[index]);

	return pa ? phys_to_virt(pa) : NULL;
}

/**
 * kho_tree_find - find the bitmap of a key
 * @root: pa of the root node
 * @key: the key
 *
 * Return: the bitmap, or NULL if there is none.
 */
struct kho_tree_bitmap *kho_tree_find(u64 root, u64 key)
{
	unsigned int shift = level_shift(KHO_TREE_LEVELS - 1);
	void *node = phys_to_virt(root);

	for (; node && shift >= level_shift(1); shift -= KHO_TREE_TABLE_SHIFT)
		node = map_slot(node, (key >> shift) & (KHO_TREE_SLOTS - 1));
	return node;
}
EXPORT_SYMBOL_IF_KUNIT(kho_tree_find);

/**
 * kho_tree_has - check whether a key is set
 * @root: pa of the root node
 * @key: the key
 *
 * Return: true if the key is set.
 */
bool kho_tree_has(u64 root, u64 key)
{
	const struct kho_tree_bitmap *bitmap = kho_tree_find(root, key);

	return bitmap && test_bit(kho_tree_index(key, 0), bitmap->bits);
}

/*
 * Finds the first used slot of a table at or after *@key, and advances *@key to
 * it. Returns false if there is none, and advances *@key past the keys of the
 * table.
 */
static bool seek_slot(const struct kho_tree_table *table, unsigned int level,
		      u64 *key)
{
	const unsigned int shift = level_shift(level);
	unsigned int i = kho_tree_index(*key, level);

	if (READ_ONCE(table->slots[i]))
		return true;
	while (++i < KHO_TREE_SLOTS) {
		if (!READ_ONCE(table->slots[i]))
			continue;
		*key = (*key >> (shift + KHO_TREE_TABLE_SHIFT) <<
			(shift + KHO_TREE_TABLE_SHIFT)) | (u64)i << shift;
		return true;
	}
	*key = ((*key >> (shift + KHO_TREE_TABLE_SHIFT)) + 1) <<
	       (shift + KHO_TREE_TABLE_SHIFT);
	return false;
}

/*
 * Finds the first bitmap that may contain a key at or after *@key, and advances
 * *@key to it. Returns NULL if there is none up to @last.
 */
static struct kho_tree_bitmap *seek_bitmap(u64 root, u64 *key, u64 last)
{
	while (*key <= last) {
		void *node = phys_to_virt(root);
		unsigned int level;

		for (level = KHO_TREE_LEVELS - 1; level; level--) {
			if (!seek_slot(node, level, key))
				break;
			node = map_slot(node, kho_tree_index(*key, level));
		}
		if (!level)
			return *key <= last ? node : NULL;
	}
	return NULL;
}

/* Like seek_bitmap(), but faster if *@key and @last share a bitmap. */
static struct kho_tree_bitmap *seek_bitmap_near(u64 root, u64 *key, u64 last)
{
	if ((*key ^ last) < KHO_TREE_BITS)
		return kho_tree_find(root, *key);
	return seek_bitmap(root, key, last);
}

/*
 * Finds the first run of set bits of a bitmap at or after *@key that have the
 * same order and do not exceed @last. Advances *@key past the bits it has
 * looked at.
 */
static bool seek_bits(const struct kho_tree_bitmap *bitmap, u64 *key, u64 last,
		      u64 *first, u64 *end)
{
	const u64 base = *key & ~(u64)(KHO_TREE_BITS - 1);
	u64 limit = min_t(u64, KHO_TREE_BITS, last - base + 1);
	u64 bit = find_next_bit(bitmap->bits, limit, *key - base);

	*key = base + KHO_TREE_BITS;
	if (bit >= limit)
		return false;
	*first = base + bit;
	/*
	 * Several orders share the lowest bitmap; stop at the end of this
	 * order.
	 */
	if (!base && *first)
		limit = min_t(u64, limit, 2ULL << (fls64(*first) - 1));
	*end = base + find_next_zero_bit(bitmap->bits, limit, bit);
	*key = *end;
	return true;
}

/**
 * kho_tree_has_more - check whether more than a number of keys are set in a
 *	range
 * @root: pa of the root node
 * @key: first key of the range
 * @last: last key of the range
 * @nr: the number of keys
 *
 * Return: true if more than @nr keys are set.
 */
bool kho_tree_has_more(u64 root, u64 key, u64 last, u64 nr)
{
	const struct kho_tree_bitmap *bitmap;
	u64 first, end;

	/* Common case: for most orders, a single block covers the range. */
	if (key == last)
		return !nr && kho_tree_has(root, key);

	while (key <= last && last - key >= nr) {
		bitmap = seek_bitmap_near(root, &key, last);
		if (!bitmap)
			return false;
		if (!seek_bits(bitmap, &key, last, &first, &end))
			continue;
		if (end - first > nr)
			return true;
		nr -= end - first;
	}
	return false;
}

static int visit_bitmap(struct kho_tree_visitor *visitor,
			struct kho_tree_bitmap *bitmap, u64 base)
{
	const u64 last = base + KHO_TREE_BITS - 1;
	u64 key = base, first, end;
	int err;

	visitor->bitmap = bitmap;
	while (key <= last && seek_bits(bitmap, &key, last, &first, &end)) {
		struct kho_blocks blocks;

		/* Key 0 and keys with too large an order encode no block. */
		if (!first || kho_tree_key_order(first) > KHO_TREE_MAX_ORDER)
			return -EINVAL;
		blocks.order = kho_tree_key_order(first);
		blocks.start = key_pfn(first);
		blocks.end = blocks.start + ((end - first) << blocks.order);
		err = visitor->blocks(visitor, &blocks);
		if (err)
			return err;
	}
	return 0;
}

/* The recursion depth is limited to KHO_TREE_LEVELS. */
static int visit_node(struct kho_tree_visitor *visitor, u64 pa,
		      unsigned int level, u64 base)
{
	struct kho_tree_table *table = visitor->node(visitor, pa);
	unsigned int i;
	int err;

	if (!table)
		return -EINVAL;
	if (!level)
		return visitor->blocks ?
		       visit_bitmap(visitor, (void *)table, base) : 0;

	for (i = 0; i < KHO_TREE_SLOTS; i++) {
		if (!table->slots[i])
			continue;
		err = visit_node(visitor, table->slots[i], level - 1,
				 base | (u64)i << level_shift(level));
		if (err)
			return err;
	}
	return 0;
}

/**
 * kho_tree_visit - visit all nodes and blocks of a tree
 * @visitor: callbacks
 * @root: pa of the root node; neither it nor the tree's contents are trusted
 *
 * To guarantee termination, @visitor->node must limit the number of nodes: a
 * malformed tree may contain cycles.
 *
 * Return: 0; -EINVAL if @visitor->node rejects a node or a key encodes no valid
 *	   block; or the error of @visitor->blocks.
 */
int kho_tree_visit(struct kho_tree_visitor *visitor, u64 root)
{
	return visit_node(visitor, root, KHO_TREE_LEVELS - 1, 0);
}
EXPORT_SYMBOL_IF_KUNIT(kho_tree_visit);

static void free_node(void *node, unsigned int level, void (*free)(void *node))
{
	const struct kho_tree_table *table = node;
	unsigned int i;

	for (i = 0; level && i < KHO_TREE_SLOTS; i++) {
		void *child = map_slot(table, i);

		if (child)
			free_node(child, level - 1, free);
	}
	free(node);
}

/**
 * kho_tree_free - free all nodes of a tree
 * @root: pa of the root node
 * @free: callback that frees a node
 */
void kho_tree_free(u64 root, void (*free)(void *node))
{
	free_node(phys_to_virt(root), KHO_TREE_LEVELS - 1, free);
}

static void cursor_next(struct kho_tree_walk *walk,
			struct kho_tree_cursor *cursor)
{
	struct kho_blocks *blocks = &cursor->blocks;
	u64 first, end;

	while (cursor->key <= cursor->last) {
		if (!cursor->bitmap)
			cursor->bitmap = seek_bitmap(walk->root, &cursor->key,
						     cursor->last);
		if (!cursor->bitmap)
			break;
		if (seek_bits(cursor->bitmap, &cursor->key, cursor->last, &first,
			      &end)) {
			blocks->start = key_pfn(first);
			blocks->end = blocks->start +
				      ((end - first) << blocks->order);
			if (!kho_tree_index(end, 0))
				cursor->bitmap = NULL;
			return;
		}
		cursor->bitmap = NULL;
	}
	blocks->start = NO_PFN;
}

static void cursor_init(struct kho_tree_walk *walk,
			struct kho_tree_cursor *cursor, unsigned int order,
			u64 start, u64 end)
{
	*cursor = (struct kho_tree_cursor) {
		.key = first_key(order) + (start >> order),
		.last = first_key(order) + ((end - 1) >> order),
		.blocks.order = order,
	};
	cursor_next(walk, cursor);
}

/**
 * kho_tree_walk_init - start a walk over the runs of a tree
 * @walk: the walk to initialise
 * @root: pa of the root node of a tree validated by kho_tree_visit()
 * @orders: bitmap of the orders to include
 * @start: pfn of the first page
 * @end: pfn after the last page, larger than @start and at most %KHO_TREE_END
 *
 * Blocks that overlap [@start, @end) are included as a whole, even if they
 * begin before @start or end after @end.
 */
void kho_tree_walk_init(struct kho_tree_walk *walk, u64 root, u64 orders,
			u64 start, u64 end)
{
	unsigned int order;

	walk->root = root;
	walk->nr = 0;
	for (order = 0; order <= KHO_TREE_MAX_ORDER; order++) {
		if (orders & BIT_ULL(order))
			cursor_init(walk, &walk->cursors[walk->nr++], order,
				    start, end);
	}
}
EXPORT_SYMBOL_IF_KUNIT(kho_tree_walk_init);

/* Returns the cursor with the lowest blocks; NULL at the end. */
static struct kho_tree_cursor *first_cursor(struct kho_tree_walk *walk)
{
	struct kho_tree_cursor *first = NULL;
	u64 start = NO_PFN;
	unsigned int i;

	for (i = 0; i < walk->nr; i++) {
		if (walk->cursors[i].blocks.start < start) {
			first = &walk->cursors[i];
			start = first->blocks.start;
		}
	}
	return first;
}

/**
 * kho_tree_walk_next - get the next run of preserved pages
 * @walk: the walk, from kho_tree_walk_init()
 * @start: output: pfn of the first page
 * @end: output: pfn after the last page
 *
 * Runs ascend, and neither overlap nor touch each other, regardless of the
 * orders of their blocks.
 *
 * Return: 1; 0 at the end of the walk; -EINVAL if two blocks overlap.
 */
int kho_tree_walk_next(struct kho_tree_walk *walk, u64 *start, u64 *end)
{
	struct kho_tree_cursor *cursor = first_cursor(walk);

	if (!cursor)
		return 0;
	*start = cursor->blocks.start;
	*end = *start;
	do {
		if (cursor->blocks.start < *end)
			return -EINVAL;
		*end = cursor->blocks.end;
		cursor_next(walk, cursor);
		cursor = first_cursor(walk);
	} while (cursor && cursor->blocks.start <= *end);
	return 1;
}
EXPORT_SYMBOL_IF_KUNIT(kho_tree_walk_next);
