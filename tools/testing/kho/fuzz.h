/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzzers share: they make memory of the previous kernel out of the
 * bytes that libFuzzer chooses.
 */
#ifndef _KHO_TEST_FUZZ_H
#define _KHO_TEST_FUZZ_H

#include "sim.h"

/*
 * Memory of the previous kernel. The first pages are preserved one by one, and
 * hold records when it begins; of the others some are preserved.
 */
#define FUZZ_PAGES	16
#define FUZZ_RECORDS	4

struct fuzz_input {
	const u8 *data;
	size_t size;
};

/* The next bytes as a number; zeros at the end. */
u64 fuzz_take(struct fuzz_input *input, unsigned int bytes);

/* A physical address, likely that of one of the pages. */
u64 fuzz_take_pa(struct fuzz_input *input);

/* Begins: preserves pages, and gives back the rest. */
void fuzz_layout(struct fuzz_input *input);

static inline u64 fuzz_page_pa(unsigned int index)
{
	return PFN_PHYS(SIM_FIRST_PFN + index);
}

static inline void *fuzz_page(unsigned int index)
{
	return phys_to_virt(fuzz_page_pa(index));
}

/* The pa of a preserved block of an order; 0 if there is none. */
u64 fuzz_block(unsigned int order);

/* Ends: changes some words of the pages, starts the next kernel. */
void fuzz_kexec(struct fuzz_input *input);

/* Writes somewhere into one of some pages, where they are allocated. */
void fuzz_poke(struct fuzz_input *input, unsigned long pfn, unsigned int nr);

/*
 * The order of the preserved block that begins at @pa, -1 if there is none: the
 * model of what waits.
 */
int fuzz_block_order(u64 pa);

/* A page that can be read as a record, or NULL. */
const void *fuzz_record(u64 pa);

#endif /* _KHO_TEST_FUZZ_H */
