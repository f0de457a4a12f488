// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of memblock_reserve_sorted(), which reserves many ranges in one pass.
 * Ranges are counted in bytes from 0 here, far below the dummy memory that the
 * array of regions is allocated from.
 */
#include "reserve_sorted_api.h"
#include <limits.h>
#include <string.h>
#include <time.h>
#include <linux/memblock.h>

#define FUNC_SORTED		"memblock_reserve_sorted"

#define NOINIT			MEMBLOCK_RSRV_NOINIT
#define KERN			MEMBLOCK_RSRV_KERN

/* Tables of spans end with one that is empty. */
#define MAX_SPANS		10

struct span {
	phys_addr_t start;
	phys_addr_t end;
	enum memblock_flags flags;
};

/* What memblock.reserved was at some time. */
struct snapshot {
	struct memblock_region *regions;
	unsigned long cnt;
	phys_addr_t total_size;
};

struct feed {
	const struct region *ranges;
	unsigned long left;
};

/* The static array, which other tests rely on. */
static struct memblock_region *static_regions;

static bool next_range(void *ctx, phys_addr_t *base, phys_addr_t *size)
{
	struct feed *feed = ctx;

	if (!feed->left)
		return false;
	*base = feed->ranges->base;
	*size = feed->ranges->size;
	feed->ranges++;
	feed->left--;
	return true;
}

/* ASSERT_EQ() evaluates its arguments twice, so never call this in there. */
static int reserve_ranges(const struct region *ranges, unsigned long nr)
{
	struct feed feed = { ranges, nr };

	return memblock_reserve_sorted(next_range, &feed, nr, NOINIT);
}

static void setup(void)
{
	static_regions = memblock.reserved.regions;
	reset_memblock_regions();
	memblock_allow_resize();
	dummy_physical_memory_init();
	memblock_add(dummy_physical_memory_base(), PHYS_MEM_SIZE);
}

/* Goes back to the static array, with whatever is in there. */
static void reset_reserved(void)
{
	memblock.reserved.regions = static_regions;
	memblock.reserved.cnt = INIT_MEMBLOCK_RESERVED_REGIONS;
	memset(static_regions, 0,
	       memblock.reserved.cnt * sizeof(*static_regions));
	memblock.reserved.cnt = 0;
	memblock.reserved.max = INIT_MEMBLOCK_RESERVED_REGIONS;
	memblock.reserved.total_size = 0;
}

static void cleanup(void)
{
	reset_reserved();
	dummy_physical_memory_cleanup();
	reset_memblock_regions();
}

static phys_addr_t array_size(void)
{
	return PAGE_ALIGN(memblock.reserved.max *
			  sizeof(struct memblock_region));
}

/* The array has a region of its own, which the tests do not want to see. */
static void free_array(void)
{
	if (memblock.reserved.regions != static_regions)
		memblock_free(memblock.reserved.regions, array_size());
}

static struct snapshot take_snapshot(void)
{
	struct snapshot snap = {
		.cnt = memblock.reserved.cnt,
		.total_size = memblock.reserved.total_size,
	};
	size_t size = snap.cnt * sizeof(struct memblock_region);

	snap.regions = malloc(size + 1);
	assert(snap.regions);
	memcpy(snap.regions, memblock.reserved.regions, size);
	return snap;
}

static void assert_snapshot(struct snapshot *snap)
{
	ASSERT_EQ(memblock.reserved.cnt, snap->cnt);
	ASSERT_EQ(memblock.reserved.total_size, snap->total_size);
	for (unsigned long i = 0; i < snap->cnt; i++) {
		struct memblock_region *a = &memblock.reserved.regions[i];
		struct memblock_region *b = &snap->regions[i];

		ASSERT_EQ(a->base, b->base);
		ASSERT_EQ(a->size, b->size);
		ASSERT_EQ(a->flags, b->flags);
		ASSERT_EQ(memblock_get_region_node(a),
			  memblock_get_region_node(b));
	}
	free(snap->regions);
}

