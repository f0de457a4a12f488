/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Detects whether pages were poisoned since they were last checked.
 */

#ifndef _MM_MEMFD_POISON_H
#define _MM_MEMFD_POISON_H

#include <linux/atomic.h>
#include <linux/kconfig.h>
#include <linux/mm.h>

/*
 * Number of hwpoisoned pages. memory_failure() sets PG_hwpoison before it
 * counts the page, so read the counter before checking the flags: the check
 * sees all pages in the count, and pages poisoned later change the count.
 */
static inline long memfd_poison_count(void)
{
	return IS_ENABLED(CONFIG_MEMORY_FAILURE) ?
	       atomic_long_read(&num_poisoned_pages) : 0;
}

#endif /* _MM_MEMFD_POISON_H */
