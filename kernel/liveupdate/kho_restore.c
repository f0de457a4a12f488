// SPDX-License-Identifier: GPL-2.0
/*
 * Restoring memory that the previous kernel preserved.
 *
 * Early boot keeps preserved memory out of the page allocator. A caller that
 * knows the address of a block from the previous kernel's records restores it:
 * the block becomes an ordinary allocation of this kernel.
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

/* Claims the block and counts its pages as managed. */
static bool claim_block(struct page *page, unsigned int order)
{
	if (!kho_incoming_take(page_to_pfn(page), order))
		return false;
	adjust_managed_page_count(page, 1L << order);
	return true;
}

/*
 * Early boot set the reference count of each page to 1, as a single page needs
 * it, and left a stale allocation tag.
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
 * Like prep_compound_page(), but for pages with a reference count of 1, and in
 * one pass, because this dominates the cost of restoring large folios.
 * page->private of the pages is 0.
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
	/* folio->_nr_pages aliases memcg_data of the first tail page. */
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
 * kho_restore_folio - restore a preserved folio
 * @phys: physical address of the folio
 *
 * The counterpart of kho_preserve_folio() in the next kernel. Only the memory
 * and the order of the folio are preserved.
 *
 * Context: Any; each folio can be restored once.
 * Return: the folio with a reference count of 1, or NULL if no folio was
 *	   preserved at @phys, or it is already restored.
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
 * kho_return_folio - undo kho_restore_folio()
 * @folio: the folio, with the single reference and flags that it was restored
 *	   with
 *
 * For callers that fail after restoring some of their folios: the folio can be
 * restored again. The records that led to the folio must not be restored yet;
 * they keep the tree of preserved blocks from being freed.
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
 * kho_restore_pages - restore preserved single pages
 * @phys: physical address of the first page
 * @nr_pages: number of pages, as in kho_preserve_pages()
 *
 * Context: Any; each range can be restored once.
 * Return: the first page; each page has a reference count of 1. NULL if the
 *	   range was not preserved or is already restored; then nothing has
 *	   changed.
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
			/*
			 * Two callers restore the same range concurrently, and
			 * each has a part of it.
			 */
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
 * kho_join_pages - combine restored pages into a folio
 * @page: the first page, anywhere in a range from kho_restore_pages()
 * @order: order of the folio; its pages lie in the range and in one zone, and
 *	   are naturally aligned
 *
 * Context: Any; the pages must not be visible to other users yet.
 * Return: the folio, with a reference count of 1.
 */
struct folio *kho_join_pages(struct page *page, unsigned int order)
{
	make_folio(page, order);
	return page_folio(page);
}
EXPORT_SYMBOL_GPL(kho_join_pages);

/**
 * kho_return_pages - undo kho_restore_pages()
 * @page: the first page
 * @nr_pages: number of pages: the whole range, as it was restored
 *
 * Like kho_return_folio(). Folios made by kho_join_pages() become single pages
 * again. Adjacent ranges must be returned one by one, so that they do not end
 * up in a common block and can be restored separately.
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
 * kho_restore_free - restore a preserved folio and free it
 * @mem: address of the folio in the direct map
 *
 * The counterpart of kho_alloc_preserve() in the next kernel. Memory that is
 * not preserved, or already restored, is left alone.
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
