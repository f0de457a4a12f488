// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzes the reader of memfd records in the extents format: the record, its
 * chunks and extents.
 */

#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "fuzz.h"
#include "memfd_extents.h"

/* Number of initial chunks, and of chunks whose checksums are recomputed. */
#define CHUNKS		2
#define SEAL_MAX	8

/* Preserved blocks cover exactly the pages of an extent. */
static void expect_preserved(const struct memfd_extent *extent)
{
	u64 pfn = extent->pfn;

	while (pfn < extent->pfn + extent->nr) {
		const int order = fuzz_block_order(PFN_PHYS(pfn));

		expect(order >= 0);
		pfn += 1ULL << order;
	}
	expect(pfn == extent->pfn + extent->nr);
}

/* Every extent that the reader returns conforms to the format. */
static void expect_extents(const struct memfd_extents_ser *ser)
{
	struct memfd_extents_reader reader;
	const struct memfd_extent *extent;
	u64 next = 0, nr = 0, pages = 0;

	memfd_extents_read(&reader, ser);
	while ((extent = memfd_extents_next(&reader))) {
		expect(!IS_ERR(extent));
		expect(extent->nr && extent->index >= next);
		next = extent->index + extent->nr;
		expect(next > extent->index && next <= 1ULL << 51);
		expect_preserved(extent);
		pages += extent->nr;
		nr++;
	}
	expect(nr == ser->nr_extents);
	expect(pages == ser->nr_pages);
}

static void expect_attributes(const struct memfd_extents_ser *ser)
{
	expect(ser->page_size == PAGE_SIZE && !ser->incompat);
	expect(ser->size <= S64_MAX && ser->pos <= S64_MAX);
	expect(ser->seals < 1 << 6 && ser->mode <= 07777);
	expect(ser->uid != (u32)-1 && ser->gid != (u32)-1);
	expect(ser->flags && ser->flags != MEMFD_EXTENTS_APPEND);
	expect(ser->atime.nsec < 1000000000 && ser->btime.nsec < 1000000000);
	expect(memchr(ser->name, 0, sizeof(ser->name)));
}

/* Makes an extent of every preserved block that is no record, after a hole. */
static void make_extents(struct memfd_extents_ser *ser)
{
	struct memfd_extents_chunk *chunk;
	unsigned int i;

	for (i = FUZZ_RECORDS; i < FUZZ_PAGES; i++) {
		const int order = fuzz_block_order(fuzz_page_pa(i));

		if (order < 0)
			continue;
		chunk = fuzz_page(1 + i % CHUNKS);
		chunk->extents[chunk->nr++] = (struct memfd_extent) {
			.index = i * 16 + (i % CHUNKS) * 1024,
			.pfn = PHYS_PFN(fuzz_page_pa(i)),
			.nr = 1ULL << order,
		};
		ser->nr_extents++;
		ser->nr_pages += 1ULL << order;
	}
}

/* Links the chunks that have extents; empty chunks are invalid. */
static void link_chunks(struct memfd_extents_ser *ser)
{
	u64 *link = &ser->chunks;
	unsigned int i;

	for (i = 0; i < CHUNKS; i++) {
		struct memfd_extents_chunk *chunk = fuzz_page(1 + i);

		if (!chunk->nr)
			continue;
		*link = fuzz_page_pa(1 + i);
		link = &chunk->next;
	}
}

static void make_record(void)
{
	struct memfd_extents_ser *ser = fuzz_page(0);

	*ser = (struct memfd_extents_ser) {
		.length = sizeof(*ser),
		.page_size = PAGE_SIZE,
		.size = SZ_1M,
		.flags = MEMFD_EXTENTS_READ | MEMFD_EXTENTS_WRITE,
		.name = "fuzz",
	};
	make_extents(ser);
	link_chunks(ser);
}

/* Number of pages in the extents of a chunk, within its bounds. */
static u64 count_pages(const struct memfd_extents_chunk *chunk)
{
	u64 i, pages = 0;

	for (i = 0; i < chunk->nr && i < MEMFD_EXTENTS_PER_CHUNK; i++)
		pages += chunk->extents[i].nr;
	return pages;
}

/*
 * Wrong checksums, or counts that do not match, would stop the reader early. So
 * recompute all or some of them.
 */
static void seal(struct memfd_extents_ser *ser, bool count)
{
	u64 at = ser->chunks, nr = 0, pages = 0, i;
	struct memfd_extents_chunk *chunk;

	for (i = 0; i < SEAL_MAX; i++) {
		chunk = kho_incoming_data(at, sizeof(*chunk));
		if (!chunk || (void *)chunk == ser)
			break;
		nr += chunk->nr;
		pages += count_pages(chunk);
		if (chunk->nr > MEMFD_EXTENTS_PER_CHUNK)
			break;
		chunk->sum = memfd_extents_chunk_sum(chunk, i);
		at = chunk->next;
	}
	if (count) {
		ser->nr_extents = nr;
		ser->nr_pages = pages;
	}
	ser->sum = memfd_extents_sum(ser);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input input = { data, size };
	struct memfd_extents_ser *ser;
	u8 sealed;
	u64 pa;

	fuzz_layout(&input);
	make_record();
	pa = fuzz_page_pa(0);
	if (fuzz_take(&input, 1) == 0xff)
		pa = fuzz_take_pa(&input);
	sealed = fuzz_take(&input, 1);
	fuzz_kexec(&input);
	ser = memfd_extents_get(pa);
	expect(!ser || ser == fuzz_record(pa));
	if (ser && sealed % 8)
		seal(ser, sealed & 16);
	if (ser && !memfd_extents_check(ser)) {
		expect_attributes(ser);
		expect_extents(ser);
	}
	return 0;
}
