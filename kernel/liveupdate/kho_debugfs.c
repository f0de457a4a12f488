// SPDX-License-Identifier: GPL-2.0
/*
 * Read-only debugfs files that show the state of KHO.
 */

#define pr_fmt(fmt) "KHO: " fmt

#include <linux/debugfs.h>
#include <linux/kexec_handover.h>
#include <linux/libfdt.h>
#include <linux/seq_file.h>

#include "kexec_handover_internal.h"
#include "kho_internal.h"
#include "kho_tracker.h"

static int scratch_phys_show(struct seq_file *m, void *v)
{
	unsigned int i;

	for (i = 0; i < kho_scratch_cnt; i++)
		seq_printf(m, "0x%llx\n", kho_scratch[i].addr);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(scratch_phys);

static int scratch_len_show(struct seq_file *m, void *v)
{
	unsigned int i;

	for (i = 0; i < kho_scratch_cnt; i++)
		seq_printf(m, "0x%llx\n", kho_scratch[i].size);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(scratch_len);

static int nodes_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%ld\n", atomic_long_read(&kho_outgoing_tracker()->nodes));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(nodes);

static int pages_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%ld\n", atomic_long_read(&kho_outgoing_tracker()->pages));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(pages);

static int incoming_nodes_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%lu\n", kho_incoming_nodes());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(incoming_nodes);

static int incoming_pages_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%lu\n", kho_incoming_pages());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(incoming_pages);

static void __init add_fdt(const char *name, struct dentry *dir,
			   struct debugfs_blob_wrapper *blob, const void *fdt)
{
	if (!fdt)
		return;
	blob->data = (void *)fdt;
	blob->size = fdt_totalsize(fdt);
	debugfs_create_blob(name, 0400, dir, blob);
}

void __init kho_debugfs_init(void)
{
	static struct debugfs_blob_wrapper fdt_out, fdt_in;
	struct dentry *root = debugfs_create_dir("kho", NULL);
	struct dentry *out = debugfs_create_dir("out", root);
	struct dentry *in = debugfs_create_dir("in", root);

	debugfs_create_file("scratch_phys", 0400, out, NULL, &scratch_phys_fops);
	debugfs_create_file("scratch_len", 0400, out, NULL, &scratch_len_fops);
	debugfs_create_file("nodes", 0400, out, NULL, &nodes_fops);
	debugfs_create_file("pages", 0400, out, NULL, &pages_fops);
	debugfs_create_file("nodes", 0400, in, NULL, &incoming_nodes_fops);
	debugfs_create_file("pages", 0400, in, NULL, &incoming_pages_fops);
	add_fdt("fdt", out, &fdt_out, kho_outgoing_fdt());
	add_fdt("fdt", in, &fdt_in, kho_incoming_fdt());
}
