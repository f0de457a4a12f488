// SPDX-License-Identifier: GPL-2.0
/*
 * Reads and validates the records of memfds that the previous kernel preserved
 * folio by folio. No byte of them is trusted.
 *
 * The format is in <linux/kho/abi/memfd.h>.
 */

#include <linux/align.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/kconfig.h>
#include <linux/kexec_handover.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched.h>

#include "memfd_luo.h"

/* Starts reading the entries of a record; -EIO if it names no vmalloc area. */
int memfd_luo_read(struct memfd_luo_reader *reader,
		   const struct memfd_luo_ser *ser)
{
	*reader = (struct memfd_luo_reader) { .left = ser->nr_folios };
	return ser->nr_folios ? kho_vmalloc_read(&reader->area, &ser->folios) : 0;
}

/* The next entry, NULL at the end, or ERR_PTR(-EIO) for an invalid area. */
const struct memfd_luo_folio_ser *memfd_luo_next(struct memfd_luo_reader *reader)
{
	const unsigned int per_page = PAGE_SIZE / sizeof(*reader->page);
	const struct memfd_luo_folio_ser *entry;

	do {
		if (!reader->left)
			return NULL;
		if (!reader->page || reader->index == per_page) {
			reader->page = kho_vmalloc_next(&reader->area);
			if (IS_ERR(reader->page))
				return ERR_CAST(reader->page);
			if (!reader->page)
				return ERR_PTR(-EIO);
			reader->index = 0;
		}
		entry = &reader->page[reader->index++];
		reader->left--;
	} while (!memfd_luo_entry_phys(entry));
	return entry;
}

/* @next is the index behind the previous entry. */
static int check_entry(const struct memfd_luo_folio_ser *entry, pgoff_t *next,
		       pgoff_t end)
{
	int order = kho_incoming_order(memfd_luo_entry_phys(entry));
	u64 flags = FIELD_GET(MEMFD_LUO_FOLIO_FLAGS, entry->desc);

	/* Without THP, the page cache does not support large folios. */
	if (order > 0 && !IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE))
		return -EOPNOTSUPP;
	if (order < 0 || order > MAX_PAGECACHE_ORDER ||
	    flags & ~(MEMFD_LUO_FOLIO_DIRTY | MEMFD_LUO_FOLIO_UPTODATE))
		return -EIO;
	if (entry->index < *next || entry->index >= end ||
	    !IS_ALIGNED(entry->index, 1UL << order))
		return -EIO;
	*next = entry->index + (1UL << order);
	return 0;
}

/*
 * Validates the record of a memfd and all its entries. Has no side effects. 0;
 * -EIO if any of it is invalid; -EOPNOTSUPP if it has large folios, which this
 * kernel does not support but a later one may.
 */
int memfd_luo_check(const struct memfd_luo_ser *ser)
{
	const pgoff_t end = DIV_ROUND_UP_ULL(ser->size, PAGE_SIZE);
	const struct memfd_luo_folio_ser *entry;
	struct memfd_luo_reader reader;
	pgoff_t next = 0;
	int err;

	if (ser->size > MAX_LFS_FILESIZE || ser->pos > MAX_LFS_FILESIZE ||
	    ser->seals & ~MEMFD_LUO_ALL_SEALS || ser->flags)
		return -EIO;
	err = memfd_luo_read(&reader, ser);
	while (!err && (entry = memfd_luo_next(&reader))) {
		err = PTR_ERR_OR_ZERO(entry);
		if (!err)
			err = check_entry(entry, &next, end);
		cond_resched();
	}
	return err;
}
