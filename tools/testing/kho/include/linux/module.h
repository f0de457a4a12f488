/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_LINUX_MODULE_H
#define _KHO_TEST_LINUX_MODULE_H

#include <linux/export.h>

#define MODULE_LICENSE(license)
#define MODULE_DESCRIPTION(description)

#endif /* _KHO_TEST_LINUX_MODULE_H */
