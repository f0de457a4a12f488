/* SPDX-License-Identifier: GPL-2.0 */
/*
 * First step of preserving a memfd, common to all formats.
 */

#ifndef _MM_MEMFD_BEGIN_H
#define _MM_MEMFD_BEGIN_H

#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/shmem_fs.h>

/*
 * Fixes the size and the pages of a memfd. Truncation and hole punching run
 * under i_rwsem: those in progress are over when this returns, later ones fail
 * with -EPERM, so the lock can be dropped. -EINTR after a fatal signal.
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
