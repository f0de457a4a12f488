// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of writing and reading descriptors of vmalloc() areas.
 */

#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "test.h"

static struct page *area_pages[2048];

/* Allocates an area whose pages contain their number. */
static void make_area(struct vm_struct *vm, unsigned int nr, unsigned int order)
{
	unsigned int i, page;

	*vm = (struct vm_struct) {
		.flags = VM_ALLOC,
		.pages = area_pages,
		.page_order = order,
		.nr_pages = nr,
	};
	for (i = 0; i < nr; i += 1U << order) {
		struct folio *folio = folio_alloc(GFP_KERNEL, order);

		expect(folio);
		for (page = i; page < i + (1U << order); page++) {
			area_pages[page] = &folio->page + (page - i);
			*(unsigned int *)phys_to_virt(page_to_phys(area_pages[page])) = page;
		}
	}
}

static void expect_pages(const struct kho_vmalloc *desc, unsigned int nr)
{
	struct kho_vmalloc_reader reader;
	unsigned int i;

	expect(!kho_vmalloc_read(&reader, desc));
	for (i = 0; i < nr; i++) {
		const unsigned int *page = kho_vmalloc_next(&reader);

		expect(!IS_ERR_OR_NULL(page));
		expect(*page == i);
	}
	expect(!kho_vmalloc_next(&reader));
	expect(!kho_vmalloc_next(&reader));
}

static void kexec(void)
{
	expect(!sim_kexec(virt_to_phys(kho_outgoing_tracker()->root), NULL));
}

void test_vmalloc_round_trip(void)
{
	static const unsigned int sizes[] = {
		1, 2, 510, 511, 512, 1021, 1022, 1023
	};
	struct kho_vmalloc desc;
	struct vm_struct vm;
	unsigned int i;

	for (i = 0; i < 40; i++) {
		const unsigned int order = i < 8 ? 0 : random_below(4);
		unsigned int nr = sizes[i % ARRAY_SIZE(sizes)];

		nr = ALIGN(nr, 1U << order);
		sim_reset();
		expect(!kho_preserve_init());
		make_area(&vm, nr, order);
		expect(!kho_preserve_vmalloc(&vm, &desc));
		kexec();
		expect_pages(&desc, nr);
	}
}

/* Makes one field after the other of a valid area invalid. */
void test_vmalloc_damaged(void)
{
	struct kho_vmalloc_reader reader;
	struct kho_vmalloc desc, bad;
	struct kho_vmalloc_chunk *chunk;
	struct vm_struct vm;

	expect(!kho_preserve_init());
	make_area(&vm, 600, 0);
	expect(!kho_preserve_vmalloc(&vm, &desc));
	kexec();

	bad = desc;
	bad.first += 8;
	expect(!kho_vmalloc_read(&reader, &bad));
	expect(IS_ERR(kho_vmalloc_next(&reader)));
	bad = desc;
	bad.order = MAX_PAGE_ORDER + 1;
	expect(kho_vmalloc_read(&reader, &bad));
	bad = desc;
	bad.flags = 4;
	expect(kho_vmalloc_read(&reader, &bad));
	bad = desc;
	bad.total_pages = U32_MAX;
	expect(kho_vmalloc_read(&reader, &bad));

	chunk = phys_to_virt(desc.first);
	chunk->blocks[0] = 0;
	expect(!kho_vmalloc_read(&reader, &desc));
	expect(IS_ERR(kho_vmalloc_next(&reader)));
}

void test_vmalloc_no_memory(void)
{
	struct kho_vmalloc desc;
	unsigned long used;
	struct vm_struct vm;
	int i, err = -ENOMEM;

	expect(!kho_preserve_init());
	make_area(&vm, 1023, 0);
	used = sim_used_pages();
	for (i = 0; err; i++) {
		sim_fail_after(i);
		err = kho_preserve_vmalloc(&vm, &desc);
		sim_fail_after(-1);
		expect(!err || err == -ENOMEM);
		expect(!err || sim_used_pages() == used);
	}
	expect(i > 3);
	kho_unpreserve_vmalloc(&desc);
	expect(sim_used_pages() == used);
	expect(!atomic_long_read(&kho_outgoing_tracker()->pages));

	vm.flags |= VM_USERMAP;
	expect(kho_preserve_vmalloc(&vm, &desc) == -EOPNOTSUPP);
	expect(kho_preserve_vmalloc(NULL, &desc) == -EINVAL);
}
