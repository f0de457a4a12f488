// SPDX-License-Identifier: GPL-2.0
/*
 * Pins the folios of a preserved memfd, and lists them in serialized form.
 */

#define pr_fmt(fmt) "memfd_luo: " fmt

#include <linux/cleanup.h>
#include <linux/fs.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/rcupdate_wait.h>
#include <linux/sched/signal.h>
#include <linux/vmalloc.h>

#include "internal.h"
#include "memfd_luo.h"
#include "memfd_move.h"

/* Number of folios that are pinned at a time. */
#define PIN_BATCH	64

static u64 make_desc(const struct folio *folio)
{
	return FIELD_PREP(MEMFD_LUO_FOLIO_PFN, folio_pfn(folio)) |
	       FIELD_PREP(MEMFD_LUO_FOLIO_FLAGS, MEMFD_LUO_FOLIO_DIRTY |
						 MEMFD_LUO_FOLIO_UPTODATE);
}

static pgoff_t file_pages(const struct inode *inode)
{
	return DIV_ROUND_UP_ULL(i_size_read(inode), PAGE_SIZE);
}

static bool list_is_full(const struct memfd_folios *list)
{
	return list->nr == list->max;
}

static void list_append(struct memfd_folios *list, struct folio *folio)
{
	list->entries[list->nr++] = (struct memfd_luo_folio_ser) {
		.desc = make_desc(folio),
		.index = folio->index,
	};
	list->pages += folio_nr_pages(folio);
}

static int list_alloc(struct memfd_folios *list, unsigned long max)
{
	*list = (struct memfd_folios) { .max = max };
	if (!max)
		return 0;
	/* Users can make this fail by preserving large files: do not warn. */
	list->entries = __vmalloc_array(max, sizeof(*list->entries),
					GFP_KERNEL | __GFP_NOWARN);
	return list->entries ? 0 : -ENOMEM;
}

/* True if a page in the list has been poisoned since it was preserved. */
bool memfd_folios_are_poisoned(const struct memfd_folios *list)
{
	unsigned long i;

	for (i = 0; i < list->nr; i++) {
		if (folio_contain_hwpoisoned_page(memfd_luo_entry_folio(&list->entries[i])))
			return true;
		cond_resched();
	}
	return false;
}

static void release_folio(struct folio *folio)
{
	WARN_ON_ONCE(kho_unpreserve_folio(folio));
	unpin_folio(folio);
}

/*
 * Unpreserves the folios of a list, last one first, and frees the list. Folios
 * that are in @keep, too, stay preserved; @keep may be NULL.
 */
void memfd_folios_release(struct memfd_folios *list,
			  const struct memfd_folios *keep)
{
	unsigned long kept = keep ? keep->nr : 0;

	while (list->nr) {
		const struct memfd_luo_folio_ser *entry =
			&list->entries[--list->nr];

		while (kept && keep->entries[kept - 1].index > entry->index)
			kept--;
		if (kept && keep->entries[kept - 1].index == entry->index)
			continue;
		release_folio(memfd_luo_entry_folio(entry));
	}
	vfree(list->entries);
	*list = (struct memfd_folios) {};
}

/*
 * Initialises a page that fallocate(2) allocated and that was never written to,
 * so that all preserved pages are uptodate; and marks it dirty, so that it is
 * never dropped as clean. -ESTALE if the folio has left the file: before it was
 * pinned it may have been collapsed into another folio.
 */
