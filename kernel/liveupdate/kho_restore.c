// SPDX-License-Identifier: GPL-2.0
/*
 * Taking over memory that the previous kernel preserved.
 *
 * Early boot keeps preserved memory away from the page allocator and puts a
 * mark on the first page of each block. Whoever knows a block's address from
 * the previous kernel's records restores it: it becomes an ordinary allocation
 * of this kernel.
 */

#define pr_fmt(fmt) "KHO: " fmt

#include <linux/bitfield.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/pgalloc_tag.h>

#include "../../mm/internal.h"
#include "kho_internal.h"

/*
 * The mark on a block that waits to be restored, in the first page's private
 * field. The magic number is ASCII for "KHOP". A block that was restored as a
 * folio and given back is a folio already.
 */
#define KHO_MARK_MAGIC	GENMASK_ULL(63, 32)
#define KHO_MARK_FOLIO	BIT_ULL(31)
#define KHO_MARK_ORDER	GENMASK_ULL(30, 0)
#define KHO_MAGIC	0x4b484f50U

static unsigned long make_mark(unsigned int order)
{
	return FIELD_PREP(KHO_MARK_MAGIC, KHO_MAGIC) |
	       FIELD_PREP(KHO_MARK_ORDER, order);
}

/* The mark of a block that waits to be restored; 0 if it does not. */
static unsigned long read_mark(const struct page *page)
{
	unsigned long mark = READ_ONCE(page->private);

	return FIELD_GET(KHO_MARK_MAGIC, mark) == KHO_MAGIC ? mark : 0;
}

static unsigned long marked_pages(const struct page *page)
{
	return 1UL << FIELD_GET(KHO_MARK_ORDER, read_mark(page));
}

/* Marks a block as waiting to be restored. */
void __init kho_mark_block(struct page *page, unsigned int order)
{
	set_page_private(page, make_mark(order));
}

static struct page *find_block(phys_addr_t phys)
{
	struct page *page;

	if (!IS_ALIGNED(phys, PAGE_SIZE))
		return NULL;
	page = pfn_to_online_page(PHYS_PFN(phys));
	return page && read_mark(page) ? page : NULL;
}

/* Claims a block, so that it is restored once, whoever asks how often. */
static bool claim_block(struct page *page, unsigned long mark)
{
	if (!mark || cmpxchg(&page->private, mark, 0) != mark)
		return false;
	adjust_managed_page_count(page, 1L << FIELD_GET(KHO_MARK_ORDER, mark));
	return true;
}

/*
 * Early boot left the page with a reference count of 1, and with an allocation
 * tag that belongs to nobody.
 */
static void reset_page(struct page *page, int count)
{
	set_page_count(page, count);
	clear_page_tag_ref(page);
}

static void make_folio(struct page *page, unsigned int order)
{
	unsigned long i;

	reset_page(page, 1);
	if (!order)
		return;
	for (i = 1; i < 1UL << order; i++)
		set_page_count(page + i, 0);
	prep_compound_page(page, order);
}

/**
 * kho_restore_folio - take over a folio that was preserved
 * @phys: physical address of the folio
 *
 * The inverse, on this side of the jump, of kho_preserve_folio() on the other.
 * Nothing of a folio but its memory and its order is preserved.
 *
 * Context: Any; each folio can be restored once.
 * Return: the folio with a reference count of 1, or NULL if there is no such
 *	   folio that waits to be restored.
 */
struct folio *kho_restore_folio(phys_addr_t phys)
{
	struct page *page = find_block(phys);
	unsigned long mark;

	if (!page)
		return NULL;
	mark = read_mark(page);
	if (!claim_block(page, mark))
		return NULL;
	if (!(mark & KHO_MARK_FOLIO))
		make_folio(page, FIELD_GET(KHO_MARK_ORDER, mark));
	return page_folio(page);
}
EXPORT_SYMBOL_GPL(kho_restore_folio);

