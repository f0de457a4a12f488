// SPDX-License-Identifier: GPL-2.0
/*
 * Memfds that the previous kernel preserved in extents: made again, or
 * discarded.
 *
 * Whatever the records say is checked before anything is changed, and a memfd
 * is made as a whole or not at all.
 */

#define pr_fmt(fmt) "memfd_extents: " fmt

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kexec_handover.h>
#include <linux/list.h>
#include <linux/liveupdate.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched.h>

#include "memfd_extents.h"
#include "memfd_insert.h"

/*
 * Order of the largest folio that can be anywhere in an extent: a folio lies at
 * a multiple of its size in memory as in the file, so what matters is how these
 * places differ.
 */
static unsigned int common_order(u64 pfn, u64 index)
{
	unsigned int order = 0;

	if (IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE))
		order = MAX_PAGECACHE_ORDER;
	if (pfn ^ index)
		order = min_t(unsigned int, order, __ffs64(pfn ^ index));
	return order;
}

static bool in_one_zone(u64 pfn, u64 nr)
{
	return page_zone(pfn_to_page(pfn)) == page_zone(pfn_to_page(pfn + nr - 1));
}

/* Order of the largest folio that [pfn, pfn + left) can begin with. */
static unsigned int fitting_order(u64 pfn, u64 index, u64 left)
{
	unsigned int order = min_t(unsigned int, common_order(pfn, index),
				   ilog2(left));

	if (pfn | index)
		order = min_t(unsigned int, order, __ffs64(pfn | index));
	while (order && !in_one_zone(pfn, 1UL << order))
		order--;
	return order;
}

/* The first folios of [pfn, pfn + left). */
static struct memfd_run first_run(u64 pfn, u64 index, u64 left)
{
	const unsigned int order = fitting_order(pfn, index, left);
	const u64 room = min_t(u64, left, memfd_insert_room(pfn, index));
	unsigned int nr = max(room >> order, 1);

	/* Or a larger one can come next. */
	if (order < common_order(pfn, index) || !in_one_zone(pfn, nr << order))
		nr = 1;
	return (struct memfd_run) {
		.page = pfn_to_page(pfn),
		.index = index,
		.order = order,
		.nr = nr,
	};
}

/*
 * Takes back what was done for the first @restored extents. Each goes back by
 * itself, or it would be in one block with another and could not be restored.
 */
static void undo_restore(struct memfd_insert *insert,
			 const struct memfd_extents_ser *ser, u64 restored)
{
	struct memfd_extents_reader reader;
	const struct memfd_extent *extent;

	memfd_insert_undo(insert, NULL);
	memfd_extents_read_again(&reader, ser);
	while (restored--) {
		extent = memfd_extents_next(&reader);
		if (WARN_ON_ONCE(IS_ERR_OR_NULL(extent)))
			return;
		kho_return_pages(pfn_to_page(extent->pfn), extent->nr);
		cond_resched();
	}
}

/* Puts the first pages of [pfn, pfn + left) into the file; how many, or -errno. */
static long restore_some(struct memfd_insert *insert, u64 pfn, u64 index,
			 u64 left)
{
	const struct memfd_run run = first_run(pfn, index, left);
	unsigned int i;
	int err;

	for (i = 0; run.order && i < run.nr; i++)
		kho_join_pages(run.page + (i << run.order), run.order);
	err = memfd_insert_run(insert, &run);
	if (err)
		return err;
	return run.nr << run.order;
}

/* After an error, pages at the end of the extent are in no folio. */
static int insert_extent(struct memfd_insert *insert,
			 const struct memfd_extent *extent)
{
	u64 pfn = extent->pfn, index = extent->index, left = extent->nr;

	while (left) {
		const long nr = restore_some(insert, pfn, index, left);

		if (nr < 0)
			return nr;
		pfn += nr;
		index += nr;
		left -= nr;
		cond_resched();
	}
	return 0;
}

