// SPDX-License-Identifier: GPL-2.0
/*
 * Test memory for tests that boot several kernels in a row: folios of all
 * orders, a gigantic folio, a range of pages and vmalloc() areas.
 *
 * Userspace writes commands to debugfs:
 *
 *	preserve	allocate, fill and preserve one of each kind
 *	verify		compare the memory of the previous kernel in place
 *	restore		restore it, compare it again, and free it
 *	hand-on		carry it forward to the next kernel
 *	take-back	undo hand-on
 *
 * kho_kexec_nodes.c and kho_kexec_damage.c implement further commands.
 */

#define pr_fmt(fmt) "kho_kexec_test: " fmt

#include <linux/debugfs.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/vmalloc.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "kho_kexec_test.h"

#define SUBTREE		"x-kho-test"

/* Not a power of two, so the range is split into blocks of several orders. */
#define RANGE_PAGES	1003UL

/* More pages than fit in one chunk. */
#define AREA_PAGES	1100UL

#define NR_FOLIOS	(MAX_PAGE_ORDER + 1)

/**
 * struct kinds - handover record of the test memory, in preserved memory
 * @folios: pa of one folio of each order of the page allocator
 * @gigantic: pa of a folio that is larger than MAX_PAGE_ORDER
 * @range: pa of a range of pages
 * @area: a vmalloc() area
 * @huge_area: a vmalloc() area that may use huge pages
 */
struct kinds {
	u64 folios[NR_FOLIOS];
	u64 gigantic;
	u64 range;
	struct kho_vmalloc area;
	struct kho_vmalloc huge_area;
};

static DEFINE_MUTEX(test_lock);

/* Records of this kernel and of the previous one; protected by test_lock. */
static struct kinds *outgoing, *incoming;

void kho_test_fill(u64 *words, size_t size, u64 seed)
{
	size_t i;

	for (i = 0; i < size / sizeof(*words); i++)
		words[i] = seed + i;
}

int kho_test_compare(const u64 *words, size_t size, u64 seed)
{
	size_t i;

	for (i = 0; i < size / sizeof(*words); i++) {
		if (words[i] != seed + i) {
			pr_err("contents of object %llu differ at word %zu\n", seed >> 32, i);
			return -EILSEQ;
		}
	}
	return 0;
}

static u64 seed_of(unsigned int object)
{
	return (u64)object << 32;
}

/* Objects after the folios. */
enum {
	GIGANTIC = NR_FOLIOS,
	RANGE,
	AREA,
	HUGE_AREA,
};

static int preserve_folio(struct folio *folio, unsigned int object, u64 *pa)
{
	if (!folio)
		return -ENOMEM;
	kho_test_fill(folio_address(folio), folio_size(folio), seed_of(object));
	*pa = PFN_PHYS(folio_pfn(folio));
	return kho_preserve_folio(folio);
}

static int preserve_folios(struct kinds *kinds)
{
	unsigned int order;
	int err;

	for (order = 0; order < NR_FOLIOS; order++) {
		err = preserve_folio(folio_alloc(GFP_KERNEL, order), order,
				     &kinds->folios[order]);
		if (err)
			return err;
	}
	return preserve_folio(folio_alloc_gigantic(MAX_PAGE_ORDER + 1,
						   GFP_KERNEL | __GFP_COMP,
						   first_memory_node, NULL),
			      GIGANTIC, &kinds->gigantic);
}

static int preserve_range(struct kinds *kinds)
{
	const size_t size = RANGE_PAGES * PAGE_SIZE;
	void *mem = alloc_pages_exact(size, GFP_KERNEL);

	if (!mem)
		return -ENOMEM;
	kho_test_fill(mem, size, seed_of(RANGE));
	kinds->range = virt_to_phys(mem);
	return kho_preserve_pages(virt_to_page(mem), RANGE_PAGES);
}

static int preserve_area(void *area, size_t size, unsigned int object,
			 struct kho_vmalloc *desc)
{
	if (!area)
		return -ENOMEM;
	kho_test_fill(area, size, seed_of(object));
	return kho_preserve_vmalloc(area, desc);
}

/* After an error the memory stays allocated; the test fails then. */
static int preserve_kinds(struct kinds *kinds)
{
	int err;

	err = preserve_folios(kinds);
	if (!err)
		err = preserve_range(kinds);
	if (!err)
		err = preserve_area(vmalloc(AREA_PAGES * PAGE_SIZE),
				    AREA_PAGES * PAGE_SIZE, AREA, &kinds->area);
	if (!err)
		err = preserve_area(vmalloc_huge(2 * PMD_SIZE, GFP_KERNEL),
				    2 * PMD_SIZE, HUGE_AREA, &kinds->huge_area);
	return err;
}

static int preserve(void)
{
	if (outgoing)
		return -EEXIST;
	outgoing = kho_alloc_preserve(sizeof(*outgoing));
	if (IS_ERR(outgoing))
		return PTR_ERR(outgoing);
	return preserve_kinds(outgoing) ?:
	       kho_add_subtree(SUBTREE, outgoing, sizeof(*outgoing));
}

static int find_incoming(void)
{
	phys_addr_t phys;
	int err;

	if (incoming)
		return 0;
	err = kho_retrieve_subtree(SUBTREE, &phys, NULL);
	if (err)
		return err;
	incoming = kho_incoming_data(phys, sizeof(*incoming));
	return incoming ? 0 : -EINVAL;
}

static int verify_folio(u64 pa, unsigned int order, unsigned int object)
{
	if (kho_incoming_order(pa) != order)
		return -ENOENT;
	return kho_test_compare(phys_to_virt(pa), PAGE_SIZE << order, seed_of(object));
}

