// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the descriptors of preserved vmalloc() areas.
 */

#include <kunit/test.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/vmalloc.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "../kho_internal.h"
#include "../kho_tracker.h"

struct area_case {
	const char *name;
	unsigned int pages;
	unsigned int chunks;
};

/* Sizes around the capacity of one and two chunks, with 4 KiB pages. */
static const struct area_case area_cases[] = {
	{ "one page", 1, 1 },
	{ "one less than a chunk", 510, 1 },
	{ "a chunk", 511, 1 },
	{ "one more than a chunk", 512, 2 },
	{ "two chunks", 1022, 2 },
	{ "one more than two chunks", 1023, 3 },
};

KUNIT_ARRAY_PARAM_DESC(area, area_cases, name);

/* Expects each page of the area once, in order; returns the chunk count. */
static unsigned int expect_blocks(struct kunit *test,
				  const struct kho_vmalloc *desc, void *area)
{
	unsigned int page = 0, chunks = 0, i;
	u64 pa;

	for (pa = desc->first; pa; chunks++) {
		const struct kho_vmalloc_chunk *chunk = phys_to_virt(pa);

		for (i = 0; i < KHO_VMALLOC_CHUNK_BLOCKS; i++) {
			u64 want = page < desc->total_pages ?
				PFN_PHYS(vmalloc_to_pfn(area + page * PAGE_SIZE)) :
				0;

			KUNIT_ASSERT_EQ(test, chunk->blocks[i], want);
			page++;
		}
		pa = chunk->next;
	}
	return chunks;
}

static void preserve_area(struct kunit *test, void *area)
{
	const struct area_case *c = test->param_value;
	struct kho_tracker *tracker = kho_outgoing_tracker();
	struct kho_vmalloc desc;
	long nodes, pages;

	nodes = atomic_long_read(&tracker->nodes);
	pages = atomic_long_read(&tracker->pages);
	KUNIT_ASSERT_EQ(test, kho_preserve_vmalloc(area, &desc), 0);
	KUNIT_EXPECT_EQ(test, desc.total_pages, c->pages);
	KUNIT_EXPECT_EQ(test, desc.order, 0);
	KUNIT_EXPECT_EQ(test, desc.flags, KHO_VMALLOC_ALLOC);
	KUNIT_EXPECT_EQ(test, expect_blocks(test, &desc, area), c->chunks);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&tracker->pages),
			pages + c->pages + c->chunks);

	kho_unpreserve_vmalloc(&desc);
	KUNIT_EXPECT_EQ(test, desc.first, 0);
	KUNIT_EXPECT_EQ(test, desc.total_pages, 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&tracker->pages), pages);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&tracker->nodes), nodes);
}

static void kho_vmalloc_chunks(struct kunit *test)
{
	const struct area_case *c = test->param_value;
	void *area;

	if (!kho_is_enabled())
		kunit_skip(test, "KHO is off");
	if (PAGE_SHIFT != 12)
		kunit_skip(test, "the expected sizes are for 4 KiB pages");
	area = vmalloc(c->pages * PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, area);
	preserve_area(test, area);
	vfree(area);
}

/* A second kho_preserve_vmalloc() fails and leaves the pages preserved. */
static void kho_vmalloc_twice(struct kunit *test)
{
	struct kho_vmalloc desc, again;
	void *area;

	if (!kho_is_enabled())
		kunit_skip(test, "KHO is off");
	area = vmalloc(3 * PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, area);
	KUNIT_EXPECT_EQ(test, kho_preserve_vmalloc(area, &desc), 0);
	KUNIT_EXPECT_EQ(test, kho_preserve_vmalloc(area, &again), -EEXIST);
	KUNIT_EXPECT_EQ(test, expect_blocks(test, &desc, area), 1);
	kho_unpreserve_vmalloc(&desc);
	KUNIT_EXPECT_EQ(test, kho_preserve_vmalloc(area, &again), 0);
	kho_unpreserve_vmalloc(&again);
	vfree(area);
}

static void kho_vmalloc_unsupported(struct kunit *test)
{
	struct kho_vmalloc desc;
	void *area;

	KUNIT_EXPECT_EQ(test, kho_preserve_vmalloc(NULL, &desc), -EINVAL);
	area = vmalloc_user(PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, area);
	KUNIT_EXPECT_EQ(test, kho_preserve_vmalloc(area, &desc), -EOPNOTSUPP);
	vfree(area);
}

static struct kunit_case kho_vmalloc_cases[] = {
	KUNIT_CASE_PARAM(kho_vmalloc_chunks, area_gen_params),
	KUNIT_CASE(kho_vmalloc_twice),
	KUNIT_CASE(kho_vmalloc_unsupported),
	{}
};

static struct kunit_suite kho_vmalloc_suite = {
	.name = "kho_vmalloc",
	.test_cases = kho_vmalloc_cases,
};

kunit_test_suite(kho_vmalloc_suite);

MODULE_DESCRIPTION("Tests of areas of vmalloc() that KHO preserves");
MODULE_LICENSE("GPL");
