// SPDX-License-Identifier: GPL-2.0
/*
 * The extents of a preserved memfd, in serialized form: a list of chunks that
 * is appended to.
 *
 * Each page of an extent is preserved. The list holds a reference on each
 * folio, so that it can be neither migrated nor reclaimed.
 */

#include <linux/err.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "memfd_extents.h"

/*
 * Like kho_alloc_preserve(), but does not clear the page: the next kernel reads
 * only what has been written, and for a small memfd clearing would cost more
 * than everything else.
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
		/* kho_alloc_preserve() avoids hot-added memory. */
		return err == -EADDRNOTAVAIL ? kho_alloc_preserve(PAGE_SIZE) :
					       ERR_PTR(err);
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

/* Appends an extent, which lies behind all others in the file. */
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

/* Computes the checksums of all chunks. The list must not change afterwards. */
void memfd_extents_seal(struct memfd_extents *list)
{
	struct memfd_extents_chunk *chunk;
	u64 position = 0;

	for (chunk = list->first; chunk; chunk = next_chunk(chunk)) {
		chunk->sum = memfd_extents_chunk_sum(chunk, position++);
		cond_resched();
	}
}

/* Returns the next extent, or NULL at the end. */
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

/* True if a page in the list has been poisoned since it was preserved. */
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

/* Drops the references on the folios; they may be migrated or reclaimed then. */
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

/* Frees the chunks. The pages of the extents stay preserved. */
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
 * Unpreserves the extents of a list, and frees the list. Extents that are in
 * @keep, too, stay preserved; @keep may be NULL.
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
