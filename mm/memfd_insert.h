/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Putting folios of the previous kernel into a new memfd.
 */

#ifndef _MM_MEMFD_INSERT_H
#define _MM_MEMFD_INSERT_H

#include <linux/types.h>
#include <linux/xarray.h>

struct folio;
struct inode;

int memfd_insert_folio(struct inode *inode, struct folio *folio, pgoff_t index);
int memfd_insert_pages(struct inode *inode, unsigned long pfn, unsigned int nr,
		       pgoff_t index);
void memfd_remove_folio(struct folio *folio);
void memfd_walk_inserted(struct inode *inode,
			 void (*fn)(struct folio *folio, void *arg),
			 void *arg);
int memfd_account(struct inode *inode);
void memfd_publish(struct inode *inode);

/* How many pages can be inserted at a time, from an index on. */
static inline unsigned int memfd_insert_room(pgoff_t index)
{
	return XA_CHUNK_SIZE - index % XA_CHUNK_SIZE;
}

#endif /* _MM_MEMFD_INSERT_H */
