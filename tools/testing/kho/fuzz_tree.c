// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzes the reader of the tree of preserved blocks: a tree of arbitrary
 * blocks, with some words of its nodes changed, and optionally another root.
 *
 * Checking the tree terminates, and stays inside its memory. If the tree is
 * valid, the walk yields its blocks, merged into runs, or reports that they
 * overlap.
 */

#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/string.h>
#include <stdlib.h>

#include "fuzz.h"
#include "kho_tree.h"

#define NODES		32
#define MAX_BLOCKS	4096

struct seen {
	struct kho_tree_visitor visitor;
	struct kho_blocks blocks[MAX_BLOCKS];
	unsigned int nr;
	unsigned int nodes;
	u64 orders;
};

static void *see_node(struct kho_tree_visitor *visitor, u64 pa)
{
	struct seen *seen = container_of(visitor, struct seen, visitor);
	const u64 index = PHYS_PFN(pa) - SIM_FIRST_PFN;

	if (!PAGE_ALIGNED(pa) || index >= NODES ||
	    !pfn_to_page(PHYS_PFN(pa))->used || seen->nodes++ == 2 * NODES)
		return NULL;
	return phys_to_virt(pa);
}

static int see_blocks(struct kho_tree_visitor *visitor,
		      const struct kho_blocks *blocks)
{
	struct seen *seen = container_of(visitor, struct seen, visitor);
	const u64 size = 1ULL << blocks->order;

	expect(blocks->order <= KHO_TREE_MAX_ORDER);
	expect(blocks->start < blocks->end && blocks->end <= KHO_TREE_END);
	expect(!(blocks->start % size) && !(blocks->end % size));
	if (seen->nr == MAX_BLOCKS)
		return -E2BIG;
	seen->blocks[seen->nr++] = *blocks;
	seen->orders |= BIT_ULL(blocks->order);
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct kho_blocks *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* The run that begins with block @i, which advances. -EINVAL on overlap. */
static int model_run(const struct seen *seen, unsigned int *i, u64 *start,
		     u64 *end)
{
	if (*i == seen->nr)
		return 0;
	*start = *end = seen->blocks[*i].start;
	while (*i < seen->nr && seen->blocks[*i].start <= *end) {
		if (seen->blocks[*i].start < *end)
			return -EINVAL;
		*end = seen->blocks[(*i)++].end;
	}
	return 1;
}

static void expect_runs(const struct seen *seen, u64 root)
{
	static struct kho_tree_walk walk;
	u64 start, end, want_start, want_end;
	unsigned int i = 0;
	int more, want;

	kho_tree_walk_init(&walk, root, seen->orders, 0, KHO_TREE_END);
	do {
		want = model_run(seen, &i, &want_start, &want_end);
		more = kho_tree_walk_next(&walk, &start, &end);
		expect(more == want);
		if (more > 0)
			expect(start == want_start && end == want_end);
	} while (more > 0);
}

/* Checks the number of keys in a range, and the bitmap of a key. */
static void expect_keys(const struct seen *seen, u64 root, u64 key, u64 last)
{
	unsigned int i;
	u64 nr = 0;

	for (i = 0; i < seen->nr; i++) {
		const struct kho_blocks *blocks = &seen->blocks[i];
		const u64 first = kho_tree_key(PFN_PHYS(blocks->start),
					       blocks->order);
		const u64 end = first + ((blocks->end - blocks->start) >>
					 blocks->order);
		const struct kho_tree_bitmap *bitmap = kho_tree_find(root, first);

		expect(bitmap && test_bit(kho_tree_index(first, 0),
					  bitmap->bits));
		if (first <= last && end > key)
			nr += min(end, last + 1) - max(first, key);
	}
	expect(!kho_tree_has_more(root, key, last, nr));
	expect(!nr || kho_tree_has_more(root, key, last, nr - 1));
}

/* Sets a key as the tracker does, but without checking nodes on the way. */
static void set_key(void *node, u64 key)
{
	struct kho_tree_bitmap *bitmap;
	unsigned int level;

	for (level = KHO_TREE_LEVELS - 1; level; level--) {
		struct kho_tree_table *table = node;
		u64 *slot = &table->slots[kho_tree_index(key, level)];

		if (!*slot)
			*slot = virt_to_phys(sim_zeroed_page());
		node = phys_to_virt(*slot);
	}
	bitmap = node;
	__set_bit(kho_tree_index(key, 0), bitmap->bits);
}

/*
 * Chooses a key: any, one of a block near others, one near the end of a bitmap,
 * or one in the bitmap that several orders share. Some keys are invalid.
 */
static u64 take_key(struct fuzz_input *input)
{
	const u8 kind = fuzz_take(input, 1), low = kind % 64;
	unsigned int order = low % 8;
	u64 pfn = fuzz_take(input, 1);

	switch (kind / 64) {
	case 0:
		order = low % (KHO_TREE_MAX_ORDER + 1);
		pfn = fuzz_take(input, 7) % KHO_TREE_END;
		break;
	case 1:
		pfn %= 64;
		break;
	case 2:
		pfn += KHO_TREE_BITS - 128;
		break;
	default:
		if (low == 63)
			return KHO_TREE_END << 1 << pfn % 7;
		if (low == 62)
			return pfn % 2;
		order = KHO_TREE_MAX_ORDER - low % 14;
		pfn = pfn % 2 ? KHO_TREE_END - 1 : 0;
	}
	return kho_tree_key(PFN_PHYS(pfn >> order << order), order);
}

static u64 make_tree(struct fuzz_input *input)
{
	unsigned int adds = fuzz_take(input, 1) % 8;
	void *root = sim_zeroed_page();

	while (adds-- && sim_used_pages() + KHO_TREE_LEVELS <= NODES)
		set_key(root, take_key(input));
	return virt_to_phys(root);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct seen seen = {
		.visitor = { .node = see_node, .blocks = see_blocks },
	};
	struct fuzz_input input = { data, size };
	u64 root, key, last;

	sim_reset();
	root = make_tree(&input);
	if (fuzz_take(&input, 1) == 0xff)
		root = fuzz_take_pa(&input);
	key = fuzz_take(&input, 7);
	last = key + fuzz_take(&input, 7);
	while (input.size)
		fuzz_poke(&input, SIM_FIRST_PFN, NODES);

	seen.nr = 0;
	seen.nodes = 0;
	seen.orders = 0;
	if (kho_tree_visit(&seen.visitor, root))
		return 0;
	expect_keys(&seen, root, key, last);
	qsort(seen.blocks, seen.nr, sizeof(*seen.blocks), compare);
	expect_runs(&seen, root);
	return 0;
}
