// SPDX-License-Identifier: GPL-2.0
/*
 * Preserving memory of this kernel for the next one.
 */

#define pr_fmt(fmt) "KHO: " fmt

#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>

#include "kexec_handover_internal.h"
#include "kho_internal.h"
#include "kho_tracker.h"

/* The preserved memory, in the format that the next kernel reads. */
static struct kho_tracker outgoing;

int __init kho_preserve_init(void)
{
	return kho_tracker_init(&outgoing);
}

struct kho_tracker *kho_outgoing_tracker(void)
{
	return &outgoing;
}

/*
 * The next kernel allocates from scratch before it knows which memory is
 * preserved, so memory in scratch cannot be preserved.
 */
static int check_range(unsigned long pfn, unsigned long nr)
{
	if (!kho_is_enabled())
		return -EOPNOTSUPP;
	if (WARN_ON_ONCE(!nr || kho_scratch_overlap(PFN_PHYS(pfn),
						    PFN_PHYS(nr))))
		return -EINVAL;
	if (!kho_is_boot_memory(pfn, nr))
		return -EADDRNOTAVAIL;
	return 0;
}

/* Preserves a range of single pages; see kho_preserve_pages(). */
int kho_preserve_pfns(unsigned long pfn, unsigned long nr)
{
	int err;

	err = check_range(pfn, nr);
	if (err)
		return err;
	return kho_tracker_add_range(&outgoing, pfn, nr);
}

/* The inverse of kho_preserve_pfns(). */
int kho_unpreserve_pfns(unsigned long pfn, unsigned long nr)
{
	if (!kho_is_enabled())
		return -EOPNOTSUPP;
	return kho_tracker_del_range(&outgoing, pfn, nr);
}

/**
 * kho_preserve_folio - preserve a folio
 * @folio: the folio; it must not be migrated, split or freed while it is
 *	   preserved, and must not lie in CMA memory, because scratch is CMA
 *	   memory
 *
 * The next kernel restores the folio, with its order, by kho_restore_folio().
 *
 * Context: Process context, may sleep.
 * Return: 0; -EEXIST if the folio is already preserved, -EINVAL if it lies in
 *	   scratch, -EADDRNOTAVAIL if it lies in hot-added memory, -ENOMEM,
 *	   -EOPNOTSUPP if KHO is off. After an error nothing has changed.
 */
int kho_preserve_folio(struct folio *folio)
{
	const unsigned long pfn = folio_pfn(folio);
	int err;

	err = check_range(pfn, folio_nr_pages(folio));
	if (err)
		return err;
	return kho_tracker_add(&outgoing, pfn, folio_order(folio));
}
EXPORT_SYMBOL_GPL(kho_preserve_folio);

/**
 * kho_unpreserve_folio - undo kho_preserve_folio()
 * @folio: the folio, with the order that it was preserved with
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOENT if the folio is not preserved, -EOPNOTSUPP if KHO is off.
 */
int kho_unpreserve_folio(struct folio *folio)
{
	if (!kho_is_enabled())
		return -EOPNOTSUPP;
	return kho_tracker_del(&outgoing, folio_pfn(folio), folio_order(folio));
}
EXPORT_SYMBOL_GPL(kho_unpreserve_folio);

/**
 * kho_preserve_pages - preserve physically contiguous single pages
 * @page: the first page
 * @nr_pages: number of pages
 *
 * The next kernel restores them as single pages by kho_restore_pages().
 *
 * Context: Process context, may sleep.
 * Return: 0; -EEXIST if a page of the range is already preserved, -EINVAL if
 *	   @nr_pages is 0 or a page lies in scratch, -EADDRNOTAVAIL if a page
 *	   lies in hot-added memory, -ENOMEM, -EOPNOTSUPP if KHO is off. After
 *	   an error nothing has changed.
 */
int kho_preserve_pages(struct page *page, unsigned long nr_pages)
{
	return kho_preserve_pfns(page_to_pfn(page), nr_pages);
}
EXPORT_SYMBOL_GPL(kho_preserve_pages);

/**
 * kho_unpreserve_pages - undo kho_preserve_pages()
 * @page: the first page, as passed to kho_preserve_pages()
 * @nr_pages: number of pages, as passed to kho_preserve_pages()
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOENT if exactly this range is not preserved, -EOPNOTSUPP if
 *	   KHO is off. After an error nothing has changed.
 */
int kho_unpreserve_pages(struct page *page, unsigned long nr_pages)
{
	return kho_unpreserve_pfns(page_to_pfn(page), nr_pages);
}
EXPORT_SYMBOL_GPL(kho_unpreserve_pages);

/**
 * kho_alloc_preserve - allocate memory and preserve it
 * @size: number of bytes; rounded up to a power-of-two number of pages
 *
 * Context: Process context, may sleep.
 * Return: zeroed memory, or an ERR_PTR() as for kho_preserve_folio(), or -E2BIG
 *	   if @size exceeds the largest folio of the page allocator.
 */
void *kho_alloc_preserve(size_t size)
{
	const int order = get_order(size);
	struct folio *folio;
	int err;

	if (!size)
		return ERR_PTR(-EINVAL);
	if (order > MAX_PAGE_ORDER)
		return ERR_PTR(-E2BIG);
	folio = folio_alloc(GFP_KERNEL | __GFP_ZERO, order);
	if (folio && !kho_is_boot_memory(folio_pfn(folio), 1UL << order)) {
		folio_put(folio);
		folio = folio_alloc(GFP_KERNEL | GFP_DMA32 | __GFP_ZERO, order);
	}
	if (!folio)
		return ERR_PTR(-ENOMEM);
	err = kho_preserve_folio(folio);
	if (err) {
		folio_put(folio);
		return ERR_PTR(err);
	}
	return folio_address(folio);
}
EXPORT_SYMBOL_GPL(kho_alloc_preserve);

/**
 * kho_unpreserve_free - undo kho_alloc_preserve()
 * @mem: address returned by kho_alloc_preserve(), or NULL
 *
 * Context: Process context, may sleep.
 */
void kho_unpreserve_free(void *mem)
{
	struct folio *folio;

	if (!mem)
		return;
	folio = virt_to_folio(mem);
	WARN_ON_ONCE(kho_unpreserve_folio(folio));
	folio_put(folio);
}
EXPORT_SYMBOL_GPL(kho_unpreserve_free);
