// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of memfd records in the extents format: one field after the other is
 * made invalid, with correct checksums.
 */

#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "memfd_extents.h"
#include "test.h"

#define EXTENTS		3

static struct memfd_extents_ser *ser;
static struct memfd_extents_chunk *chunks[2];

static struct memfd_extent make_extent(u64 index)
{
	void *page = kho_alloc_preserve(PAGE_SIZE);

	expect(!IS_ERR(page));
	return (struct memfd_extent) {
		.index = index,
		.pfn = PHYS_PFN(virt_to_phys(page)),
		.nr = 1,
	};
}

static struct memfd_extents_chunk *make_chunk(u64 index, u64 nr)
{
	struct memfd_extents_chunk *chunk = kho_alloc_preserve(sizeof(*chunk));

	expect(!IS_ERR(chunk));
	for (; chunk->nr < nr; chunk->nr++)
		chunk->extents[chunk->nr] = make_extent(index + 2 * chunk->nr);
	return chunk;
}

/* Two chunks, with two extents and one; each extent is a page, after a hole. */
static void make_record(void)
{
	sim_reset();
	expect(!kho_preserve_init());
	chunks[0] = make_chunk(1, 2);
	chunks[1] = make_chunk(10, 1);
	chunks[0]->next = virt_to_phys(chunks[1]);
	ser = kho_alloc_preserve(sizeof(*ser));
	expect(!IS_ERR(ser));
	*ser = (struct memfd_extents_ser) {
		.length = sizeof(*ser),
		.page_size = PAGE_SIZE,
		.size = SZ_1M,
		.flags = MEMFD_EXTENTS_READ | MEMFD_EXTENTS_WRITE,
		.nr_extents = EXTENTS,
		.nr_pages = EXTENTS,
		.chunks = virt_to_phys(chunks[0]),
		.name = "test",
	};
	expect(!sim_kexec(virt_to_phys(kho_outgoing_tracker()->root), NULL));
}

static void seal(void)
{
	u64 i;

	for (i = 0; i < ARRAY_SIZE(chunks); i++) {
		if (chunks[i]->nr <= MEMFD_EXTENTS_PER_CHUNK)
			chunks[i]->sum = memfd_extents_chunk_sum(chunks[i], i);
	}
	ser->sum = memfd_extents_sum(ser);
}

static void expect_good(void)
{
	seal();
	expect(memfd_extents_get(virt_to_phys(ser)) == ser);
	expect(!memfd_extents_check(ser));
	make_record();
}

static void expect_bad(void)
{
	seal();
	expect(memfd_extents_check(ser) == -EIO);
	make_record();
}

void test_extents_chunks(void)
{
	make_record();
	expect_good();

	/* The chunks have more extents than the record says, and fewer. */
	chunks[1]->nr++;
	expect_bad();
	ser->nr_extents = 1;
	ser->nr_pages = 1;
	expect_bad();
	ser->nr_extents = EXTENTS - 1;
	ser->nr_pages = EXTENTS - 1;
	expect_bad();
	ser->nr_extents++;
	expect_bad();
	ser->nr_pages--;
	expect_bad();
	chunks[0]->nr = MEMFD_EXTENTS_PER_CHUNK + 1;
	ser->nr_extents = U64_MAX;
	expect_bad();

	/* A chunk follows the last one, or the only one. */
	chunks[1]->next = virt_to_phys(chunks[0]);
	expect_bad();
	chunks[1]->next = 1;
	expect_bad();
	ser->nr_extents = 0;
	ser->nr_pages = 0;
	expect_bad();
	chunks[1]->nr = 0;
	expect_bad();

	/* A chunk at address 0, at an unaligned address, and a cycle. */
	ser->chunks = 0;
	expect_bad();
	chunks[0]->next += 8;
	expect_bad();
	chunks[0]->next = virt_to_phys(chunks[0]);
	expect_bad();
	seal();
	chunks[1]->sum++;
	expect(memfd_extents_check(ser) == -EIO);
}

