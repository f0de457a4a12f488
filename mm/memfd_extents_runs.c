// SPDX-License-Identifier: GPL-2.0
/*
 * Collects runs of pages that the walk has found, and preserves them later.
 */

#include <linux/build_bug.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "memfd_extents.h"
#include "memfd_extents_runs.h"

/* No run crosses a multiple of this, which bounds the time spent on one run. */
#define RUN_BORDER	(SZ_1G >> PAGE_SHIFT)

/* Pages of one pageblock are always in the same interval. */
static_assert(RUN_BORDER % MAX_ORDER_NR_PAGES == 0);

/* Completes the current run. The caller ensures that @done has room for it. */
void memfd_extents_end_run(struct memfd_extents_runs *runs)
{
	if (runs->last.nr)
		runs->done[runs->nr++] = runs->last;
	runs->last.nr = 0;
}

static bool run_goes_on(const struct memfd_extent *run, unsigned long pfn,
			pgoff_t index)
{
	return pfn == run->pfn + run->nr && index == run->index + run->nr &&
	       pfn % RUN_BORDER;
}

/*
 * Adds a folio, together with the caller's reference on it. The caller ensures
 * that @done has room for a run.
 */
void memfd_extents_take(struct memfd_extents_runs *runs, unsigned long pfn,
			pgoff_t index, unsigned long nr)
{
	if (!run_goes_on(&runs->last, pfn, index)) {
		memfd_extents_end_run(runs);
		runs->last = (struct memfd_extent) { .index = index, .pfn = pfn };
	}
	runs->last.nr += nr;
}

static int preserve_run(struct memfd_extents *list,
			const struct memfd_extent *run)
{
	struct page *page = pfn_to_page(run->pfn);
	int err;

	err = kho_preserve_pages(page, run->nr);
	if (err)
		return err;
	err = memfd_extents_append(list, run);
	if (err)
		kho_unpreserve_pages(page, run->nr);
	return err;
}

/**
 * memfd_extents_write - preserve all complete runs
 * @runs: the runs
 *
 * Context: Process context, may sleep.
 * Return: 0, or a negative errno. Runs that were preserved have moved to the
 *	   list, the others are still in @done.
 */
int memfd_extents_write(struct memfd_extents_runs *runs)
{
	unsigned int i;
	int err;

	for (i = 0; i < runs->nr; i++) {
		err = preserve_run(runs->list, &runs->done[i]);
		if (err) {
			runs->nr -= i;
			memmove(runs->done, runs->done + i,
				runs->nr * sizeof(*runs->done));
			return err;
		}
	}
	runs->nr = 0;
	return 0;
}

/* Drops the references on all pages that have not been preserved. */
void memfd_extents_drop(struct memfd_extents_runs *runs)
{
	memfd_extents_put_pages(&runs->last);
	while (runs->nr)
		memfd_extents_put_pages(&runs->done[--runs->nr]);
}

/* Number of pages that were added, preserved or not. */
u64 memfd_extents_found(const struct memfd_extents_runs *runs)
{
	u64 pages = runs->list->pages + runs->last.nr;
	unsigned int i;

	for (i = 0; i < runs->nr; i++)
		pages += runs->done[i].nr;
	return pages;
}
