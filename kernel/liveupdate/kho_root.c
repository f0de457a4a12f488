// SPDX-License-Identifier: GPL-2.0
/*
 * The root of the handover, which refers to all other records.
 *
 * The outgoing root is one page at a fixed address, so a kexec image can be
 * loaded at any time. Its contents may change until the kexec.
 */

#define pr_fmt(fmt) "KHO: " fmt

#include <linux/align.h>
#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/kho.h>
#include <linux/libfdt.h>
#include <linux/mutex.h>

#include "kho_internal.h"

static DEFINE_MUTEX(root_lock);

/* The outgoing root, PAGE_SIZE bytes; protected by root_lock. */
static void *root_fdt;

static int errno_from_fdt(int err)
{
	switch (err) {
	case 0:
		return 0;
	case -FDT_ERR_NOSPACE:
		return -ENOSPC;
	case -FDT_ERR_EXISTS:
		return -EEXIST;
	case -FDT_ERR_NOTFOUND:
		return -ENOENT;
	default:
		return -EINVAL;
	}
}

static int set_u64(int node, const char *name, u64 value)
{
	/* Native endianness, so not fdt_setprop_u64(). */
	return fdt_setprop(root_fdt, node, name, &value, sizeof(value));
}

static int __init create_root(u64 tracker_root)
{
	int err;

	err = fdt_create_empty_tree(root_fdt, PAGE_SIZE);
	if (!err)
		err = fdt_setprop_string(root_fdt, 0, "compatible",
					 KHO_COMPATIBLE);
	if (!err)
		err = set_u64(0, KHO_PROP_MEMORY_MAP, tracker_root);
	return errno_from_fdt(err);
}

/* Creates the root, initially with the tracker's address only. */
int __init kho_root_init(phys_addr_t tracker_root)
{
	void *fdt;
	int err;

	guard(mutex)(&root_lock);
	fdt = kho_alloc_preserve(PAGE_SIZE);
	if (IS_ERR(fdt))
		return PTR_ERR(fdt);
	root_fdt = fdt;
	err = create_root(tracker_root);
	if (err) {
		root_fdt = NULL;
		kho_unpreserve_free(fdt);
	}
	return err;
}

phys_addr_t kho_root_phys(void)
{
	return virt_to_phys(root_fdt);
}

const void *kho_outgoing_fdt(void)
{
	return root_fdt;
}

static int add_subtree(const char *name, u64 phys, u64 size)
{
	int node, err;

	lockdep_assert_held(&root_lock);

	node = fdt_add_subnode(root_fdt, 0, name);
	if (node < 0)
		return errno_from_fdt(node);
	err = set_u64(node, KHO_PROP_DATA, phys);
	if (!err)
		err = set_u64(node, KHO_PROP_SIZE, size);
	if (err)
		fdt_del_node(root_fdt, node);
	return errno_from_fdt(err);
}

/**
 * kho_add_subtree - hand over data to the next kernel under a name
 * @name: name of the data, unique
 * @blob: the data, in preserved memory; the caller keeps it preserved until
 *	  kho_remove_subtree(), and may change its contents until the kexec
 * @size: number of bytes
 *
 * Context: Process context, may sleep.
 * Return: 0; -EEXIST if the name is in use, -ENOSPC if the root is full,
 *	   -EOPNOTSUPP if KHO is off.
 */
int kho_add_subtree(const char *name, void *blob, size_t size)
{
	guard(mutex)(&root_lock);
	if (!root_fdt)
		return -EOPNOTSUPP;
	return add_subtree(name, virt_to_phys(blob), size);
}
EXPORT_SYMBOL_GPL(kho_add_subtree);

static int remove_subtree(const char *name)
{
	int node;

	lockdep_assert_held(&root_lock);

	node = fdt_subnode_offset(root_fdt, 0, name);
	if (node < 0)
		return errno_from_fdt(node);
	return errno_from_fdt(fdt_del_node(root_fdt, node));
}

/**
 * kho_remove_subtree - undo kho_add_subtree()
 * @name: name of the data
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOENT if there is no such name, -EOPNOTSUPP if KHO is off.
 */
int kho_remove_subtree(const char *name)
{
	guard(mutex)(&root_lock);
	if (!root_fdt)
		return -EOPNOTSUPP;
	return remove_subtree(name);
}
EXPORT_SYMBOL_GPL(kho_remove_subtree);

/*
 * Reads a u64 property; fails with -EINVAL if it is missing or has another
 * size.
 */
int kho_root_u64(const void *fdt, int node, const char *name, u64 *value)
{
	const void *prop;
	int len;

	prop = fdt_getprop(fdt, node, name, &len);
	if (!prop || len != sizeof(*value))
		return -EINVAL;
	/* Properties are aligned to 4 bytes only. */
	memcpy(value, prop, sizeof(*value));
	return 0;
}

/*
 * Validates the root page of another kernel before anything else in it is read.
 * Fails with -EINVAL if it is not a device tree that fits in the page, and with
 * -EPROTONOSUPPORT if it has another format.
 */
int kho_root_check(const void *fdt)
{
	if (fdt_check_header(fdt) || fdt_totalsize(fdt) > PAGE_SIZE ||
	    !IS_ALIGNED(fdt_off_dt_struct(fdt), FDT_TAGSIZE))
		return -EINVAL;
	if (fdt_node_check_compatible(fdt, 0, KHO_COMPATIBLE))
		return -EPROTONOSUPPORT;
	return 0;
}

/**
 * kho_retrieve_subtree - find data from the previous kernel by name
 * @name: name of the data
 * @phys: filled in: physical address of the data
 * @size: filled in: number of bytes; may be NULL
 *
 * The address comes from the previous kernel and is not validated here;
 * kho_incoming_data() does that.
 *
 * Context: Any, also early boot.
 * Return: 0; -ENOENT if there is no such name or no handover, -EINVAL if the
 *	   entry is malformed.
 */
int kho_retrieve_subtree(const char *name, phys_addr_t *phys, size_t *size)
{
	const void *fdt = kho_incoming_fdt();
	u64 pa, bytes;
	int node;

	if (!fdt)
		return -ENOENT;
	node = fdt_subnode_offset(fdt, 0, name);
	if (node < 0)
		return -ENOENT;
	if (kho_root_u64(fdt, node, KHO_PROP_DATA, &pa) ||
	    kho_root_u64(fdt, node, KHO_PROP_SIZE, &bytes) || !pa)
		return -EINVAL;
	*phys = pa;
	if (size)
		*size = bytes;
	return 0;
}
EXPORT_SYMBOL_GPL(kho_retrieve_subtree);
