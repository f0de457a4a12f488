// SPDX-License-Identifier: GPL-2.0
/*
 * Preserving areas of vmalloc().
 *
 * The format is in <linux/kho/abi/vmalloc.h>.
 */

#define pr_fmt(fmt) "KHO: " fmt

#include <linux/export.h>
#include <linux/io.h>
#include <linux/kasan.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "../../mm/internal.h"
#include "kho_internal.h"

/* What an area may be to be made again in the next kernel. */
#define SUPPORTED_VM_FLAGS	(VM_ALLOC | VM_ALLOW_HUGE_VMAP)
#define KNOWN_FLAGS		(KHO_VMALLOC_ALLOC | KHO_VMALLOC_HUGE_VMAP)

/* Where the next pa goes in a chain of chunks. */
struct chunk_pos {
	struct kho_vmalloc_chunk *chunk;
	unsigned int index;
};

static u16 flags_from_vm(unsigned long vm_flags)
{
	return (vm_flags & VM_ALLOC ? KHO_VMALLOC_ALLOC : 0) |
	       (vm_flags & VM_ALLOW_HUGE_VMAP ? KHO_VMALLOC_HUGE_VMAP : 0);
}

static unsigned long flags_to_vm(u16 flags)
{
	return (flags & KHO_VMALLOC_ALLOC ? VM_ALLOC : 0) |
	       (flags & KHO_VMALLOC_HUGE_VMAP ? VM_ALLOW_HUGE_VMAP : 0);
}

static int unpreserve_block(phys_addr_t phys, unsigned int order)
{
	return kho_unpreserve_pfns(PHYS_PFN(phys), 1UL << order);
}

/* Appends a pa; a chunk is only made when there is a pa to put in it. */
static int append_block(struct kho_vmalloc *desc, struct chunk_pos *pos,
			phys_addr_t phys)
{
	if (!pos->chunk || pos->index == KHO_VMALLOC_CHUNK_BLOCKS) {
		struct kho_vmalloc_chunk *chunk = kho_alloc_preserve(PAGE_SIZE);

		if (IS_ERR(chunk))
			return PTR_ERR(chunk);
		*(pos->chunk ? &pos->chunk->next : &desc->first) =
			virt_to_phys(chunk);
		*pos = (struct chunk_pos) { .chunk = chunk };
	}
	pos->chunk->blocks[pos->index++] = phys;
	return 0;
}

static int preserve_block(struct kho_vmalloc *desc, struct chunk_pos *pos,
			  phys_addr_t phys)
{
	int err;

	err = kho_preserve_pfns(PHYS_PFN(phys), 1UL << desc->order);
	if (err)
		return err;
	err = append_block(desc, pos, phys);
	if (err)
		WARN_ON_ONCE(unpreserve_block(phys, desc->order));
	return err;
}

static int preserve_area(struct kho_vmalloc *desc, const struct vm_struct *vm)
{
	struct chunk_pos pos = {};
	unsigned int i;
	int err;

	for (i = 0; i < vm->nr_pages; i += 1U << desc->order) {
		err = preserve_block(desc, &pos, page_to_phys(vm->pages[i]));
		if (err)
			return err;
	}
	return 0;
}

/**
 * kho_preserve_vmalloc - preserve an area of vmalloc()
 * @ptr: start of the area
 * @preservation: describes the area to kho_restore_vmalloc() in the next
 *		  kernel; put it where the next kernel finds it
 *
 * The node that an area of vmalloc_node() was allocated on is not preserved.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL if @ptr is no such area, -EOPNOTSUPP if the area is of a
 *	   kind that cannot be preserved or KHO is off, -EEXIST if it is
 *	   preserved already, -ENOMEM. After an error nothing has changed.
 */
