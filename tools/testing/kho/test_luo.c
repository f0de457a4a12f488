// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of LUO's records: one field after the other is made invalid.
 */

#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/string.h>

#include "luo_read.h"
#include "test.h"

static struct luo_ser *root;
static struct xluo_ser *extra;
static struct luo_flb_page *flbs;

static void make_records(u64 root_bytes, u64 extra_bytes)
{
	sim_reset();
	expect(!kho_preserve_init());
	expect(!kho_root_init(virt_to_phys(kho_outgoing_tracker()->root)));
	root = kho_alloc_preserve(sizeof(*root));
	extra = kho_alloc_preserve(sizeof(*extra));
	flbs = kho_alloc_preserve(PAGE_SIZE);
	memcpy(root->compatible, LUO_COMPATIBLE, sizeof(LUO_COMPATIBLE));
	root->flbs = virt_to_phys(flbs);
	memcpy(extra->compatible, XLUO_COMPATIBLE, sizeof(XLUO_COMPATIBLE));
	extra->size = sizeof(*extra);
	flbs->pages = 1;
	flbs->count = 2;
	strcpy(flbs->flbs[0].name, "first");
	flbs->flbs[0].data = 11;
	flbs->flbs[0].files = 1;
	strcpy(flbs->flbs[1].name, "second");
	flbs->flbs[1].data = 12;
	flbs->flbs[1].files = 2;
	expect(!kho_add_subtree(LUO_SUBTREE, root, root_bytes));
	expect(!kho_add_subtree(XLUO_SUBTREE, extra, extra_bytes));
	expect(!sim_kexec(virt_to_phys(kho_outgoing_tracker()->root),
			  kho_outgoing_fdt()));
}

static void make_sane(void)
{
	make_records(sizeof(*root), sizeof(*extra));
}

static void expect_early(const char *name, int want_err, u64 want)
{
	u64 data = 0;

	expect(luo_flb_find_early(name, &data) == want_err);
	expect(data == want);
}

void test_luo_root(void)
{
	make_sane();
	expect(luo_root_incoming() == root);
	expect_early("first", 0, 11);
	expect_early("second", 0, 12);
	expect_early("third", -ENODATA, 0);
	root->compatible[5]++;
	expect(luo_root_incoming() == ERR_PTR(-EPROTONOSUPPORT));
	expect_early("first", -EPROTONOSUPPORT, 0);
	make_records(sizeof(*root) - 1, sizeof(*extra));
	expect(luo_root_incoming() == ERR_PTR(-EIO));
	make_records(2 * PAGE_SIZE, sizeof(*extra));
	expect(luo_root_incoming() == root);
	kho_restore_free(root);
	expect(luo_root_incoming() == ERR_PTR(-EIO));
	sim_set_incoming_fdt(NULL);
	expect(luo_root_incoming() == ERR_PTR(-ENOENT));
	expect_early("first", -ENODATA, 0);
}

void test_luo_flbs(void)
{
	make_sane();
	flbs->count = LUO_FLB_MAX;
	expect_early("third", -ENODATA, 0);
	flbs->count++;
	expect_early("first", -EIO, 0);
	make_sane();
	flbs->pages = 0;
	expect_early("first", -EIO, 0);
	make_sane();
	flbs->flbs[0].files = 0;
	expect_early("first", -EIO, 0);
	expect_early("second", 0, 12);
	flbs->count = 1;
	expect_early("second", -ENODATA, 0);
	make_sane();
	memset(flbs->flbs[0].name, 'x', LUO_FORMAT_SIZE);
	expect(luo_flb_check(&flbs->flbs[0]) == -EIO);
	expect(!luo_flb_check(&flbs->flbs[1]));
	root->flbs = 0;
	expect_early("second", -ENODATA, 0);
	root->flbs = virt_to_phys(flbs) + 8;
	expect_early("second", -EIO, 0);
}

static void expect_extra(int want_err)
{
	struct xluo_ser *found = luo_extra_incoming();

	expect(found == (want_err ? ERR_PTR(want_err) : extra));
}

void test_luo_extra(void)
{
	make_sane();
	expect_extra(0);
	extra->compat = U64_MAX;
	expect_extra(0);
	extra->incompat = 1;
	expect_extra(-EPROTONOSUPPORT);
	make_sane();
	extra->size--;
	expect_extra(-EIO);
	extra->size += 2;
	expect_extra(-EIO);
	make_sane();
	extra->compatible[7] = 'x';
	expect_extra(-EPROTONOSUPPORT);
	make_records(sizeof(*root), sizeof(*extra) - 1);
	expect_extra(-EIO);
	make_records(sizeof(*root), PAGE_SIZE);
	expect_extra(0);
	make_records(sizeof(*root), PAGE_SIZE + 1);
	expect_extra(-EIO);
}

void test_luo_subsystem(void)
{
	struct xluo_subsystem_ser ser = {};

	expect(luo_extra_subsystem_check(&ser) == -EIO);
	memset(ser.name, 'x', sizeof(ser.name) - 1);
	expect(!luo_extra_subsystem_check(&ser));
	ser.reserved = 1ULL << 63;
	expect(luo_extra_subsystem_check(&ser) == -EIO);
	ser.reserved = 0;
	ser.name[sizeof(ser.name) - 1] = 'x';
	expect(luo_extra_subsystem_check(&ser) == -EIO);
}

void test_luo_timeline(void)
{
	struct xluo_timeline_ser ser = {
		.counter = XLUO_COUNTER_TSC,
		.hz = LUO_TIMELINE_MIN_HZ,
		.points = { 10, 10, 0, 30, 40 },
	};

	expect(!luo_extra_timeline_check(&ser, XLUO_COUNTER_TSC, 40));
	expect(luo_extra_timeline_check(&ser, XLUO_COUNTER_TSC, 39) == -EIO);
	expect(luo_extra_timeline_check(&ser, XLUO_COUNTER_ARM64, 40) ==
	       -EOPNOTSUPP);
	ser.points[1] = 9;
	expect(luo_extra_timeline_check(&ser, XLUO_COUNTER_TSC, 40) == -EIO);
	ser.points[1] = 31;
	expect(luo_extra_timeline_check(&ser, XLUO_COUNTER_TSC, 40) == -EIO);
	ser.points[1] = 0;
	ser.hz--;
	expect(luo_extra_timeline_check(&ser, XLUO_COUNTER_TSC, 40) == -EIO);
	ser.counter = XLUO_COUNTER_NONE;
	expect(luo_extra_timeline_check(&ser, XLUO_COUNTER_NONE, 40) ==
	       -EOPNOTSUPP);
}
