// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzes the reader of the previous kernel's metadata.
 */

#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/metadata.h>
#include <linux/string.h>

#include "fuzz.h"

/* The record that is handed over to the next kernel. */
static const struct kho_metadata *outgoing_record(void)
{
	phys_addr_t phys;
	size_t size;

	expect(!sim_kexec(virt_to_phys(kho_outgoing_tracker()->root),
			  kho_outgoing_fdt()));
	expect(!kho_retrieve_subtree(KHO_METADATA_SUBTREE, &phys, &size));
	expect(size == sizeof(struct kho_metadata));
	return kho_incoming_data(phys, size);
}

static void init_outgoing(void)
{
	expect(!kho_root_init(virt_to_phys(kho_outgoing_tracker()->root)));
}

/* Compares with the last valid record, as the kernel's state is not reset. */
static void expect_count(const struct kho_metadata *in)
{
	const struct kho_metadata *record;
	static u32 count;

	if (in)
		count = in->kexec_count;
	expect(!kho_preserve_init());
	init_outgoing();
	expect(!kho_metadata_init());
	record = outgoing_record();
	expect(record && record->version == KHO_METADATA_VERSION);
	expect(record->kexec_count == count + 1);
}

/* The release has maximum length, and no NUL follows it. */
static void make_record(void)
{
	struct kho_metadata *record = fuzz_page(0);

	memset(record, 'x', PAGE_SIZE);
	record->version = KHO_METADATA_VERSION;
	record->previous_release[KHO_RELEASE_SIZE - 1] = '\0';
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input input = { data, size };
	const struct kho_metadata *record;
	struct kho_metadata in = {};
	u64 bytes, pa;
	bool valid;

	fuzz_layout(&input);
	init_outgoing();
	make_record();
	pa = fuzz_page_pa(fuzz_take(&input, 1) % FUZZ_PAGES);
	bytes = sizeof(in) ^ fuzz_take(&input, 1);
	/* KHO passes the mapped blob of a subtree, so it must be mapped. */
	if (!pfn_to_page(PHYS_PFN(pa))->used)
		return 0;
	expect(!kho_add_subtree(KHO_METADATA_SUBTREE, phys_to_virt(pa), bytes));
	fuzz_kexec(&input);
	record = fuzz_record(pa);
	valid = record && bytes >= sizeof(in) &&
		record->version == KHO_METADATA_VERSION;
	if (valid)
		in = *record;
	expect_count(valid ? &in : NULL);
	return 0;
}
