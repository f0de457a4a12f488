// SPDX-License-Identifier: GPL-2.0
/*
 * Taking over memory that the previous kernel preserved.
 *
 * Early boot keeps preserved memory away from the page allocator. Whoever knows
 * a block's address from the previous kernel's records restores it: it becomes
 * an ordinary allocation of this kernel.
 */

#define pr_fmt(fmt) "KHO: " fmt

#include <linux/export.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>
#include <linux/pgalloc_tag.h>
#include <linux/sched.h>

#include "../../mm/internal.h"
#include "kho_internal.h"

/* From here on the pages count as memory of this kernel. */
static bool claim_block(struct page *page, unsigned int order)
{
	if (!kho_incoming_take(page_to_pfn(page), order))
		return false;
	adjust_managed_page_count(page, 1L << order);
	return true;
}

/*
 * Early boot left each page with a reference count of 1, which is all that a
 * single page needs, and with an allocation tag that belongs to nobody.
 */
static void clear_tags(struct page *page, unsigned long nr)
{
	unsigned long i;

	if (!mem_alloc_profiling_enabled())
		return;
	for (i = 0; i < nr; i++)
		clear_page_tag_ref(page + i);
}

/*
 * As prep_compound_page(), but for pages with references, and in one pass: for
 * large folios that is most of what restoring takes. Nobody has set the pages'
 * private data.
 */
static void make_folio(struct page *page, unsigned int order)
{
	struct page *tail, *end = page + (1UL << order);

	if (!order)
		return;
	__SetPageHead(page);
	for (tail = page + 1; tail < end; tail++) {
		set_page_count(tail, 0);
		tail->mapping = TAIL_MAPPING;
		set_compound_head(tail, page);
	}
	prep_compound_head(page, order);
}

/* The inverse of make_folio(). */
static void unmake_folio(struct page *page, unsigned int order)
{
	unsigned long i;

	if (!order)
		return;
	page[1].flags.f &= ~PAGE_FLAGS_SECOND;
#ifdef NR_PAGES_IN_LARGE_FOLIO
	/* It lies where a single page says who is charged for it. */
	((struct folio *)page)->_nr_pages = 0;
#endif
	__ClearPageHead(page);
	for (i = 1; i < 1UL << order; i++) {
		page[i].mapping = NULL;
		clear_compound_head(page + i);
		set_page_private(page + i, 0);
		atomic_set(&page[i]._mapcount, -1);
		set_page_count(page + i, 1);
	}
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
	int order = kho_incoming_order(phys);
	struct page *page;

	if (order < 0)
		return NULL;
	page = phys_to_page(phys);
	if (!claim_block(page, order))
		return NULL;
	clear_tags(page, 1UL << order);
	make_folio(page, order);
	return page_folio(page);
}
EXPORT_SYMBOL_GPL(kho_restore_folio);

/**
 * kho_return_folio - take back kho_restore_folio()
 * @folio: the folio, with that one reference, its flags as they were
 *
 * For whoever takes over many folios and fails half-way: the folio waits to be
 * restored again. The records that led to the folio must not have been restored
 * yet; they are what keeps the map of preserved memory alive.
 *
 * Context: Any.
 */
void kho_return_folio(struct folio *folio)
{
	const unsigned int order = folio_order(folio);
	struct page *page = folio_page(folio, 0);

	WARN_ON_ONCE(folio_ref_count(folio) != 1);
	adjust_managed_page_count(page, -(1L << order));
	unmake_folio(page, order);
	kho_incoming_put_back(page_to_pfn(page), order);
}
EXPORT_SYMBOL_GPL(kho_return_folio);

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
	const unsigned long start = PHYS_PFN(phys), end = start + nr_pages;
	unsigned long pfn = start;

	if (!nr_pages || !kho_range_waits(phys, nr_pages))
		return NULL;

	while (pfn < end) {
		int order = kho_incoming_find_first(pfn, end - pfn);

		if (order < 0 || !claim_block(pfn_to_page(pfn), order)) {
			/* Two restore the same range, and both got a part. */
			WARN_ON_ONCE(pfn != start);
			return NULL;
		}
		clear_tags(pfn_to_page(pfn), 1UL << order);
		pfn += 1UL << order;
	}
	return pfn_to_page(start);
}
EXPORT_SYMBOL_GPL(kho_restore_pages);

/**
 * kho_join_pages - make a folio out of pages that were restored
 * @page: the first page, from kho_restore_pages() or further on in the range
 * @order: order of the folio, whose pages all lie in the range, in one zone,
 *	   naturally aligned
 *
 * Context: Any; nobody else knows the pages yet.
 * Return: the folio, with a reference count of 1.
 */
struct folio *kho_join_pages(struct page *page, unsigned int order)
{
	make_folio(page, order);
	return page_folio(page);
}
EXPORT_SYMBOL_GPL(kho_join_pages);

/**
 * kho_return_pages - take back kho_restore_pages()
 * @page: the first page
 * @nr_pages: number of pages: all of a range, as it was restored
 *
 * As kho_return_folio(). Any folios that kho_join_pages() made are single pages
 * again. Ranges that lie next to each other have to be returned one by one:
 * whoever asks for one of them later does not get a part of a larger block.
 *
 * Context: Process context, may sleep.
 */
void kho_return_pages(struct page *page, unsigned long nr_pages)
{
	const unsigned long pfn = page_to_pfn(page);
	unsigned long i = 0;

	while (i < nr_pages) {
		struct page *head = pfn_to_page(pfn + i);
		const unsigned int order = compound_order(head);

		WARN_ON_ONCE(page_ref_count(head) != 1);
		unmake_folio(head, order);
		adjust_managed_page_count(head, -(1L << order));
		i += 1UL << order;
		cond_resched();
	}
	kho_incoming_put_back_range(pfn, nr_pages);
}
EXPORT_SYMBOL_GPL(kho_return_pages);

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
