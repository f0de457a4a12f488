// SPDX-License-Identifier: GPL-2.0
/*
 * Reading preserved memory without restoring it.
 *
 * Addresses come from the previous kernel's records and are not trusted.
 */

#include <linux/align.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>

#include "kho_internal.h"

/**
 * kho_incoming_order - get the order of a folio that was preserved and not
 *	restored yet
 * @phys: physical address of the folio; any value is allowed
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
 * kho_incoming_data - map preserved memory without restoring it
 * @phys: physical address of a preserved folio; any value is allowed
 * @size: number of bytes to be read
 *
 * For addresses that come from the previous kernel's records and are not
 * trusted.
 *
 * Context: Any.
 * Return: the address of the memory in the direct map, or NULL if there is no
 *	   preserved folio of at least that size at @phys, or it is already
 *	   restored.
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
 * kho_range_waits - check whether a range of pages can be restored
 * @phys: physical address of the first page; any value is allowed
 * @nr_pages: number of pages
 *
 * Context: Any, also early boot once kho_extend_scratch() has run.
 * Return: true if all pages were preserved and are not restored yet, and no
 *	   block of the range extends beyond it.
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
