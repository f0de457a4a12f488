// SPDX-License-Identifier: GPL-2.0
/*
 * Finds what there is in a memfd, holds it where it is, and makes extents of
 * it.
 *
 * The walk goes over the page cache, not over the range of indices, and costs
 * what is there. Most folios need nothing done and are taken in passing. The
 * others stop the walk, see memfd_extents_make_ready().
 */

#include <linux/cleanup.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/xarray.h>

#include "internal.h"
#include "memfd_extents.h"
#include "memfd_extents_runs.h"

/* How many folios are looked at with the lock of the page cache held. */
#define WALK_BATCH	256

/**
 * struct memfd_walk - a walk over a file
 * @file: the file
 * @runs: what was found; there is a reference on each folio
 * @retries: how often the folio at @work_index could not be moved
 * @work_index: where the folio is that needed work last
 * @block: number of a pageblock whose pages may stay where they are
 */
struct memfd_walk {
	struct file *file;
	struct memfd_extents_runs runs;
	unsigned int retries;
	pgoff_t work_index;
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

/* Asking for each folio again is what would take longest of all. */
static bool may_stay(struct memfd_walk *walk, struct folio *folio,
		     unsigned long pfn)
{
	const unsigned long block = pfn / pageblock_nr_pages;

	if (block == walk->block)
		return true;
	if (!folio_is_longterm_pinnable(folio))
		return false;
	walk->block = block;
	return true;
}

/* As the tests of folios for these flags, in one go. */
static bool has_settled_flags(const struct folio *folio, unsigned long without)
{
	const unsigned long settled = BIT(PG_uptodate) | BIT(PG_dirty);

	return (READ_ONCE(folio->flags.f) & (settled | without)) == settled;
}

static bool is_settled(const struct folio *folio)
{
	return has_settled_flags(folio, __PG_HWPOISON) &&
	       !(folio_test_large(folio) && folio_test_has_hwpoisoned(folio));
}

static bool is_small_and_settled(const struct folio *folio)
{
	return has_settled_flags(folio, __PG_HWPOISON | BIT(PG_head));
}

/*
 * Takes a reference on a folio that needs nothing done. The lock of the page
 * cache keeps it there until then; but not from reclaim, which holds the lock of
 * the folio from its last look at the file until the folio is gone.
 */
static bool grab_ready(struct memfd_walk *walk, struct folio *folio,
		       unsigned long pfn)
{
	bool ready;

	if (!folio_trylock(folio))
		return false;
	ready = is_settled(folio) && may_stay(walk, folio, pfn);
	if (ready)
		folio_get(folio);
	folio_unlock(folio);
	return ready;
}

/*
 * The same for a small folio, where it is known that it may stay. Most pages
 * come this way, and asking the other questions would double what each costs.
 */
static bool grab_small(struct folio *folio)
{
	bool ready;

	if (!folio_trylock(folio))
		return false;
	ready = is_small_and_settled(folio);
	if (ready)
		folio_get(folio);
	folio_unlock(folio);
	return ready;
}

/*
 * How many folios behind @xas, up to @last, can be neighbours of the one at
 * @pfn: in one node, and in one pageblock, where all may stay if one may.
 */
static unsigned long neighbours(const struct xa_state *xas, unsigned long pfn,
				pgoff_t last)
{
	const unsigned long in_node = XA_CHUNK_MASK - xas->xa_index % XA_CHUNK_SIZE;
	const unsigned long in_block =
		pageblock_nr_pages - pfn % pageblock_nr_pages - 1;

	return min3(in_node, in_block, last - xas->xa_index);
}

/*
 * Takes what most files consist of, small folios that follow @folio in memory as
 * in the file, with next to nothing for each. At most @max; returns how many.
 */
static unsigned int take_neighbours(struct memfd_walk *walk,
				    struct xa_state *xas, struct folio *folio,
				    unsigned int max)
{
	unsigned int nr;

	for (nr = 0; nr < max; nr++) {
		void *entry = xas_next(xas);

		if (entry != folio_page(folio, nr + 1) || !grab_small(entry)) {
			xas_prev(xas);
			break;
		}
	}
	memfd_extents_go_on(&walk->runs, nr);
	return nr;
}

/**
 * struct walk_node - a lowest node of the page cache
 * @node: the node
 * @left: how many of its slots are in use and not seen yet, or more
 */
struct walk_node {
	const struct xa_node *node;
	unsigned long left;
};

static struct walk_node enter_node(const struct xa_state *xas)
{
	const struct xa_node *node = xas->xa_node;

