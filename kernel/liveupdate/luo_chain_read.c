// SPDX-License-Identifier: GPL-2.0
/*
 * Reading chains of record pages of the previous kernel.
 *
 * The format is in <linux/kho/abi/chain.h>.
 */

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kexec_handover.h>

#include "luo_chain.h"

/* Starts a walk of the previous kernel's chain; @pa is not trusted. */
void luo_chain_read(struct luo_chain_reader *reader, u64 pa, size_t entry_size)
{
	*reader = (struct luo_chain_reader) {
		.next = pa,
		.entry_size = entry_size,
	};
}

/* The limit on the number of blocks also terminates a chain with a cycle. */
static int read_block(struct luo_chain_reader *reader)
{
	struct kho_chain_block *block =
		kho_incoming_data(reader->next, PAGE_SIZE);

	if (!block || ++reader->blocks > KHO_CHAIN_MAX_BLOCKS)
		return -EIO;
	if (block->count > kho_chain_block_capacity(reader->entry_size))
		return -EIO;
	reader->block = block;
	reader->next = block->next;
	reader->index = 0;
	return 0;
}

/* Returns the next entry; NULL at the end, ERR_PTR(-EIO) if malformed. */
const void *luo_chain_next(struct luo_chain_reader *reader)
{
	int err;

	/* Linux 7.3 may write an empty block at the end of a chain. */
	while (!reader->block || reader->index == reader->block->count) {
		if (!reader->next)
			return NULL;
		err = read_block(reader);
		if (err)
			return ERR_PTR(err);
	}
	return luo_chain_entry(reader->block, reader->entry_size,
			       reader->index++);
}

/* Frees the pages of an incoming chain, up to the first invalid block. */
void luo_chain_free_incoming(u64 pa)
{
	struct kho_chain_block *block;

	while (pa) {
		block = kho_incoming_data(pa, PAGE_SIZE);
		if (!block)
			return;
		pa = block->next;
		kho_restore_free(block);
	}
}
