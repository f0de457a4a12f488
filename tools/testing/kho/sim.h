/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A simulated machine: physical memory that AddressSanitizer checks page by
 * page, and a kexec.
 *
 * Pages are not adjacent in virtual memory, so accesses beyond the end of a
 * page are detected, as are accesses to pages that are not allocated.
 */
#ifndef _KHO_TEST_SIM_H
#define _KHO_TEST_SIM_H

#include <linux/mm.h>
#include <linux/types.h>

#include "kho_internal.h"
#include "kho_tracker.h"

/*
 * Memory extends across the end of the first bitmap of order 0, and of a node.
 */
#define SIM_PAGES	4096UL
#define SIM_FIRST_PFN	(KHO_TREE_BITS - SIM_PAGES / 2)
#define SIM_END_PFN	(SIM_FIRST_PFN + SIM_PAGES)
#define SIM_NODE_PFN	(SIM_FIRST_PFN + 1234)

/* Fails the current test. */
void fail(const char *file, int line, const char *what) __noreturn;

#define expect(condition) do {						\
	if (!(condition))						\
		fail(__FILE__, __LINE__, #condition);			\
} while (0)

/* Frees all memory and resets all trees. */
void sim_reset(void);

/* Allocations fail after @allocations successful ones; never if -1. */
void sim_fail_after(int allocations);

/* Number of allocated pages. */
unsigned long sim_used_pages(void);

/* Allocates a block at @pfn; false if a page of it is in use. */
bool sim_take(unsigned long pfn, unsigned int order);
void sim_give(unsigned long pfn, unsigned int order);

void sim_run_work(void);

/*
 * Checks the tree at @root, as early boot does, and makes it the incoming tree.
 * Returns the errors of kho_boot_check().
 */
int sim_kexec(u64 root, const void *fdt);

/* Replaces the root that was passed to sim_kexec(). */
void sim_set_incoming_fdt(const void *fdt);

/* The incoming tree, as sim_kexec() has found it. */
extern struct kho_incoming_tree sim_tree;

#endif /* _KHO_TEST_SIM_H */
