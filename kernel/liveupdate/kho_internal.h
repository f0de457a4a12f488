/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Internal interfaces of KHO.
 *
 * Terms:
 *
 * block	2^order naturally aligned pages, the unit of the tracker
 * range	physically contiguous pages, preserved as one or more blocks
 * run	preserved pages without a gap, from blocks of any order
 * area	a region of scratch, or of vmalloc() address space
 * pa	a physical address
 */

#ifndef _LINUX_LIVEUPDATE_KHO_INTERNAL_H
#define _LINUX_LIVEUPDATE_KHO_INTERNAL_H

#include <linux/init.h>
#include <linux/types.h>

struct kho_scratch;
struct kho_tracker;
struct kho_tree_walk;
struct kho_vmalloc;

/**
 * struct kho_incoming_tree - the previous kernel's tree, after validation
 * @root: pa of the root node
 * @orders: bitmap of the orders of blocks in the tree
 * @nodes: number of nodes, including the root
 * @pages: total number of pages in all blocks
 */
struct kho_incoming_tree {
	u64 root;
	u64 orders;
	unsigned long nodes;
	unsigned long pages;
};

/* kexec_handover.c */
const void *kho_incoming_fdt(void);
struct kho_scratch *kho_incoming_scratch(void);

/* kho_preserve.c */
int __init kho_preserve_init(void);
struct kho_tracker *kho_outgoing_tracker(void);
int kho_preserve_pfns(unsigned long pfn, unsigned long nr);
int kho_unpreserve_pfns(unsigned long pfn, unsigned long nr);

/* kho_metadata.c */
int __init kho_metadata_init(void);

/* kho_formats.c */
extern struct liveupdate_format *const kho_formats[];

/* kho_incoming.c */
void __init kho_incoming_adopt(const struct kho_incoming_tree *tree);
unsigned long kho_incoming_pages(void);
unsigned long kho_incoming_nodes(void);
int kho_incoming_find(unsigned long pfn);
int kho_incoming_find_first(unsigned long pfn, unsigned long nr);
bool kho_incoming_covers(unsigned long pfn);
bool kho_incoming_take(unsigned long pfn, unsigned int order);
void kho_incoming_put_back(unsigned long pfn, unsigned int order);
void kho_incoming_put_back_range(unsigned long pfn, unsigned long nr);

/* kho_vmalloc_read.c */
bool kho_vmalloc_is_valid(const struct kho_vmalloc *desc);

/* kho_root.c */
int __init kho_root_init(phys_addr_t tracker_root);
phys_addr_t kho_root_phys(void);
const void *kho_outgoing_fdt(void);
int kho_root_u64(const void *fdt, int node, const char *name, u64 *value);
int kho_root_check(const void *fdt);

/* kho_boot.c */
int __init kho_boot_check(const void *fdt);
const struct kho_incoming_tree *__init kho_boot_tree(void);
u64 __init kho_boot_cycles(void);
struct kho_tree_walk *__init kho_boot_walk(void);
int __init kho_boot_reserve(void);
void __init kho_boot_seal(void);

/* kho_extend.c */
void __init kho_extend_prepare(void);
void __init kho_extend_forget(void);
void __init kho_extend_use(u64 start, u64 end);
void __init kho_extend_begin(void);
void __init kho_extend_end(void);

/* kho_deferred.c */
#ifdef CONFIG_KEXEC_HANDOVER_DEFERRED
void __init kho_deferred_init_edges(void);
#else
static inline void kho_deferred_init_edges(void) { }
#endif

/* kho_scratch.c */
int __init kho_scratch_reserve(void);

/* kho_debugfs.c */
#ifdef CONFIG_KEXEC_HANDOVER_DEBUGFS
void __init kho_debugfs_init(void);
#else
static inline void kho_debugfs_init(void) { }
#endif

#endif /* _LINUX_LIVEUPDATE_KHO_INTERNAL_H */
