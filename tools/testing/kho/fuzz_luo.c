// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzes the readers of LUO's records: the root, the page of
 * file-lifecycle-bound objects, and the extension record.
 */

#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/string.h>

#include "fuzz.h"
#include "luo_chain.h"
#include "luo_read.h"

/* Number of entries to read of a cyclic chain. */
#define MAX_ENTRIES	300

/* Initial contents of the pages. */
enum { ROOT, EXTRA, FLBS, SUBSYSTEMS };

static void make_flbs(void)
{
	struct luo_flb_page *page = fuzz_page(FLBS);
	unsigned int i;

	page->pages = 1;
	page->count = LUO_FLB_MAX;
	for (i = 0; i < LUO_FLB_MAX; i++) {
		snprintf(page->flbs[i].name, LUO_FORMAT_SIZE, "object %u", i);
		page->flbs[i].data = i;
		page->flbs[i].files = 1;
	}
}

static void make_subsystems(void)
{
	struct kho_chain_block *block = fuzz_page(SUBSYSTEMS);
	struct xluo_subsystem_ser *ser = (void *)(block + 1);

	block->count = kho_chain_block_capacity(sizeof(*ser));
	for (; ser < (struct xluo_subsystem_ser *)(block + 1) + block->count;
	     ser++)
		memset(ser->name, 'x', sizeof(ser->name) - 1);
}

static void make_records(void)
{
	struct luo_ser *root = fuzz_page(ROOT);
	struct xluo_ser *extra = fuzz_page(EXTRA);
	unsigned int i;

	memcpy(root->compatible, LUO_COMPATIBLE, sizeof(LUO_COMPATIBLE));
	root->flbs = fuzz_page_pa(FLBS);
	memcpy(extra->compatible, XLUO_COMPATIBLE, sizeof(XLUO_COMPATIBLE));
	extra->size = sizeof(*extra);
	extra->subsystems = fuzz_page_pa(SUBSYSTEMS);
	extra->timeline.counter = XLUO_COUNTER_TSC;
	extra->timeline.hz = LUO_TIMELINE_MIN_HZ;
	for (i = 0; i < XLUO_POINTS; i++)
		extra->timeline.points[i] = 1000 + i;
	make_flbs();
	make_subsystems();
}

/* The record of a subtree, or NULL if it is invalid. */
static const void *model_record(u64 pa, u64 bytes, const char *compatible,
				u64 least)
{
	const int order = fuzz_block_order(pa);
	const char *record = fuzz_record(pa);

	if (!record || bytes < least || bytes > PAGE_SIZE << order ||
	    strncmp(record, compatible, 8))
		return NULL;
	return record;
}

static int model_find(const struct luo_ser *root, const char *name, u64 *data)
{
	const struct luo_flb_page *page;
	unsigned int i;

	if (!root)
		return -EIO;
	if (!root->flbs)
		return -ENODATA;
	page = fuzz_record(root->flbs);
	if (!page || page->pages != 1 || page->count > 63)
		return -EIO;
	for (i = 0; i < page->count; i++) {
		if (strncmp(page->flbs[i].name, name, 48))
			continue;
		*data = page->flbs[i].data;
		return page->flbs[i].files ? 0 : -EIO;
	}
	return -ENODATA;
}

static bool name_is_sane(const char *name)
{
	return *name && memchr(name, 0, 48);
}

static void expect_entries(const struct luo_flb_page *page)
{
	const struct luo_flb_ser *ser;

	for (ser = page->flbs; ser < page->flbs + page->count; ser++)
		expect(!luo_flb_check(ser) ==
		       (name_is_sane(ser->name) && ser->files));
}

static void expect_root(const struct luo_ser *root, struct fuzz_input *input)
{
	u64 data = 0, model = 0;
	char name[16];
	int err, want;

	expect(root ? luo_root_incoming() == root :
	       IS_ERR(luo_root_incoming()));
	snprintf(name, sizeof(name), "object %u", (u8)fuzz_take(input, 1) % 64);
	err = luo_flb_find_early(name, &data);
	want = model_find(root, name, &model);
	/* Without a root there are several possible errors. */
	expect(root ? err == want : err < 0 && err != -ENODATA);
	expect(err || data == model);
	if (root && !IS_ERR(luo_flb_page_incoming(root->flbs)))
		expect_entries(luo_flb_page_incoming(root->flbs));
}

static bool model_timeline(const struct xluo_timeline_ser *ser, u64 now)
{
	u64 last = 0;
	int i;

	for (i = 0; i < 5; i++) {
		if (ser->points[i] && ser->points[i] < last)
			return false;
		last = ser->points[i] ?: last;
	}
	return ser->counter == 1 && ser->hz >= 1000000 && last <= now;
}

static void expect_subsystems(u64 pa)
{
	const struct xluo_subsystem_ser *ser;
	struct luo_chain_reader reader;
	unsigned int nr = 0;

	luo_chain_read(&reader, pa, sizeof(*ser));
	while (nr++ < MAX_ENTRIES) {
		ser = luo_chain_next(&reader);
		if (IS_ERR_OR_NULL(ser))
			return;
		expect(!luo_extra_subsystem_check(ser) ==
		       (name_is_sane(ser->name) && !ser->reserved));
	}
}

static void expect_extra(const struct xluo_ser *record, u64 bytes)
{
	const struct xluo_ser *extra = luo_extra_incoming();

	if (!record || record->incompat || record->size < sizeof(*record) ||
	    record->size > bytes) {
		expect(IS_ERR(extra));
		return;
	}
	expect(extra == record);
	expect(!luo_extra_timeline_check(&extra->timeline, XLUO_COUNTER_TSC,
					 2000) ==
	       model_timeline(&extra->timeline, 2000));
	expect(luo_extra_timeline_check(&extra->timeline, XLUO_COUNTER_NONE,
					2000));
	expect_subsystems(extra->subsystems);
}

/* Chooses the address of a subtree; false if nothing is there. */
static bool choose(struct fuzz_input *input, const char *name, u64 *pa,
		   u64 *bytes)
{
	const u8 kind = fuzz_take(input, 1);

	if (kind >= 0xe0)
		*pa = fuzz_page_pa(kind % FUZZ_PAGES);
	*bytes ^= fuzz_take(input, 1);
	if (kind & 1)
		*bytes += fuzz_take(input, 2);
	/* KHO passes the mapped blob of a subtree, so it must be mapped. */
	return pfn_to_page(PHYS_PFN(*pa))->used &&
	       !kho_add_subtree(name, phys_to_virt(*pa), *bytes);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input input = { data, size };
	u64 root_bytes = sizeof(struct luo_ser);
	u64 extra_bytes = sizeof(struct xluo_ser);
	u64 root_pa, extra_pa;

	fuzz_layout(&input);
	expect(!kho_root_init(virt_to_phys(kho_outgoing_tracker()->root)));
	make_records();
	root_pa = fuzz_page_pa(ROOT);
	extra_pa = fuzz_page_pa(EXTRA);
	if (!choose(&input, LUO_SUBTREE, &root_pa, &root_bytes) ||
	    !choose(&input, XLUO_SUBTREE, &extra_pa, &extra_bytes))
		return 0;
	fuzz_kexec(&input);
	input = (struct fuzz_input) { data, size };
	/* Of a longer root, only the fields that this kernel knows are read. */
	expect_root(model_record(root_pa, root_bytes < 32 ? 0 : 32, "luo-v5",
				 32), &input);
	expect_extra(model_record(extra_pa, extra_bytes, "x-luo-1", 96),
		     extra_bytes);
	return 0;
}
