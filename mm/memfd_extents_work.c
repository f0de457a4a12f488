// SPDX-License-Identifier: GPL-2.0
/*
 * Makes what is in a memfd ready to be preserved: brought in from swap, moved
 * out of memory that is lent only, which scratch is, or initialised.
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

/* Brings a folio in from swap. */
static int swap_in(struct inode *inode, pgoff_t index)
{
	struct folio *folio;
	int err;

	/* What was allocated behind the end of the file can be there, too. */
	err = shmem_get_folio(inode, index, 0, &folio, SGP_FALLOC);
	if (err)
		return err;
	folio_unlock(folio);
	folio_put(folio);
	return 0;
}

/*
 * A page that was never written to may not be initialised yet. It is now, so
 * that nobody has to remember in which state it was; and it is dirty, so that
 * nobody drops it as a page that can be had again.
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

/* Drops the reference. The folio may be elsewhere meanwhile. */
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
 * Moves a folio to where it may stay, and drops the reference on it. Not all
 * that others do to a folio lets it be moved at once.
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
		/* It is on its way to a list, or somebody else has isolated it. */
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
 * memfd_extents_make_ready - do what a folio needs
 * @mapping: the memfd's
 * @index: a page that it has, or has had until now
 * @retries: how often this folio could not be moved
 *
 * That may not have been all, so the folio has to be looked at again. What is
 * allocated is for memory that does not move, whatever it is allocated for.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINTR after a fatal signal, -EHWPOISON if a page is broken, -EBUSY
 *	   if the folio cannot be moved, or what bringing it in fails with.
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
