// SPDX-License-Identifier: GPL-2.0
/*
 * The extents of a memfd that is preserved, in the form that the next kernel
 * reads: a list of chunks that grows at its end.
 *
 * Each page of an extent is preserved, and each folio has a reference that
 * keeps it where it is.
 */

#include <linux/err.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "memfd_extents.h"

/*
 * As kho_alloc_preserve(), for records that are written as far as they are read:
 * clearing all of a page would take more than all the rest for a small memfd.
 */
void *memfd_extents_alloc_page(void)
{
	struct folio *folio = folio_alloc(GFP_KERNEL, 0);
	int err;

	if (!folio)
		return ERR_PTR(-ENOMEM);
	err = kho_preserve_folio(folio);
	if (err) {
		folio_put(folio);
		return ERR_PTR(err);
	}
	return folio_address(folio);
}

static struct memfd_extents_chunk *add_chunk(struct memfd_extents *list)
{
	struct memfd_extents_chunk *chunk = memfd_extents_alloc_page();

	if (IS_ERR(chunk))
		return chunk;
	chunk->next = 0;
	chunk->nr = 0;
	if (list->last)
		list->last->next = virt_to_phys(chunk);
	else
		list->first = chunk;
	list->last = chunk;
	list->chunks++;
	return chunk;
}

/* Adds an extent that lies behind all others. */
int memfd_extents_append(struct memfd_extents *list,
			 const struct memfd_extent *extent)
{
	struct memfd_extents_chunk *chunk = list->last;

	if (!chunk || chunk->nr == MEMFD_EXTENTS_PER_CHUNK)
		chunk = add_chunk(list);
	if (IS_ERR(chunk))
		return PTR_ERR(chunk);
	chunk->extents[chunk->nr++] = *extent;
	list->nr++;
	list->pages += extent->nr;
	return 0;
}

static struct memfd_extents_chunk *
next_chunk(const struct memfd_extents_chunk *chunk)
{
	return chunk->next ? phys_to_virt(chunk->next) : NULL;
}

/* Makes the list complete: afterwards it does not change any more. */
void memfd_extents_seal(struct memfd_extents *list)
{
	struct memfd_extents_chunk *chunk;
	u64 position = 0;

	for (chunk = list->first; chunk; chunk = next_chunk(chunk)) {
		chunk->sum = memfd_extents_chunk_sum(chunk, position++);
		cond_resched();
	}
}

/* The next extent, or NULL at the end. */
const struct memfd_extent *memfd_extents_iterate(struct memfd_extents_iter *iter)
{
	if (iter->chunk && iter->index == iter->chunk->nr) {
		iter->chunk = next_chunk(iter->chunk);
		iter->index = 0;
	}
	return iter->chunk ? &iter->chunk->extents[iter->index++] : NULL;
}

static bool extent_is_poisoned(const struct memfd_extent *extent)
{
	const unsigned long end = extent->pfn + extent->nr;
	unsigned long pfn = extent->pfn;

	while (pfn < end) {
		struct folio *folio = pfn_folio(pfn);

		if (folio_contain_hwpoisoned_page(folio))
			return true;
		pfn += folio_nr_pages(folio);
		cond_resched();
	}
	return false;
}

/* True if hardware broke a page since it was taken. */
bool memfd_extents_is_poisoned(const struct memfd_extents *list)
{
	struct memfd_extents_iter iter = memfd_extents_start(list);
	const struct memfd_extent *extent;

	while ((extent = memfd_extents_iterate(&iter))) {
		if (extent_is_poisoned(extent))
			return true;
	}
	return false;
}

/* Drops the reference on each folio, and so lets them go elsewhere. */
void memfd_extents_put_pages(const struct memfd_extent *extent)
{
	const unsigned long end = extent->pfn + extent->nr;
	unsigned long pfn = extent->pfn;

	while (pfn < end) {
		struct folio *folio = pfn_folio(pfn);

		pfn += folio_nr_pages(folio);
		folio_put(folio);
		cond_resched();
	}
}

static void release_extent(const struct memfd_extent *extent)
{
	WARN_ON_ONCE(kho_unpreserve_pages(pfn_to_page(extent->pfn),
					  extent->nr));
	memfd_extents_put_pages(extent);
}

/* Frees the list, and leaves alone what it stands for. */
void memfd_extents_free(struct memfd_extents *list)
{
	struct memfd_extents_chunk *chunk = list->first, *next;

	for (; chunk; chunk = next) {
		next = next_chunk(chunk);
		kho_unpreserve_free(chunk);
	}
	*list = (struct memfd_extents) {};
}

/*
 * Gives up the extents of a list, except for those that are in @keep, too,
 * which may be NULL, and frees the list.
 */
void memfd_extents_release(struct memfd_extents *list,
			   const struct memfd_extents *keep)
{
	struct memfd_extents_iter iter = memfd_extents_start(list), old = {};
	const struct memfd_extent *extent, *kept;

	if (keep)
		old = memfd_extents_start(keep);
	kept = memfd_extents_iterate(&old);
	while ((extent = memfd_extents_iterate(&iter))) {
		while (kept && kept->index < extent->index)
			kept = memfd_extents_iterate(&old);
		if (!kept || kept->index != extent->index)
			release_extent(extent);
	}
	memfd_extents_free(list);
}
