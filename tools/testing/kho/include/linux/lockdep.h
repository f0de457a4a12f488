/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_LINUX_LOCKDEP_H
#define _KHO_TEST_LINUX_LOCKDEP_H

#include <assert.h>

#define lockdep_assert_held(lock)		assert((lock)->held)
#define lockdep_assert_held_read(lock)		assert((lock)->readers)
#define lockdep_assert_held_write(lock)		assert((lock)->held)

#endif /* _KHO_TEST_LINUX_LOCKDEP_H */
