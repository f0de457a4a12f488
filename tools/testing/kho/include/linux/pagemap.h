/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_LINUX_PAGEMAP_H
#define _KHO_TEST_LINUX_PAGEMAP_H

#define MAX_PAGECACHE_ORDER	9

#endif /* _KHO_TEST_LINUX_PAGEMAP_H */
