// SPDX-License-Identifier: GPL-2.0
/*
 * A range of pages that spans two NUMA nodes.
 *
 * No allocation spans nodes, so the first kernel reserves the range from
 * kho_kexec_nodes=SIZE@ADDRESS at boot. Commands:
 *
 *	preserve-nodes	fill the range, and preserve it
 *	restore-nodes	restore it, compare its contents, and free it
 */

#define pr_fmt(fmt) "kho_kexec_nodes: " fmt

#include <linux/init.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/kexec_handover.h>
#include <linux/memblock.h>
#include <linux/mm.h>

#include "kho_kexec_test.h"

#define SUBTREE		"x-kho-test-nodes"
#define SEED		(99ULL << 32)

/**
 * struct nodes_range - handover record of the range, in preserved memory
 * @phys: physical address of the first page
 * @nr_pages: number of pages
 */
struct nodes_range {
	u64 phys;
	u64 nr_pages;
};

/* The reserved range; zero except in the first kernel. */
static struct nodes_range reserved;

static int __init reserve_range(char *arg)
{
	phys_addr_t phys, size;

	if (!arg)
		return -EINVAL;
	size = memparse(arg, &arg);
	if (*arg++ != '@')
		return -EINVAL;
	phys = memparse(arg, &arg);
	if (!size || !PAGE_ALIGNED(size | phys))
		return -EINVAL;
	/* A later kernel finds the range preserved. */
	if (is_kho_boot())
		return 0;
	/* With KASLR the kernel itself may lie in the range. */
	if (memblock_is_region_reserved(phys, size)) {
		pr_err("cannot reserve the range, it is in use\n");
		return -EBUSY;
	}
	reserved.phys = phys;
	reserved.nr_pages = size >> PAGE_SHIFT;
	return memblock_reserve(phys, size);
}
early_param("kho_kexec_nodes", reserve_range);

int kho_test_nodes_preserve(void)
{
	struct nodes_range *range;
	int err;

	if (!reserved.nr_pages)
		return -ENOENT;
	range = kho_alloc_preserve(sizeof(*range));
	if (IS_ERR(range))
		return PTR_ERR(range);
	*range = reserved;
	kho_test_fill(phys_to_virt(range->phys), range->nr_pages << PAGE_SHIFT,
		      SEED);
	err = kho_preserve_pages(phys_to_page(range->phys), range->nr_pages);
	return err ?: kho_add_subtree(SUBTREE, range, sizeof(*range));
}

/* Checks that the range spans nodes, and that none of its blocks does. */
static int check_blocks(const struct nodes_range *range)
{
	unsigned long pfn = PHYS_PFN(range->phys);
	const unsigned long end = pfn + range->nr_pages;

	if (pfn_to_nid(pfn) == pfn_to_nid(end - 1))
		return -EXDEV;
	while (pfn < end) {
		const int order = kho_incoming_order(PFN_PHYS(pfn));
		unsigned long next;

		if (order < 0)
			return order;
		next = pfn + (1UL << order);
		if (pfn_to_nid(pfn) != pfn_to_nid(next - 1)) {
			pr_err("block of order %d at pfn 0x%lx spans nodes\n",
			       order, pfn);
			return -EXDEV;
		}
		pfn = next;
	}
	return 0;
}

static int restore_range(const struct nodes_range *range)
{
	unsigned long nr = range->nr_pages;
	struct page *page;
	int err;

	if (!kho_range_waits(range->phys, nr))
		return -ENOENT;
	err = check_blocks(range);
	if (err)
		return err;
	page = kho_restore_pages(range->phys, nr);
	if (!page)
		return -ENOENT;
	err = kho_test_compare(page_address(page), nr << PAGE_SHIFT, SEED);
	while (nr--)
		__free_page(page++);
	return err;
}

int kho_test_nodes_restore(void)
{
	struct nodes_range *range;
	phys_addr_t phys;
	int err;

	err = kho_retrieve_subtree(SUBTREE, &phys, NULL);
	if (err)
		return err;
	range = kho_incoming_data(phys, sizeof(*range));
	if (!range)
		return -EINVAL;
	err = restore_range(range);
	if (!err)
		kho_restore_free(range);
	return err;
}
