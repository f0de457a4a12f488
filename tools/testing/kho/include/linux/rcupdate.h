/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_LINUX_RCUPDATE_H
#define _KHO_TEST_LINUX_RCUPDATE_H

#include <assert.h>
#include <linux/cleanup.h>

extern int sim_rcu_readers;

static inline void rcu_read_lock(void)
{
	sim_rcu_readers++;
}

static inline void rcu_read_unlock(void)
{
	sim_rcu_readers--;
}

#undef synchronize_rcu
static inline void synchronize_rcu(void)
{
	assert(!sim_rcu_readers);
}

#define lockdep_assert_in_rcu_read_lock()	assert(sim_rcu_readers)

DEFINE_LOCK_GUARD_0(rcu, rcu_read_lock(), rcu_read_unlock())

#endif /* _KHO_TEST_LINUX_RCUPDATE_H */
