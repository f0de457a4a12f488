// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scratch: areas of memory that never contain preserved memory. The next kernel
 * is loaded into them, and allocates only from them until it has reserved the
 * preserved memory. The first kernel reserves the areas with the sizes from
 * kho_scratch=, and all following kernels use the same areas.
 *
 * Copyright (C) 2023 Alexander Graf <graf@amazon.com>
 * Copyright (C) 2025 Microsoft Corporation, Mike Rapoport <rppt@kernel.org>
 * Copyright (C) 2025 Google LLC, Changyuan Lyu <changyuanl@google.com>
 */

#define pr_fmt(fmt) "KHO: " fmt

#include <linux/cma.h>
#include <linux/ctype.h>
#include <linux/kexec_handover.h>
#include <linux/kstrtox.h>
#include <linux/memblock.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/overflow.h>
#include <linux/string.h>

#include "kexec_handover_internal.h"
#include "kho_internal.h"

/* Upper limit of the percentage; also prevents an overflow. */
#define SCRATCH_MAX_PERCENT	10000

/* Order of the sizes in kho_scratch= */
enum {
	SCRATCH_LOWMEM,
	SCRATCH_GLOBAL,
	SCRATCH_PERNODE,
	SCRATCH_SIZES,
};

/* Size of scratch in percent of the memory that the kernel itself reserved. */
static unsigned int scratch_percent __initdata = 200;

/* Sizes in bytes, used if scratch_percent is 0. */
static phys_addr_t scratch_sizes[SCRATCH_SIZES] __initdata;

/* Parses a number with an optional suffix K, M, G, T or P. */
static int __init parse_size(char *s, phys_addr_t *size)
{
	static const char units[] __initconst = "kmgtp";
	size_t digits = strspn(s, "0123456789abcdefABCDEFxX");
	unsigned int shift = 0;
	const char *unit;
	u64 value;
	int err;

	if (s[digits]) {
		unit = strchr(units, tolower(s[digits]));
		if (!unit || s[digits + 1])
			return -EINVAL;
		shift = (unit - units + 1) * 10;
		s[digits] = '\0';
	}
	err = kstrtou64(s, 0, &value);
	if (err)
		return err;
	if (value > PHYS_ADDR_MAX >> shift)
		return -ERANGE;
	*size = value << shift;
	return 0;
}

static int __init parse_sizes(char *s)
{
	phys_addr_t sizes[SCRATCH_SIZES];
	phys_addr_t total = 0;
	unsigned int i;
	char *token;
	int err;

	for (i = 0; i < SCRATCH_SIZES; i++) {
		token = strsep(&s, ",");
		if (!token)
			return -EINVAL;
		err = parse_size(token, &sizes[i]);
		if (err)
			return err;
		if (check_add_overflow(total, sizes[i], &total))
			return -ERANGE;
	}
	if (s || !total)
		return -EINVAL;
	/* The sizes are rounded up later, and must not overflow then. */
	if (total > PHYS_ADDR_MAX / 2)
		return -ERANGE;

	memcpy(scratch_sizes, sizes, sizeof(sizes));
	scratch_percent = 0;
	return 0;
}

static int __init parse_percent(char *s)
{
	unsigned int percent;
	int err;

	s[strlen(s) - 1] = '\0';
	err = kstrtouint(s, 10, &percent);
	if (err)
		return err;
	if (!percent || percent > SCRATCH_MAX_PERCENT)
		return -ERANGE;

	scratch_percent = percent;
	return 0;
}

static int __init kho_parse_scratch_size(char *p)
{
	char buf[80];
	int err = -EINVAL;

	if (p && strscpy(buf, p) > 0) {
		if (buf[strlen(buf) - 1] == '%')
			err = parse_percent(buf);
		else
			err = parse_sizes(buf);
	}
	if (err)
		pr_warn("kho_scratch=%s is invalid and ignored; expected 1%% to %u%%, or sizes low,global,pernode that are not all 0\n",
			p ?: "", SCRATCH_MAX_PERCENT);
	return err;
}
early_param("kho_scratch", kho_parse_scratch_size);

/*
 * Scratch is freed to the buddy allocator in whole pageblocks, and must not be
 * merged with pages outside it.
 */
static phys_addr_t __init scratch_align(void)
{
	return max_t(phys_addr_t, MAX_ORDER_NR_PAGES * PAGE_SIZE,
		     CMA_MIN_ALIGNMENT_BYTES);
}

/* Memory that the kernel reserved below @limit on node @nid, scaled. */
static phys_addr_t __init scaled_size(phys_addr_t limit, int nid)
{
	return memblock_reserved_kern_size(limit, nid) * scratch_percent / 100;
}

static phys_addr_t __init lowmem_size(void)
{
	if (!scratch_percent)
		return scratch_sizes[SCRATCH_LOWMEM];
	return scaled_size(ARCH_LOW_ADDRESS_LIMIT, NUMA_NO_NODE);
}

