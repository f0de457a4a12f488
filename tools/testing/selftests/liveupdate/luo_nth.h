/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Letting the n-th allocation of a task fail; needs CONFIG_FAULT_INJECTION.
 */

#ifndef LUO_NTH_H
#define LUO_NTH_H

#include <stdbool.h>

/* For all tests: more allocations than anything here takes. */
#define LUO_MAX_NTH 5000

/* -ENOENT if the kernel cannot do it, or another errno. */
int luo_nth_open(void);
void luo_nth_close(void);

/* The @nth allocation from now on fails; 0 for none. */
void luo_nth_set(int nth);

/* True if the allocation that was to fail has failed. */
bool luo_nth_failed(void);

#endif /* LUO_NTH_H */
