/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Makes the n-th allocation of a task fail; needs CONFIG_FAILSLAB,
 * CONFIG_FAIL_PAGE_ALLOC and CONFIG_FAULT_INJECTION_DEBUG_FS.
 */

#ifndef LUO_NTH_H
#define LUO_NTH_H

#include <stdbool.h>

/* Upper limit for the number of allocations of any tested command. */
#define LUO_MAX_NTH 5000

/* -ENOENT if the kernel does not support it, or another errno. */
int luo_nth_open(void);
void luo_nth_close(void);

/* The @nth allocation from now on fails; 0 disables this. */
void luo_nth_set(int nth);

/* True if an allocation has failed as requested. */
bool luo_nth_failed(void);

#endif /* LUO_NTH_H */