/* Lowmem scratch counts towards the total, and may already cover it. */
static phys_addr_t __init global_size(phys_addr_t lowmem)
{
	phys_addr_t size;

	if (!scratch_percent)
		return scratch_sizes[SCRATCH_GLOBAL];
	size = scaled_size(MEMBLOCK_ALLOC_ANYWHERE, NUMA_NO_NODE);
	return size > lowmem ? size - lowmem : 0;
}

static phys_addr_t __init node_size(int nid)
{
	if (!scratch_percent)
		return scratch_sizes[SCRATCH_PERNODE];
	return scaled_size(MEMBLOCK_ALLOC_ANYWHERE, nid);
}

/* Reserves an area and adds it to the table, unless @size is 0. */
static int __init reserve_area(phys_addr_t size, phys_addr_t limit, int nid)
{
	const phys_addr_t align = scratch_align();
	phys_addr_t addr;

	size = round_up(size, align);
	if (!size)
		return 0;
	addr = memblock_alloc_range_nid(size, align, 0, limit, nid,
					nid != NUMA_NO_NODE);
	if (!addr) {
		pr_warn("cannot reserve %llu MiB of scratch on node %d below %pa\n",
			(u64)size >> 20, nid, &limit);
		return -ENOMEM;
	}
	/* Do not count this area when sizing the areas that follow. */
	memblock_reserved_clear_kern(addr, size);
	kho_scratch[kho_scratch_cnt].addr = addr;
	kho_scratch[kho_scratch_cnt].size = size;
	kho_scratch_cnt++;
	return 0;
}

/* Nodes without memory, such as CPU-only nodes, have no scratch. */
static int __init reserve_areas(void)
{
	phys_addr_t lowmem = lowmem_size();
	phys_addr_t global = global_size(round_up(lowmem, scratch_align()));
	int nid, err;

	err = reserve_area(lowmem, ARCH_LOW_ADDRESS_LIMIT, NUMA_NO_NODE);
	if (!err)
		err = reserve_area(global, MEMBLOCK_ALLOC_ACCESSIBLE,
				   NUMA_NO_NODE);
	if (err)
		return err;
	for_each_node_state(nid, N_MEMORY) {
		err = reserve_area(node_size(nid), MEMBLOCK_ALLOC_ACCESSIBLE,
				   nid);
		if (err)
			return err;
	}
	return kho_scratch_cnt ? 0 : -ENOENT;
}

static void __init report_areas(void)
{
	unsigned int i;

	for (i = 0; i < kho_scratch_cnt; i++)
		pr_info("scratch: %llu MiB at %pa\n",
			(u64)kho_scratch[i].size >> 20, &kho_scratch[i].addr);
}

/*
 * Reserves the areas and fills the scratch table. Sizes that kho_scratch= does
 * not set are derived from the memory reserved so far. After an error nothing
 * is reserved.
 */
int __init kho_scratch_reserve(void)
{
	size_t table_size;
	int err;

	table_size = array_size(num_node_state(N_MEMORY) + 2,
				sizeof(*kho_scratch));
	kho_scratch = memblock_alloc(table_size, PAGE_SIZE);
	if (!kho_scratch)
		return -ENOMEM;
	err = reserve_areas();
	if (!err) {
		report_areas();
		return 0;
	}

	while (kho_scratch_cnt) {
		kho_scratch_cnt--;
		memblock_phys_free(kho_scratch[kho_scratch_cnt].addr,
				   kho_scratch[kho_scratch_cnt].size);
	}
	memblock_free(kho_scratch, table_size);
	kho_scratch = NULL;
	return err;
}

static void __init hide_areas(bool hide)
{
	const struct kho_scratch *area = kho_incoming_scratch();
	const struct kho_scratch *end = area + kho_scratch_cnt;
	int err;

	if (!area)
		return;
	for (; area < end; area++) {
		if (hide)
			err = memblock_clear_kho_scratch(area->addr,
							 area->size);
		else
			err = memblock_mark_kho_scratch(area->addr, area->size);
		WARN_ON_ONCE(err);
	}
}

/**
 * kho_scratch_hide - exclude scratch from memblock allocations
 *
 * For allocations that must not take scratch away from later kernels: those
 * that stay allocated and may be preserved. While memblock allocates from
 * scratch only, such an allocation fails unless other memory is marked as
 * scratch, too.
 *
 * Does nothing unless this is a KHO boot. Must be paired with
 * kho_scratch_show(); does not nest.
 *
 * Context: Boot, from the creation of the direct map until memblock hands its
 *	    memory to the page allocator.
 */
void __init kho_scratch_hide(void)
{
	hide_areas(true);
}

/**
 * kho_scratch_show - undo kho_scratch_hide()
 */
void __init kho_scratch_show(void)
{
	hide_areas(false);
}
