// SPDX-License-Identifier: GPL-2.0
/*
 * Reading what the previous kernel left of memfds, which may be anything.
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

/* Begins to walk the entries of a record; -EIO if it names no area. */
int memfd_luo_read(struct memfd_luo_reader *reader,
		   const struct memfd_luo_ser *ser)
{
	*reader = (struct memfd_luo_reader) { .left = ser->nr_folios };
	return ser->nr_folios ? kho_vmalloc_read(&reader->area, &ser->folios) : 0;
}

/* The next entry; NULL at the end, ERR_PTR(-EIO) if the area is damaged. */
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

/* @next is the first page that no entry was seen for yet. */
static int check_entry(const struct memfd_luo_folio_ser *entry, pgoff_t *next,
		       pgoff_t end)
{
	int order = kho_incoming_order(memfd_luo_entry_phys(entry));
	u64 flags = FIELD_GET(MEMFD_LUO_FOLIO_FLAGS, entry->desc);

	/* The page cache of a kernel without huge pages has no place for it. */
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
 * Checks all that the previous kernel left of a memfd, and changes nothing. 0;
 * -EIO if it is damaged; -EOPNOTSUPP if it has large folios and this kernel does
 * not, and the next one may have them.
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
