// SPDX-License-Identifier: GPL-2.0
/*
 * The previous kernel's tree of preserved blocks that are not restored yet.
 *
 * Early boot validates the tree and reserves its memory, see kho_boot.c.
 * Restoring a block removes its key from the tree, and the tree is freed when
 * it is empty. If the next kexec comes first, the remaining blocks can be
 * carried forward: handed over to the next kernel unchanged.
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
 * @root: pa of the root node, 0 if there is no tree or it has been freed; read
 *	  under RCU
 * @orders: bitmap of all orders that the tree has or had blocks of
 * @pages: number of pages in blocks that are not restored
 * @nodes: number of nodes, including the root; 0 when all of them are freed
 * @handed_on: the remaining blocks are preserved for the next kernel, so
 *	       nothing can be restored; read under RCU
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

/* Publishes a validated tree. */
void __init kho_incoming_adopt(const struct kho_incoming_tree *tree)
{
	incoming.orders = tree->orders;
	incoming.nodes = tree->nodes;
	atomic_long_set(&incoming.pages, tree->pages);
	incoming.root = tree->root;
}

/* Number of preserved pages that are not restored. */
unsigned long kho_incoming_pages(void)
{
	return atomic_long_read(&incoming.pages);
}

/* Number of pages used by the tree. */
unsigned long kho_incoming_nodes(void)
{
	/* Pairs with free_tree(): if this returns 0, the nodes are freed. */
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
 * Returns the order of the block that begins at @pfn and is not restored;
 * -ENOENT if there is none. Blocks do not overlap, so there is at most one.
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
 * Like kho_incoming_find(), for the first block of a range that ends at a block
 * boundary. First tries the order that kho_range_order() chooses unless a node
 * boundary is in the way.
 */
int kho_incoming_find_first(unsigned long pfn, unsigned long nr)
{
	const unsigned int order = kho_tree_fitting_order(pfn, nr);

	return has_key(block_key(pfn, order)) ? order : kho_incoming_find(pfn);
}

/* True if the page lies in a block that is not restored. */
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
	/* Wait for concurrent readers of the tree. */
	synchronize_rcu();
	kho_tree_free(root, free_node);
	/* Pairs with kho_incoming_nodes(). */
	smp_store_release(&incoming.nodes, 0);
}

static DECLARE_WORK(free_tree_work, free_tree);

/*
 * Removes a block from the tree. Returns true if the caller owns the block now,
 * and false if there is no such block or it is already restored or carried
 * forward.
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
 * Undoes kho_incoming_take(). The tree still exists: the records that led the
 * caller to the block are not restored yet, and keep the tree from being freed.
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
 * Returns the order of the largest block that can be put back at @pfn. The
 * bitmaps of removed blocks still exist. If the previous kernel split the range
 * differently, this may be larger than the block that was removed at @pfn; that
 * is fine as long as the range is restored as a whole.
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
 * struct block_loop - a loop over all blocks that are not restored
 * @walk: the walk over the blocks of one order
 * @fn: called for each block
 * @left: number of blocks after which to stop
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
	/*
	 * Callers of kho_incoming_take() either own their block now, or fail.
	 */
	synchronize_rcu();
}

/* Removes the first @nr blocks from the outgoing tree. */
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

/* The walk stays allocated so that kho_take_back() needs no memory. */
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
 * kho_hand_on - carry forward all memory that was not restored
 *
 * Preserves all memory that the previous kernel preserved and that is not
 * restored yet for the next kernel, too, unchanged and in the same blocks. The
 * caller hands over the records that describe this memory. Nothing can be
 * restored until kho_take_back().
 *
 * This preserves each block again, so call it before the blackout.
 *
 * Context: Process context, may sleep.
 * Return: 0, also if there is nothing to carry forward; -EBUSY if memory is
 *	   already carried forward, -ENOMEM, -EOPNOTSUPP if KHO is off. After an
 *	   error nothing has changed.
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
 * Afterwards all memory can be restored as before. Cannot fail; does nothing
 * without a preceding kho_hand_on().
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
