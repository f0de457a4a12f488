// SPDX-License-Identifier: GPL-2.0
/*
 * Putting folios of the previous kernel into a memfd that is nobody's yet.
 *
 * Until the memfd is published all of it can be undone, so that a memfd is made
 * as a whole or not at all. Only then folios go onto the LRU lists.
 */

#include <linux/fs.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/pagevec.h>
#include <linux/sched.h>
#include <linux/shmem_fs.h>
#include <linux/swap.h>

#include "internal.h"
#include "memfd_insert.h"

/*
 * When the cgroup is full, whoever retrieves is told so: nothing is lost, and
 * it can try again. The OOM killer would be no help.
 */
#define CHARGE_GFP	(GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

static void prepare_folio(struct inode *inode, struct folio *folio)
{
	__folio_set_locked(folio);
	__folio_set_swapbacked(folio);
	if (folio_test_large(folio)) {
		folio_set_large_rmappable(folio);
		mapping_set_large_folios(inode->i_mapping);
	}
}

/**
 * memfd_insert_folio - put a folio into a memfd
 * @inode: the memfd's
 * @folio: the folio, with one reference, which stays with the caller until
 *	   memfd_publish()
 * @index: where it goes in the file, a multiple of its size
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOMEM, also if the cgroup of the caller is full; -EEXIST if
 *	   something is there. After an error nothing has changed.
 */
int memfd_insert_folio(struct inode *inode, struct folio *folio, pgoff_t index)
{
	int err;

	prepare_folio(inode, folio);
	err = mem_cgroup_charge(folio, NULL, CHARGE_GFP);
	if (!err) {
		err = shmem_add_to_page_cache(folio, inode->i_mapping, index,
					      NULL, GFP_KERNEL);
		if (err)
			mem_cgroup_uncharge(folio);
	}
	if (!err) {
		/* An entry of a folio that is clean may be out of date. */
		folio_mark_uptodate(folio);
		folio_mark_dirty(folio);
	} else {
		__folio_clear_swapbacked(folio);
	}
	folio_unlock(folio);
	return err;
}

/* A single page, as it is in the page cache; nobody can find it yet. */
static void prepare_page(struct folio *folio, struct address_space *mapping,
			 pgoff_t index)
{
	__folio_set_swapbacked(folio);
	__folio_mark_uptodate(folio);
	folio_set_dirty(folio);
	folio->mapping = mapping;
	folio->index = index;
	folio_ref_inc(folio);
}

/* Undoes prepare_page(), and the charge. */
static void unprepare_pages(unsigned long pfn, unsigned int nr)
{
	for (; nr; nr--, pfn++) {
		struct folio *folio = pfn_folio(pfn);

		folio_ref_dec(folio);
		folio->mapping = NULL;
		folio_clear_dirty(folio);
		folio_clear_uptodate(folio);
		__folio_clear_swapbacked(folio);
		mem_cgroup_uncharge(folio);
	}
}

static int prepare_pages(struct address_space *mapping, unsigned long pfn,
			 unsigned int nr, pgoff_t index)
{
	unsigned int i;
	int err;

	for (i = 0; i < nr; i++) {
		struct folio *folio = pfn_folio(pfn + i);

		err = mem_cgroup_charge(folio, NULL, CHARGE_GFP);
		if (err) {
			unprepare_pages(pfn, i);
			return err;
		}
		prepare_page(folio, mapping, index + i);
	}
	return 0;
}

/*
 * One change of the statistics for pages that count for the same: in the middle
 * the task may have been moved to another cgroup, and memory has nodes.
 */
static void count_pages(unsigned long pfn, unsigned int nr)
{
	while (nr) {
		struct folio *first = pfn_folio(pfn);
		unsigned int same = 0;

		while (same < nr &&
		       folio_pgdat(pfn_folio(pfn + same)) == folio_pgdat(first) &&
		       folio_memcg(pfn_folio(pfn + same)) == folio_memcg(first))
			same++;
		__lruvec_stat_mod_folio(first, NR_FILE_PAGES, same);
		__lruvec_stat_mod_folio(first, NR_SHMEM, same);
		pfn += same;
		nr -= same;
	}
}

