/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Addresses of scratch areas, the memory that the next kernel boots in.
 */

#ifndef LUO_SCRATCH_H
#define LUO_SCRATCH_H

#include <stdbool.h>
#include <stdint.h>

#define LUO_MAX_AREAS 16

struct luo_areas {
	unsigned int nr;
	unsigned long start[LUO_MAX_AREAS];
	unsigned long size[LUO_MAX_AREAS];
};

/* Fails the stage if the areas are not known. */
struct luo_areas luo_scratch(void);

bool luo_in_areas(const struct luo_areas *areas, uint64_t pa);

#endif /* LUO_SCRATCH_H */
