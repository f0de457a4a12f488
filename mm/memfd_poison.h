/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Telling whether hardware broke pages since they were looked at.
 */

#ifndef _MM_MEMFD_POISON_H
#define _MM_MEMFD_POISON_H

#include <linux/atomic.h>
#include <linux/kconfig.h>
#include <linux/mm.h>

/*
 * How many pages are broken. A page is marked before it is counted: pages that
 * are looked at after this is read have none that was marked before, and those
 * that are marked later make it another number.
 */
static inline long memfd_poison_count(void)
{
	return IS_ENABLED(CONFIG_MEMORY_FAILURE) ?
	       atomic_long_read(&num_poisoned_pages) : 0;
}

#endif /* _MM_MEMFD_POISON_H */
