/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_LINUX_EXPORT_H
#define _KHO_TEST_LINUX_EXPORT_H

#define EXPORT_SYMBOL(symbol)
#define EXPORT_SYMBOL_GPL(symbol)

#endif /* _KHO_TEST_LINUX_EXPORT_H */
