/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Extents that are gathered before they are preserved: that may sleep, which a
 * walk over the page cache must not.
 */

#ifndef _MM_MEMFD_EXTENTS_RUNS_H
#define _MM_MEMFD_EXTENTS_RUNS_H

#include <linux/kho/abi/memfd_extents.h>
#include <linux/types.h>

struct memfd_extents;

/* How many are gathered until they are written down. */
#define MEMFD_EXTENTS_RUNS	16

/**
 * struct memfd_extents_runs - extents with a reference on each folio
 * @list: where they go when they are preserved
 * @last: the one that may go on; empty if @last.nr is 0
 * @done: those that are complete, and not in @list yet
 * @nr: number of @done
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
 * Takes pages that follow the last one that was taken, in its pageblock: there is
 * no border between them where a run would have to end.
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