int kho_preserve_vmalloc(void *ptr, struct kho_vmalloc *preservation)
{
	struct vm_struct *vm = find_vm_area(ptr);
	struct kho_vmalloc desc;
	int err;

	if (!vm)
		return -EINVAL;
	if (vm->flags & ~SUPPORTED_VM_FLAGS)
		return -EOPNOTSUPP;

	desc = (struct kho_vmalloc) {
		.total_pages = vm->nr_pages,
		.flags = flags_from_vm(vm->flags),
		.order = get_vm_area_page_order(vm),
	};
	err = preserve_area(&desc, vm);
	if (err) {
		kho_unpreserve_vmalloc(&desc);
		return err;
	}
	*preservation = desc;
	return 0;
}
EXPORT_SYMBOL_GPL(kho_preserve_vmalloc);

/**
 * kho_unpreserve_vmalloc - take back kho_preserve_vmalloc()
 * @preservation: what that call filled in; all zero afterwards
 *
 * Context: Process context, may sleep.
 */
void kho_unpreserve_vmalloc(struct kho_vmalloc *preservation)
{
	u64 pa = preservation->first;

	while (pa) {
		struct kho_vmalloc_chunk *chunk = phys_to_virt(pa);
		unsigned int i;

		for (i = 0; i < KHO_VMALLOC_CHUNK_BLOCKS && chunk->blocks[i]; i++)
			WARN_ON_ONCE(unpreserve_block(chunk->blocks[i],
						      preservation->order));
		pa = chunk->next;
		kho_unpreserve_free(chunk);
	}
	*preservation = (struct kho_vmalloc) {};
}
EXPORT_SYMBOL_GPL(kho_unpreserve_vmalloc);

/* The pages of an area, as far as they were restored. */
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
 * Frees each chunk that is done with. Ends in any case: a chunk that was
 * restored does not wait to be restored a second time.
 */
static int restore_pages(struct restored_area *area,
			 const struct kho_vmalloc *desc)
{
	u64 pa = desc->first;
	int err;

	while (pa) {
		struct kho_vmalloc_chunk *chunk =
			kho_incoming_data(pa, sizeof(*chunk));

		if (!chunk)
			return -EINVAL;
		err = restore_chunk(area, chunk, desc->order);
		if (err)
			return err;
		pa = chunk->next;
		kho_restore_free(chunk);
	}
	return area->nr == area->total ? 0 : -EINVAL;
}

static void free_pages_of(struct restored_area *area)
{
	while (area->nr)
		__free_page(area->pages[--area->nr]);
	kvfree(area->pages);
}

/* On success the area owns the pages and the array. */
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
	vm->addr = kasan_unpoison_vmalloc(vm->addr, get_vm_area_size(vm),
					  KASAN_VMALLOC_PROT_NORMAL |
					  KASAN_VMALLOC_VM_ALLOC);
	/* Readers of the area's pages look at them once the flag is gone. */
	smp_wmb();
	vm->flags &= ~VM_UNINITIALIZED;
	return vm->addr;
}

static bool desc_is_valid(const struct kho_vmalloc *desc)
{
	return desc->first && desc->total_pages &&
	       !(desc->flags & ~KNOWN_FLAGS) &&
	       desc->order <= MAX_PAGE_ORDER &&
	       IS_ALIGNED(desc->total_pages, 1U << desc->order);
}

/**
 * kho_restore_vmalloc - make a preserved area of vmalloc() again
 * @preservation: what kho_preserve_vmalloc() filled in
 *
 * Context: Process context, may sleep. Each area can be restored once.
 * Return: start of the area, to be freed by vfree(), or NULL if the area
 *	   cannot be restored.
 */
void *kho_restore_vmalloc(const struct kho_vmalloc *preservation)
{
	struct restored_area area = { .total = preservation->total_pages };
	void *ptr = NULL;

	if (!desc_is_valid(preservation))
		return NULL;
	area.pages = kvmalloc_array(area.total, sizeof(*area.pages),
				    GFP_KERNEL);
	if (!area.pages)
		return NULL;
	if (!restore_pages(&area, preservation))
		ptr = map_area(&area, preservation);
	if (!ptr)
		free_pages_of(&area);
	return ptr;
}
EXPORT_SYMBOL_GPL(kho_restore_vmalloc);

