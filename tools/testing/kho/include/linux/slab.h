/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_LINUX_SLAB_H
#define _KHO_TEST_LINUX_SLAB_H

#include <linux/types.h>
#include <stdlib.h>

/* Returns NULL if the test wants this allocation to fail. */
void *sim_kmalloc(size_t size, bool zero);

#define kmalloc(size, gfp)	sim_kmalloc(size, false)
#define kzalloc(size, gfp)	sim_kmalloc(size, true)
#define kfree(ptr)		free(ptr)

#endif /* _KHO_TEST_LINUX_SLAB_H */
