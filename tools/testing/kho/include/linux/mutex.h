/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_LINUX_MUTEX_H
#define _KHO_TEST_LINUX_MUTEX_H

#include <assert.h>
#include <linux/cleanup.h>
#include <linux/lockdep.h>
#include <linux/types.h>

struct mutex {
	bool held;
};

#define __MUTEX_INITIALIZER(name)	{}
#define DEFINE_MUTEX(name)		struct mutex name

static inline void mutex_lock(struct mutex *mutex)
{
	assert(!mutex->held);
	mutex->held = true;
}

static inline void mutex_unlock(struct mutex *mutex)
{
	assert(mutex->held);
	mutex->held = false;
}

DEFINE_GUARD(mutex, struct mutex *, mutex_lock(_T), mutex_unlock(_T))

#endif /* _KHO_TEST_LINUX_MUTEX_H */
