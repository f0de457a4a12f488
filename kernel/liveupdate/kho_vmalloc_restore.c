// SPDX-License-Identifier: GPL-2.0
/*
 * Restoring vmalloc() areas that the previous kernel preserved.
 *
 * The format is in <linux/kho/abi/vmalloc.h>.
 */

#include <linux/export.h>
#include <linux/kasan.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "../../mm/internal.h"
#include "kho_internal.h"

static unsigned long flags_to_vm(u16 flags)
{
	return (flags & KHO_VMALLOC_ALLOC ? VM_ALLOC : 0) |
	       (flags & KHO_VMALLOC_HUGE_VMAP ? VM_ALLOW_HUGE_VMAP : 0);
}

/* Pages of an area restored so far. */
struct restored_area {
	struct page **pages;
	unsigned int nr;
	unsigned int total;
};

static int restore_block(struct restored_area *area, phys_addr_t phys,
			 unsigned int order)
{
	unsigned long nr = 1UL << order, i;
	struct page *page;

	if (nr > area->total - area->nr)
		return -EINVAL;
	page = kho_restore_pages(phys, nr);
	if (!page)
		return -EINVAL;
	for (i = 0; i < nr; i++)
		area->pages[area->nr++] = page + i;
	return 0;
}

static int restore_chunk(struct restored_area *area,
			 const struct kho_vmalloc_chunk *chunk,
			 unsigned int order)
{
	unsigned int i;
	int err;

	for (i = 0; i < KHO_VMALLOC_CHUNK_BLOCKS && chunk->blocks[i]; i++) {
		err = restore_block(area, chunk->blocks[i], order);
		if (err)
			return err;
	}
	return 0;
}

/*
 * Restores a chunk before reading it: if a malformed chunk refers to itself, it
 * cannot be restored a second time.
 */
static const struct kho_vmalloc_chunk *take_chunk(u64 pa)
{
	const struct kho_vmalloc_chunk *chunk =
		kho_incoming_data(pa, sizeof(*chunk));

	return chunk && kho_restore_folio(pa) ? chunk : NULL;
}

/*
 * Frees each chunk after use. Terminates even for malformed chains, because a
 * chunk cannot be restored twice.
 */
static int restore_pages(struct restored_area *area,
			 const struct kho_vmalloc *desc)
{
	u64 pa = desc->first;
	int err;

	while (pa) {
		const struct kho_vmalloc_chunk *chunk = take_chunk(pa);
		u64 next;

		if (!chunk)
			return -EINVAL;
		err = restore_chunk(area, chunk, desc->order);
		next = chunk->next;
		folio_put(virt_to_folio(chunk));
		if (err)
			return err;
		pa = next;
	}
	return area->nr == area->total ? 0 : -EINVAL;
}

static void free_pages_of(struct restored_area *area)
{
	while (area->nr)
		__free_page(area->pages[--area->nr]);
	vfree(area->pages);
}

/* On success the vm_struct owns the pages and the array. */
static void *map_area(struct restored_area *area, const struct kho_vmalloc *desc)
{
	unsigned int shift = PAGE_SHIFT + desc->order;
	struct vm_struct *vm;
	unsigned long addr;

	vm = __get_vm_area_node((unsigned long)area->total << PAGE_SHIFT,
				1UL << shift, shift,
				flags_to_vm(desc->flags) | VM_UNINITIALIZED,
				VMALLOC_START, VMALLOC_END, NUMA_NO_NODE,
				GFP_KERNEL, __builtin_return_address(0));
	if (!vm)
		return NULL;
	addr = (unsigned long)vm->addr;
	if (vmap_pages_range(addr, addr + get_vm_area_size(vm), PAGE_KERNEL,
			     area->pages, shift)) {
		free_vm_area(vm);
		return NULL;
	}
	vm->nr_pages = area->total;
	vm->pages = area->pages;
	vmalloc_account_pages(area->total);
	vm->addr = kasan_unpoison_vmalloc(vm->addr, get_vm_area_size(vm),
					  KASAN_VMALLOC_PROT_NORMAL |
					  KASAN_VMALLOC_VM_ALLOC);
	/*
	 * As clear_vm_uninitialized_flag(): pairs with smp_rmb() in
	 * vread_iter().
	 */
	smp_wmb();
	vm->flags &= ~VM_UNINITIALIZED;
	return vm->addr;
}

/**
 * kho_restore_vmalloc - restore a preserved vmalloc() area
 * @preservation: descriptor from kho_preserve_vmalloc()
 *
 * Context: Process context, may sleep. Each area can be restored once.
 * Return: start of the area, to be freed by vfree(), or NULL if it cannot be
 *	   restored.
 */
void *kho_restore_vmalloc(const struct kho_vmalloc *preservation)
{
	struct restored_area area = { .total = preservation->total_pages };
	void *ptr = NULL;

	if (!kho_vmalloc_is_valid(preservation))
		return NULL;
	/* For an area of 1 TiB the array exceeds the limit of kvmalloc(). */
	area.pages = vmalloc_array(area.total, sizeof(*area.pages));
	if (!area.pages)
		return NULL;
	if (!restore_pages(&area, preservation))
		ptr = map_area(&area, preservation);
	if (!ptr)
		free_pages_of(&area);
	return ptr;
}
EXPORT_SYMBOL_GPL(kho_restore_vmalloc);

static void free_block(phys_addr_t phys, unsigned int order)
{
	unsigned long nr = 1UL << order;
	struct page *page = kho_restore_pages(phys, nr);

	while (page && nr--)
		__free_page(page++);
}

/**
 * kho_restore_free_vmalloc - restore a preserved vmalloc() area and free it
 * @preservation: descriptor from kho_preserve_vmalloc(); not trusted
 *
 * Malformed records, and the memory that they refer to, are left alone.
 *
 * Context: Process context.
 */
void kho_restore_free_vmalloc(const struct kho_vmalloc *preservation)
{
	u64 pa = preservation->first;

	if (!kho_vmalloc_is_valid(preservation))
		return;
	while (pa) {
		const struct kho_vmalloc_chunk *chunk = take_chunk(pa);
		unsigned int i;

		if (!chunk)
			return;
		for (i = 0; i < KHO_VMALLOC_CHUNK_BLOCKS && chunk->blocks[i]; i++)
			free_block(chunk->blocks[i], preservation->order);
		pa = chunk->next;
		folio_put(virt_to_folio(chunk));
	}
}
EXPORT_SYMBOL_GPL(kho_restore_free_vmalloc);
