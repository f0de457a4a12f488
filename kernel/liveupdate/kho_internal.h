/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of KHO share with each other and with nobody else.
 */

#ifndef _LINUX_LIVEUPDATE_KHO_INTERNAL_H
#define _LINUX_LIVEUPDATE_KHO_INTERNAL_H

#include <linux/init.h>
#include <linux/types.h>

struct kho_tracker;
struct page;

/* kexec_handover.c */
const void *kho_incoming_fdt(void);

/* kho_preserve.c */
int __init kho_preserve_init(void);
struct kho_tracker *kho_outgoing_tracker(void);
int kho_preserve_pfns(unsigned long pfn, unsigned long nr);
int kho_unpreserve_pfns(unsigned long pfn, unsigned long nr);

/* kho_restore.c */
void __init kho_mark_block(struct page *page, unsigned int order);
bool kho_range_waits(phys_addr_t phys, unsigned long nr);

/* kho_root.c */
int __init kho_root_init(phys_addr_t tracker_root);
phys_addr_t kho_root_phys(void);
const void *kho_outgoing_fdt(void);

/* kho_boot.c */
int __init kho_boot_reserve(const void *fdt);

/* kho_debugfs.c */
#ifdef CONFIG_KEXEC_HANDOVER_DEBUGFS
void __init kho_debugfs_init(void);
#else
static inline void kho_debugfs_init(void) { }
#endif

#endif /* _LINUX_LIVEUPDATE_KHO_INTERNAL_H */
