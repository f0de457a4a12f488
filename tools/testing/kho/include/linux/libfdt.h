/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_LINUX_LIBFDT_H
#define _KHO_TEST_LINUX_LIBFDT_H

#include <libfdt.h>

#endif /* _KHO_TEST_LINUX_LIBFDT_H */
