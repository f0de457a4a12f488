// SPDX-License-Identifier: GPL-2.0
/*
 * Release of the previous kernel, and the number of kexecs so far.
 */

#define pr_fmt(fmt) "KHO: " fmt

#include <linux/init.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/metadata.h>
#include <linux/string.h>
#include <linux/utsname.h>

#include "kho_internal.h"

/* Number of kexecs with a handover since the machine was reset. */
static u32 kexec_count __ro_after_init;

static int __init read_incoming(void)
{
	struct kho_metadata *data;
	phys_addr_t phys;
	size_t size;
	int err;

	err = kho_retrieve_subtree(KHO_METADATA_SUBTREE, &phys, &size);
	if (err)
		return err;
	if (size < sizeof(*data))
		return -EINVAL;
	data = kho_incoming_data(phys, sizeof(*data));
	if (!data)
		return -EINVAL;
	if (data->version == KHO_METADATA_VERSION) {
		kexec_count = data->kexec_count;
		pr_info("kexec number %u, from Linux %.*s\n", kexec_count,
			(int)sizeof(data->previous_release),
			data->previous_release);
	}
	kho_restore_free(data);
	return 0;
}

static int __init leave_outgoing(void)
{
	struct kho_metadata *data = kho_alloc_preserve(sizeof(*data));
	int err;

	if (IS_ERR(data))
		return PTR_ERR(data);
	data->version = KHO_METADATA_VERSION;
	data->kexec_count = kexec_count + 1;
	strscpy(data->previous_release, init_utsname()->release);
	err = kho_add_subtree(KHO_METADATA_SUBTREE, data, sizeof(*data));
	if (err)
		kho_unpreserve_free(data);
	return err;
}

/*
 * Reads the metadata of the previous kernel, and hands over that of this one.
 */
int __init kho_metadata_init(void)
{
	int err = read_incoming();

	if (err && err != -ENOENT)
		pr_warn("ignoring the invalid metadata record of the previous kernel\n");
	return leave_outgoing();
}
