/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading the tree of preserved blocks, in the form that crosses the kexec.
 *
 * Pure functions: they allocate nothing, print nothing and know nothing of the
 * machine, so they are tested and fuzzed in userspace, too.
 */

#ifndef _LINUX_LIVEUPDATE_KHO_TREE_H
#define _LINUX_LIVEUPDATE_KHO_TREE_H

#include <linux/bitops.h>
#include <linux/kho/abi/kho.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/types.h>

/* No page has this pfn or a higher one. */
#define KHO_TREE_END	(1ULL << (64 - PAGE_SHIFT))

/* Order of the largest naturally aligned block that [pfn, pfn + nr) begins with. */
static inline unsigned int kho_tree_fitting_order(unsigned long pfn,
						  unsigned long nr)
{
	unsigned int order = min_t(unsigned int, ilog2(nr), KHO_TREE_MAX_ORDER);

	return pfn ? min_t(unsigned int, order, __ffs(pfn)) : order;
}

/**
 * struct kho_blocks - blocks of one order that lie next to each other
 * @start: pfn of the first page
 * @end: pfn behind the last page
 * @order: log2 of the number of pages in each block
 */
struct kho_blocks {
	u64 start;
	u64 end;
	unsigned int order;
};

/**
 * struct kho_tree_visitor - what kho_tree_visit() calls
 * @node: maps a node, or returns NULL if there can be none at @pa
 * @blocks: takes blocks that the tree names; blocks of one order ascend. NULL
 *	    to look at the nodes only
 */
struct kho_tree_visitor {
	void *(*node)(struct kho_tree_visitor *visitor, u64 pa);
	int (*blocks)(struct kho_tree_visitor *visitor,
		      const struct kho_blocks *blocks);
};

/**
 * struct kho_tree_cursor - blocks of one order, in ascending order
 * @bitmap: the node that @key leads to, NULL if it has to be looked for
 * @key: where to go on
 * @last: the last key to look at
 * @blocks: what was found last; @blocks.start is U64_MAX behind the end
 */
struct kho_tree_cursor {
	const struct kho_tree_bitmap *bitmap;
	u64 key;
	u64 last;
	struct kho_blocks blocks;
};

/**
 * struct kho_tree_walk - state of a walk over the runs of a tree
 * @root: pa of the root node
 * @nr: number of cursors
 * @cursors: one for each order
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
