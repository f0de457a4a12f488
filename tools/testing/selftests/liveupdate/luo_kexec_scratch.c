// SPDX-License-Identifier: GPL-2.0
/*
 * Scratch areas: they are as kho_scratch= and the machine demand, keep their
 * addresses in the next kernel, and are not allocated for anything else there.
 * Arguments say what to expect:
 *
 *   areas=16M,128M      sizes of the areas
 *   ignored=3           how often kho_scratch= was rejected
 *   huge=1              number of pages of 1 GiB
 *   cma=1024            size of the memory of hugetlb_cma=, in MiB
 *   memory=0-1          nodes that have memory
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_scratch.h"
#include "luo_util.h"

#define IGNORED "KHO: kho_scratch="
#define NOT_HANDED_OVER "failed to hand reserve_mem over"

/* The largest block of x86's page allocator. */
#define ALIGNMENT (4UL << 20)

#define HUGE_1G "/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages"
#define HAS_MEMORY "/sys/devices/system/node/has_memory"

/* Bit of /proc/kpageflags. */
#define KPF_HUGE 17

static const char *want_areas, *want_ignored, *want_huge, *want_memory;
static const char *want_cma;

static void check_areas(const struct luo_areas *areas)
{
	const char *want = want_areas;
	unsigned int i;
	char *end;

	luo_check(areas->nr > 0);
	for (i = 0; i < areas->nr; i++) {
		luo_check(areas->size[i] > 0);
		luo_check_eq(areas->size[i] % ALIGNMENT, 0);
		luo_check_eq(areas->start[i] % ALIGNMENT, 0);
		if (!want)
			continue;
		luo_check_eq(strtoul(want, &end, 10) << 20, areas->size[i]);
		want = end + strspn(end, "M,");
	}
	/* No area is missing. */
	luo_check(!want || !*want);
}

/* All huge pages exist, and are outside of scratch. */
static void check_huge_pages(const struct luo_areas *areas)
{
	int fd = luo_get(open("/proc/kpageflags", O_RDONLY | O_CLOEXEC));
	const long page = sysconf(_SC_PAGESIZE);
	unsigned long pfn, end;
	uint64_t flags;
	unsigned int i;

	luo_check_eq(luo_read_number(HUGE_1G), atoi(want_huge));
	for (i = 0; i < areas->nr; i++) {
		pfn = areas->start[i] / page;
		end = pfn + areas->size[i] / page;
		/* All pages of a huge page of 1 GiB have the flag. */
		for (; pfn < end; pfn += ALIGNMENT / page) {
			luo_check_eq(pread(fd, &flags, sizeof(flags),
					   pfn * sizeof(flags)), sizeof(flags));
			luo_check_eq(flags >> KPF_HUGE & 1, 0);
		}
	}
	close(fd);
}

static void check_memory(void)
{
	char line[80] = "";
	FILE *f = fopen(HAS_MEMORY, "re");

	luo_check(f);
	luo_check(fgets(line, sizeof(line), f));
	fclose(f);
	line[strcspn(line, "\n")] = '\0';
	luo_check_eq(strcmp(line, want_memory), 0);
}

static void check_cma(void)
{
	char line[80];

	snprintf(line, sizeof(line), "hugetlb_cma: reserved %s MiB on node 0",
		 want_cma);
	luo_check_eq(luo_kernel_said(line), 1);
}

static void first_kernel(void)
{
	struct luo_areas areas = luo_scratch();

	check_areas(&areas);
	if (want_ignored)
		luo_check_eq(luo_kernel_said(IGNORED), atoi(want_ignored));
	if (want_memory)
		check_memory();
	if (want_huge)
		check_huge_pages(&areas);
	if (want_cma)
		check_cma();
	luo_next_kernel();
}

static void next_kernel(void)
{
	struct luo_areas areas = luo_scratch();

	check_areas(&areas);
	luo_check_eq(luo_kernel_said(NOT_HANDED_OVER), 0);
	if (want_huge)
		check_huge_pages(&areas);
	if (want_cma)
		check_cma();
}

static const struct luo_stage stages[] = {
	{ "scratch areas are as expected", first_kernel },
	{ "they are the same in the next kernel", next_kernel },
};

static const char *value(const char *arg, const char *name)
{
	size_t len = strlen(name);

	return strncmp(arg, name, len) ? NULL : arg + len;
}

int main(int argc, char *argv[])
{
	int i;

	for (i = 1; i < argc; i++) {
		want_areas = value(argv[i], "areas=") ?: want_areas;
		want_ignored = value(argv[i], "ignored=") ?: want_ignored;
		want_huge = value(argv[i], "huge=") ?: want_huge;
		want_memory = value(argv[i], "memory=") ?: want_memory;
		want_cma = value(argv[i], "cma=") ?: want_cma;
	}
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
