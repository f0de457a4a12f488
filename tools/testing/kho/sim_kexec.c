// SPDX-License-Identifier: GPL-2.0
/*
 * The next kernel of the simulated machine: early boot checks the tree, and
 * memory is restored, without struct pages.
 */

#include <linux/io.h>
#include <linux/kexec_handover.h>

#include "kho_tree.h"
#include "sim.h"

struct kho_incoming_tree sim_tree;

static const void *incoming_fdt;

struct check {
	struct kho_tree_visitor visitor;
	struct kho_incoming_tree tree;
};

static bool is_used(u64 pfn)
{
	return pfn >= SIM_FIRST_PFN && pfn < SIM_END_PFN &&
	       pfn_to_page(pfn)->used;
}

static void *check_node(struct kho_tree_visitor *visitor, u64 pa)
{
	struct check *check = container_of(visitor, struct check, visitor);

	if (!PAGE_ALIGNED(pa) || !is_used(PHYS_PFN(pa)) ||
	    check->tree.nodes == SIM_PAGES)
		return NULL;
	check->tree.nodes++;
	return phys_to_virt(pa);
}

static int check_blocks(struct kho_tree_visitor *visitor,
			const struct kho_blocks *blocks)
{
	struct check *check = container_of(visitor, struct check, visitor);
	u64 pfn;

	for (pfn = blocks->start; pfn < blocks->end; pfn++) {
		if (!is_used(pfn))
			return -EINVAL;
	}
	check->tree.orders |= BIT_ULL(blocks->order);
	check->tree.pages += blocks->end - blocks->start;
	return 0;
}

int sim_kexec(u64 root, const void *fdt)
{
	struct check check = {
		.visitor = { .node = check_node, .blocks = check_blocks },
		.tree.root = root,
	};
	int err;

	sim_tree = (struct kho_incoming_tree) {};
	kho_incoming_adopt(&sim_tree);
	err = kho_tree_visit(&check.visitor, root);
	if (err)
		return err;
	sim_tree = check.tree;
	kho_incoming_adopt(&sim_tree);
	incoming_fdt = fdt;
	return 0;
}

void sim_set_incoming_fdt(const void *fdt)
{
	incoming_fdt = fdt;
}

const void *kho_incoming_fdt(void)
{
	return incoming_fdt;
}

struct folio *kho_restore_folio(phys_addr_t phys)
{
	int order = kho_incoming_order(phys);

	if (order < 0 || !kho_incoming_take(PHYS_PFN(phys), order))
		return NULL;
	pfn_to_page(PHYS_PFN(phys))->order = order;
	return pfn_folio(PHYS_PFN(phys));
}

void kho_restore_free(void *mem)
{
	struct folio *folio = kho_restore_folio(virt_to_phys(mem));

	if (!WARN_ON_ONCE(!folio))
		folio_put(folio);
}