/* The pages of a block, one after the other. */
static const void *next_page_of_block(struct kho_vmalloc_reader *reader)
{
	phys_addr_t phys = reader->block + PFN_PHYS(reader->page);

	if (++reader->page == 1U << reader->desc.order)
		reader->block = 0;
	reader->pages++;
	return phys_to_virt(phys);
}

static int next_block(struct kho_vmalloc_reader *reader)
{
	u64 pa;

	if (!reader->chunk || reader->index == KHO_VMALLOC_CHUNK_BLOCKS) {
		u64 next = reader->chunk ? reader->chunk->next :
					   reader->desc.first;

		reader->chunk = kho_incoming_data(next, PAGE_SIZE);
		reader->index = 0;
		if (!reader->chunk)
			return -EIO;
	}
	pa = reader->chunk->blocks[reader->index++];
	if (!kho_range_waits(pa, 1UL << reader->desc.order))
		return -EIO;
	reader->block = pa;
	reader->page = 0;
	return 0;
}

/**
 * kho_vmalloc_read - begin to read a preserved area of vmalloc()
 * @reader: to be filled in
 * @preservation: what kho_preserve_vmalloc() filled in; may be anything
 *
 * Reads the area page by page, where it lies. In contrast to
 * kho_restore_vmalloc() it takes no memory and changes nothing.
 *
 * Context: Any.
 * Return: 0; -EIO if @preservation describes no area.
 */
int kho_vmalloc_read(struct kho_vmalloc_reader *reader,
		     const struct kho_vmalloc *preservation)
{
	*reader = (struct kho_vmalloc_reader) { .desc = *preservation };
	return desc_is_valid(preservation) ? 0 : -EIO;
}
EXPORT_SYMBOL_GPL(kho_vmalloc_read);

/**
 * kho_vmalloc_next - read the next page of a preserved area of vmalloc()
 * @reader: from kho_vmalloc_read()
 *
 * Context: Any.
 * Return: the page, NULL after the last one, or ERR_PTR(-EIO) if the records
 *	   are damaged.
 */
const void *kho_vmalloc_next(struct kho_vmalloc_reader *reader)
{
	int err;

	if (reader->pages == reader->desc.total_pages)
		return NULL;
	if (!reader->block) {
		err = next_block(reader);
		if (err)
			return ERR_PTR(err);
	}
	return next_page_of_block(reader);
}
EXPORT_SYMBOL_GPL(kho_vmalloc_next);

static void free_block(phys_addr_t phys, unsigned int order)
{
	unsigned long nr = 1UL << order;
	struct page *page = kho_restore_pages(phys, nr);

	while (page && nr--)
		__free_page(page++);
}

/**
 * kho_restore_free_vmalloc - take over an area of vmalloc() and free it
 * @preservation: what kho_preserve_vmalloc() filled in; may be anything
 *
 * Records that are damaged, and what they may have led to, are left alone.
 *
 * Context: Process context.
 */
void kho_restore_free_vmalloc(const struct kho_vmalloc *preservation)
{
	u64 pa = preservation->first;

	if (!desc_is_valid(preservation))
		return;
	while (pa) {
		struct kho_vmalloc_chunk *chunk =
			kho_incoming_data(pa, sizeof(*chunk));
		unsigned int i;

		if (!chunk)
			return;
		for (i = 0; i < KHO_VMALLOC_CHUNK_BLOCKS && chunk->blocks[i]; i++)
			free_block(chunk->blocks[i], preservation->order);
		pa = chunk->next;
		kho_restore_free(chunk);
	}
}
EXPORT_SYMBOL_GPL(kho_restore_free_vmalloc);
