/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_LINUX_IO_H
#define _KHO_TEST_LINUX_IO_H

#include <linux/mm.h>

#endif /* _KHO_TEST_LINUX_IO_H */
