/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kexec Handover: lists of handover records.
 *
 * .. code-block:: none
 *
 *	+--------+-------+---------+---------+-- ... --+
 *	| next   | count | entry 0 | entry 1 |         |   one page
 *	+--------+-------+---------+---------+-- ... --+
 *
 * Each block is a preserved page. A writer fills a block completely before it
 * adds the next one, and writes no block without entries: an empty list has no
 * block. Any change to this file requires a new %LUO_CHAIN_FORMAT.
 */

#ifndef _LINUX_KHO_ABI_CHAIN_H
#define _LINUX_KHO_ABI_CHAIN_H

#include <linux/build_bug.h>
#include <linux/types.h>
#include <vdso/page.h>

/* Name of the format. Other formats embed it. */
#define LUO_CHAIN_FORMAT		"luo-chain-v1"

/* A chain with more blocks than this is malformed. */
#define KHO_CHAIN_MAX_BLOCKS		10000

/**
 * struct kho_chain_block - header of a page of entries
 * @next: pa of the next block, 0 in the last one
 * @count: number of entries in this block; writers store at least 1
 */
struct kho_chain_block {
	u64 next;
	u64 count;
};

static_assert(sizeof(struct kho_chain_block) == 16);

/**
 * kho_chain_block_capacity - number of entries that fit in a block
 * @entry_size: size of an entry in bytes
 *
 * Return: number of entries.
 */
static inline u64 kho_chain_block_capacity(size_t entry_size)
{
	return (PAGE_SIZE - sizeof(struct kho_chain_block)) / entry_size;
}

#endif /* _LINUX_KHO_ABI_CHAIN_H */
