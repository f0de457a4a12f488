/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_LINUX_FS_H
#define _KHO_TEST_LINUX_FS_H

#include <linux/limits.h>
#include <linux/types.h>

#define MAX_LFS_FILESIZE	((u64)S64_MAX)

#endif /* _KHO_TEST_LINUX_FS_H */
