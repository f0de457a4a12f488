/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Collects runs of pages during a walk over the page cache, which must not
 * sleep. Preserving them may sleep, and happens when the walk pauses.
 */

#ifndef _MM_MEMFD_EXTENTS_RUNS_H
#define _MM_MEMFD_EXTENTS_RUNS_H

#include <linux/kho/abi/memfd_extents.h>
#include <linux/types.h>

struct memfd_extents;

/* Number of complete runs after which the walk has to pause. */
#define MEMFD_EXTENTS_RUNS	16

/**
 * struct memfd_extents_runs - runs of pages, with a reference on each folio
 * @list: list that preserved runs are appended to
 * @last: the current run, which may still grow; empty if @last.nr is 0
 * @done: complete runs that are not in @list yet
 * @nr: number of runs in @done
 */
struct memfd_extents_runs {
	struct memfd_extents *list;
	struct memfd_extent last;
	struct memfd_extent done[MEMFD_EXTENTS_RUNS];
	unsigned int nr;
};

static inline bool memfd_extents_runs_full(const struct memfd_extents_runs *runs)
{
	return runs->nr == MEMFD_EXTENTS_RUNS;
}

/*
 * Adds pages that directly follow the current run and are in the same pageblock
 * as its last page. A run never has to end within a pageblock.
 */
static inline void memfd_extents_go_on(struct memfd_extents_runs *runs,
				       unsigned long nr)
{
	runs->last.nr += nr;
}

void memfd_extents_take(struct memfd_extents_runs *runs, unsigned long pfn,
			pgoff_t index, unsigned long nr);
void memfd_extents_end_run(struct memfd_extents_runs *runs);
int memfd_extents_write(struct memfd_extents_runs *runs);
void memfd_extents_drop(struct memfd_extents_runs *runs);
u64 memfd_extents_found(const struct memfd_extents_runs *runs);

#endif /* _MM_MEMFD_EXTENTS_RUNS_H */