static void assert_spans(const struct span *want)
{
	phys_addr_t total = 0;
	unsigned long i;

	for (i = 0; want[i].end; i++) {
		struct memblock_region *rgn = &memblock.reserved.regions[i];

		ASSERT_LT(i, memblock.reserved.cnt);
		ASSERT_EQ(rgn->base, want[i].start);
		ASSERT_EQ(region_end(rgn), want[i].end);
		ASSERT_EQ(rgn->flags, want[i].flags);
		total += rgn->size;
	}
	ASSERT_EQ(memblock.reserved.cnt, i);
	ASSERT_EQ(memblock.reserved.total_size, total);
}

static const struct {
	const char *name;
	struct span old[MAX_SPANS];
	struct span add[MAX_SPANS];
	struct span want[MAX_SPANS];
} cases[] = {
	{
		"empty array",
		{ },
		{ { 0, 10 }, { 20, 30 }, { 40, 41 } },
		{ { 0, 10, NOINIT }, { 20, 30, NOINIT }, { 40, 41, NOINIT } },
	}, {
		"no range",
		{ { 10, 20 }, { 30, 40, KERN } },
		{ },
		{ { 10, 20 }, { 30, 40, KERN } },
	}, {
		"before, between and after",
		{ { 20, 30 }, { 40, 50, KERN } },
		{ { 5, 10 }, { 32, 38 }, { 60, 70 } },
		{ { 5, 10, NOINIT }, { 20, 30 }, { 32, 38, NOINIT },
		  { 40, 50, KERN }, { 60, 70, NOINIT } },
	}, {
		"several between two",
		{ { 10, 20 }, { 80, 90 } },
		{ { 30, 40 }, { 50, 60 }, { 61, 70 } },
		{ { 10, 20 }, { 30, 40, NOINIT }, { 50, 60, NOINIT },
		  { 61, 70, NOINIT }, { 80, 90 } },
	}, {
		"same as an old one",
		{ { 10, 20 } },
		{ { 10, 20 } },
		{ { 10, 20 } },
	}, {
		"inside an old one",
		{ { 10, 20, KERN } },
		{ { 12, 14 }, { 15, 20 } },
		{ { 10, 20, KERN } },
	}, {
		"around an old one",
		{ { 12, 18 } },
		{ { 10, 20 } },
		{ { 10, 12, NOINIT }, { 12, 18 }, { 18, 20, NOINIT } },
	}, {
		"around several",
		{ { 12, 14 }, { 16, 18, KERN }, { 18, 20 }, { 22, 24 } },
		{ { 10, 22 }, { 24, 26 } },
		{ { 10, 12, NOINIT }, { 12, 14 }, { 14, 16, NOINIT },
		  { 16, 18, KERN }, { 18, 20 }, { 20, 22, NOINIT }, { 22, 24 },
		  { 24, 26, NOINIT } },
	}, {
		"over the start",
		{ { 10, 20 } },
		{ { 5, 15 } },
		{ { 5, 10, NOINIT }, { 10, 20 } },
	}, {
		"over the end",
		{ { 10, 20 } },
		{ { 15, 25 } },
		{ { 10, 20 }, { 20, 25, NOINIT } },
	}, {
		"from one into the next",
		{ { 10, 20 }, { 30, 40 } },
		{ { 15, 35 } },
		{ { 10, 20 }, { 20, 30, NOINIT }, { 30, 40 } },
	}, {
		"several into one",
		{ { 10, 50 } },
		{ { 5, 15 }, { 20, 30 }, { 40, 60 }, { 70, 80 } },
		{ { 5, 10, NOINIT }, { 10, 50 }, { 50, 60, NOINIT },
		  { 70, 80, NOINIT } },
	}, {
		"merge ranges",
		{ },
		{ { 10, 20 }, { 20, 30 }, { 30, 40 }, { 41, 50 } },
		{ { 10, 40, NOINIT }, { 41, 50, NOINIT } },
	}, {
		"merge with equal flags",
		{ { 20, 30, NOINIT }, { 50, 60, NOINIT } },
		{ { 10, 20 }, { 30, 40 }, { 40, 50 }, { 55, 70 } },
		{ { 10, 70, NOINIT } },
	}, {
		"no merge with other flags",
		{ { 20, 30, KERN }, { 30, 40, NOINIT | KERN } },
		{ { 10, 20 }, { 40, 50 } },
		{ { 10, 20, NOINIT }, { 20, 30, KERN },
		  { 30, 40, NOINIT | KERN }, { 40, 50, NOINIT } },
	}, {
		"to the end of the address space",
		{ { PHYS_ADDR_MAX - 20, PHYS_ADDR_MAX - 10 } },
		{ { PHYS_ADDR_MAX - 30, PHYS_ADDR_MAX } },
		{ { PHYS_ADDR_MAX - 30, PHYS_ADDR_MAX - 20, NOINIT },
		  { PHYS_ADDR_MAX - 20, PHYS_ADDR_MAX - 10 },
		  { PHYS_ADDR_MAX - 10, PHYS_ADDR_MAX, NOINIT } },
	},
};

