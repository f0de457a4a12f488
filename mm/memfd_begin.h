/* SPDX-License-Identifier: GPL-2.0 */
/*
 * First step of preserving a memfd, common to all formats.
 */

#ifndef _MM_MEMFD_BEGIN_H
#define _MM_MEMFD_BEGIN_H

#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>

/* How long to try to take i_rwsem, in jiffies. */
#define MEMFD_LOCK_TIMEOUT	HZ

/*
 * write(2) holds i_rwsem while it faults in its source. Such a fault may take
 * as long as userspace likes, or until another file is unfrozen. The caller
 * holds luo_state.lock, so it must not wait for that: -EBUSY after
 * MEMFD_LOCK_TIMEOUT, or -EINTR after a fatal signal.
 */
static inline int memfd_lock_inode(struct inode *inode)
{
	const unsigned long end = jiffies + MEMFD_LOCK_TIMEOUT;

	while (!inode_trylock(inode)) {
		if (fatal_signal_pending(current))
			return -EINTR;
		if (time_after(jiffies, end))
			return -EBUSY;
		/* Short, as writers in a loop leave only short gaps. */
		usleep_range(10, 50);
	}
	return 0;
}

/*
 * Fixes the size and the pages of a memfd. Truncation and hole punching run
 * under i_rwsem: those in progress are over when this returns, later ones fail
 * with -EPERM, so the lock can be dropped. -EINTR after a fatal signal.
 */
static inline int memfd_begin_preserve(struct inode *inode)
{
	int err = memfd_lock_inode(inode);

	if (err)
		return err;
	shmem_set_preserved(inode, true);
	inode_unlock(inode);
	return 0;
}

#endif /* _MM_MEMFD_BEGIN_H */