/**
 * kho_return_folio - take back kho_restore_folio()
 * @folio: the folio, with that one reference, its flags as they were
 *
 * For whoever takes over many folios and fails half-way: the folio waits to be
 * restored again.
 *
 * Context: Any.
 */
void kho_return_folio(struct folio *folio)
{
	struct page *page = folio_page(folio, 0);

	WARN_ON_ONCE(folio_ref_count(folio) != 1);
	adjust_managed_page_count(page, -folio_nr_pages(folio));
	set_page_private(page, make_mark(folio_order(folio)) | KHO_MARK_FOLIO);
}
EXPORT_SYMBOL_GPL(kho_return_folio);

/* True if [phys, phys + nr pages) consists of single pages that wait. */
bool kho_range_waits(phys_addr_t phys, unsigned long nr)
{
	while (nr) {
		struct page *page = find_block(phys);
		unsigned long block = page ? marked_pages(page) : 0;

		if (!block || block > nr || read_mark(page) & KHO_MARK_FOLIO)
			return false;
		phys += PFN_PHYS(block);
		nr -= block;
	}
	return true;
}

/**
 * kho_restore_pages - take over single pages that were preserved
 * @phys: physical address of the first page
 * @nr_pages: number of pages, as in kho_preserve_pages()
 *
 * Context: Any; each range can be restored once.
 * Return: the first page; each page has a reference count of 1. NULL if this
 *	   range does not wait to be restored; then nothing has changed.
 */
struct page *kho_restore_pages(phys_addr_t phys, unsigned long nr_pages)
{
	struct page *first, *page;
	unsigned long nr, i;

	if (!nr_pages || !kho_range_waits(phys, nr_pages))
		return NULL;

	first = pfn_to_page(PHYS_PFN(phys));
	for (page = first; nr_pages; page += nr, nr_pages -= nr) {
		nr = marked_pages(page);
		if (WARN_ON_ONCE(!claim_block(page, read_mark(page))))
			return NULL;
		for (i = 0; i < nr; i++)
			reset_page(page + i, 1);
	}
	return first;
}
EXPORT_SYMBOL_GPL(kho_restore_pages);

/**
 * kho_incoming_data - look at preserved memory without taking it over
 * @phys: physical address of a folio that was preserved
 * @size: number of bytes that the caller is going to read
 *
 * For addresses that come out of the previous kernel's records and so may be
 * anything.
 *
 * Context: Any.
 * Return: where the memory is mapped, or NULL if no folio of at least that
 *	   size waits to be restored there.
 */
void *kho_incoming_data(phys_addr_t phys, size_t size)
{
	struct page *page = find_block(phys);

	if (!page || size > PFN_PHYS(marked_pages(page)))
		return NULL;
	return phys_to_virt(phys);
}
EXPORT_SYMBOL_GPL(kho_incoming_data);

/**
 * kho_incoming_order - ask for the size of a folio that waits to be restored
 * @phys: physical address of the folio, which may be anything
 *
 * Context: Any.
 * Return: the order, or -ENOENT if there is no such folio.
 */
int kho_incoming_order(phys_addr_t phys)
{
	struct page *page = find_block(phys);

	return page ? FIELD_GET(KHO_MARK_ORDER, read_mark(page)) : -ENOENT;
}
EXPORT_SYMBOL_GPL(kho_incoming_order);

/**
 * kho_restore_free - take over a folio that was preserved, and free it
 * @mem: where the folio is mapped
 *
 * The inverse, on this side of the jump, of kho_alloc_preserve() on the other.
 * Memory that does not wait to be restored is left alone.
 *
 * Context: Any.
 */
void kho_restore_free(void *mem)
{
	struct folio *folio = kho_restore_folio(virt_to_phys(mem));

	if (!WARN_ON_ONCE(!folio))
		folio_put(folio);
}
EXPORT_SYMBOL_GPL(kho_restore_free);
