// SPDX-License-Identifier: GPL-2.0
/*
 * Finds what there is in a memfd, holds it where it is, and makes extents of
 * it.
 *
 * The walk goes over the page cache, not over the range of indices, and costs
 * what is there. Most folios need nothing done and are taken in passing. The
 * others stop the walk: they are brought in from swap, moved out of memory that
 * is lent only, which scratch is, or initialised.
 */

#include <linux/cleanup.h>
#include <linux/fs.h>
#include <linux/kexec_handover.h>
#include <linux/list.h>
#include <linux/migrate.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/swap.h>

#include "internal.h"
#include "memfd_extents.h"

/* How many runs are gathered until they are written down. */
#define WALK_RUNS	16

/* How many folios are looked at until others get a chance. */
#define WALK_BATCH	1024

/* How often it is tried to move a folio. */
#define WALK_MOVES	10

/* Runs end at these borders, so that none takes for ever to work on. */
#define RUN_BORDER	(SZ_1G >> PAGE_SHIFT)

/**
 * struct memfd_walk - a walk over a file
 * @file: the file
 * @list: where the extents go
 * @runs: extents that are not in @list yet; there is a reference on each folio,
 *	  and nothing is preserved
 * @nr: number of runs
 * @moves: how often it was tried to move a folio since the last one was taken
 * @block: number of a pageblock whose pages may stay where they are
 */
struct memfd_walk {
	struct file *file;
	struct memfd_extents *list;
	struct memfd_extent runs[WALK_RUNS];
	unsigned int nr;
	unsigned int moves;
	unsigned long block;
};

/* Why a walk stops. */
enum memfd_walk_stop {
	WALK_END,	/* there is nothing more */
	WALK_PAUSE,	/* out of room, or out of time */
	WALK_WORK,	/* here is something that needs work */
};

static struct address_space *walk_mapping(const struct memfd_walk *walk)
{
	return walk->file->f_mapping;
}

static bool run_goes_on(const struct memfd_extent *run,
			const struct folio *folio)
{
	return folio_pfn(folio) == run->pfn + run->nr &&
	       folio->index == run->index + run->nr &&
	       folio_pfn(folio) % RUN_BORDER;
}

/* Takes a folio, with the caller's reference. There is room for a run. */
static void take_folio(struct memfd_walk *walk, struct folio *folio)
{
	struct memfd_extent *run = walk->runs + walk->nr - 1;

	if (!walk->nr || !run_goes_on(run, folio)) {
		run = &walk->runs[walk->nr++];
		*run = (struct memfd_extent) {
			.index = folio->index,
			.pfn = folio_pfn(folio),
		};
	}
	run->nr += folio_nr_pages(folio);
	walk->moves = 0;
}

static int preserve_run(struct memfd_extents *list,
			const struct memfd_extent *run)
{
	struct page *page = pfn_to_page(run->pfn);
	int err;

	err = kho_preserve_pages(page, run->nr);
	if (err)
		return err;
	err = memfd_extents_append(list, run);
	if (err)
		kho_unpreserve_pages(page, run->nr);
	return err;
}

/* Writes down all runs but the last @keep, which may go on. */
static int write_runs(struct memfd_walk *walk, unsigned int keep)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i + keep < walk->nr; i++)
		err = preserve_run(walk->list, &walk->runs[i]);
	if (err)
		i--;
	walk->nr -= i;
	memmove(walk->runs, walk->runs + i, walk->nr * sizeof(*walk->runs));
	return err;
}

static void drop_runs(struct memfd_walk *walk)
{
	while (walk->nr)
		memfd_extents_put_pages(&walk->runs[--walk->nr]);
}

/* Asking for each folio again is what would take longest of all. */
static bool may_stay(struct memfd_walk *walk, struct folio *folio)
{
	const unsigned long block = folio_pfn(folio) / pageblock_nr_pages;

	if (block == walk->block)
		return true;
	if (!folio_is_longterm_pinnable(folio))
		return false;
	walk->block = block;
	return true;
}

static bool is_settled(struct folio *folio)
{
	return folio_test_uptodate(folio) && folio_test_dirty(folio) &&
	       !folio_contain_hwpoisoned_page(folio);
}

/*
 * Takes a reference on a folio that needs nothing done. Until there is one, the
 * folio may go elsewhere, so it is looked at again then; reclaim holds the lock
 * from its last look at the number of references until the folio is gone.
 */
static bool grab_ready(struct memfd_walk *walk, struct folio *folio,
		       pgoff_t index)
{
	bool ready;

	if (!folio_try_get(folio))
		return false;
	if (!folio_trylock(folio)) {
		folio_put(folio);
		return false;
	}
	ready = folio->mapping == walk_mapping(walk) &&
		folio->index == index && is_settled(folio) &&
		may_stay(walk, folio);
	folio_unlock(folio);
	if (!ready)
		folio_put(folio);
	return ready;
}

/* Takes folios from *@index up to @last; *@index is where it stopped. */
static enum memfd_walk_stop take_ready(struct memfd_walk *walk, pgoff_t *index,
				       pgoff_t last)
{
	XA_STATE(xas, &walk_mapping(walk)->i_pages, *index);
	unsigned int left = WALK_BATCH;
	struct folio *folio;

	guard(rcu)();
	xas_for_each(&xas, folio, last) {
		if (xas_retry(&xas, folio))
			continue;
		*index = xas.xa_index;
		if (walk->nr == WALK_RUNS || !left--)
			return WALK_PAUSE;
		if (xa_is_value(folio) || !grab_ready(walk, folio, *index))
			return WALK_WORK;
		take_folio(walk, folio);
	}
	return WALK_END;
}