static int settle_folio(struct address_space *mapping, struct folio *folio)
{
	int err = 0;
	long i;

	folio_lock(folio);
	if (folio->mapping != mapping)
		err = -ESTALE;
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

static int settle_batch(struct address_space *mapping, struct folio **folios,
			unsigned long nr)
{
	int err = 0;

	while (!err && nr)
		err = settle_folio(mapping, folios[--nr]);
	return err;
}

static int preserve_folio(struct memfd_folios *list, struct folio *folio)
{
	int err;

	if (list_is_full(list))
		return -EAGAIN;
	err = kho_preserve_folio(folio);
	if (!err)
		list_append(list, folio);
	return err;
}

/* Preserves pinned folios. On error, unpins those that are not preserved. */
static int preserve_batch(struct memfd_folios *list, struct folio **folios,
			  unsigned long nr)
{
	unsigned long i;
	int err;

	for (i = 0; i < nr; i++) {
		err = preserve_folio(list, folios[i]);
		if (err) {
			unpin_folios(folios + i, nr - i);
			return err;
		}
	}
	return 0;
}

/*
 * Pins the first folios of [index, end), at most PIN_BATCH. Swaps them in, and
 * migrates them out of memory that is not long-term pinnable, such as scratch.
 */
static long try_to_pin(struct file *file, pgoff_t index, pgoff_t end,
		       struct folio **folios)
{
	/* The largest file ends at 2^63, which does not fit into a loff_t. */
	u64 last = min_t(u64, (u64)end << PAGE_SHIFT,
			 i_size_read(file_inode(file))) - 1;
	pgoff_t offset;

	return memfd_pin_folios(file, (loff_t)index << PAGE_SHIFT, last, folios,
				PIN_BATCH, &offset);
}

/* memfd_pin_folios() returns -ENOMEM when migration fails, too, so retry. */
static long pin_batch(struct file *file, pgoff_t index, pgoff_t end,
		      struct folio **folios)
{
	unsigned int retries = 0;
	long nr;
	int err;

	do {
		nr = try_to_pin(file, index, end, folios);
		if (nr != -ENOMEM)
			return nr;
		err = memfd_wait_to_move(&retries);
	} while (!err);
	return err == -EINTR ? err : nr;
}

/*
 * Preserves the folios in the pages [index, end) of a file, and skips holes.
 * -EAGAIN if the list has no room for all of them.
 */
static int preserve_range(struct memfd_folios *list, struct file *file,
			  pgoff_t index, pgoff_t end)
{
	struct address_space *mapping = file->f_mapping;
	struct folio *folios[PIN_BATCH];
	pgoff_t hole;
	long nr;
	int err;

	while (index < end &&
	       xa_find(&mapping->i_pages, &index, end - 1, XA_PRESENT)) {
		/* page_cache_next_miss() takes pages in swap for holes. */
		scoped_guard(rcu)
			hole = page_cache_next_miss(mapping, index, PIN_BATCH);
		hole = clamp(hole, index + 1, end);
		nr = pin_batch(file, index, hole, folios);
		if (nr < 0)
			return nr;
		err = fatal_signal_pending(current) ? -EINTR :
			settle_batch(mapping, folios, nr);
		if (err)
			unpin_folios(folios, nr);
		if (err == -ESTALE)
			continue;
		if (err)
			return err;
		index = folio_next_index(folios[nr - 1]);
		err = preserve_batch(list, folios, nr);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

/* Upper bound of the number of folios in [0, @end) once all are swapped in. */
static unsigned long count_folios(struct address_space *mapping, pgoff_t end)
{
	XA_STATE(xas, &mapping->i_pages, 0);
	unsigned long nr = 0;
	void *entry;

	if (!end)
		return 0;
	rcu_read_lock();
	xas_for_each(&xas, entry, end - 1) {
		if (xas_retry(&xas, entry))
			continue;
		nr += xa_is_value(entry) ? 1UL << xas_get_order(&xas) : 1;
		if (need_resched()) {
			xas_pause(&xas);
			cond_resched_rcu();
		}
	}
	rcu_read_unlock();
	return nr;
}

/*
 * Preserves the folios of a file, whose size is fixed. Folios that are added
 * concurrently may be missed; memfd_folios_extend() adds them.
 */
int memfd_folios_preserve(struct memfd_folios *list, struct file *file)
{
	const pgoff_t end = file_pages(file_inode(file));
	int err;

	err = list_alloc(list, count_folios(file->f_mapping, end));
	if (err)
		return err;
	err = preserve_range(list, file, 0, end);
	if (err == -EAGAIN)
		err = 0;
	if (err)
		memfd_folios_release(list, NULL);
	return err;
}

/* Fills @list with the folios in @old and, in order, with those added since. */
static int merge_new(struct file *file, const struct memfd_folios *old,
		     struct memfd_folios *list)
{
	const pgoff_t end = file_pages(file_inode(file));
	pgoff_t next = 0;
	unsigned long i;
	int err;

	for (i = 0; i < old->nr; i++) {
		struct folio *folio = memfd_luo_entry_folio(&old->entries[i]);

		err = preserve_range(list, file, next, folio->index);
		if (err)
			return err;
		if (list_is_full(list))
			return -EAGAIN;
		list_append(list, folio);
		next = folio_next_index(folio);
	}
	return preserve_range(list, file, next, end);
}

/*
 * Makes a list of the folios in @old and of those added since. -EAGAIN if more
 * folios were added than counted before; a retry sees at least these. The size
 * of the file is fixed.
 */
int memfd_folios_extend(struct memfd_folios *list, struct file *file,
			const struct memfd_folios *old)
{
	const pgoff_t end = file_pages(file_inode(file));
	int err;

	err = list_alloc(list, count_folios(file->f_mapping, end));
	if (err)
		return err;
	err = merge_new(file, old, list);
	if (err)
		memfd_folios_release(list, old);
	return err;
}