/*
 * A test of each way in which ranges and regions can lie to each other. The
 * regions that were there stay as they were, and only what they leave uncovered
 * is added.
 */
static int reserve_sorted_cases_check(void)
{
	PREFIX_PUSH();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct region ranges[MAX_SPANS];
		unsigned long nr = 0;
		int err;

		prefix_push(cases[i].name);
		setup();
		for (const struct span *s = cases[i].old; s->end; s++)
			__memblock_reserve(s->start, s->end - s->start,
					   NUMA_NO_NODE, s->flags);
		for (const struct span *s = cases[i].add; s->end; s++) {
			ranges[nr].base = s->start;
			ranges[nr++].size = s->end - s->start;
		}
		err = reserve_ranges(ranges, nr);
		ASSERT_EQ(err, 0);
		free_array();
		assert_spans(cases[i].want);
		cleanup();
		test_pass_pop();
	}

	prefix_pop();

	return 0;
}

#ifdef CONFIG_NUMA
/* Regions of different nodes are not merged, whatever their flags are. */
static int reserve_sorted_node_check(void)
{
	const struct span want[] = { { 10, 20, NOINIT }, { 20, 30, NOINIT },
				     { } };
	const struct region range = { .base = 20, .size = 10 };
	int err;

	PREFIX_PUSH();
	setup();

	__memblock_reserve(10, 10, 1, NOINIT);
	err = reserve_ranges(&range, 1);
	ASSERT_EQ(err, 0);
	free_array();
	assert_spans(want);
	ASSERT_EQ(memblock.reserved.regions[0].nid, 1);
	ASSERT_EQ(memblock.reserved.regions[1].nid, NUMA_NO_NODE);

	cleanup();
	test_pass_pop();

	return 0;
}
#endif

/*
 * A test that takes the array from its static size across several doublings,
 * and further. There is one region for the array each time, and the array that
 * was there before is free again. Single regions can still be reserved.
 */
static int reserve_sorted_grow_check(void)
{
	const unsigned long steps[] = { 1, INIT_MEMBLOCK_REGIONS + 1,
					INIT_MEMBLOCK_REGIONS * 9,
					INIT_MEMBLOCK_REGIONS * 40 };
	phys_addr_t base = 0, total = 0;
	unsigned long cnt = 0;
	int err;

	PREFIX_PUSH();
	setup();

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct region *ranges = calloc(steps[i], sizeof(*ranges));

		assert(ranges);
		for (unsigned long n = 0; n < steps[i]; n++, base += 32) {
			ranges[n].base = base;
			ranges[n].size = 16;
		}
		err = reserve_ranges(ranges, steps[i]);
		ASSERT_EQ(err, 0);
		free(ranges);
		cnt += steps[i];
		total += steps[i] * 16;
		ASSERT_EQ(memblock.reserved.cnt, cnt + 1);
		ASSERT_EQ(memblock.reserved.total_size, total + array_size());
		ASSERT_LE(memblock.reserved.cnt, memblock.reserved.max);
	}

	memblock_reserve(base, 16);
	ASSERT_EQ(memblock.reserved.cnt, cnt + 2);
	memblock_phys_free(base, 16);
	ASSERT_EQ(memblock.reserved.cnt, cnt + 1);

	cleanup();
	test_pass_pop();

	return 0;
}

