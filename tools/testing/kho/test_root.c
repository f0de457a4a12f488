// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the KHO root and of the metadata of each kernel.
 */

#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/metadata.h>
#include <linux/string.h>

#include "test.h"

static void init_outgoing(void)
{
	expect(!kho_preserve_init());
	expect(!kho_root_init(virt_to_phys(kho_outgoing_tracker()->root)));
}

static void kexec(void)
{
	expect(!sim_kexec(virt_to_phys(kho_outgoing_tracker()->root),
			  kho_outgoing_fdt()));
}

void test_subtrees(void)
{
	phys_addr_t phys;
	size_t size;
	void *blob;

	init_outgoing();
	blob = kho_alloc_preserve(100);
	expect(!kho_add_subtree("one", blob, 100));
	expect(!kho_add_subtree("two", blob, 50));
	expect(kho_add_subtree("one", blob, 100) == -EEXIST);
	expect(!kho_remove_subtree("one"));
	expect(kho_remove_subtree("one") == -ENOENT);
	kexec();
	expect(kho_retrieve_subtree("one", &phys, &size) == -ENOENT);
	expect(!kho_retrieve_subtree("two", &phys, &size));
	expect(phys == virt_to_phys(blob) && size == 50);
}

/* Adding to a full root fails, and does not change it. */
static void fill_root(void)
{
	char name[32];
	int i, err = 0;

	for (i = 0; !err; i++) {
		snprintf(name, sizeof(name), "sub-tree-%d", i);
		err = kho_add_subtree(name, (void *)kho_outgoing_fdt(), 8);
	}
	expect(err == -ENOSPC);
	snprintf(name, sizeof(name), "sub-tree-%d", i - 1);
	expect(kho_remove_subtree(name) == -ENOENT);
}

void test_metadata(void)
{
	const struct kho_metadata *data;
	phys_addr_t phys;
	size_t size;
	u32 count;

	init_outgoing();
	expect(!sim_kexec(virt_to_phys(kho_outgoing_tracker()->root), NULL));
	expect(!kho_metadata_init());
	fill_root();
	kexec();
	expect(!kho_retrieve_subtree(KHO_METADATA_SUBTREE, &phys, &size));
	expect(size == sizeof(*data));
	data = kho_incoming_data(phys, size);
	expect(data && data->version == KHO_METADATA_VERSION);
	count = data->kexec_count;
	init_outgoing();
	expect(!kho_metadata_init());
	kexec();
	expect(!kho_retrieve_subtree(KHO_METADATA_SUBTREE, &phys, &size));
	data = kho_incoming_data(phys, size);
	expect(data && data->kexec_count == count + 1);
}
