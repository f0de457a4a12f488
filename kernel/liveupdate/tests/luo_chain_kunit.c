// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the chains of record pages.
 */

#include <kunit/test.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/chain.h>
#include <linux/kho/abi/luo.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "../kho_internal.h"
#include "../kho_tracker.h"
#include "../luo_chain.h"

struct chain_case {
	const char *name;
	size_t entry_size;
	unsigned int entries;
	/* Expected number of entries in each block. */
	unsigned int counts[4];
};

/* With 4 KiB pages. */
static const struct chain_case chain_cases[] = {
	{ "none", 64, 0, { } },
	{ "one file", sizeof(struct luo_file_ser), 1, { 1 } },
	{ "a block of files", sizeof(struct luo_file_ser), 63, { 63 } },
	{ "one file more", sizeof(struct luo_file_ser), 64, { 63, 1 } },
	{ "two blocks of files", sizeof(struct luo_file_ser), 126, { 63, 63 } },
	{ "a block of sessions", sizeof(struct luo_session_ser), 51, { 51 } },
	{ "one session more", sizeof(struct luo_session_ser), 52, { 51, 1 } },
	{ "three large ones", 4080, 3, { 1, 1, 1 } },
};

KUNIT_ARRAY_PARAM_DESC(chain, chain_cases, name);

static int chain_test_init(struct kunit *test)
{
	struct luo_chain *chain;

	if (!kho_is_enabled())
		kunit_skip(test, "KHO is off");
	if (PAGE_SHIFT != 12)
		kunit_skip(test, "the expected sizes are for 4 KiB pages");
	chain = kunit_kzalloc(test, sizeof(*chain), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, chain);
	luo_chain_init(chain, 64);
	test->priv = chain;
	return 0;
}

static void chain_test_exit(struct kunit *test)
{
	struct luo_chain *chain = test->priv;

	while (chain && chain->reserved)
		luo_chain_unreserve(chain);
}

static void reserve(struct kunit *test, unsigned int nr)
{
	while (nr--)
		KUNIT_ASSERT_EQ(test, luo_chain_reserve(test->priv), 0);
}

/* Fills every byte of each entry with its number. */
static void fill(struct luo_chain *chain, unsigned int nr)
{
	struct luo_chain_writer writer;
	unsigned int i;

	luo_chain_write(&writer, chain);
	for (i = 0; i < nr; i++)
		memset(luo_chain_add(&writer), i + 1, chain->entry_size);
}

static bool is_filled(const u8 *bytes, size_t size, u8 value)
{
	return !memchr_inv(bytes, value, size);
}

/* Returns the number of entries up to and in this block. */
static unsigned int expect_block(struct kunit *test,
				 const struct kho_chain_block *block,
				 unsigned int count, unsigned int before)
{
	const struct luo_chain *chain = test->priv;
	const size_t size = chain->entry_size;
	const u8 *entry = (const u8 *)(block + 1);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, block->count, count);
	for (i = 0; i < count; i++, entry += size)
		KUNIT_EXPECT_TRUE(test, is_filled(entry, size, before + i + 1));
	KUNIT_EXPECT_TRUE(test, is_filled(entry, (const u8 *)block + PAGE_SIZE -
					  entry, 0));
	return before + count;
}

static void expect_chain(struct kunit *test, const struct chain_case *c)
{
	u64 pa = luo_chain_pa(test->priv);
	unsigned int entries = 0, i;

	for (i = 0; i < ARRAY_SIZE(c->counts) && c->counts[i]; i++) {
		const struct kho_chain_block *block;

		KUNIT_ASSERT_NE(test, pa, 0);
		block = phys_to_virt(pa);
		entries = expect_block(test, block, c->counts[i], entries);
		pa = block->next;
	}
	KUNIT_EXPECT_EQ(test, pa, 0);
	KUNIT_EXPECT_EQ(test, entries, c->entries);
}

static void luo_chain_bytes(struct kunit *test)
{
	const struct chain_case *c = test->param_value;
	struct luo_chain *chain = test->priv;

	luo_chain_init(chain, c->entry_size);
	reserve(test, c->entries);
	fill(chain, c->entries);
	expect_chain(test, c);
	/* Writing the chain again gives the same result. */
	fill(chain, c->entries);
	expect_chain(test, c);
}

/* Room is reserved and released in whole preserved pages. */
static void luo_chain_room(struct kunit *test)
{
	struct kho_tracker *tracker = kho_outgoing_tracker();
	const long pages = atomic_long_read(&tracker->pages);
	struct luo_chain *chain = test->priv;

	KUNIT_EXPECT_EQ(test, luo_chain_pa(chain), 0);
	reserve(test, 63);
	KUNIT_EXPECT_EQ(test, chain->nr_blocks, 1);
	reserve(test, 1);
	KUNIT_EXPECT_EQ(test, chain->nr_blocks, 2);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&tracker->pages), pages + 2);
	luo_chain_unreserve(chain);
	KUNIT_EXPECT_EQ(test, chain->nr_blocks, 1);
	while (chain->reserved)
		luo_chain_unreserve(chain);
	KUNIT_EXPECT_EQ(test, luo_chain_pa(chain), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&tracker->pages), pages);
}

/* Entries of an earlier, longer write do not reappear. */
static void luo_chain_fewer(struct kunit *test)
{
	static const struct chain_case few = {
		.entries = 2, .counts = { 2 },
	};

	reserve(test, 70);
	fill(test->priv, 70);
	fill(test->priv, 2);
	expect_chain(test, &few);
}

static struct kunit_case luo_chain_cases[] = {
	KUNIT_CASE_PARAM(luo_chain_bytes, chain_gen_params),
	KUNIT_CASE(luo_chain_room),
	KUNIT_CASE(luo_chain_fewer),
	{}
};

static struct kunit_suite luo_chain_suite = {
	.name = "luo_chain",
	.init = chain_test_init,
	.exit = chain_test_exit,
	.test_cases = luo_chain_cases,
};

kunit_test_suite(luo_chain_suite);

MODULE_DESCRIPTION("Tests of the chains of entries of LUO");
MODULE_LICENSE("GPL");
