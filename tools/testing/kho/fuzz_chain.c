// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzes the reader of chains of entries.
 */

#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/string.h>

#include "fuzz.h"
#include "luo_chain.h"

/* Number of entries to read of a cyclic chain. */
#define MAX_ENTRIES	600

static const size_t entry_sizes[] = { 64, 72, 80, 2040, 4080 };

/* Entry number @nr, counted from the first block; NULL past the end. */
static const void *model_entry(u64 pa, size_t size, u64 nr)
{
	unsigned int blocks = 0;

	for (; pa;) {
		const struct kho_chain_block *block = fuzz_record(pa);

		if (!block || ++blocks > KHO_CHAIN_MAX_BLOCKS ||
		    block->count > (PAGE_SIZE - 16) / size)
			return ERR_PTR(-EIO);
		if (nr < block->count)
			return (const char *)block + 16 + nr * size;
		nr -= block->count;
		pa = block->next;
	}
	return NULL;
}

static void expect_entries(u64 pa, size_t entry_size)
{
	struct luo_chain_reader reader;
	char copy[PAGE_SIZE];
	unsigned int nr;

	luo_chain_read(&reader, pa, entry_size);
	for (nr = 0; nr < MAX_ENTRIES; nr++) {
		const void *entry = luo_chain_next(&reader);

		expect(entry == model_entry(pa, entry_size, nr));
		if (IS_ERR_OR_NULL(entry))
			return;
		memcpy(copy, entry, entry_size);
	}
}

/* Builds a chain of all pages, each of them full. */
static void make_chain(size_t entry_size)
{
	unsigned int i;

	for (i = 0; i < FUZZ_RECORDS; i++) {
		struct kho_chain_block *block = fuzz_page(i);

		block->next = i + 1 < FUZZ_RECORDS ? fuzz_page_pa(i + 1) : 0;
		block->count = kho_chain_block_capacity(entry_size);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input input = { data, size };
	size_t entry_size;
	u64 pa;

	fuzz_layout(&input);
	entry_size = entry_sizes[fuzz_take(&input, 1) % ARRAY_SIZE(entry_sizes)];
	make_chain(entry_size);
	pa = fuzz_page_pa(0);
	if (fuzz_take(&input, 1) == 0xff)
		pa = fuzz_take_pa(&input);
	fuzz_kexec(&input);
	expect_entries(pa, entry_size);
	luo_chain_free_incoming(pa);
	return 0;
}