/* Brings a folio in from swap; it is looked at again. */
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
 * nobody drops it as a page that can be had again. -EAGAIN if the folio is not
 * where it was any more.
 */
static int settle_folio(struct memfd_walk *walk, struct folio *folio,
			pgoff_t index)
{
	int err = 0;
	long i;

	if (folio_lock_killable(folio))
		return -EINTR;
	if (folio->mapping != walk_mapping(walk) || folio->index != index)
		err = -EAGAIN;
	else if (folio_contain_hwpoisoned_page(folio))
		err = -EHWPOISON;
	if (!err && !folio_test_uptodate(folio)) {
		for (i = 0; i < folio_nr_pages(folio); i++)
			clear_highpage(folio_page(folio, i));
		flush_dcache_folio(folio);
		folio_mark_uptodate(folio);
	}
	if (!err)
		folio_mark_dirty(folio);
	folio_unlock(folio);
	return err;
}

/*
 * Moves a folio to where it may stay, and drops the reference on it; it is
 * looked at again. Not all that others do to a folio lets it be moved at once.
 */
static int move_folio(struct memfd_walk *walk, struct folio *folio)
{
	struct migration_target_control target = {
		.nid = folio_nid(folio),
		.gfp_mask = GFP_USER | __GFP_NOWARN,
		.reason = MR_LONGTERM_PIN,
	};
	LIST_HEAD(folios);
	bool isolated;
	int err = 0;

	if (walk->moves++ == WALK_MOVES) {
		folio_put(folio);
		return -EBUSY;
	}
	isolated = isolate_folio_to_list(folio, &folios);
	if (!isolated) {
		/* It is on its way to a list, or somebody else has isolated it. */
		lru_add_drain_all();
		err = folio_wait_locked_killable(folio);
	}
	folio_put(folio);
	if (isolated && migrate_pages(&folios, alloc_migration_target, NULL,
				      (unsigned long)&target, MIGRATE_SYNC,
				      MR_LONGTERM_PIN, NULL))
		putback_movable_pages(&folios);
	return err;
}

/* Takes the folio at @index, with the caller's reference. */
static int take_with_work(struct memfd_walk *walk, struct folio *folio,
			  pgoff_t *index)
{
	int err;

	/*
	 * A huge page may have been made of folios and of holes before them
	 * that the walk has passed. What was taken is in no such page.
	 */
	if (folio->index < *index) {
		*index = folio->index;
		folio_put(folio);
		return 0;
	}
	if (!folio_is_longterm_pinnable(folio))
		return move_folio(walk, folio);
	err = settle_folio(walk, folio, *index);
	if (err) {
		folio_put(folio);
		return err == -EAGAIN ? 0 : err;
	}
	take_folio(walk, folio);
	*index = folio_next_index(folio);
	return 0;
}

static int work_on(struct memfd_walk *walk, struct folio *folio, pgoff_t *index)
{
	if (xa_is_value(folio))
		return swap_in(walk_mapping(walk)->host, *index);
	return folio ? take_with_work(walk, folio, index) : 0;
}

/*
 * Does what is needed at @index; where that is not all, @index stays. What is
 * allocated is for memory that does not move, whatever it is allocated for.
 */
static int do_work(struct memfd_walk *walk, pgoff_t *index)
{
	const unsigned int flags = memalloc_pin_save();
	int err;

	err = work_on(walk, filemap_get_entry(walk_mapping(walk), *index),
		      index);
	memalloc_pin_restore(flags);
	return err;
}

/* Takes what there is in the pages from @index up to @last. */
static int walk_range(struct memfd_walk *walk, pgoff_t index, pgoff_t last)
{
	enum memfd_walk_stop stop;
	int err;

	do {
		stop = take_ready(walk, &index, last);
		err = write_runs(walk, min(walk->nr, 1));
		if (!err && stop == WALK_WORK)
			err = do_work(walk, &index);
		if (err)
			return err;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	} while (stop != WALK_END && index <= last);
	return 0;
}

static int walk_file(struct memfd_walk *walk, const struct memfd_extents *old)
{
	struct memfd_extents_iter iter = memfd_extents_start(old);
	const struct memfd_extent *extent;
	pgoff_t index = 0;
	int err;

	while ((extent = memfd_extents_iterate(&iter))) {
		if (index < extent->index) {
			err = walk_range(walk, index, extent->index - 1);
			err = err ?: write_runs(walk, 0);
			if (err)
				return err;
		}
		err = memfd_extents_append(walk->list, extent);
		if (err)
			return err;
		index = extent->index + extent->nr;
	}
	err = walk_range(walk, index, ULONG_MAX);
	return err ?: write_runs(walk, 0);
}

/**
 * memfd_extents_extend - make a list of what was found and what came since
 * @list: filled in
 * @file: the memfd, whose pages nobody takes away
 * @old: what was found before; goes into @list as it is
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINTR after a fatal signal, -ENOMEM, -EHWPOISON if a page is
 *	   broken, -EBUSY if one cannot be moved, or what bringing it in fails
 *	   with. After an error, what is not in @old is as it was before.
 */
int memfd_extents_extend(struct memfd_extents *list, struct file *file,
			 const struct memfd_extents *old)
{
	struct memfd_walk walk = {
		.file = file,
		.list = list,
		.block = ULONG_MAX,
	};
	int err;

	*list = (struct memfd_extents) {};
	err = walk_file(&walk, old);
	if (err) {
		drop_runs(&walk);
		memfd_extents_release(list, old);
		return err;
	}
	memfd_extents_seal(list);
	return 0;
}

/* Makes a list of what there is in a file, see memfd_extents_extend(). */
int memfd_extents_preserve(struct memfd_extents *list, struct file *file)
{
	const struct memfd_extents nothing = {};

	return memfd_extents_extend(list, file, &nothing);
}
