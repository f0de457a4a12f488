// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzes the reader of preserved vmalloc() areas: descriptor, chunks and blocks
 * are arbitrary.
 */

#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/string.h>

#include "fuzz.h"

/* So that an area can have several chunks; a block may occur repeatedly. */
#define MORE_PAGES	2048

/* Preserved blocks cover exactly the range. */
static bool model_range(u64 pa, u64 nr)
{
	while (nr) {
		const int order = fuzz_block_order(pa);

		if (order < 0 || 1ULL << order > nr)
			return false;
		pa += PAGE_SIZE << order;
		nr -= 1ULL << order;
	}
	return true;
}

/* Page number @nr, counted from the first chunk; 0 if a chunk is invalid. */
static u64 model_page(const struct kho_vmalloc *desc, u64 nr)
{
	u64 block = nr >> desc->order;
	const struct kho_vmalloc_chunk *chunk = fuzz_record(desc->first);
	u64 pa;

	for (; chunk && block >= KHO_VMALLOC_CHUNK_BLOCKS;
	     block -= KHO_VMALLOC_CHUNK_BLOCKS)
		chunk = fuzz_record(chunk->next);
	if (!chunk)
		return 0;
	pa = chunk->blocks[block];
	if (!pa || !model_range(pa, 1ULL << desc->order))
		return 0;
	return pa + PFN_PHYS(nr & ((1ULL << desc->order) - 1));
}

static void expect_pages(const struct kho_vmalloc *desc)
{
	struct kho_vmalloc_reader reader;
	u64 nr;

	if (kho_vmalloc_read(&reader, desc))
		return;
	expect(desc->order <= MAX_PAGE_ORDER && desc->flags <= 3);
	expect(desc->total_pages % (1U << desc->order) == 0);
	for (nr = 0; nr < desc->total_pages; nr++) {
		const u64 want = model_page(desc, nr);
		const void *page = kho_vmalloc_next(&reader);

		if (!want) {
			expect(page == ERR_PTR(-EIO));
			return;
		}
		expect(page == phys_to_virt(want));
	}
	expect(!kho_vmalloc_next(&reader));
}

/* Builds two chunks with the same block in every slot. */
static void make_area(struct fuzz_input *input, struct kho_vmalloc *desc)
{
	struct kho_vmalloc_chunk *chunk = fuzz_page(0), *last = fuzz_page(1);
	const u16 order = fuzz_take(input, 1) % 4;
	unsigned int i;

	*desc = (struct kho_vmalloc) {
		.first = fuzz_page_pa(0),
		.total_pages = fuzz_take(input, 2) % 1000,
		.flags = KHO_VMALLOC_ALLOC,
		.order = order,
	};
	desc->total_pages = desc->total_pages >> order << order;
	chunk->next = fuzz_page_pa(1);
	for (i = 0; i < KHO_VMALLOC_CHUNK_BLOCKS; i++) {
		chunk->blocks[i] = fuzz_block(order);
		last->blocks[i] = fuzz_block(order);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input input = { data, size };
	struct kho_vmalloc desc;

	fuzz_layout(&input);
	make_area(&input, &desc);
	if (fuzz_take(&input, 1) == 0xff)
		desc.first = fuzz_take_pa(&input);
	if (fuzz_take(&input, 1) == 0xff)
		desc.total_pages = fuzz_take(&input, 4);
	desc.flags ^= fuzz_take(&input, 1);
	desc.order ^= fuzz_take(&input, 1);
	fuzz_kexec(&input);
	sim_tree.pages += MORE_PAGES;
	kho_incoming_adopt(&sim_tree);
	expect_pages(&desc);
	return 0;
}
