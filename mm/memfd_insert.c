// SPDX-License-Identifier: GPL-2.0
/*
 * Inserts folios of the previous kernel into a new memfd that is not visible to
 * other tasks yet.
 *
 * Everything can be undone until memfd_publish(), so that a memfd is restored
 * completely or not at all. memfd_publish() adds the folios to the LRU lists;
 * until then folio->lru links them into insert->folios.
 */

#include <linux/fs.h>
#include <linux/list.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mm_inline.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/shmem_fs.h>
#include <linux/swap.h>

#include "internal.h"
#include "memfd_insert.h"

/*
 * When the memcg of the caller is full, retrieving fails with -ENOMEM and can
 * be tried again. Nothing is lost, so the OOM killer is not invoked.
 */
#define CHARGE_GFP	(GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

/* Number of folios that are added to LRU lists at a time. */
#define PUBLISH_BATCH	32

/*
 * Sets up a folio for the page cache before it can be looked up. The page cache
 * holds one reference per page, the first of which is the folio's existing one.
 */
static void prepare_folio(struct memfd_insert *insert, struct folio *folio,
			  pgoff_t index)
{
	__folio_set_swapbacked(folio);
	__folio_mark_uptodate(folio);
	folio_set_dirty(folio);
	if (folio_test_large(folio)) {
		folio_set_large_rmappable(folio);
		folio_ref_add(folio, folio_nr_pages(folio) - 1);
	}
	folio->mapping = insert->inode->i_mapping;
	folio->index = index;
	list_add_tail(&folio->lru, &insert->folios);
}

static void unprepare_folio(struct folio *folio)
{
	list_del(&folio->lru);
	folio->mapping = NULL;
	folio_ref_sub(folio, folio_nr_pages(folio) - 1);
	folio_clear_dirty(folio);
	folio_clear_uptodate(folio);
	__folio_clear_swapbacked(folio);
	mem_cgroup_uncharge(folio);
}

/* Undoes prepare_folio() for the last @nr folios of the list. */
static void unprepare_folios(struct memfd_insert *insert, unsigned int nr)
{
	while (nr--)
		unprepare_folio(list_last_entry(&insert->folios, struct folio,
						lru));
}

static int prepare_run(struct memfd_insert *insert, const struct memfd_run *run)
{
	const unsigned long step = 1UL << run->order;
	struct page *page = run->page;
	pgoff_t index = run->index;
	unsigned int i;
	int err;

	for (i = 0; i < run->nr; i++) {
		struct folio *folio = page_folio(page);

		err = mem_cgroup_charge(folio, NULL, CHARGE_GFP);
		if (err) {
			unprepare_folios(insert, i);
			return err;
		}
		prepare_folio(insert, folio, index);
		insert->run[i] = folio;
		page += step;
		index += step;
	}
	return 0;
}

static void count_folios(struct folio *folio, int pages)
{
	__lruvec_stat_mod_folio(folio, NR_FILE_PAGES, pages);
	__lruvec_stat_mod_folio(folio, NR_SHMEM, pages);
	if (folio_test_pmd_mappable(folio))
		__lruvec_stat_mod_folio(folio, NR_SHMEM_THPS, pages);
}

/*
 * Updates the statistics once per sequence of folios of the same memcg. They
 * may differ: the task may be moved to another cgroup between two charges.
 */
static void count_run(struct memfd_insert *insert, const struct memfd_run *run)
{
	struct folio *folio = insert->run[0];
	unsigned int i, same = 1;

	for (i = 1; i < run->nr; i++, same++) {
		struct folio *next = insert->run[i];

		if (folio_memcg(next) != folio_memcg(folio)) {
			count_folios(folio, same << run->order);
			folio = next;
			same = 0;
		}
	}
	count_folios(folio, same << run->order);
}

/* For the only folio of a file, xas_store() does not always need a node. */
static void store_folios(struct xa_state *xas, struct memfd_insert *insert,
			 unsigned int nr)
{
	if (nr == 1)
		xas_store(xas, insert->run[0]);
	else
		xas_store_batch(xas, insert->run, nr);
}

static int store_run(struct memfd_insert *insert, const struct memfd_run *run)
{
	struct address_space *mapping = insert->inode->i_mapping;
	XA_STATE_ORDER(xas, &mapping->i_pages, run->index, run->order);

	do {
		xas_lock_irq(&xas);
		store_folios(&xas, insert, run->nr);
		if (!xas_error(&xas)) {
			mapping->nrpages += (unsigned long)run->nr << run->order;
			count_run(insert, run);
		}
		xas_unlock_irq(&xas);
	} while (xas_nomem(&xas, GFP_KERNEL));
	return xas_error(&xas);
}

