// SPDX-License-Identifier: GPL-2.0
/*
 * Prepares a folio of a memfd for being preserved: swaps it in, migrates it out
 * of memory that is not long-term pinnable (CMA, and thus KHO scratch), or
 * initialises it.
 */

#include <linux/fs.h>
#include <linux/list.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#include <linux/shmem_fs.h>
#include <linux/swap.h>

#include "internal.h"
#include "memfd_extents.h"
#include "memfd_move.h"

/* Swaps a folio in. */
static int swap_in(struct inode *inode, pgoff_t index)
{
	struct folio *folio;
	int err;

	/* SGP_FALLOC: pages allocated beyond i_size may be in swap, too. */
	err = shmem_get_folio(inode, index, 0, &folio, SGP_FALLOC);
	if (err)
		return err;
	folio_unlock(folio);
	folio_put(folio);
	return 0;
}

/*
 * Initialises a page that fallocate(2) allocated and that was never written to,
 * so that all preserved pages are uptodate; and marks it dirty, so that it is
 * never dropped as clean.
 */
static int settle_locked(struct folio *folio)
{
	long i;

	if (folio_contain_hwpoisoned_page(folio))
		return -EHWPOISON;
	if (!folio_test_uptodate(folio)) {
		for (i = 0; i < folio_nr_pages(folio); i++)
			clear_highpage(folio_page(folio, i));
		flush_dcache_folio(folio);
		folio_mark_uptodate(folio);
	}
	folio_mark_dirty(folio);
	return 0;
}

/* Consumes the reference. The folio may have left the file meanwhile. */
static int settle_folio(struct address_space *mapping, struct folio *folio)
{
	int err;

	err = folio_lock_killable(folio) ? -EINTR : 0;
	if (!err) {
		if (folio->mapping == mapping)
			err = settle_locked(folio);
		folio_unlock(folio);
	}
	folio_put(folio);
	return err;
}

/*
 * Migrates a folio to long-term pinnable memory, and consumes the reference on
 * it. Migration may fail temporarily, for example while another task holds a
 * reference; then the caller has to retry.
 */
static int move_folio(struct folio *folio, unsigned int *retries)
{
	struct migration_target_control target = {
		.nid = folio_nid(folio),
		.gfp_mask = GFP_USER | __GFP_NOWARN,
		.reason = MR_LONGTERM_PIN,
	};
	LIST_HEAD(folios);
	int err = 0;

	if (!isolate_folio_to_list(folio, &folios)) {
		/* It is in a per-CPU LRU batch, or isolated by another task. */
		lru_add_drain_all();
		err = folio_wait_locked_killable(folio);
	}
	folio_put(folio);
	if (err)
		return err;
	if (!list_empty(&folios)) {
		if (!migrate_pages(&folios, alloc_migration_target, NULL,
				   (unsigned long)&target, MIGRATE_SYNC,
				   MR_LONGTERM_PIN, NULL))
			return 0;
		putback_movable_pages(&folios);
	}
	return memfd_wait_to_move(retries);
}

static int work_on(struct address_space *mapping, struct folio *folio,
		   pgoff_t index, unsigned int *retries)
{
	if (xa_is_value(folio))
		return swap_in(mapping->host, index);
	if (!folio)
		return 0;
	if (!folio_is_longterm_pinnable(folio))
		return move_folio(folio, retries);
	return settle_folio(mapping, folio);
}

/**
 * memfd_extents_make_ready - prepare a folio for being preserved
 * @mapping: mapping of the memfd
 * @index: index of the folio, which may have left the file meanwhile
 * @retries: how often this folio could not be migrated
 *
 * The folio may need more than one call, so the caller has to look at it again.
 * All allocations come from long-term pinnable memory.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINTR after a fatal signal, -EHWPOISON if a page is poisoned,
 *	   -EBUSY if the folio cannot be migrated, or the error of swapping in.
 */
int memfd_extents_make_ready(struct address_space *mapping, pgoff_t index,
			     unsigned int *retries)
{
	const unsigned int flags = memalloc_pin_save();
	int err;

	err = work_on(mapping, filemap_get_entry(mapping, index), index, retries);
	memalloc_pin_restore(flags);
	return err;
}
