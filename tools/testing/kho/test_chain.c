// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of writing and reading chains of entries.
 */

#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/string.h>

#include "luo_chain.h"
#include "test.h"

static const size_t entry_sizes[] = { 8, 64, 72, 80, 2040, 4080 };

static void reserve(struct luo_chain *chain, unsigned int nr)
{
	while (nr--)
		expect(!luo_chain_reserve(chain));
}

/* Writes the number of an entry into its first and last bytes. */
static void fill(struct luo_chain *chain, unsigned int nr)
{
	struct luo_chain_writer writer;
	unsigned int i;

	luo_chain_write(&writer, chain);
	for (i = 0; i < nr; i++) {
		char *entry = luo_chain_add(&writer);

		memcpy(entry, &i, sizeof(i));
		memcpy(entry + chain->entry_size - sizeof(i), &i, sizeof(i));
	}
}

/* Frees the previous kernel's blocks, whose list heads are at their start. */
static void forget(struct luo_chain *chain)
{
	struct list_head *page, *next;

	list_for_each_safe(page, next, &chain->blocks)
		free(page);
}

static void expect_entries(u64 pa, size_t entry_size, unsigned int nr)
{
	struct luo_chain_reader reader;
	unsigned int i;

	luo_chain_read(&reader, pa, entry_size);
	for (i = 0; i < nr; i++) {
		const char *entry = luo_chain_next(&reader);

		expect(!IS_ERR_OR_NULL(entry));
		expect(!memcmp(entry, &i, sizeof(i)));
		expect(!memcmp(entry + entry_size - sizeof(i), &i, sizeof(i)));
	}
	expect(!luo_chain_next(&reader));
	expect(!luo_chain_next(&reader));
}

/* The bytes conform to the format, around the capacity of a block. */
void test_chain_bytes(void)
{
	const unsigned int capacity = kho_chain_block_capacity(64);
	const struct kho_chain_block *block;
	struct luo_chain chain;

	expect(capacity == 63);
	expect(!kho_preserve_init());
	luo_chain_init(&chain, 64);
	expect(!luo_chain_pa(&chain));
	reserve(&chain, capacity);
	fill(&chain, capacity);
	block = phys_to_virt(luo_chain_pa(&chain));
	expect(block->count == capacity && !block->next);
	reserve(&chain, 1);
	fill(&chain, capacity + 1);
	expect(block->count == capacity && block->next);
	block = phys_to_virt(block->next);
	expect(block->count == 1 && !block->next);
	luo_chain_unreserve(&chain);
	fill(&chain, capacity);
	block = phys_to_virt(luo_chain_pa(&chain));
	expect(block->count == capacity && !block->next);
	while (chain.reserved)
		luo_chain_unreserve(&chain);
	expect(!chain.nr_blocks);
}

/* Reading a cyclic chain terminates. */
void test_chain_circle(void)
{
	struct luo_chain_reader reader;
	struct kho_chain_block *block;
	struct luo_chain chain;
	const void *entry;
	u64 entries = 0;

	expect(!kho_preserve_init());
	luo_chain_init(&chain, 2040);
	reserve(&chain, 4);
	fill(&chain, 4);
	block = phys_to_virt(luo_chain_pa(&chain));
	block = phys_to_virt(block->next);
	block->next = luo_chain_pa(&chain);
	expect(!sim_kexec(virt_to_phys(kho_outgoing_tracker()->root), NULL));
	luo_chain_read(&reader, block->next, 2040);
	while (!IS_ERR(entry = luo_chain_next(&reader))) {
		expect(entry);
		entries++;
	}
	expect(entries == 2 * KHO_CHAIN_MAX_BLOCKS);
	luo_chain_free_incoming(block->next);
	expect(!kho_incoming_pages());
	forget(&chain);
}

/* Blocks without entries are skipped, wherever they are. */
void test_chain_empty_blocks(void)
{
	struct kho_chain_block *block;
	struct luo_chain_reader reader;
	struct luo_chain chain;
	int i;

	expect(!kho_preserve_init());
	luo_chain_init(&chain, 2040);
	reserve(&chain, 6);
	fill(&chain, 6);
	block = phys_to_virt(luo_chain_pa(&chain));
	block->count = 0;
	block = phys_to_virt(block->next);
	block = phys_to_virt(block->next);
	block->count = 0;
	expect(!block->next);
	expect(!sim_kexec(virt_to_phys(kho_outgoing_tracker()->root), NULL));
	luo_chain_read(&reader, luo_chain_pa(&chain), 2040);
	for (i = 0; i < 2; i++)
		expect(!IS_ERR_OR_NULL(luo_chain_next(&reader)));
	expect(!luo_chain_next(&reader));
	luo_chain_free_incoming(luo_chain_pa(&chain));
	expect(!kho_incoming_pages());
	forget(&chain);
}

void test_chain_round_trip(void)
{
	int i;

	for (i = 0; i < 200; i++) {
		const size_t size = entry_sizes[random_below(ARRAY_SIZE(entry_sizes))];
		const unsigned int nr = random_below(3 * PAGE_SIZE / size + 2);
		struct luo_chain chain;
		u64 pa;

		sim_reset();
		expect(!kho_preserve_init());
		luo_chain_init(&chain, size);
		reserve(&chain, nr);
		fill(&chain, nr);
		pa = luo_chain_pa(&chain);
		expect(!sim_kexec(virt_to_phys(kho_outgoing_tracker()->root),
				  NULL));
		expect_entries(pa, size, nr);
		luo_chain_free_incoming(pa);
		expect(!kho_incoming_pages());
		sim_run_work();
		expect(!sim_used_pages() || !nr);
		forget(&chain);
	}
}

void test_chain_no_memory(void)
{
	struct luo_chain chain;
	unsigned long used;
	int i, err = -ENOMEM;

	expect(!kho_preserve_init());
	used = sim_used_pages();
	luo_chain_init(&chain, 4080);
	for (i = 0; err; i++) {
		sim_fail_after(i);
		err = luo_chain_reserve(&chain);
		sim_fail_after(-1);
		expect(!err || err == -ENOMEM);
		expect(sim_used_pages() == used || !err);
	}
	luo_chain_unreserve(&chain);
	expect(sim_used_pages() == used);
}
