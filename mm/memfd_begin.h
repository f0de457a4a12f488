/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a memfd begins to be preserved, in whichever format.
 */

#ifndef _MM_MEMFD_BEGIN_H
#define _MM_MEMFD_BEGIN_H

#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/shmem_fs.h>

/*
 * Nobody is about to take pages out when this returns, and nobody begins to
 * until it is undone, so that the lock is not needed for longer.
 */
static inline int memfd_begin_preserve(struct inode *inode)
{
	if (inode_lock_killable(inode))
		return -EINTR;
	shmem_set_preserved(inode, true);
	inode_unlock(inode);
	return 0;
}

#endif /* _MM_MEMFD_BEGIN_H */