/* Nothing changes when the ranges are not what they have to be. */
static int reserve_sorted_refused_check(void)
{
	const struct {
		struct region ranges[3];
		unsigned long nr;
	} bad[] = {
		/* more than were announced */
		{ { { 50, 5 }, { 60, 5 }, { 70, 5 } }, 2 },
		{ { { 50, 5 }, { 60, 5 }, { 70, 5 } }, 0 },
		/* empty */
		{ { { 50, 5 }, { 60, 0 }, { 70, 5 } }, 3 },
		/* out of order, twice the same, overlapping */
		{ { { 50, 5 }, { 70, 5 }, { 60, 5 } }, 3 },
		{ { { 50, 5 }, { 50, 5 }, { 60, 5 } }, 3 },
		{ { { 50, 5 }, { 60, 20 }, { 70, 5 } }, 3 },
		/* beyond the last address */
		{ { { 50, 5 }, { 60, 5 }, { 70, PHYS_ADDR_MAX } }, 3 },
		{ { { 50, 5 }, { 60, 5 },
		    { PHYS_ADDR_MAX - 4, 5 } }, 3 },
	};
	struct snapshot snap;
	int err;

	PREFIX_PUSH();
	setup();

	memblock_reserve(10, 10);
	__memblock_reserve(52, 20, NUMA_NO_NODE, KERN);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct feed feed = { bad[i].ranges, 3 };

		snap = take_snapshot();
		err = memblock_reserve_sorted(next_range, &feed, bad[i].nr,
					      NOINIT);
		ASSERT_EQ(err, -EINVAL);
		ASSERT_EQ(memblock.reserved.regions, static_regions);
		ASSERT_EQ(memblock.reserved.max, INIT_MEMBLOCK_REGIONS);
		assert_snapshot(&snap);
	}

	cleanup();
	test_pass_pop();

	return 0;
}

/* The array must not lie in memory that is about to be reserved. */
static int reserve_sorted_array_check(void)
{
	struct region range = { .size = PHYS_MEM_SIZE };
	struct snapshot snap;
	int err;

	PREFIX_PUSH();
	setup();

	range.base = dummy_physical_memory_base();
	memblock_reserve(10, 10);
	snap = take_snapshot();
	err = reserve_ranges(&range, 1);
	ASSERT_EQ(err, -EINVAL);
	ASSERT_EQ(memblock.reserved.regions, static_regions);
	assert_snapshot(&snap);

	cleanup();
	test_pass_pop();

	return 0;
}

/* Nothing changes when there is no memory for the array. */
static int reserve_sorted_no_memory_check(void)
{
	const unsigned long too_many = PHYS_MEM_SIZE /
				       sizeof(struct memblock_region);
	const struct region range = { .base = 30, .size = 10 };
	struct feed feed = { &range, 1 };
	struct snapshot snap;
	int err;

	PREFIX_PUSH();
	setup();

	memblock_reserve(10, 10);
	snap = take_snapshot();
	err = memblock_reserve_sorted(next_range, &feed, ULONG_MAX, NOINIT);
	ASSERT_EQ(err, -ENOMEM);
	err = memblock_reserve_sorted(next_range, &feed, too_many, NOINIT);
	ASSERT_EQ(err, -ENOMEM);
	memblock_remove(dummy_physical_memory_base(), PHYS_MEM_SIZE);
	err = reserve_ranges(&range, 1);
	ASSERT_EQ(err, -ENOMEM);
	ASSERT_EQ(feed.left, 1);
	ASSERT_EQ(memblock.reserved.regions, static_regions);
	assert_snapshot(&snap);

	cleanup();
	test_pass_pop();

	return 0;
}

