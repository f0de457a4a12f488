/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kexec Handover: release and kexec count of the previous kernel.
 *
 * The record lies in a preserved page. Any change to this file requires a new
 * %KHO_METADATA_VERSION.
 */

#ifndef _LINUX_KHO_ABI_METADATA_H
#define _LINUX_KHO_ABI_METADATA_H

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/* Name of the KHO sub-tree. */
#define KHO_METADATA_SUBTREE	"kexec-metadata"

#define KHO_METADATA_VERSION	1

/* Size of a release in utsname(2), including the NUL. */
#define KHO_RELEASE_SIZE	65

/**
 * struct kho_metadata - identification of the kernel that wrote it
 * @version: %KHO_METADATA_VERSION
 * @previous_release: release of the writing kernel, NUL-terminated
 * @kexec_count: number of kexecs with a handover, including the next one
 *
 * Packed, for compatibility with kernels that already write this format.
 */
struct kho_metadata {
	u32 version;
	char previous_release[KHO_RELEASE_SIZE];
	u32 kexec_count;
} __packed;

static_assert(sizeof(struct kho_metadata) == 73);
static_assert(offsetof(struct kho_metadata, previous_release) == 4);
static_assert(offsetof(struct kho_metadata, kexec_count) == 69);

#endif /* _LINUX_KHO_ABI_METADATA_H */
