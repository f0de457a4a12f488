/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_LINUX_STRING_H
#define _KHO_TEST_LINUX_STRING_H

#include <stdio.h>
#include <string.h>

#define strscpy(dst, src)	snprintf(dst, sizeof(dst), "%s", src)

#endif /* _KHO_TEST_LINUX_STRING_H */
