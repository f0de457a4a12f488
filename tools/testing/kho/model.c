// SPDX-License-Identifier: GPL-2.0
/*
 * Reference model of the tree of preserved blocks: a table of all pages.
 */

#include <linux/string.h>

#include "test.h"

static bool *page_of(struct model *model, unsigned long pfn)
{
	return &model->used[pfn - SIM_FIRST_PFN];
}

/* Returns false, without a change, if a page of the block is used already. */
bool model_add(struct model *model, unsigned long pfn, unsigned int order)
{
	const unsigned long nr = 1UL << order;

	if (pfn + nr > SIM_END_PFN || model->count == ARRAY_SIZE(model->blocks) ||
	    memchr(page_of(model, pfn), true, nr))
		return false;
	memset(page_of(model, pfn), true, nr);
	model->blocks[model->count++] = (struct model_block) { pfn, order };
	return true;
}

struct model_block model_del(struct model *model, unsigned int i)
{
	const struct model_block block = model->blocks[i];

	memset(page_of(model, block.pfn), false, 1UL << block.order);
	model->blocks[i] = model->blocks[--model->count];
	return block;
}

/* Sets [*start, *end) to the first run of used pages within it. */
bool model_run(const struct model *model, u64 *start, u64 *end)
{
	const u64 limit = *end;

	while (*start < limit && !model->used[*start - SIM_FIRST_PFN])
		++*start;
	*end = *start;
	while (*end < limit && model->used[*end - SIM_FIRST_PFN])
		++*end;
	return *start < limit;
}
