// SPDX-License-Identifier: GPL-2.0
/*
 * Marking memory of this kernel as preserved for the next one.
 */

#define pr_fmt(fmt) "KHO: " fmt

#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>

#include "kexec_handover_internal.h"
#include "kho_internal.h"
#include "kho_tracker.h"

/* What is preserved; goes to the next kernel as it is. */
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
 * The next kernel allocates from scratch before it knows what is preserved,
 * so nothing there can be.
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
 * @folio: the folio; its place must not change while it is preserved, and it
 *	   must not lie in CMA memory, which is where scratch is
 *
 * The next kernel gets it back by kho_restore_folio(), with its order.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EEXIST if the folio is preserved already, -EINVAL if it lies in
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
 * kho_unpreserve_folio - take back kho_preserve_folio()
 * @folio: the folio, of the same order as it was preserved with
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
 * The next kernel gets them back by kho_restore_pages(), as single pages.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EEXIST if a block of the range is preserved already, -EINVAL if
 *	   there are no pages or one lies in scratch, -EADDRNOTAVAIL if one lies
 *	   in hot-added memory, -ENOMEM, -EOPNOTSUPP if KHO is off. After an
 *	   error nothing has changed.
 */
int kho_preserve_pages(struct page *page, unsigned long nr_pages)
{
	return kho_preserve_pfns(page_to_pfn(page), nr_pages);
}
EXPORT_SYMBOL_GPL(kho_preserve_pages);

/**
 * kho_unpreserve_pages - take back kho_preserve_pages()
 * @page: the first page, as it was given to kho_preserve_pages()
 * @nr_pages: number of pages, as it was given to kho_preserve_pages()
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
 * Return: zeroed memory, or an ERR_PTR() as for kho_preserve_folio(), or
 *	   -E2BIG if there are no such large folios.
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
 * kho_unpreserve_free - take back kho_alloc_preserve()
 * @mem: what it returned; NULL is all right
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
