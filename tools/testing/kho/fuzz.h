/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Code shared by the fuzzers: they build memory of the previous kernel from the
 * bytes that libFuzzer chooses.
 */
#ifndef _KHO_TEST_FUZZ_H
#define _KHO_TEST_FUZZ_H

#include "sim.h"

/*
 * Memory of the previous kernel. Each of the first pages is preserved as a
 * block of its own, and initially holds a record; of the other pages some are
 * preserved.
 */
#define FUZZ_PAGES	16
#define FUZZ_RECORDS	4

struct fuzz_input {
	const u8 *data;
	size_t size;
};

/* The next bytes as a number; zeros at the end. */
u64 fuzz_take(struct fuzz_input *input, unsigned int bytes);

/* A physical address, in most cases that of one of the pages. */
u64 fuzz_take_pa(struct fuzz_input *input);

/* Starts an input: preserves pages, and frees the others. */
void fuzz_layout(struct fuzz_input *input);

static inline u64 fuzz_page_pa(unsigned int index)
{
	return PFN_PHYS(SIM_FIRST_PFN + index);
}

static inline void *fuzz_page(unsigned int index)
{
	return phys_to_virt(fuzz_page_pa(index));
}

/* Physical address of a preserved block of @order; 0 if there is none. */
u64 fuzz_block(unsigned int order);

/* Overwrites some words of the pages, and starts the next kernel. */
void fuzz_kexec(struct fuzz_input *input);

/* Overwrites words in one of @nr pages from @pfn on, if it is allocated. */
void fuzz_poke(struct fuzz_input *input, unsigned long pfn, unsigned int nr);

/*
 * The order of the preserved block that begins at @pa, or -1: the reference
 * model of the incoming tree.
 */
int fuzz_block_order(u64 pa);

/* The page at @pa if it can be a record, or NULL. */
const void *fuzz_record(u64 pa);

#endif /* _KHO_TEST_FUZZ_H */
