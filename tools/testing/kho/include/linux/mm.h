/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_LINUX_MM_H
#define _KHO_TEST_LINUX_MM_H

#include <linux/gfp.h>
#include <linux/pfn.h>
#include <linux/types.h>
#include <vdso/page.h>

#define MAX_PAGE_ORDER		10

#define PAGE_ALIGNED(addr)	(!((unsigned long)(addr) & ~PAGE_MASK))

typedef unsigned long pgoff_t;

struct page {
	unsigned long private;
	unsigned int order;
	bool used;
};

struct folio {
	struct page page;
};

/* Aborts if the page does not exist, or is not allocated. */
void *phys_to_virt(u64 phys);
u64 virt_to_phys(const void *virt);
struct page *pfn_to_page(unsigned long pfn);
unsigned long page_to_pfn(const struct page *page);

int pfn_to_nid(unsigned long pfn);

/* Contiguous in physical memory, not in virtual memory. */
struct folio *folio_alloc(gfp_t gfp, unsigned int order);
void folio_put(struct folio *folio);
void free_reserved_page(struct page *page);

static inline struct page *virt_to_page(const void *virt)
{
	return pfn_to_page(PHYS_PFN(virt_to_phys(virt)));
}

static inline phys_addr_t page_to_phys(const struct page *page)
{
	return PFN_PHYS(page_to_pfn(page));
}

static inline struct folio *virt_to_folio(const void *virt)
{
	return (struct folio *)virt_to_page(virt);
}

static inline struct folio *pfn_folio(unsigned long pfn)
{
	return (struct folio *)pfn_to_page(pfn);
}

static inline unsigned long folio_pfn(const struct folio *folio)
{
	return page_to_pfn(&folio->page);
}

static inline unsigned int folio_order(const struct folio *folio)
{
	return folio->page.order;
}

static inline unsigned long folio_nr_pages(const struct folio *folio)
{
	return 1UL << folio_order(folio);
}

static inline void *folio_address(const struct folio *folio)
{
	return phys_to_virt(page_to_phys(&folio->page));
}

static inline unsigned int get_order(unsigned long size)
{
	unsigned int order = 0;

	while (PAGE_SIZE << order < size)
		order++;
	return order;
}

#endif /* _KHO_TEST_LINUX_MM_H */
