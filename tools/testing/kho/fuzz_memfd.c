// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzes the reader of memfd records in the format of mainline: the record, the
 * vmalloc area of entries and the entries.
 */

#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "fuzz.h"
#include "memfd_luo.h"

/* Every entry conforms to the format, and a second read returns the same. */
static void expect_entries(const struct memfd_luo_ser *ser)
{
	const struct memfd_luo_folio_ser *entry;
	struct memfd_luo_reader reader;
	u64 next = 0, nr = 0;

	expect(!memfd_luo_read(&reader, ser));
	while ((entry = memfd_luo_next(&reader))) {
		int order;

		expect(!IS_ERR(entry));
		order = fuzz_block_order(memfd_luo_entry_phys(entry));
		expect(order >= 0);
		expect(entry->index >= next);
		expect(entry->index < DIV_ROUND_UP(ser->size, PAGE_SIZE));
		expect(!(entry->index & ((1ULL << order) - 1)));
		next = entry->index + (1ULL << order);
		nr++;
	}
	expect(nr <= ser->nr_folios);
	expect(!ser->nr_folios || ser->nr_folios <=
	       ser->folios.total_pages * (PAGE_SIZE / sizeof(*entry)));
}

/* Makes a folio of every preserved block that is no record, after a hole. */
static u64 make_entries(struct memfd_luo_folio_ser *entry)
{
	u64 index = 0, nr = 0;
	unsigned int i;

	for (i = FUZZ_RECORDS; i < FUZZ_PAGES; i++) {
		const int order = fuzz_block_order(fuzz_page_pa(i));

		if (order < 0)
			continue;
		index += 8;
		entry[nr].desc = PHYS_PFN(fuzz_page_pa(i)) |
				 FIELD_PREP(MEMFD_LUO_FOLIO_FLAGS,
					    MEMFD_LUO_FOLIO_DIRTY);
		entry[nr++].index = index;
	}
	return nr;
}

/* Builds the record, the chunk and the two pages of the area. */
static void make_record(void)
{
	struct memfd_luo_ser *ser = fuzz_page(0);
	struct kho_vmalloc_chunk *chunk = fuzz_page(1);

	*ser = (struct memfd_luo_ser) {
		.size = SZ_1M,
		.nr_folios = make_entries(fuzz_page(2)),
		.folios = {
			.first = fuzz_page_pa(1),
			.total_pages = 2,
			.flags = KHO_VMALLOC_ALLOC,
		},
	};
	chunk->blocks[0] = fuzz_page_pa(2);
	chunk->blocks[1] = fuzz_page_pa(3);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input input = { data, size };
	const struct memfd_luo_ser *ser;
	u64 pa;

	fuzz_layout(&input);
	make_record();
	pa = fuzz_page_pa(0);
	if (fuzz_take(&input, 1) == 0xff)
		pa = fuzz_take_pa(&input);
	fuzz_kexec(&input);
	ser = kho_incoming_data(pa, sizeof(*ser));
	expect(ser == fuzz_record(pa));
	if (ser && !memfd_luo_check(ser))
		expect_entries(ser);
	return 0;
}
