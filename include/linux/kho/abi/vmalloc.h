/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kexec Handover: format of preserved vmalloc() areas.
 *
 * .. code-block:: none
 *
 *	struct kho_vmalloc       chunk (a page)         chunk
 *	+-------------------+    +----------------+    +----------------+
 *	| first             |--->| next           |--->| 0              |
 *	| total_pages       |    | pa of block    |    | pa of block    |
 *	| flags, order      |    | ...            |    | 0              |
 *	+-------------------+    +----------------+    +----------------+
 *
 * A block is 2^order pages, preserved as a range of pages. Chunks are
 * preserved pages. Any change to this file requires a new %KHO_VMALLOC_FORMAT.
 */

#ifndef _LINUX_KHO_ABI_VMALLOC_H
#define _LINUX_KHO_ABI_VMALLOC_H

#include <linux/build_bug.h>
#include <linux/types.h>
#include <vdso/page.h>

/* Name of the format. Other formats embed it. */
#define KHO_VMALLOC_FORMAT		"kho-vmalloc-v1"

/* Bits of &kho_vmalloc.flags. */
#define KHO_VMALLOC_ALLOC		0x0001	/* VM_ALLOC */
#define KHO_VMALLOC_HUGE_VMAP		0x0002	/* VM_ALLOW_HUGE_VMAP */

/**
 * struct kho_vmalloc - descriptor of a preserved vmalloc() area
 * @first: pa of the first chunk
 * @total_pages: size of the area, in pages
 * @flags: KHO_VMALLOC_*; a reader rejects unknown bits
 * @order: order of the area's blocks
 */
struct kho_vmalloc {
	u64 first;
	u32 total_pages;
	u16 flags;
	u16 order;
};

static_assert(sizeof(struct kho_vmalloc) == 16);

#define KHO_VMALLOC_CHUNK_BLOCKS	(PAGE_SIZE / sizeof(u64) - 1)

/**
 * struct kho_vmalloc_chunk - one page of block addresses
 * @next: pa of the next chunk, 0 in the last one
 * @blocks: pa of the blocks, in mapping order; 0 ends the list in a chunk that
 *	    is not full
 */
struct kho_vmalloc_chunk {
	u64 next;
	u64 blocks[KHO_VMALLOC_CHUNK_BLOCKS];
};

static_assert(sizeof(struct kho_vmalloc_chunk) == PAGE_SIZE);

#endif /* _LINUX_KHO_ABI_VMALLOC_H */
