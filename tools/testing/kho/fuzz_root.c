// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzes the reader of the KHO root: a valid root with some bytes changed, or
 * arbitrary bytes.
 */

#include <libfdt.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/string.h>
#include <stdlib.h>

#include "fuzz.h"

static void *any_root(struct fuzz_input *input)
{
	char *fdt = calloc(1, PAGE_SIZE);

	memcpy(fdt, input->data, input->size);
	return fdt;
}

/* Changes a byte, or a number; the FDT structure is in the first bytes. */
static void change(char *fdt, struct fuzz_input *input)
{
	const u8 kind = fuzz_take(input, 1);
	unsigned int offset = kind & 1 ?
		fuzz_take(input, 2) % (PAGE_SIZE - sizeof(u64)) :
		fuzz_take(input, 1) * sizeof(u32);

	if (kind & 2)
		memset(fdt + offset, 0, sizeof(u64));
	else if (kind & 4)
		*(u32 *)(fdt + ALIGN_DOWN(offset, 4)) =
			htobe32(fuzz_take(input, 1 + (kind & 8 ? 3 : 0)));
	else
		fdt[offset] = fuzz_take(input, 1);
}

static void *changed_root(struct fuzz_input *input)
{
	char *fdt = calloc(1, PAGE_SIZE);
	void *blob;

	sim_reset();
	expect(!kho_preserve_init());
	expect(!kho_root_init(virt_to_phys(kho_outgoing_tracker()->root)));
	blob = kho_alloc_preserve(PAGE_SIZE);
	expect(!kho_add_subtree("LUO", blob, 32));
	expect(!kho_add_subtree("kexec-metadata", blob, 73));
	memcpy(fdt, kho_outgoing_fdt(), PAGE_SIZE);
	while (input->size)
		change(fdt, input);
	return fdt;
}

/* The node has both properties, with the sizes that the format demands. */
static bool has_both(const char *name)
{
	const void *fdt = kho_incoming_fdt();
	const int node = fdt_subnode_offset(fdt, 0, name);
	int data, size;

	return fdt_getprop(fdt, node, KHO_PROP_DATA, &data) &&
	       fdt_getprop(fdt, node, KHO_PROP_SIZE, &size) &&
	       data == sizeof(u64) && size == sizeof(u64);
}

static void retrieve(const char *name)
{
	phys_addr_t phys;
	size_t size;
	int err;

	err = kho_retrieve_subtree(name, &phys, &size);
	expect(!err || err == -ENOENT || err == -EINVAL);
	expect(err || (phys && has_both(name)));
	expect(kho_retrieve_subtree(name, &phys, NULL) == err);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input input = { data, size < PAGE_SIZE ? size : PAGE_SIZE };
	/* Exactly one page, so that ASan detects reads beyond it. */
	void *fdt = fuzz_take(&input, 1) & 1 ? any_root(&input) :
					       changed_root(&input);

	if (!kho_root_check(fdt)) {
		sim_set_incoming_fdt(fdt);
		retrieve("LUO");
		retrieve("kexec-metadata");
		retrieve("x-luo");
		retrieve("L");
		retrieve("");
		sim_set_incoming_fdt(NULL);
	}
	free(fdt);
	return 0;
}
