// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses of scratch areas, see luo_scratch.h.
 */

#include <stdio.h>

#include "luo_scratch.h"
#include "luo_util.h"

#define KHO_OUT "/sys/kernel/debug/kho/out/"

static unsigned int read_numbers(const char *path,
				 unsigned long numbers[LUO_MAX_AREAS])
{
	unsigned int nr = 0;
	FILE *f = fopen(path, "re");

	luo_check(f);
	while (nr < LUO_MAX_AREAS && fscanf(f, "%li", &numbers[nr]) == 1)
		nr++;
	fclose(f);
	return nr;
}

struct luo_areas luo_scratch(void)
{
	struct luo_areas areas;

	areas.nr = read_numbers(KHO_OUT "scratch_phys", areas.start);
	luo_check_eq(read_numbers(KHO_OUT "scratch_len", areas.size), areas.nr);
	return areas;
}

bool luo_in_areas(const struct luo_areas *areas, uint64_t pa)
{
	unsigned int i;

	for (i = 0; i < areas->nr; i++) {
		if (pa >= areas->start[i] && pa - areas->start[i] < areas->size[i])
			return true;
	}
	return false;
}