static unsigned int rnd(unsigned int *seed, unsigned int limit)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 8) % limit;
}

/* Reserves up to 50 regions that overlap and touch, all with @flags. */
static void reserve_random(unsigned int seed, enum memblock_flags flags)
{
	for (unsigned int n = rnd(&seed, 50); n; n--) {
		phys_addr_t base = rnd(&seed, 2000);

		__memblock_reserve(base, 1 + rnd(&seed, 60), NUMA_NO_NODE,
				   flags);
	}
}

static unsigned long random_ranges(unsigned int seed, struct region *ranges,
				   unsigned long max)
{
	phys_addr_t base = rnd(&seed, 20);
	unsigned long nr;

	for (nr = 0; nr < max && base < 2200; nr++) {
		ranges[nr].base = base;
		ranges[nr].size = 1 + rnd(&seed, 40);
		/* One in four follows without a gap. */
		base += ranges[nr].size + rnd(&seed, 4) * rnd(&seed, 12);
	}
	return nr;
}

/*
 * A test that reserves random ranges among random regions, once by
 * memblock_reserve_sorted() and once one after the other, and expects the same.
 */
static int reserve_sorted_random_check(void)
{
	struct region ranges[200];
	struct snapshot snap;
	int err;

	PREFIX_PUSH();
	setup();

	for (unsigned int seed = 1; seed <= 3000; seed++) {
		/* The single function warns of overlap with other flags. */
		enum memblock_flags old = seed % 2 ? NOINIT : MEMBLOCK_NONE;
		enum memblock_flags new = seed % 3 ? old : MEMBLOCK_NONE;
		unsigned long nr = random_ranges(seed * 7, ranges, 200);
		struct feed feed = { ranges, nr };

		reset_reserved();
		reserve_random(seed, old);
		for (unsigned long i = 0; i < nr; i++)
			__memblock_reserve(ranges[i].base, ranges[i].size,
					   NUMA_NO_NODE, new);
		free_array();
		snap = take_snapshot();

		reset_reserved();
		reserve_random(seed, old);
		err = memblock_reserve_sorted(next_range, &feed, nr, new);
		ASSERT_EQ(err, 0);
		free_array();
		assert_snapshot(&snap);
	}

	cleanup();
	test_pass_pop();

	return 0;
}

/*
 * A test that the time is linear. It is a few milliseconds, where reserving
 * and marking these ranges one after the other takes minutes.
 */
static int reserve_sorted_quick_check(void)
{
	const unsigned long nr = 100000;
	struct region *ranges = calloc(nr, sizeof(*ranges));
	clock_t start, spent;
	int err;

	PREFIX_PUSH();
	assert(ranges);
	setup();

	for (int half = 0; half < 2; half++) {
		for (unsigned long i = 0; i < nr; i++) {
			ranges[i].base = 64 * i + 32 * half;
			ranges[i].size = 16;
		}
		start = clock();
		err = reserve_ranges(ranges, nr);
		ASSERT_EQ(err, 0);
		spent = clock() - start;
		ASSERT_LT(spent, CLOCKS_PER_SEC);
		ASSERT_EQ(memblock.reserved.cnt, nr * (half + 1) + 1);
	}

	free(ranges);
	cleanup();
	test_pass_pop();

	return 0;
}

int memblock_reserve_sorted_checks(void)
{
	prefix_reset();
	prefix_push(FUNC_SORTED);
	test_print("Running %s tests...\n", FUNC_SORTED);

	reserve_sorted_cases_check();
#ifdef CONFIG_NUMA
	reserve_sorted_node_check();
#endif
	reserve_sorted_grow_check();
	reserve_sorted_refused_check();
	reserve_sorted_array_check();
	reserve_sorted_no_memory_check();
	reserve_sorted_random_check();
	reserve_sorted_quick_check();

	prefix_pop();

	return 0;
}