	return (struct walk_node) {
		.node = node,
		.left = node && !node->shift ? node->count : ULONG_MAX,
	};
}

/*
 * Goes to the end of a node, and returns true, when all that is in it has been
 * seen: looking for the next page slot by slot is what would take longest in a
 * sparse file.
 */
static bool leave_node(struct walk_node *at, struct xa_state *xas,
		       unsigned long nr)
{
	if (at->node != xas->xa_node)
		*at = enter_node(xas);
	if (at->left > nr) {
		at->left -= nr;
		return false;
	}
	xas_advance(xas, xas->xa_index | XA_CHUNK_MASK);
	return true;
}

/*
 * True if a file that is preserved has only @pages pages: these are only ever
 * added, so a number tells whether there are others.
 */
bool memfd_extents_is_whole(const struct file *file, u64 pages)
{
	struct inode *inode = file_inode(file);

	return READ_ONCE(inode->i_mapping->nrpages) == pages &&
	       !READ_ONCE(SHMEM_I(inode)->swapped);
}

static bool has_all(const struct memfd_walk *walk)
{
	return memfd_extents_is_whole(walk->file,
				      memfd_extents_found(&walk->runs));
}

/* The next entry; in less time than xas_find() if it is a neighbour. */
static void *next_entry(struct xa_state *xas, pgoff_t last)
{
	void *entry = xas_next(xas);

	if (entry && !xa_is_internal(entry) && xas->xa_index <= last)
		return entry;
	return xas_find(xas, last);
}

/*
 * Takes folios from *@index up to @last; *@index is where it stopped. A huge page
 * may have been made of folios and of holes before *@index that the walk has
 * passed. What was taken is in no such page, so it goes into the list as it is.
 */
static enum memfd_walk_stop take_ready(struct memfd_walk *walk, pgoff_t *index,
				       pgoff_t last)
{
	XA_STATE(xas, &walk_mapping(walk)->i_pages, *index);
	unsigned int left = WALK_BATCH;
	struct walk_node at = {};
	struct folio *folio;

	guard(spinlock_irq)(&xas.xa->xa_lock);
	for (folio = xas_find(&xas, last); folio; folio = next_entry(&xas, last)) {
		const unsigned long pfn = folio_pfn(folio);
		unsigned long nr, max;

		*index = xas.xa_index;
		if (memfd_extents_runs_full(&walk->runs) || !left--)
			return WALK_PAUSE;
		if (xa_is_value(folio) || !grab_ready(walk, folio, pfn))
			return WALK_WORK;
		nr = folio_nr_pages(folio);
		memfd_extents_take(&walk->runs, pfn, folio->index, nr);
		if (nr > 1) {
			xas_advance(&xas, folio_next_index(folio) - 1);
		} else {
			max = min(left, neighbours(&xas, pfn, last));
			nr += take_neighbours(walk, &xas, folio, max);
			left -= nr - 1;
		}
		if (leave_node(&at, &xas, nr) && has_all(walk))
			return WALK_END;
	}
	return WALK_END;
}

/* Does what is needed at @index, where the walk has stopped. */
static int do_work(struct memfd_walk *walk, pgoff_t index)
{
	if (index != walk->work_index) {
		walk->work_index = index;
		walk->retries = 0;
	}
	return memfd_extents_make_ready(walk_mapping(walk), index, &walk->retries);
}

/* Takes what there is in the pages from @index up to @last. */
static int walk_range(struct memfd_walk *walk, pgoff_t index, pgoff_t last)
{
	enum memfd_walk_stop stop;
	int err;

	do {
		stop = take_ready(walk, &index, last);
		err = memfd_extents_write(&walk->runs);
		if (!err && stop == WALK_WORK)
			err = do_work(walk, index);
		if (err)
			return err;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	} while (stop != WALK_END);
	memfd_extents_end_run(&walk->runs);
	return memfd_extents_write(&walk->runs);
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
			if (err)
				return err;
		}
		err = memfd_extents_append(walk->runs.list, extent);
		if (err)
			return err;
		index = extent->index + extent->nr;
	}
	return walk_range(walk, index, ULONG_MAX);
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
		.runs.list = list,
		.block = ULONG_MAX,
	};
	int err;

	*list = (struct memfd_extents) {};
	err = walk_file(&walk, old);
	if (err) {
		memfd_extents_drop(&walk.runs);
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
