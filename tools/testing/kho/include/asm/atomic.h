/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_ASM_ATOMIC_H
#define _KHO_TEST_ASM_ATOMIC_H

#include <asm-generic/atomic-gcc.h>

#endif /* _KHO_TEST_ASM_ATOMIC_H */
