/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The set of preserved blocks, kept in the format that the next kernel reads.
 */

#ifndef _LINUX_LIVEUPDATE_KHO_TRACKER_H
#define _LINUX_LIVEUPDATE_KHO_TRACKER_H

#include <linux/atomic.h>
#include <linux/kho/abi/kho.h>
#include <linux/mm.h>
#include <linux/rwsem.h>
#include <linux/types.h>

/**
 * struct kho_tracker - a set of blocks of pages
 * @lock: held for reading while blocks are added and removed, which is atomic
 *	  for each block; held for writing while unused nodes are freed
 * @root: the root node; its address never changes, so the handover root can
 *	  refer to it before anything is preserved
 * @orders: bitmap of all orders that the set has or had blocks of
 * @nodes: number of nodes below the root
 * @pages: total number of pages in all blocks
 */
struct kho_tracker {
	struct rw_semaphore lock;
	struct kho_tree_table *root;
	DECLARE_BITMAP(orders, KHO_TREE_MAX_ORDER + 1);
	atomic_long_t nodes;
	atomic_long_t pages;
};

int kho_tracker_init(struct kho_tracker *tracker);
void kho_tracker_destroy(struct kho_tracker *tracker);

int kho_tracker_add(struct kho_tracker *tracker, unsigned long pfn,
		    unsigned int order);
int kho_tracker_del(struct kho_tracker *tracker, unsigned long pfn,
		    unsigned int order);
bool kho_tracker_has(struct kho_tracker *tracker, unsigned long pfn,
		     unsigned int order);
int kho_tracker_add_range(struct kho_tracker *tracker, unsigned long pfn,
			  unsigned long nr);
int kho_tracker_del_range(struct kho_tracker *tracker, unsigned long pfn,
			  unsigned long nr);

unsigned int kho_range_order(unsigned long pfn, unsigned long nr);

/*
 * The memory map that kexec passes to the next kernel lists the memory of boot.
 * Hot-added memory is not in it, and is added too late for what is preserved.
 */
static inline bool kho_is_boot_memory(unsigned long pfn, unsigned long nr)
{
#ifdef CONFIG_MEMORY_HOTPLUG
	const unsigned long end = pfn + nr;

	for (; pfn < end; pfn = SECTION_ALIGN_UP(pfn + 1)) {
		if (!early_section(__pfn_to_section(pfn)))
			return false;
	}
#endif
	return true;
}

#endif /* _LINUX_LIVEUPDATE_KHO_TRACKER_H */
