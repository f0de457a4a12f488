// SPDX-License-Identifier: GPL-2.0
/*
 * The previous kernel's tree of preserved blocks: what of it waits to be
 * restored.
 *
 * Early boot checks the tree and keeps its pages from being used, see
 * kho_boot.c. Restoring a block takes its key out of the tree. When nothing is
 * left, the tree is freed; when the next kexec comes before that, what is left
 * can be handed on.
 */

#define pr_fmt(fmt) "KHO: " fmt

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <asm/barrier.h>

#include "kho_internal.h"
#include "kho_tracker.h"
#include "kho_tree.h"

/**
 * struct incoming - the previous kernel's tree
 * @root: pa of the root node, 0 if there is no tree, or it has been freed; read
 *	  under RCU
 * @orders: orders of which there are blocks, or have been
 * @pages: number of pages in the blocks that wait
 * @nodes: number of nodes, the root included; 0 when all of them are freed
 * @handed_on: nothing can be restored, because the next kernel gets it; read
 *	       under RCU
 * @walk: for walks while @handed_on
 * @lock: serializes changes of @handed_on, and protects @walk
 */
struct incoming {
	u64 root;
	u64 orders;
	atomic_long_t pages;
	unsigned long nodes;
	bool handed_on;
	struct kho_tree_walk *walk;
	struct mutex lock;
};

static struct incoming incoming = {
	.lock = __MUTEX_INITIALIZER(incoming.lock),
};

static u64 block_key(unsigned long pfn, unsigned int order)
{
	return kho_tree_key((u64)pfn << PAGE_SHIFT, order);
}

/* Takes over a tree that has been checked. */
void __init kho_incoming_adopt(const struct kho_incoming_tree *tree)
{
	incoming.orders = tree->orders;
	incoming.nodes = tree->nodes;
	atomic_long_set(&incoming.pages, tree->pages);
	incoming.root = tree->root;
}

/* Number of pages that wait to be restored. */
unsigned long kho_incoming_pages(void)
{
	return atomic_long_read(&incoming.pages);
}

/* Number of pages that the tree takes. */
unsigned long kho_incoming_nodes(void)
{
	/* Pairs with free_tree(): who sees 0 sees the memory freed. */
	return smp_load_acquire(&incoming.nodes);
}

static struct kho_tree_bitmap *find_bitmap(u64 key)
{
	u64 root = READ_ONCE(incoming.root);

	lockdep_assert_in_rcu_read_lock();

	return root ? kho_tree_find(root, key) : NULL;
}

static bool has_key(u64 key)
{
	u64 root;

	guard(rcu)();
	root = READ_ONCE(incoming.root);
	return root && kho_tree_has(root, key);
}

/*
 * The order of the block that begins at @pfn and waits to be restored; -ENOENT
 * if there is none. Blocks do not overlap, so there is one at most.
 */
int kho_incoming_find(unsigned long pfn)
{
	u64 orders = incoming.orders;
	unsigned int order;

	if (pfn)
		orders &= GENMASK_ULL(__ffs(pfn), 0);
	while (orders) {
		order = __ffs64(orders);
		if (has_key(block_key(pfn, order)))
			return order;
		orders &= orders - 1;
	}
	return -ENOENT;
}

/*
 * As kho_incoming_find(), for the first block of a range that ends at the end of
 * a block. It is looked for first where kho_range_order() has it, but for borders
 * of nodes.
 */
int kho_incoming_find_first(unsigned long pfn, unsigned long nr)
{
	const unsigned int order = kho_tree_fitting_order(pfn, nr);

	return has_key(block_key(pfn, order)) ? order : kho_incoming_find(pfn);
}

/* True if the page lies in a block that waits to be restored. */
bool kho_incoming_covers(unsigned long pfn)
{
	u64 orders;

	for (orders = incoming.orders; orders; orders &= orders - 1) {
		if (has_key(block_key(pfn, __ffs64(orders))))
			return true;
	}
	return false;
}

static void free_node(void *node)
{
	free_reserved_page(virt_to_page(node));
}

static void free_tree(struct work_struct *work)
{
	u64 root;

	if (kho_incoming_pages())
		return;
	root = xchg(&incoming.root, 0);
	if (!root)
		return;
	/* Whoever looks at the tree right now is done then. */
	synchronize_rcu();
	kho_tree_free(root, free_node);
	/* Pairs with kho_incoming_nodes(). */
	smp_store_release(&incoming.nodes, 0);
}

static DECLARE_WORK(free_tree_work, free_tree);

/*
 * Takes a block out of the tree; who gets true owns it. False if it does not
 * wait, or not any more.
 */
bool kho_incoming_take(unsigned long pfn, unsigned int order)
{
	u64 key = block_key(pfn, order);
	struct kho_tree_bitmap *bitmap;

	guard(rcu)();
	bitmap = find_bitmap(key);
	if (!bitmap || READ_ONCE(incoming.handed_on) ||
	    !test_and_clear_bit(kho_tree_index(key, 0), bitmap->bits))
		return false;
	if (!atomic_long_sub_return(1L << order, &incoming.pages))
		schedule_work(&free_tree_work);
	return true;
}

/*
 * Undoes kho_incoming_take(). As long as anything else waits there is a tree,
 * and whoever gives a block back still has the records that led to it.
 */