/* Puts all pages into the file, or none. The file is nobody else's yet. */
static int restore_extents(struct memfd_insert *insert,
			   const struct memfd_extents_ser *ser)
{
	struct memfd_extents_reader reader;
	const struct memfd_extent *extent;
	u64 restored = 0;
	int err = 0;

	memfd_extents_read(&reader, ser);
	while (!err && (extent = memfd_extents_next(&reader))) {
		err = PTR_ERR_OR_ZERO(extent);
		if (err)
			break;
		if (!kho_restore_pages(PFN_PHYS(extent->pfn), extent->nr)) {
			err = -EIO;
			break;
		}
		restored++;
		err = insert_extent(insert, extent);
	}
	if (!err)
		err = memfd_account(insert);
	if (err)
		undo_restore(insert, ser, restored);
	return err;
}

int memfd_extents_retrieve(struct liveupdate_file_op_args *args)
{
	const struct memfd_extents_ser *ser = memfd_extents_get(args->data);
	struct memfd_insert insert;
	struct file *file;
	int err;

	if (!ser)
		return -EIO;
	err = memfd_extents_check(ser);
	if (err)
		return err;
	file = memfd_extents_make_file(ser);
	if (IS_ERR(file))
		return PTR_ERR(file);
	memfd_insert_begin(&insert, file_inode(file));
	err = restore_extents(&insert, ser);
	if (err) {
		fput(file);
		return err;
	}
	memfd_publish(&insert);
	args->file = file;
	return 0;
}

/* Takes pages that wait, and puts them on a list, if they do. */
static void claim_pages(struct list_head *claimed, phys_addr_t phys,
			unsigned long nr)
{
	struct page *page = kho_restore_pages(phys, nr);

	if (!page)
		return;
	set_page_private(page, nr);
	list_add(&page->lru, claimed);
}

static void free_claimed(struct list_head *claimed)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, claimed, lru) {
		const unsigned long pfn = page_to_pfn(page);
		unsigned long i, nr = page_private(page);

		list_del(&page->lru);
		set_page_private(page, 0);
		for (i = 0; i < nr; i++) {
			__free_page(pfn_to_page(pfn + i));
			cond_resched();
		}
	}
}

static void claim_contents(struct list_head *claimed,
			   const struct memfd_extents_ser *ser)
{
	struct memfd_extents_reader reader;
	const struct memfd_extent *extent;

	memfd_extents_read(&reader, ser);
	while (!IS_ERR_OR_NULL(extent = memfd_extents_next(&reader))) {
		claim_pages(claimed, PFN_PHYS(extent->pfn), extent->nr);
		cond_resched();
	}
}

/* The chunks, then the record itself. */
static void claim_records(struct list_head *claimed, u64 pa,
			  const struct memfd_extents_ser *ser)
{
	const struct memfd_extents_chunk *chunk;
	u64 at = ser->chunks;
	int order;

	while ((chunk = kho_incoming_data(at, sizeof(*chunk)))) {
		const u64 next = chunk->next;

		claim_pages(claimed, at, 1UL << kho_incoming_order(at));
		at = next;
		cond_resched();
	}
	order = kho_incoming_order(pa);
	if (order >= 0)
		claim_pages(claimed, pa, 1UL << order);
}

/*
 * Frees what there is of a memfd: of one that was retrieved, the records. Pages
 * are freed when nothing is read any more: one that is named by mistake may be
 * a page of the records.
 */
void memfd_extents_finish(struct liveupdate_file_op_args *args)
{
	const struct memfd_extents_ser *ser = memfd_extents_get(args->data);
	LIST_HEAD(claimed);

	if (!ser)
		return;
	if (!args->file) {
		if (memfd_extents_check(ser)) {
			pr_err("the record of a memfd is damaged, its memory stays reserved\n");
			return;
		}
		claim_contents(&claimed, ser);
	}
	claim_records(&claimed, args->data, ser);
	free_claimed(&claimed);
}
