// SPDX-License-Identifier: GPL-2.0
/*
 * The simulated machine, see sim.h: memory, and services of the kernel.
 */

#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <linux/gfp.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "kexec_handover_internal.h"
#include "sim.h"

/* Each page is followed by an inaccessible one. */
#define STRIDE	(2 * PAGE_SIZE)

int sim_rcu_readers;

static char *memory;
static struct page pages[SIM_PAGES];
static unsigned long next_free, used_pages;
static int allocations_left = -1;
static struct work_struct *work;

void fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: not true: %s\n", file, line, what);
	abort();
}

void sim_warn(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: the kernel warns: %s\n", file, line, what);
	abort();
}

void sim_printk(const char *fmt, ...)
{
	char line[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
}

static char *page_start(unsigned long index)
{
	return memory + index * STRIDE;
}

static void map_memory(void)
{
	memory = mmap(NULL, SIM_PAGES * STRIDE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	expect(memory != MAP_FAILED);
	ASAN_POISON_MEMORY_REGION(memory, SIM_PAGES * STRIDE);
}

static void set_used(struct page *page, bool used)
{
	char *start = page_start(page - pages);

	expect(page->used != used);
	*page = (struct page) { .used = used };
	if (used) {
		ASAN_UNPOISON_MEMORY_REGION(start, PAGE_SIZE);
		used_pages++;
	} else {
		ASAN_POISON_MEMORY_REGION(start, PAGE_SIZE);
		used_pages--;
	}
}

void sim_reset(void)
{
	unsigned long i;

	if (!memory)
		map_memory();
	for (i = 0; i < SIM_PAGES && used_pages; i++) {
		if (pages[i].used)
			set_used(&pages[i], false);
	}
	next_free = 0;
	allocations_left = -1;
	work = NULL;
}

void sim_fail_after(int allocations)
{
	allocations_left = allocations;
}

unsigned long sim_used_pages(void)
{
	return used_pages;
}

static bool may_allocate(void)
{
	if (allocations_left > 0)
		allocations_left--;
	else if (!allocations_left)
		return false;
	return true;
}

static bool is_free(unsigned long index, unsigned long nr)
{
	for (; nr; nr--) {
		if (index == SIM_PAGES || pages[index++].used)
			return false;
	}
	return true;
}

bool sim_take(unsigned long pfn, unsigned int order)
{
	unsigned long index = pfn - SIM_FIRST_PFN, i;

	if (pfn < SIM_FIRST_PFN || !is_free(index, 1UL << order))
		return false;
	for (i = 0; i < 1UL << order; i++) {
		set_used(&pages[index + i], true);
		memset(page_start(index + i), 0, PAGE_SIZE);
	}
	pages[index].order = order;
	return true;
}

void sim_give(unsigned long pfn, unsigned int order)
{
	unsigned long i;

	for (i = 0; i < 1UL << order; i++)
		set_used(&pages[pfn - SIM_FIRST_PFN + i], false);
}

/* Searches from the last block on, so that memory is not reused at once. */
static unsigned long find_free(unsigned int order)
{
	const unsigned long nr = 1UL << order;
	unsigned long i, tried;

	i = ALIGN(next_free, nr) % SIM_PAGES;
	for (tried = 0; tried < SIM_PAGES; tried += nr) {
		if (is_free(i, nr)) {
			next_free = i + nr;
			return i;
		}
		i = (i + nr) % SIM_PAGES;
	}
	return SIM_PAGES;
}

struct folio *folio_alloc(gfp_t gfp, unsigned int order)
{
	unsigned long index = may_allocate() ? find_free(order) : SIM_PAGES;

	if (index == SIM_PAGES || !sim_take(SIM_FIRST_PFN + index, order))
		return NULL;
	return (struct folio *)&pages[index];
}

void folio_put(struct folio *folio)
{
	sim_give(folio_pfn(folio), folio_order(folio));
}

void *sim_zeroed_page(void)
{
	struct folio *folio = folio_alloc(GFP_KERNEL | __GFP_ZERO, 0);

	return folio ? folio_address(folio) : NULL;
}

void sim_free_page(void *page)
{
	folio_put(virt_to_folio(page));
}

void free_reserved_page(struct page *page)
{
	sim_give(page_to_pfn(page), 0);
}

void *sim_kmalloc(size_t size, bool zero)
{
	void *mem = may_allocate() ? malloc(size) : NULL;

	if (mem)
		memset(mem, zero ? 0 : 0xa5, size);
	return mem;
}

struct page *pfn_to_page(unsigned long pfn)
{
	expect(pfn >= SIM_FIRST_PFN && pfn < SIM_END_PFN);
	return &pages[pfn - SIM_FIRST_PFN];
}

unsigned long page_to_pfn(const struct page *page)
{
	expect(page >= pages && page < pages + SIM_PAGES);
	return SIM_FIRST_PFN + (page - pages);
}

int pfn_to_nid(unsigned long pfn)
{
	return pfn >= SIM_NODE_PFN;
}

void *phys_to_virt(u64 phys)
{
	const struct page *page = pfn_to_page(PHYS_PFN(phys));

	expect(page->used);
	return page_start(page - pages) + (phys & ~PAGE_MASK);
}

u64 virt_to_phys(const void *virt)
{
	const unsigned long offset = (const char *)virt - memory;

	expect(offset < SIM_PAGES * STRIDE && offset % STRIDE < PAGE_SIZE);
	return PFN_PHYS(SIM_FIRST_PFN + offset / STRIDE) + offset % STRIDE;
}

void schedule_work(struct work_struct *what)
{
	work = what;
}

void sim_run_work(void)
{
	struct work_struct *what = work;

	work = NULL;
	if (what)
		what->func(what);
}

bool kho_is_enabled(void)
{
	return true;
}

bool kho_scratch_overlap(phys_addr_t phys, size_t size)
{
	return false;
}