void test_extents_pages(void)
{
	struct memfd_extent *extent;

	make_record();
	/* An empty extent, alone and between others. */
	chunks[1]->extents[0].nr = 0;
	ser->nr_pages--;
	expect_bad();
	chunks[0]->extents[0].nr = 0;
	ser->nr_pages--;
	expect_bad();

	/* Extents out of order, overlapping, and adjacent without a hole. */
	chunks[0]->extents[0].index = 3;
	chunks[0]->extents[1].index = 1;
	expect_bad();
	chunks[0]->extents[1].index = 1;
	expect_bad();
	chunks[1]->extents[0].index = 3;
	expect_bad();
	chunks[1]->extents[0].index = 4;
	expect_good();

	/* The last page that a file can have, and the one after it. */
	extent = &chunks[1]->extents[0];
	extent->index = S64_MAX >> PAGE_SHIFT;
	expect_good();
	extent = &chunks[1]->extents[0];
	extent->index = (S64_MAX >> PAGE_SHIFT) + 1;
	expect_bad();
	extent = &chunks[1]->extents[0];
	extent->index = U64_MAX;
	expect_bad();

	/* Pages that are not preserved, and pages beyond physical memory. */
	extent = &chunks[1]->extents[0];
	extent->pfn = SIM_END_PFN - 1;
	expect_bad();
	extent = &chunks[1]->extents[0];
	extent->pfn |= 1ULL << (64 - PAGE_SHIFT);
	expect_bad();
	extent = &chunks[1]->extents[0];
	extent->pfn = U64_MAX;
	expect_bad();
	extent = &chunks[1]->extents[0];
	extent->nr = U64_MAX;
	ser->nr_pages = 1;
	expect_bad();
}

/* Attributes of a file besides its contents. */
void test_extents_attributes(void)
{
	make_record();
	ser->seals = MEMFD_EXTENTS_ALL_SEALS;
	ser->mode = MEMFD_EXTENTS_ALL_MODES;
	ser->flags = MEMFD_EXTENTS_READ | MEMFD_EXTENTS_APPEND;
	ser->size = S64_MAX;
	ser->pos = S64_MAX;
	ser->compat = U64_MAX;
	ser->mtime.nsec = 999999999;
	memset(ser->name, 'x', sizeof(ser->name) - 1);
	expect_good();

	memset(ser->name, 'x', sizeof(ser->name));
	expect_bad();
	ser->seals = MEMFD_EXTENTS_ALL_SEALS + 1;
	expect_bad();
	ser->mode = MEMFD_EXTENTS_ALL_MODES + 1;
	expect_bad();
	ser->flags |= MEMFD_EXTENTS_ALL_FLAGS + 1;
	expect_bad();
	ser->flags = 0;
	expect_bad();
	ser->flags = MEMFD_EXTENTS_APPEND;
	expect_bad();
	ser->uid = U32_MAX;
	expect_bad();
	ser->gid = U32_MAX;
	expect_bad();
	ser->size = 1ULL << 63;
	expect_bad();
	ser->pos = 1ULL << 63;
	expect_bad();
	ser->reserved = 1;
	expect_bad();
	ser->incompat = 1;
	expect_bad();
	ser->page_size *= 2;
	expect_bad();
}

static struct memfd_extents_time *time_stamp(unsigned int i)
{
	struct memfd_extents_time *times[] = {
		&ser->atime, &ser->mtime, &ser->ctime, &ser->btime
	};

	return times[i];
}

void test_extents_times(void)
{
	unsigned int i;

	make_record();
	for (i = 0; i < 4; i++) {
		time_stamp(i)->sec = -1;
		expect_good();
		time_stamp(i)->nsec = 1000000000;
		expect_bad();
		time_stamp(i)->reserved = 1;
		expect_bad();
	}
}

/* A record that is longer than this kernel knows, and invalid lengths. */
void test_extents_length(void)
{
	make_record();
	ser->length = PAGE_SIZE;
	expect_good();
	ser->length = PAGE_SIZE + 1;
	expect(!memfd_extents_get(virt_to_phys(ser)));
	ser->length = sizeof(*ser) - 1;
	expect(!memfd_extents_get(virt_to_phys(ser)));
	ser->length = sizeof(*ser);
	expect(!memfd_extents_get(virt_to_phys(ser) + 8));
	seal();
	ser->sum++;
	expect(memfd_extents_check(ser) == -EIO);
}
