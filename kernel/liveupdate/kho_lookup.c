// SPDX-License-Identifier: GPL-2.0
/*
 * Looking at memory that the previous kernel preserved, without taking it over.
 *
 * Addresses come out of the previous kernel's records, so any may be wrong.
 */

#include <linux/align.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>

#include "kho_internal.h"

/**
 * kho_incoming_order - ask for the size of a folio that waits to be restored
 * @phys: physical address of the folio, which may be anything
 *
 * Context: Any.
 * Return: the order, or -ENOENT if there is no such folio.
 */
int kho_incoming_order(phys_addr_t phys)
{
	return PAGE_ALIGNED(phys) ? kho_incoming_find(PHYS_PFN(phys)) : -ENOENT;
}
EXPORT_SYMBOL_GPL(kho_incoming_order);

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
	int order = kho_incoming_order(phys);

	if (order < 0 || size > PAGE_SIZE << order)
		return NULL;
	return phys_to_virt(phys);
}
EXPORT_SYMBOL_GPL(kho_incoming_data);

/**
 * kho_range_waits - ask for a range of pages that was preserved
 * @phys: physical address of the first page, which may be anything
 * @nr_pages: number of pages
 *
 * Context: Any, also early boot once kho_extend_scratch() has run.
 * Return: true if all of it waits to be restored, and nothing but it in the
 *	   same blocks.
 */
bool kho_range_waits(phys_addr_t phys, unsigned long nr_pages)
{
	unsigned long pfn = PHYS_PFN(phys);

	if (!PAGE_ALIGNED(phys))
		return !nr_pages;
	while (nr_pages) {
		int order = kho_incoming_find_first(pfn, nr_pages);

		if (order < 0 || 1UL << order > nr_pages)
			return false;
		pfn += 1UL << order;
		nr_pages -= 1UL << order;
	}
	return true;
}
EXPORT_SYMBOL_GPL(kho_range_waits);
