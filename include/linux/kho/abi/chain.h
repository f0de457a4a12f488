/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kexec Handover: lists of records that one kernel leaves for the next.
 *
 * .. code-block:: none
 *
 *	+--------+-------+---------+---------+-- ... --+
 *	| next   | count | entry 0 | entry 1 |         |   one page
 *	+--------+-------+---------+---------+-- ... --+
 *
 * Each block is a preserved page, filled before the next one is begun. A block
 * without entries does not occur: no entries, no block. A change of anything in
 * this file takes a new %LUO_CHAIN_FORMAT.
 */

#ifndef _LINUX_KHO_ABI_CHAIN_H
#define _LINUX_KHO_ABI_CHAIN_H

#include <linux/build_bug.h>
#include <linux/types.h>
#include <vdso/page.h>

/* Name of the format, which other formats contain. */
#define LUO_CHAIN_FORMAT		"luo-chain-v1"

/* A chain with more blocks than this is damaged. */
#define KHO_CHAIN_MAX_BLOCKS		10000

/**
 * struct kho_chain_block - head of a page of entries
 * @next: pa of the next block, 0 in the last one
 * @count: number of entries in this block, at least 1 in what is written
 */
struct kho_chain_block {
	u64 next;
	u64 count;
};

static_assert(sizeof(struct kho_chain_block) == 16);

/**
 * kho_chain_block_capacity - how many entries fit in a block
 * @entry_size: size of an entry in bytes
 *
 * Return: number of entries.
 */
static inline u64 kho_chain_block_capacity(size_t entry_size)
{
	return (PAGE_SIZE - sizeof(struct kho_chain_block)) / entry_size;
}

#endif /* _LINUX_KHO_ABI_CHAIN_H */
