/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading the tree of preserved blocks in the handover format.
 *
 * These are pure functions without allocations, messages or access to global
 * state, so they are also tested and fuzzed in userspace.
 */

#ifndef _LINUX_LIVEUPDATE_KHO_TREE_H
#define _LINUX_LIVEUPDATE_KHO_TREE_H

#include <linux/bitops.h>
#include <linux/kho/abi/kho.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/types.h>

/* Limit of pfns: all pfns are lower than this. */
#define KHO_TREE_END	(1ULL << (64 - PAGE_SHIFT))

/* Order of the largest aligned block at the start of [pfn, pfn + nr). */
static inline unsigned int kho_tree_fitting_order(unsigned long pfn,
						  unsigned long nr)
{
	unsigned int order = min_t(unsigned int, ilog2(nr), KHO_TREE_MAX_ORDER);

	return pfn ? min_t(unsigned int, order, __ffs(pfn)) : order;
}

/**
 * struct kho_blocks - adjacent blocks of one order
 * @start: pfn of the first page
 * @end: pfn after the last page
 * @order: log2 of the number of pages in each block
 */
struct kho_blocks {
	u64 start;
	u64 end;
	unsigned int order;
};

/**
 * struct kho_tree_visitor - callbacks of kho_tree_visit()
 * @node: maps the node at @pa, or returns NULL to reject it
 * @blocks: receives blocks of the tree; within one order they ascend. NULL to
 *	    visit the nodes only
 * @bitmap: set during @blocks: the node, which @node accepted, with their bits
 */
struct kho_tree_visitor {
	void *(*node)(struct kho_tree_visitor *visitor, u64 pa);
	int (*blocks)(struct kho_tree_visitor *visitor,
		      const struct kho_blocks *blocks);
	struct kho_tree_bitmap *bitmap;
};

/**
 * struct kho_tree_cursor - position within the blocks of one order
 * @bitmap: the bitmap of @key, NULL if it must be looked up
 * @key: next key to look at
 * @last: last key to look at
 * @blocks: the current blocks; @blocks.start is U64_MAX at the end
 */
struct kho_tree_cursor {
	const struct kho_tree_bitmap *bitmap;
	u64 key;
	u64 last;
	struct kho_blocks blocks;
};

/**
 * struct kho_tree_walk - a walk over the runs of a tree
 * @root: pa of the root node
 * @nr: number of cursors
 * @cursors: one cursor per order
 */
struct kho_tree_walk {
	u64 root;
	unsigned int nr;
	struct kho_tree_cursor cursors[KHO_TREE_MAX_ORDER + 1];
};

struct kho_tree_bitmap *kho_tree_find(u64 root, u64 key);
bool kho_tree_has(u64 root, u64 key);
bool kho_tree_has_more(u64 root, u64 key, u64 last, u64 nr);
int kho_tree_visit(struct kho_tree_visitor *visitor, u64 root);
void kho_tree_free(u64 root, void (*free)(void *node));

void kho_tree_walk_init(struct kho_tree_walk *walk, u64 root, u64 orders,
			u64 start, u64 end);
int kho_tree_walk_next(struct kho_tree_walk *walk, u64 *start, u64 *end);

#endif /* _LINUX_LIVEUPDATE_KHO_TREE_H */
