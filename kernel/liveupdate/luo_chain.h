/* SPDX-License-Identifier: GPL-2.0 */
/* Chains of record pages, the format of lists in the handover. */

#ifndef _LINUX_LIVEUPDATE_LUO_CHAIN_H
#define _LINUX_LIVEUPDATE_LUO_CHAIN_H

#include <linux/kho/abi/chain.h>
#include <linux/list.h>
#include <linux/types.h>

/**
 * struct luo_chain - reserved room for entries that the next kernel reads
 * @blocks: preserved pages, as many as @reserved entries need
 * @entry_size: size of an entry in bytes
 * @nr_blocks: number of pages
 * @reserved: number of entries that have room
 *
 * Room is reserved when a failure can still be handled, and filled right before
 * the kexec. The owner of the chain provides the locking.
 */
struct luo_chain {
	struct list_head blocks;
	size_t entry_size;
	unsigned long nr_blocks;
	unsigned long reserved;
};

/* Writes a chain from its start. */
struct luo_chain_writer {
	struct luo_chain *chain;
	struct kho_chain_block *block;
	struct list_head *pos;
};

/* Walks the entries of the previous kernel's chain. */
struct luo_chain_reader {
	struct kho_chain_block *block;
	u64 next;
	size_t entry_size;
	unsigned long index;
	unsigned long blocks;
};

static inline void *luo_chain_entry(struct kho_chain_block *block,
				    size_t entry_size, unsigned long index)
{
	return (void *)(block + 1) + index * entry_size;
}

/* luo_chain.c */
void luo_chain_init(struct luo_chain *chain, size_t entry_size);
int luo_chain_reserve(struct luo_chain *chain);
void luo_chain_unreserve(struct luo_chain *chain);
void luo_chain_write(struct luo_chain_writer *writer, struct luo_chain *chain);
void *luo_chain_add(struct luo_chain_writer *writer);
u64 luo_chain_pa(struct luo_chain *chain);

/* luo_chain_read.c */
void luo_chain_read(struct luo_chain_reader *reader, u64 pa, size_t entry_size);
const void *luo_chain_next(struct luo_chain_reader *reader);
void luo_chain_free_incoming(u64 pa);

#endif /* _LINUX_LIVEUPDATE_LUO_CHAIN_H */
