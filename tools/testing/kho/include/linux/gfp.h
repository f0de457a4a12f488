/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_LINUX_GFP_H
#define _KHO_TEST_LINUX_GFP_H

#include_next <linux/gfp.h>

#ifndef GFP_DMA32
#define GFP_DMA32 0
#endif

void *sim_zeroed_page(void);
void sim_free_page(void *page);

static inline unsigned long get_zeroed_page(gfp_t gfp)
{
	return (unsigned long)sim_zeroed_page();
}

static inline void free_page(unsigned long page)
{
	sim_free_page((void *)page);
}

#endif /* _KHO_TEST_LINUX_GFP_H */
