// SPDX-License-Identifier: GPL-2.0
/*
 * Code shared by the fuzzers, see fuzz.h.
 */

#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/string.h>

#include "fuzz.h"

/* Order of the preserved block that begins at each page, -1 for none. */
static int block_orders[FUZZ_PAGES];

u64 fuzz_take(struct fuzz_input *input, unsigned int bytes)
{
	u64 value = 0;

	if (bytes > input->size)
		bytes = input->size;
	memcpy(&value, input->data, bytes);
	input->data += bytes;
	input->size -= bytes;
	return value;
}

u64 fuzz_take_pa(struct fuzz_input *input)
{
	const u8 kind = fuzz_take(input, 1);

	/* One past the last page, and 0. */
	if (kind < 0xe0)
		return kind % 32 == 31 ? 0 :
		       PFN_PHYS(SIM_FIRST_PFN + kind % (FUZZ_PAGES + 1));
	if (kind < 0xf0)
		return PFN_PHYS(SIM_FIRST_PFN) + fuzz_take(input, 2);
	return fuzz_take(input, 8);
}

static void preserve(unsigned long index, unsigned int order)
{
	block_orders[index] = order;
	expect(!kho_tracker_add(kho_outgoing_tracker(), SIM_FIRST_PFN + index,
				order));
}

/* Chooses the order of the next block; returns its number of pages. */
static unsigned long make_block(struct fuzz_input *input, unsigned long index)
{
	const u8 kind = fuzz_take(input, 1);
	unsigned int order = kind % 4;

	while (index & ((1UL << order) - 1))
		order--;
	if (kind & 0x80)
		sim_give(SIM_FIRST_PFN + index, order);
	else
		preserve(index, order);
	return 1UL << order;
}

void fuzz_layout(struct fuzz_input *input)
{
	unsigned long i;

	sim_reset();
	for (i = 0; i < FUZZ_PAGES; i++) {
		expect(sim_take(SIM_FIRST_PFN + i, 0));
		block_orders[i] = -1;
	}
	expect(!kho_preserve_init());
	for (i = 0; i < FUZZ_RECORDS; i++)
		preserve(i, 0);
	while (i < FUZZ_PAGES)
		i += make_block(input, i);
}

/*
 * Overwrites some consecutive words: with a number, or consecutive addresses.
 */
void fuzz_poke(struct fuzz_input *input, unsigned long pfn, unsigned int nr)
{
	const unsigned long page = pfn + fuzz_take(input, 1) % nr;
	const u8 kind = fuzz_take(input, 1);
	/* Most fields are in the first words. */
	const unsigned int word = kind & 8 ?
		fuzz_take(input, 2) % (PAGE_SIZE / sizeof(u64)) :
		fuzz_take(input, 1) % 16;
	const u64 value = kind & 1 ? fuzz_take_pa(input) : fuzz_take(input, 8);
	unsigned int i, count = kind & 2 ? 1 + fuzz_take(input, 2) : 1;
	u64 *words;

	if (!pfn_to_page(page)->used)
		return;
	words = phys_to_virt(PFN_PHYS(page));
	for (i = 0; i < count && word + i < PAGE_SIZE / sizeof(u64); i++)
		words[word + i] = value + (kind & 4 ? PFN_PHYS(i % 8) : 0);
}

void fuzz_kexec(struct fuzz_input *input)
{
	const u64 root = virt_to_phys(kho_outgoing_tracker()->root);

	while (input->size)
		fuzz_poke(input, SIM_FIRST_PFN, FUZZ_PAGES);
	expect(!sim_kexec(root, kho_outgoing_fdt()));
}

int fuzz_block_order(u64 pa)
{
	const u64 index = PHYS_PFN(pa) - SIM_FIRST_PFN;

	return PAGE_ALIGNED(pa) && index < FUZZ_PAGES ? block_orders[index] : -1;
}

u64 fuzz_block(unsigned int order)
{
	unsigned int i;

	for (i = FUZZ_RECORDS; i < FUZZ_PAGES; i++) {
		if (block_orders[i] == (int)order)
			return fuzz_page_pa(i);
	}
	return 0;
}

const void *fuzz_record(u64 pa)
{
	return fuzz_block_order(pa) < 0 ? NULL : phys_to_virt(pa);
}
