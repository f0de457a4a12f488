/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Declarations shared by the tests.
 */
#ifndef _KHO_TEST_TEST_H
#define _KHO_TEST_TEST_H

#include "kho_tree.h"
#include "sim.h"

/* A random number below @limit, from the seed that was printed. */
u32 random_below(u32 limit);

/* Reference model of a tracker: its blocks, and a table of all pages. */
struct model_block {
	unsigned long pfn;
	unsigned int order;
};

struct model {
	struct model_block blocks[512];
	unsigned int count;
	bool used[SIM_PAGES];
};

bool model_add(struct model *model, unsigned long pfn, unsigned int order);
struct model_block model_del(struct model *model, unsigned int i);
bool model_run(const struct model *model, u64 *start, u64 *end);

void test_chain_bytes(void);
void test_chain_circle(void);
void test_chain_empty_blocks(void);
void test_chain_round_trip(void);
void test_chain_no_memory(void);
void test_extents_attributes(void);
void test_extents_chunks(void);
void test_extents_length(void);
void test_extents_pages(void);
void test_extents_times(void);
void test_hand_on(void);
void test_luo_extra(void);
void test_luo_flbs(void);
void test_luo_root(void);
void test_luo_subsystem(void);
void test_luo_timeline(void);
void test_metadata(void);
void test_restore_all(void);
void test_subtrees(void);
void test_tracker_no_memory(void);
void test_tracker_overlap(void);
void test_tracker_ranges(void);
void test_tree_clipped(void);
void test_tree_random(void);
void test_vmalloc_damaged(void);
void test_vmalloc_round_trip(void);
void test_vmalloc_no_memory(void);

#endif /* _KHO_TEST_TEST_H */
