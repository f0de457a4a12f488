/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kexec Handover: what a kernel tells the next one about itself.
 *
 * The record lies in a preserved page. A change of anything in this file takes
 * a new %KHO_METADATA_VERSION.
 */

#ifndef _LINUX_KHO_ABI_METADATA_H
#define _LINUX_KHO_ABI_METADATA_H

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/* Name of the KHO sub-tree. */
#define KHO_METADATA_SUBTREE	"kexec-metadata"

#define KHO_METADATA_VERSION	1

/* As much as utsname(2) has room for, and a NUL. */
#define KHO_RELEASE_SIZE	65

/**
 * struct kho_metadata - what a kernel says of itself
 * @version: %KHO_METADATA_VERSION
 * @previous_release: its release, NUL-terminated
 * @kexec_count: number of kexecs with a handover, the one to come included
 *
 * Packed, because the format is older than this kernel.
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
