/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_LINUX_RWSEM_H
#define _KHO_TEST_LINUX_RWSEM_H

#include <assert.h>
#include <linux/cleanup.h>
#include <linux/lockdep.h>
#include <linux/types.h>

struct rw_semaphore {
	int readers;
	bool held;
};

static inline void init_rwsem(struct rw_semaphore *sem)
{
	*sem = (struct rw_semaphore) {};
}

static inline void down_read(struct rw_semaphore *sem)
{
	assert(!sem->held);
	sem->readers++;
}

static inline void up_read(struct rw_semaphore *sem)
{
	assert(sem->readers);
	sem->readers--;
}

static inline void down_write(struct rw_semaphore *sem)
{
	assert(!sem->held && !sem->readers);
	sem->held = true;
}

static inline void up_write(struct rw_semaphore *sem)
{
	assert(sem->held);
	sem->held = false;
}

DEFINE_GUARD(rwsem_read, struct rw_semaphore *, down_read(_T), up_read(_T))
DEFINE_GUARD(rwsem_write, struct rw_semaphore *, down_write(_T), up_write(_T))

#endif /* _KHO_TEST_LINUX_RWSEM_H */
