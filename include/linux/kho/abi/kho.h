/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kexec Handover: format of the root and of the tracker.
 *
 * All fields are in native endianness. "pa" is a physical address; 0 stands for
 * "none". Any change to this file requires a new %KHO_COMPATIBLE.
 *
 * Root
 * ----
 *
 * A flattened device tree in one preserved page. The boot protocol passes its
 * pa: setup_data of type SETUP_KEXEC_KHO on x86, /chosen on arm64.
 *
 * .. code-block:: none
 *
 *	/ {
 *		compatible = "kho-v4";
 *		preserved-memory-map = <u64 pa of the tracker's root node>;
 *
 *		NAME {
 *			preserved-data = <u64 pa of a blob>;
 *			blob-size = <u64 bytes>;
 *		};
 *	};
 *
 * A kernel ignores sub-trees with unknown names.
 *
 * Tracker
 * -------
 *
 * A radix tree over all preserved blocks. A block is a naturally aligned
 * power-of-two number of pages. The position of the highest bit set in its key
 * encodes the order. The bits below it are the address of the block in units of
 * the block size:
 *
 * .. code-block:: none
 *
 *	 63            52  51                                         0
 *	+----------------+---------------------------------------------+
 *	| 0            1 |  pa >> 12                                   |  order 0
 *	| 0            0 |1| pa >> 13                                  |  order 1
 *	| 0            0 |0|1| pa >> 14                                |  order 2
 *	+----------------+---------------------------------------------+
 *
 * Within one order, keys therefore ascend with the address. Nodes are single
 * pages: level 0 is a bitmap, the levels above are tables of pa. With 4 KiB
 * pages:
 *
 * .. code-block:: none
 *
 *	key bits  59..51   50..42   41..33   32..24   23..15    14..0
 *	level        5        4        3        2        1         0
 *	          table -> table -> table -> table -> table -> bitmap
 *	                    (512 pa each)                   (32768 bits)
 *
 * The nodes themselves are not preserved. They lie outside scratch, so the next
 * kernel does not allocate them before it has read the tree.
 */

#ifndef _LINUX_KHO_ABI_KHO_H
#define _LINUX_KHO_ABI_KHO_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/const.h>
#include <linux/math.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <vdso/page.h>

/* The root node's "compatible". */
#define KHO_COMPATIBLE			"kho-v4"

/* Properties of the root node and of its sub-trees, each a u64. */
#define KHO_PROP_MEMORY_MAP		"preserved-memory-map"
#define KHO_PROP_DATA			"preserved-data"
#define KHO_PROP_SIZE			"blob-size"

/* Geometry of the tracker. */
#define KHO_TREE_BITMAP_SHIFT		(PAGE_SHIFT + 3)
#define KHO_TREE_TABLE_SHIFT		(PAGE_SHIFT - 3)
#define KHO_TREE_KEY_BITS		(64 - PAGE_SHIFT + 1)
#define KHO_TREE_LEVELS							\
	(1 + DIV_ROUND_UP(KHO_TREE_KEY_BITS - KHO_TREE_BITMAP_SHIFT,	\
			  KHO_TREE_TABLE_SHIFT))

#define KHO_TREE_BITS			BIT(KHO_TREE_BITMAP_SHIFT)
#define KHO_TREE_SLOTS			BIT(KHO_TREE_TABLE_SHIFT)

/* The largest order: a block of 2^63 bytes. */
#define KHO_TREE_MAX_ORDER		(63 - PAGE_SHIFT)

/**
 * struct kho_tree_table - a node of the tracker above level 0
 * @slots: pa of the nodes one level below, 0 where there is none
 */
struct kho_tree_table {
	u64 slots[KHO_TREE_SLOTS];
};

/**
 * struct kho_tree_bitmap - a node of the tracker at level 0
 * @bits: one bit per block; unsigned long because the bitmap functions take
 *	  that
 */
struct kho_tree_bitmap {
	unsigned long bits[KHO_TREE_BITS / __BITS_PER_LONG];
};

static_assert(sizeof(struct kho_tree_table) == PAGE_SIZE);
static_assert(sizeof(struct kho_tree_bitmap) == PAGE_SIZE);

/**
 * kho_tree_key - compute the key of a block
 * @pa: physical address of the block, a multiple of its size
 * @order: log2 of the number of pages in the block, at most %KHO_TREE_MAX_ORDER
 *
 * Return: the key.
 */
static inline u64 kho_tree_key(u64 pa, unsigned int order)
{
	return (1ULL << (64 - PAGE_SHIFT - order)) |
	       (pa >> (PAGE_SHIFT + order));
}

/**
 * kho_tree_key_order - get the order of the block that a key encodes
 * @key: a key, not 0
 *
 * Return: the order; above %KHO_TREE_MAX_ORDER if @key encodes no valid block.
 */
static inline unsigned int kho_tree_key_order(u64 key)
{
	return 64 - PAGE_SHIFT - (63 - __builtin_clzll(key));
}

/**
 * kho_tree_key_pa - get the address of the block that a key encodes
 * @key: a key with a valid order
 *
 * Return: the physical address.
 */
static inline u64 kho_tree_key_pa(u64 key)
{
	unsigned int order = kho_tree_key_order(key);

	return (key ^ (1ULL << (64 - PAGE_SHIFT - order))) <<
	       (PAGE_SHIFT + order);
}

/**
 * kho_tree_index - get the index of a key in a node
 * @key: the key
 * @level: the node's level, 0 for a bitmap
 *
 * Return: the number of the bit or slot.
 */
static inline unsigned int kho_tree_index(u64 key, unsigned int level)
{
	if (!level)
		return key & (KHO_TREE_BITS - 1);

	return (key >> (KHO_TREE_BITMAP_SHIFT +
			(level - 1) * KHO_TREE_TABLE_SHIFT)) &
	       (KHO_TREE_SLOTS - 1);
}

#endif /* _LINUX_KHO_ABI_KHO_H */
