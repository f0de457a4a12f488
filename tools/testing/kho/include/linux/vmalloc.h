/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_LINUX_VMALLOC_H
#define _KHO_TEST_LINUX_VMALLOC_H

#include <linux/mm.h>

#define VM_ALLOC		0x2
#define VM_USERMAP		0x8
#define VM_ALLOW_HUGE_VMAP	0x400

struct vm_struct {
	unsigned long flags;
	struct page **pages;
	unsigned int page_order;
	unsigned int nr_pages;
};

/* In the tests, the start address of an area is its vm_struct. */
static inline struct vm_struct *find_vm_area(const void *ptr)
{
	return (struct vm_struct *)ptr;
}

static inline unsigned int get_vm_area_page_order(const struct vm_struct *vm)
{
	return vm->page_order;
}

#endif /* _KHO_TEST_LINUX_VMALLOC_H */
