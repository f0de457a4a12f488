/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_LINUX_BITOPS_H
#define _KHO_TEST_LINUX_BITOPS_H

#include_next <linux/bitops.h>
#include <asm/atomic.h>

#define __ffs64(word)	__builtin_ctzll(word)

#endif /* _KHO_TEST_LINUX_BITOPS_H */
