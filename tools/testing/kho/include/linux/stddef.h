/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_LINUX_STDDEF_H
#define _KHO_TEST_LINUX_STDDEF_H

#include <stddef.h>

#define offsetofend(type, member) \
	(offsetof(type, member) + sizeof(((type *)NULL)->member))

#endif /* _KHO_TEST_LINUX_STDDEF_H */
