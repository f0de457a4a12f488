/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inserts folios of the previous kernel into a new memfd.
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
 * struct memfd_insert - a memfd that is being filled and is not visible yet
 * @inode: inode of the memfd
 * @folios: the inserted folios, oldest first, linked by folio->lru
 * @run: the folios of the run that is being inserted
 */
struct memfd_insert {
	struct inode *inode;
	struct list_head folios;
	void *run[XA_CHUNK_SIZE];
};

/**
 * struct memfd_run - folios of one order, contiguous in memory and in the file
 * @page: the first page; the struct pages are contiguous, too
 * @index: index of the first folio in the file, a multiple of its size
 * @order: order of each folio
 * @nr: number of folios: either one, or at most memfd_insert_room() pages
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

/* Maximum number of pages in a run of more than one folio. */
static inline unsigned int memfd_insert_room(unsigned long pfn, pgoff_t index)
{
	return min(MAX_ORDER_NR_PAGES - pfn % MAX_ORDER_NR_PAGES,
		   XA_CHUNK_SIZE - index % XA_CHUNK_SIZE);
}

#endif /* _MM_MEMFD_INSERT_H */
