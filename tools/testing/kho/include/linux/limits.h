/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_LINUX_LIMITS_H
#define _KHO_TEST_LINUX_LIMITS_H

#include <limits.h>
#include <stdint.h>

#define U32_MAX	UINT32_MAX
#define U64_MAX	UINT64_MAX
#define S64_MAX	INT64_MAX

#endif /* _KHO_TEST_LINUX_LIMITS_H */
