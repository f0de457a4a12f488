// SPDX-License-Identifier: GPL-2.0
/*
 * Reading preserved vmalloc() areas in place.
 *
 * The format is in <linux/kho/abi/vmalloc.h>.
 */

#include <linux/align.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>
#include <linux/pfn.h>

#include "kho_internal.h"

#define KNOWN_FLAGS	(KHO_VMALLOC_ALLOC | KHO_VMALLOC_HUGE_VMAP)

/*
 * Validates a descriptor, but not the chunks. A valid area has no more pages
 * than are preserved and not restored, which also bounds the walk over its
 * chunks.
 */
bool kho_vmalloc_is_valid(const struct kho_vmalloc *desc)
{
	return desc->first && desc->total_pages &&
	       desc->total_pages <= kho_incoming_pages() &&
	       !(desc->flags & ~KNOWN_FLAGS) &&
	       desc->order <= MAX_PAGE_ORDER &&
	       IS_ALIGNED(desc->total_pages, 1U << desc->order);
}

/* Returns the pages of the current block, one per call. */
static const void *next_page_of_block(struct kho_vmalloc_reader *reader)
{
	phys_addr_t phys = reader->block + PFN_PHYS(reader->page);

	if (++reader->page == 1U << reader->desc.order)
		reader->block = 0;
	reader->pages++;
	return phys_to_virt(phys);
}

static int next_block(struct kho_vmalloc_reader *reader)
{
	u64 pa;

	if (!reader->chunk || reader->index == KHO_VMALLOC_CHUNK_BLOCKS) {
		u64 next = reader->chunk ? reader->chunk->next :
					   reader->desc.first;

		reader->chunk = kho_incoming_data(next, PAGE_SIZE);
		reader->index = 0;
		if (!reader->chunk)
			return -EIO;
	}
	pa = reader->chunk->blocks[reader->index++];
	if (!pa || !kho_range_waits(pa, 1UL << reader->desc.order))
		return -EIO;
	reader->block = pa;
	reader->page = 0;
	return 0;
}

/**
 * kho_vmalloc_read - start reading a preserved vmalloc() area
 * @reader: the reader to initialise
 * @preservation: descriptor from kho_preserve_vmalloc(); not trusted
 *
 * Reads the area page by page in place. Unlike kho_restore_vmalloc(), it
 * allocates no memory and changes nothing.
 *
 * Context: Any.
 * Return: 0; -EIO if @preservation is malformed.
 */
int kho_vmalloc_read(struct kho_vmalloc_reader *reader,
		     const struct kho_vmalloc *preservation)
{
	*reader = (struct kho_vmalloc_reader) { .desc = *preservation };
	return kho_vmalloc_is_valid(preservation) ? 0 : -EIO;
}
EXPORT_SYMBOL_GPL(kho_vmalloc_read);

/**
 * kho_vmalloc_next - read the next page of a preserved vmalloc() area
 * @reader: the reader, from kho_vmalloc_read()
 *
 * Context: Any.
 * Return: the page, NULL after the last one, or ERR_PTR(-EIO) if the records
 *	   are malformed.
 */
const void *kho_vmalloc_next(struct kho_vmalloc_reader *reader)
{
	int err;

	if (reader->pages == reader->desc.total_pages)
		return NULL;
	if (!reader->block) {
		err = next_block(reader);
		if (err)
			return ERR_PTR(err);
	}
	return next_page_of_block(reader);
}
EXPORT_SYMBOL_GPL(kho_vmalloc_next);