void kho_incoming_put_back(unsigned long pfn, unsigned int order)
{
	u64 key = block_key(pfn, order);
	struct kho_tree_bitmap *bitmap;

	guard(rcu)();
	bitmap = find_bitmap(key);
	if (WARN_ON_ONCE(!bitmap || READ_ONCE(incoming.handed_on)))
		return;
	atomic_long_add(1L << order, &incoming.pages);
	WARN_ON_ONCE(test_and_set_bit(kho_tree_index(key, 0), bitmap->bits));
}

/*
 * The order of the largest block that can be put back at @pfn. Blocks that were
 * taken have their bitmaps still. If the previous kernel cut the range in other
 * places, one that is larger than what was taken there is all right as long as
 * the range is restored as a whole.
 */
static int put_back_order(unsigned long pfn, unsigned long nr)
{
	int order = kho_range_order(pfn, nr);

	guard(rcu)();
	for (; order >= 0; order--) {
		if (incoming.orders & BIT_ULL(order) &&
		    find_bitmap(block_key(pfn, order)))
			return order;
	}
	return -ENOENT;
}

/* Undoes kho_incoming_take() for all blocks of a range. */
void kho_incoming_put_back_range(unsigned long pfn, unsigned long nr)
{
	while (nr) {
		const int order = put_back_order(pfn, nr);

		if (WARN_ON_ONCE(order < 0))
			return;
		kho_incoming_put_back(pfn, order);
		pfn += 1UL << order;
		nr -= 1UL << order;
	}
}

/**
 * struct block_loop - a loop over all blocks that wait
 * @walk: the walk over the blocks of one order
 * @fn: what to do with a block
 * @left: stop after so many blocks
 */
struct block_loop {
	struct kho_tree_walk *walk;
	int (*fn)(struct kho_tracker *tracker, unsigned long pfn,
		  unsigned int order);
	unsigned long left;
};

static int loop_over_order(struct block_loop *loop, unsigned int order)
{
	u64 pfn, end;
	int err;

	kho_tree_walk_init(loop->walk, incoming.root, BIT_ULL(order), 0,
			   KHO_TREE_END);
	while (kho_tree_walk_next(loop->walk, &pfn, &end) > 0) {
		for (; pfn < end && loop->left; pfn += BIT_ULL(order)) {
			err = loop->fn(kho_outgoing_tracker(), pfn, order);
			if (err)
				return err;
			loop->left--;
			cond_resched();
		}
	}
	return 0;
}

static int loop_over_blocks(struct block_loop *loop)
{
	u64 orders;
	int err;

	for (orders = incoming.orders; orders; orders &= orders - 1) {
		err = loop_over_order(loop, __ffs64(orders));
		if (err)
			return err;
	}
	return 0;
}

static void set_handed_on(bool handed_on)
{
	lockdep_assert_held(&incoming.lock);

	WRITE_ONCE(incoming.handed_on, handed_on);
	/* Whoever was about to restore a block has it, or gets none. */
	synchronize_rcu();
}

/* Takes the first @nr blocks out of the outgoing tree again. */
static void remove_blocks(unsigned long nr)
{
	struct block_loop loop = {
		.walk = incoming.walk,
		.fn = kho_tracker_del,
		.left = nr,
	};

	WARN_ON_ONCE(loop_over_blocks(&loop));
}

static int join_blocks(void)
{
	struct block_loop loop = {
		.walk = incoming.walk,
		.fn = kho_tracker_add,
		.left = ULONG_MAX,
	};
	int err;

	if (!kho_incoming_pages())
		return 0;
	err = loop_over_blocks(&loop);
	if (err)
		remove_blocks(ULONG_MAX - loop.left);
	return err;
}

/* The walk is kept until kho_take_back(), which must not need memory. */
static int hand_on(void)
{
	int err;

	lockdep_assert_held(&incoming.lock);

	if (incoming.handed_on)
		return -EBUSY;
	incoming.walk = kmalloc(sizeof(*incoming.walk), GFP_KERNEL);
	if (!incoming.walk)
		return -ENOMEM;
	set_handed_on(true);
	err = join_blocks();
	if (!err)
		return 0;
	set_handed_on(false);
	kfree(incoming.walk);
	return err;
}

/**
 * kho_hand_on - preserve what nobody has restored for one more kexec
 *
 * All memory that the previous kernel preserved and that still waits to be
 * restored is preserved for the next kernel, too, unchanged, in the same blocks.
 * What tells the next kernel what it is, is up to the caller. From here on until
 * kho_take_back() nothing can be restored.
 *
 * The cost is that of preserving each block once more; call it before the
 * black-out begins.
 *
 * Context: Process context, may sleep.
 * Return: 0, also if there is nothing to hand on; -EBUSY if it is handed on
 *	   already, -ENOMEM, -EOPNOTSUPP if KHO is off. After an error nothing
 *	   has changed.
 */
int kho_hand_on(void)
{
	if (!kho_is_enabled())
		return -EOPNOTSUPP;
	guard(mutex)(&incoming.lock);
	return hand_on();
}
EXPORT_SYMBOL_GPL(kho_hand_on);

/**
 * kho_take_back - undo kho_hand_on()
 *
 * Afterwards everything waits to be restored, as before. Cannot fail; without
 * a kho_hand_on() before it does nothing.
 *
 * Context: Process context, may sleep.
 */
void kho_take_back(void)
{
	guard(mutex)(&incoming.lock);
	if (!incoming.handed_on)
		return;
	if (kho_incoming_pages())
		remove_blocks(ULONG_MAX);
	set_handed_on(false);
	kfree(incoming.walk);
}
EXPORT_SYMBOL_GPL(kho_take_back);
