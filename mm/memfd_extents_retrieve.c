// SPDX-License-Identifier: GPL-2.0
/*
 * Retrieves or discards memfds that the previous kernel preserved in extents.
 *
 * All records of a memfd are validated before anything is changed. A memfd is
 * restored completely or not at all.
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
 * Order of the largest folio that an extent can contain. A folio is naturally
 * aligned in memory and in the file, so the lowest bit in which pfn and index
 * differ is the limit.
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

/* Order of the largest folio that can start at @pfn in [pfn, pfn + left). */
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

/* The first run of folios of one order in [pfn, pfn + left). */
static struct memfd_run first_run(u64 pfn, u64 index, u64 left)
{
	const unsigned int order = fitting_order(pfn, index, left);
	const u64 room = min_t(u64, left, memfd_insert_room(pfn, index));
	unsigned int nr = max(room >> order, 1);

	/* The next folio may be larger, or in another zone. */
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
 * Rolls back the restore of the first @restored extents. Each is returned by a
 * call of its own: adjacent extents returned together could share a block, and
 * then neither could be restored by itself.
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

/*
 * Inserts the first pages of [pfn, pfn + left) into the file. Returns their
 * number, or -errno.
 */
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

/* On error, pages at the end of the extent are not in the file. */
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

/* Inserts all pages into the file, or none. The file is not visible yet. */
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

/* Restores pages, if they are still preserved, and adds them to @claimed. */
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

/* Restores the chunks, then the record itself. */
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
 * Frees the records of a memfd and, if it was not retrieved, its pages. Nothing
 * is freed before the last record has been read: an invalid extent may contain
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
			pr_err("cannot discard memfd: invalid record at 0x%llx, its memory stays reserved\n",
			       args->data);
			return;
		}
		claim_contents(&claimed, ser);
	}
	claim_records(&claimed, args->data, ser);
	free_claimed(&claimed);
}
