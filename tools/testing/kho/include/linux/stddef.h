/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_LINUX_STDDEF_H
#define _KHO_TEST_LINUX_STDDEF_H

#include <stddef.h>

#endif /* _KHO_TEST_LINUX_STDDEF_H */
