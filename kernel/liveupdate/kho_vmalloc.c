// SPDX-License-Identifier: GPL-2.0
/*
 * Preserving vmalloc() areas.
 *
 * The format is in <linux/kho/abi/vmalloc.h>.
 */

#include <linux/export.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "../../mm/internal.h"
#include "kho_internal.h"

/* VM_* flags of areas that kho_restore_vmalloc() can recreate. */
#define SUPPORTED_VM_FLAGS	(VM_ALLOC | VM_ALLOW_HUGE_VMAP)

/* Position of the next pa in the chain of chunks. */
struct chunk_pos {
	struct kho_vmalloc_chunk *chunk;
	unsigned int index;
};

static u16 flags_from_vm(unsigned long vm_flags)
{
	return (vm_flags & VM_ALLOC ? KHO_VMALLOC_ALLOC : 0) |
	       (vm_flags & VM_ALLOW_HUGE_VMAP ? KHO_VMALLOC_HUGE_VMAP : 0);
}

static int unpreserve_block(phys_addr_t phys, unsigned int order)
{
	return kho_unpreserve_pfns(PHYS_PFN(phys), 1UL << order);
}

/* Appends a pa; allocates a chunk only when there is a pa to store in it. */
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
 * kho_preserve_vmalloc - preserve a vmalloc() area
 * @ptr: start of the area
 * @preservation: output: descriptor of the area for kho_restore_vmalloc() in
 *		  the next kernel; the caller hands it over
 *
 * The NUMA node of a vmalloc_node() allocation is not preserved.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL if @ptr is not a vmalloc() area, -EOPNOTSUPP if the area
 *	   has flags that cannot be preserved or KHO is off, -EEXIST if it is
 *	   already preserved, -ENOMEM. After an error nothing has changed.
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
 * kho_unpreserve_vmalloc - undo kho_preserve_vmalloc()
 * @preservation: descriptor from kho_preserve_vmalloc(); cleared
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