static int verify_area(const struct kho_vmalloc *desc, unsigned int object)
{
	struct kho_vmalloc_reader reader;
	u64 seed = seed_of(object);
	const void *page;
	int err;

	err = kho_vmalloc_read(&reader, desc);
	if (err)
		return err;
	while ((page = kho_vmalloc_next(&reader))) {
		err = IS_ERR(page) ? PTR_ERR(page) :
				     kho_test_compare(page, PAGE_SIZE, seed);
		if (err)
			return err;
		seed += PAGE_SIZE / sizeof(u64);
	}
	return 0;
}

static int verify(void)
{
	unsigned int order;
	int err;

	for (order = 0; order < NR_FOLIOS; order++) {
		err = verify_folio(incoming->folios[order], order, order);
		if (err)
			return err;
	}
	err = verify_folio(incoming->gigantic, MAX_PAGE_ORDER + 1, GIGANTIC);
	if (err)
		return err;
	if (!kho_range_waits(incoming->range, RANGE_PAGES))
		return -ENOENT;
	return kho_test_compare(phys_to_virt(incoming->range), RANGE_PAGES * PAGE_SIZE,
		       seed_of(RANGE)) ?:
	       verify_area(&incoming->area, AREA) ?:
	       verify_area(&incoming->huge_area, HUGE_AREA);
}

/*
 * Also returns the folio and restores it again, as a failing caller would do.
 */
static int restore_folio(u64 pa, unsigned int order, unsigned int object)
{
	struct folio *folio = kho_restore_folio(pa);
	int err;

	if (!folio)
		return -ENOENT;
	kho_return_folio(folio);
	folio = kho_restore_folio(pa);
	if (!folio || kho_restore_folio(pa))
		return -ENOENT;
	err = folio_order(folio) == order ? 0 : -EINVAL;
	if (!err)
		err = kho_test_compare(folio_address(folio), folio_size(folio),
				       seed_of(object));
	folio_put(folio);
	return err;
}

static int restore_range(void)
{
	struct page *page = kho_restore_pages(incoming->range, RANGE_PAGES);
	unsigned long nr = RANGE_PAGES;
	int err;

	if (!page)
		return -ENOENT;
	err = kho_test_compare(page_address(page), nr * PAGE_SIZE, seed_of(RANGE));
	while (nr--)
		__free_page(page++);
	return err;
}

static int restore_area(const struct kho_vmalloc *desc, size_t size,
			unsigned int object)
{
	void *area = kho_restore_vmalloc(desc);
	int err;

	if (!area)
		return -ENOENT;
	err = kho_test_compare(area, size, seed_of(object));
	vfree(area);
	return err;
}

static int restore(void)
{
	unsigned int order;
	int err;

	for (order = 0; order < NR_FOLIOS; order++) {
		err = restore_folio(incoming->folios[order], order, order);
		if (err)
			return err;
	}
	err = restore_folio(incoming->gigantic, MAX_PAGE_ORDER + 1, GIGANTIC);
	if (!err)
		err = restore_range();
	if (!err)
		err = restore_area(&incoming->area, AREA_PAGES * PAGE_SIZE,
				   AREA);
	if (!err)
		err = restore_area(&incoming->huge_area, 2 * PMD_SIZE,
				   HUGE_AREA);
	if (err)
		return err;
	kho_restore_free(incoming);
	incoming = NULL;
	return 0;
}

static int hand_on(void)
{
	int err;

	err = kho_hand_on();
	if (err)
		return err;
	err = kho_add_subtree(SUBTREE, incoming, sizeof(*incoming));
	if (err)
		kho_take_back();
	return err;
}

static int take_back(void)
{
	kho_take_back();
	return kho_remove_subtree(SUBTREE);
}

/**
 * struct command - a command of the debugfs file
 * @word: name of the command
 * @run: executes it
 * @incoming: requires the record of the previous kernel
 */
struct command {
	const char *word;
	int (*run)(void);
	bool incoming;
};

static const struct command commands[] = {
	{ "preserve", preserve },
	{ "verify", verify, true },
	{ "restore", restore, true },
	{ "hand-on", hand_on, true },
	{ "take-back", take_back, true },
	{ "preserve-nodes", kho_test_nodes_preserve },
	{ "restore-nodes", kho_test_nodes_restore },
	{ "damage-nowhere", kho_test_damage_nowhere },
	{ "damage-page", kho_test_damage_page },
	{ "damage-node", kho_test_damage_node },
	{ "damage-overlap", kho_test_damage_overlap },
};

static int run_command(const char *word)
{
	const struct command *command;
	int err;

	for (command = commands; command < commands + ARRAY_SIZE(commands);
	     command++) {
		if (strcmp(command->word, word))
			continue;
		err = command->incoming ? find_incoming() : 0;
		return err ?: command->run();
	}
	return -EINVAL;
}

static ssize_t command_write(struct file *file, const char __user *buf,
			     size_t count, loff_t *pos)
{
	char command[16] = "";
	int err;

	if (count >= sizeof(command))
		return -EINVAL;
	if (copy_from_user(command, buf, count))
		return -EFAULT;
	scoped_guard(mutex, &test_lock)
		err = run_command(command);
	return err ?: count;
}

static const struct file_operations command_fops = {
	.owner = THIS_MODULE,
	.write = command_write,
};

static int __init kho_kexec_test_init(void)
{
	debugfs_create_file("kho_kexec_test", 0200, NULL, NULL, &command_fops);
	return 0;
}
module_init(kho_kexec_test_init);

MODULE_DESCRIPTION("Test memory for KHO across several kernels");
MODULE_LICENSE("GPL");
