// SPDX-License-Identifier: GPL-2.0
/*
 * Walks the page cache of a memfd, takes a reference on each folio, and makes
 * extents of them.
 *
 * The cost depends on the number of folios, not on the size of the file. Most
 * folios need no work and are taken under the xa_lock. Any other folio stops
 * the walk, see memfd_extents_make_ready().
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

/* Number of folios that are visited without dropping the xa_lock. */
#define WALK_BATCH	256

/**
 * struct memfd_walk - a walk over the page cache of a memfd
 * @file: the memfd
 * @runs: the pages found so far, with a reference on each folio
 * @retries: how often the folio at @work_index could not be migrated
 * @work_index: index of the last folio that needed work
 * @block: number of a pageblock that is known to be long-term pinnable
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
	WALK_END,	/* no more entries */
	WALK_PAUSE,	/* no room for another run, or WALK_BATCH is reached */
	WALK_WORK,	/* the entry needs work that may sleep */
};

static struct address_space *walk_mapping(const struct memfd_walk *walk)
{
	return walk->file->f_mapping;
}

/* Remembers the pageblock: asking for each folio would dominate the walk. */
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

/* Like the folio_test_*() functions for these flags, in one load. */
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
 * Takes a reference on a folio that needs no work. Caller holds the xa_lock,
 * which keeps the folio in the page cache, but not from reclaim. Reclaim holds
 * the folio lock from its last check of SHMEM_F_PRESERVED until it has removed
 * the folio, hence the trylock.
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
 * The same for an order-0 folio in a pageblock that is known to be long-term
 * pinnable. Most pages take this path, and the other checks would double the
 * cost of each.
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
 * Maximum number of pages after @xas, up to @last, that share both the XArray
 * node and the pageblock with the page at @pfn. A pageblock is long-term
 * pinnable as a whole.
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
 * Fast path for the common case: takes order-0 folios that directly follow
 * @folio in memory and in the file, at most @max. Returns their number.
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
 * struct walk_node - the current XArray node
 * @node: the node
 * @left: upper bound of the number of used slots that were not visited yet
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
 * Moves @xas to the end of the node and returns true when all its used slots
 * have been visited. In a sparse file, searching the rest slot by slot would
 * dominate the walk.
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
 * True if a preserved file has exactly @pages pages. Its pages cannot be
 * removed, so the count tells whether any were added.
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

/* The next entry; faster than xas_find() if the next slot is in use. */
static void *next_entry(struct xa_state *xas, pgoff_t last)
{
	void *entry = xas_next(xas);

	if (entry && !xa_is_internal(entry) && xas->xa_index <= last)
		return entry;
	return xas_find(xas, last);
}

/*
 * Takes folios from *@index up to @last, and sets *@index to where it stopped.
 * The first folio may start before *@index: it may have been collapsed from
 * folios at *@index and from holes that the walk has passed. It contains no
 * page that was taken before, so all of it is added.
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

/* Prepares the folio at @index, which has stopped the walk. */
static int do_work(struct memfd_walk *walk, pgoff_t index)
{
	if (index != walk->work_index) {
		walk->work_index = index;
		walk->retries = 0;
	}
	return memfd_extents_make_ready(walk_mapping(walk), index, &walk->retries);
}

/* Preserves all pages from @index up to @last. */
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
 * memfd_extents_extend - make a list of known extents and of new pages
 * @list: the list to fill in
 * @file: the memfd, with SHMEM_F_PRESERVED set
 * @old: extents that are preserved already; copied to @list unchanged
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINTR after a fatal signal, -ENOMEM, -EHWPOISON if a page is
 *	   poisoned, -EBUSY if one cannot be migrated, or the error of swapping
 *	   one in. On error, only the pages in @old are preserved.
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

/* Preserves all pages of a file, see memfd_extents_extend(). */
int memfd_extents_preserve(struct memfd_extents *list, struct file *file)
{
	const struct memfd_extents nothing = {};

	return memfd_extents_extend(list, file, &nothing);
}
