/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Putting folios of the previous kernel into a new memfd.
 */

#ifndef _MM_MEMFD_INSERT_H
#define _MM_MEMFD_INSERT_H

#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mmzone.h>
#include <linux/types.h>
#include <linux/xarray.h>

struct folio;
struct inode;
struct page;

/**
 * struct memfd_insert - a memfd that is filled, and is nobody else's yet
 * @inode: the memfd's
 * @folios: what is in it, in the order in which it was inserted
 * @run: the folios of the run that is inserted now
 */
struct memfd_insert {
	struct inode *inode;
	struct list_head folios;
	void *run[XA_CHUNK_SIZE];
};

/**
 * struct memfd_run - folios of one order that follow each other everywhere
 * @page: the first page; their struct pages follow each other, too
 * @index: where the first folio goes in the file, a multiple of its size
 * @order: the order of each folio
 * @nr: number of folios, at most memfd_insert_room() pages or a single one
 */
struct memfd_run {
	struct page *page;
	pgoff_t index;
	unsigned int order;
	unsigned int nr;
};

static inline void memfd_insert_begin(struct memfd_insert *insert,
				      struct inode *inode)
{
	insert->inode = inode;
	INIT_LIST_HEAD(&insert->folios);
}

int memfd_insert_run(struct memfd_insert *insert, const struct memfd_run *run);
void memfd_insert_undo(struct memfd_insert *insert,
		       void (*fn)(struct folio *folio));
int memfd_account(struct memfd_insert *insert);
void memfd_publish(struct memfd_insert *insert);

/* How many pages can be inserted at a time, from a place and an index on. */
static inline unsigned int memfd_insert_room(unsigned long pfn, pgoff_t index)
{
	return min(MAX_ORDER_NR_PAGES - pfn % MAX_ORDER_NR_PAGES,
		   XA_CHUNK_SIZE - index % XA_CHUNK_SIZE);
}

#endif /* _MM_MEMFD_INSERT_H */