/*
 * All in one node of the xarray, and the last entry first: with that the node
 * is there, so only the first store can need memory. From the other end it would
 * not be so: an entry at index 0 of an empty file gets no node.
 */
static int store_pages(struct address_space *mapping, unsigned long pfn,
		       unsigned int nr, pgoff_t index)
{
	XA_STATE(xas, &mapping->i_pages, index + nr - 1);
	unsigned int i;

	do {
		xas_lock_irq(&xas);
		xas_store(&xas, pfn_folio(pfn + nr - 1));
		if (!xas_error(&xas)) {
			for (i = nr - 1; i; i--) {
				xas_prev(&xas);
				xas_store(&xas, pfn_folio(pfn + i - 1));
			}
			VM_WARN_ON_ONCE(xas_error(&xas));
			mapping->nrpages += nr;
			count_pages(pfn, nr);
		}
		xas_unlock_irq(&xas);
	} while (xas_nomem(&xas, GFP_KERNEL));
	return xas_error(&xas);
}

/**
 * memfd_insert_pages - put single pages into a memfd, all of them or none
 * @inode: the memfd's
 * @pfn: the first page; all have one reference, as in memfd_insert_folio()
 * @nr: number of pages, at most memfd_insert_room()
 * @index: where the first page goes; behind all that is in the memfd
 *
 * For many pages in a row this takes a third of what memfd_insert_folio() does.
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOMEM, also if the cgroup of the caller is full. After an error
 *	   nothing has changed.
 */
int memfd_insert_pages(struct inode *inode, unsigned long pfn, unsigned int nr,
		       pgoff_t index)
{
	struct address_space *mapping = inode->i_mapping;
	int err;

	err = prepare_pages(mapping, pfn, nr, index);
	if (err)
		return err;
	err = store_pages(mapping, pfn, nr, index);
	if (err)
		unprepare_pages(pfn, nr);
	return err;
}

/* Undoes memfd_insert_folio(). */
void memfd_remove_folio(struct folio *folio)
{
	folio_lock(folio);
	filemap_remove_folio(folio);
	folio_clear_dirty(folio);
	folio_clear_uptodate(folio);
	__folio_clear_swapbacked(folio);
	folio_unlock(folio);
	mem_cgroup_uncharge(folio);
}

/**
 * memfd_walk_inserted - do something to each folio that was inserted
 * @inode: the memfd's
 * @fn: what to do; may remove the folio
 * @arg: for @fn
 *
 * Goes by the page cache: there they are, whatever led to them.
 */
void memfd_walk_inserted(struct inode *inode,
			 void (*fn)(struct folio *folio, void *arg),
			 void *arg)
{
	struct folio_batch batch;
	pgoff_t index = 0;

	folio_batch_init(&batch);
	while (filemap_get_folios(inode->i_mapping, &index, ULONG_MAX, &batch)) {
		unsigned int i;

		for (i = 0; i < folio_batch_count(&batch); i++) {
			struct folio *folio = batch.folios[i];

			/* It stays, by the reference of memfd_insert_folio(). */
			folio_put(folio);
			fn(folio, arg);
		}
		folio_batch_reinit(&batch);
		cond_resched();
	}
}

/* Accounts for all folios that were inserted, or fails and changes nothing. */
int memfd_account(struct inode *inode)
{
	const long pages = inode->i_mapping->nrpages;
	int err;

	err = shmem_inode_acct_blocks(inode, pages);
	if (!err)
		shmem_recalc_inode(inode, pages, 0);
	return err;
}

/* From here on the page cache alone holds the folio. */
static void publish_folio(struct folio *folio, void *arg)
{
	folio_add_lru(folio);
	folio_put(folio);
}

/* Ends what cannot fail any more: afterwards the memfd is like any other. */
void memfd_publish(struct inode *inode)
{
	memfd_walk_inserted(inode, publish_folio, NULL);
}
