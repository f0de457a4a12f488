/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Declarations shared by the files that preserve memfds folio by folio.
 */

#ifndef _MM_MEMFD_LUO_H
#define _MM_MEMFD_LUO_H

#include <linux/bitfield.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/memfd.h>
#include <linux/mm.h>
#include <linux/pfn.h>

struct file;
struct liveupdate_file_format_ops;
struct liveupdate_file_op_args;

/**
 * struct memfd_folios - the preserved and pinned folios of a memfd
 * @entries: vmalloc() area with one entry per folio, sorted by index
 * @nr: number of entries in use
 * @max: number of entries that are allocated
 * @pages: number of pages in all folios together
 */
struct memfd_folios {
	struct memfd_luo_folio_ser *entries;
	unsigned long nr;
	unsigned long max;
	unsigned long pages;
};

/* Position in the entries of an incoming memfd. */
struct memfd_luo_reader {
	struct kho_vmalloc_reader area;
	const struct memfd_luo_folio_ser *page;
	unsigned int index;
	u64 left;
};

static inline phys_addr_t
memfd_luo_entry_phys(const struct memfd_luo_folio_ser *entry)
{
	return PFN_PHYS(FIELD_GET(MEMFD_LUO_FOLIO_PFN, entry->desc));
}

static inline struct folio *
memfd_luo_entry_folio(const struct memfd_luo_folio_ser *entry)
{
	return pfn_folio(FIELD_GET(MEMFD_LUO_FOLIO_PFN, entry->desc));
}

/* memfd_luo.c */
extern const struct liveupdate_file_format_ops memfd_luo_format_ops;

/* memfd_luo_folios.c */
int memfd_folios_preserve(struct memfd_folios *list, struct file *file);
int memfd_folios_extend(struct memfd_folios *list, struct file *file,
			const struct memfd_folios *old);
bool memfd_folios_are_poisoned(const struct memfd_folios *list);
void memfd_folios_release(struct memfd_folios *list,
			  const struct memfd_folios *keep);

/* memfd_luo_read.c */
int memfd_luo_read(struct memfd_luo_reader *reader,
		   const struct memfd_luo_ser *ser);
const struct memfd_luo_folio_ser *memfd_luo_next(struct memfd_luo_reader *reader);
int memfd_luo_check(const struct memfd_luo_ser *ser);

/* memfd_luo_retrieve.c */
int memfd_luo_retrieve(struct liveupdate_file_op_args *args);
void memfd_luo_finish(struct liveupdate_file_op_args *args);

#endif /* _MM_MEMFD_LUO_H */
