/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A simulated machine: physical memory that AddressSanitizer watches page by
 * page, and a kexec.
 *
 * No page touches another one in virtual memory, so reading or writing beyond
 * the end of one is found, as is any access to a page that nobody allocated.
 */
#ifndef _KHO_TEST_SIM_H
#define _KHO_TEST_SIM_H

#include <linux/mm.h>
#include <linux/types.h>

#include "kho_internal.h"
#include "kho_tracker.h"

/* Across the end of the first bitmap of order 0, and of a node. */
#define SIM_PAGES	4096UL
#define SIM_FIRST_PFN	(KHO_TREE_BITS - SIM_PAGES / 2)
#define SIM_END_PFN	(SIM_FIRST_PFN + SIM_PAGES)
#define SIM_NODE_PFN	(SIM_FIRST_PFN + 1234)

/* Fails the test that is running. */
void fail(const char *file, int line, const char *what) __noreturn;

#define expect(condition) do {						\
	if (!(condition))						\
		fail(__FILE__, __LINE__, #condition);			\
} while (0)

/* Frees all memory and forgets all trees. */
void sim_reset(void);

/* The next allocations but so many succeed; -1 for all of them. */
void sim_fail_after(int allocations);

/* Pages that are allocated. */
unsigned long sim_used_pages(void);

/* Allocates the block at a certain place; true if all of it was free. */
bool sim_take(unsigned long pfn, unsigned int order);
void sim_give(unsigned long pfn, unsigned int order);

void sim_run_work(void);

/*
 * Checks what @root leads to, as early boot does, and makes it the tree of the
 * previous kernel. Errors as kho_boot_check().
 */
int sim_kexec(u64 root, const void *fdt);

/* Another root than that of sim_kexec(). */
void sim_set_incoming_fdt(const void *fdt);

/* What sim_kexec() found in the tree. */
extern struct kho_incoming_tree sim_tree;

#endif /* _KHO_TEST_SIM_H */
