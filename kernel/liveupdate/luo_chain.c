// SPDX-License-Identifier: GPL-2.0
/*
 * Writing chains of record pages.
 *
 * The format is in <linux/kho/abi/chain.h>.
 */

#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "luo_chain.h"

struct luo_chain_page {
	struct list_head list;
	struct kho_chain_block *block;
};

static unsigned long blocks_needed(const struct luo_chain *chain)
{
	return DIV_ROUND_UP(chain->reserved,
			    kho_chain_block_capacity(chain->entry_size));
}

/* Initialises an empty chain. It allocates no pages until it has entries. */
void luo_chain_init(struct luo_chain *chain, size_t entry_size)
{
	INIT_LIST_HEAD(&chain->blocks);
	chain->entry_size = entry_size;
	chain->nr_blocks = 0;
	chain->reserved = 0;
}

static int grow(struct luo_chain *chain)
{
	struct luo_chain_page *page;
	void *block;

	if (chain->nr_blocks == KHO_CHAIN_MAX_BLOCKS)
		return -ENOSPC;
	page = kzalloc(sizeof(*page), GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	block = kho_alloc_preserve(PAGE_SIZE);
	if (IS_ERR(block)) {
		kfree(page);
		return PTR_ERR(block);
	}
	page->block = block;
	list_add_tail(&page->list, &chain->blocks);
	chain->nr_blocks++;
	return 0;
}

static void shrink(struct luo_chain *chain)
{
	struct luo_chain_page *page = list_last_entry(&chain->blocks,
						      struct luo_chain_page,
						      list);

	list_del(&page->list);
	chain->nr_blocks--;
	kho_unpreserve_free(page->block);
	kfree(page);
}

/* Reserves room for one more entry. */
int luo_chain_reserve(struct luo_chain *chain)
{
	int err = 0;

	chain->reserved++;
	if (blocks_needed(chain) > chain->nr_blocks)
		err = grow(chain);
	if (err)
		chain->reserved--;
	return err;
}

/* Undoes luo_chain_reserve(). */
void luo_chain_unreserve(struct luo_chain *chain)
{
	chain->reserved--;
	if (blocks_needed(chain) < chain->nr_blocks)
		shrink(chain);
}

/* Starts writing a chain from the beginning; overwrites earlier contents. */
void luo_chain_write(struct luo_chain_writer *writer, struct luo_chain *chain)
{
	*writer = (struct luo_chain_writer) {
		.chain = chain,
		.pos = &chain->blocks,
	};
}

static void next_block(struct luo_chain_writer *writer)
{
	struct luo_chain_page *page;

	writer->pos = writer->pos->next;
	page = list_entry(writer->pos, struct luo_chain_page, list);
	memset(page->block, 0, PAGE_SIZE);
	if (writer->block)
		writer->block->next = virt_to_phys(page->block);
	writer->block = page->block;
}

/* Returns the next entry, zeroed. Cannot fail for a reserved entry. */
void *luo_chain_add(struct luo_chain_writer *writer)
{
	const size_t entry_size = writer->chain->entry_size;

	if (!writer->block ||
	    writer->block->count == kho_chain_block_capacity(entry_size))
		next_block(writer);
	return luo_chain_entry(writer->block, entry_size,
			       writer->block->count++);
}

/* Returns the pa of the first block; 0 for an empty chain. */
u64 luo_chain_pa(struct luo_chain *chain)
{
	struct luo_chain_page *page =
		list_first_entry_or_null(&chain->blocks, struct luo_chain_page,
					 list);

	return page ? virt_to_phys(page->block) : 0;
}