/**
 * memfd_insert_run - insert folios into a memfd, all of them or none
 * @insert: the memfd
 * @run: the folios, all in one zone, each with one reference, which the page
 *	 cache takes over; the memfd must have a hole there
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOMEM, also if the memcg of the caller is full. On error nothing
 *	   has changed.
 */
int memfd_insert_run(struct memfd_insert *insert, const struct memfd_run *run)
{
	int err;

	if (run->order)
		mapping_set_large_folios(insert->inode->i_mapping);
	err = prepare_run(insert, run);
	if (err)
		return err;
	err = store_run(insert, run);
	WARN_ON_ONCE(err && err != -ENOMEM);
	if (err)
		unprepare_folios(insert, run->nr);
	return err;
}

static void remove_folio(struct folio *folio)
{
	list_del(&folio->lru);
	folio_get(folio);
	folio_lock(folio);
	filemap_remove_folio(folio);
	folio_clear_dirty(folio);
	folio_clear_uptodate(folio);
	__folio_clear_swapbacked(folio);
	folio_unlock(folio);
	mem_cgroup_uncharge(folio);
}

/**
 * memfd_insert_undo - remove all folios from a memfd again
 * @insert: the memfd
 * @fn: called with each folio in the state before memfd_insert_run(), takes its
 *	reference; NULL if the caller finds the folios by other means
 *
 * Context: Process context, may sleep.
 */
void memfd_insert_undo(struct memfd_insert *insert,
		       void (*fn)(struct folio *folio))
{
	struct folio *folio, *next;

	list_for_each_entry_safe(folio, next, &insert->folios, lru) {
		remove_folio(folio);
		if (fn)
			fn(folio);
		cond_resched();
	}
}

/* Accounts for the blocks of all inserted folios. On error nothing changes. */
int memfd_account(struct memfd_insert *insert)
{
	const long pages = insert->inode->i_mapping->nrpages;
	int err;

	err = shmem_inode_acct_blocks(insert->inode, pages);
	if (!err)
		shmem_recalc_inode(insert->inode, pages, 0);
	return err;
}

/**
 * struct lru_batch - folios that are added to one LRU list
 * @lruvec: the lruvec of the list, locked; NULL if the batch is empty
 * @flags: interrupt state that was saved by locking @lruvec
 * @zone: zone of the folios
 * @pages: number of pages on the list not yet passed to update_lru_size()
 */
struct lru_batch {
	struct lruvec *lruvec;
	unsigned long flags;
	enum zone_type zone;
	long pages;
};

/* The folios have not been accessed yet, and the file is not SHM_LOCKed. */
#define PUBLISH_LRU	LRU_INACTIVE_ANON

static void end_batch(struct lru_batch *batch)
{
	if (!batch->lruvec)
		return;
	update_lru_size(batch->lruvec, PUBLISH_LRU, batch->zone, batch->pages);
	unlock_page_lruvec_irqrestore(batch->lruvec, batch->flags);
	batch->lruvec = NULL;
}

static void begin_batch(struct lru_batch *batch, struct folio *folio)
{
	batch->lruvec = folio_lruvec_lock_irqsave(folio, &batch->flags);
	batch->zone = folio_zonenum(folio);
	batch->pages = 0;
}

static bool batch_takes(const struct lru_batch *batch, struct folio *folio)
{
	return batch->lruvec && folio_matches_lruvec(folio, batch->lruvec) &&
	       folio_zonenum(folio) == batch->zone;
}

/* Like lruvec_add_folio(), but leaves update_lru_size() to end_batch(). */
static void add_to_batch(struct lru_batch *batch, struct folio *folio)
{
	if (lru_gen_add_folio(batch->lruvec, folio, false))
		return;
	batch->pages += folio_nr_pages(folio);
	list_add(&folio->lru, &batch->lruvec->lists[PUBLISH_LRU]);
}

/*
 * Like folio_add_lru() for many folios, which would take the lruvec lock for
 * each large folio. A folio must not be accessed once it is on the list: when
 * the lock is dropped, it may be reclaimed or split.
 */
static void publish_some(struct list_head *folios)
{
	struct lru_batch batch = {};
	unsigned int i;

	for (i = 0; i < PUBLISH_BATCH && !list_empty(folios); i++) {
		struct folio *folio = list_first_entry(folios, struct folio, lru);

		if (!batch_takes(&batch, folio)) {
			end_batch(&batch);
			begin_batch(&batch, folio);
		}
		__list_del_entry(&folio->lru);
		add_to_batch(&batch, folio);
		folio_set_lru(folio);
	}
	end_batch(&batch);
}

/* Adds all folios to the LRU lists. Cannot fail, and cannot be undone. */
void memfd_publish(struct memfd_insert *insert)
{
	while (!list_empty(&insert->folios)) {
		publish_some(&insert->folios);
		cond_resched();
	}
}
