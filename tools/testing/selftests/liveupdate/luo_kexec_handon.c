// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that one kernel preserves, the next one verifies and hands over
 * unchanged, and the third one restores: folios of all orders that the page
 * allocator has and one beyond, a range of pages, vmalloc() areas.
 *
 * Needs CONFIG_KEXEC_HANDOVER_KEXEC_TEST.
 */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

static void preserve(void)
{
	long before = luo_kho_pages();

	luo_check_eq(luo_kho_incoming_pages(), 0);
	luo_check_eq(luo_kho_test_tell("verify"), -ENOENT);
	luo_check_eq(luo_kho_test_tell("preserve"), 0);
	/*
	 * Folios up to 4 MiB and one of 8 MiB, a range of 4, areas of 4 each.
	 */
	luo_check(luo_kho_pages() - before > 4095 + 1003 + 1100 + 1024);
	luo_next_kernel();
}

static void hand_on(void)
{
	long waiting = luo_kho_incoming_pages();
	long pages = luo_kho_pages(), nodes = luo_kho_nodes();

	luo_check(waiting > 4095 + 1003 + 1100 + 1024);
	luo_check_eq(luo_kho_test_tell("verify"), 0);

	luo_check_eq(luo_kho_test_tell("hand-on"), 0);
	luo_check_eq(luo_kho_pages(), pages + waiting);
	luo_check_eq(luo_kho_test_tell("hand-on"), -EBUSY);
	/* Memory that is handed over cannot be restored here. */
	luo_check_eq(luo_kho_test_tell("restore"), -ENOENT);

	luo_check_eq(luo_kho_test_tell("take-back"), 0);
	luo_check_eq(luo_kho_pages(), pages);
	luo_check_eq(luo_kho_nodes(), nodes);
	luo_check_eq(luo_kho_incoming_pages(), waiting);

	luo_check_eq(luo_kho_test_tell("hand-on"), 0);
	luo_check_eq(luo_kho_test_tell("verify"), 0);
	luo_next_kernel();
}

static void restore(void)
{
	long total = luo_meminfo_kb("MemTotal");
	long waiting = luo_kho_incoming_pages();
	long vmalloc = luo_meminfo_kb("VmallocUsed");
	int i;

	luo_check_eq(luo_kho_test_tell("verify"), 0);
	luo_check_eq(luo_kho_test_tell("restore"), 0);
	/* The areas of 4 MiB each were freed. */
	luo_check(labs(luo_meminfo_kb("VmallocUsed") - vmalloc) < 4096);
	luo_check_eq(luo_kho_test_tell("restore"), -EINVAL);
	luo_check_eq(luo_kho_incoming_pages(), 0);
	/* The tree is freed with its last block, by a work item. */
	for (i = 0; i < 100 && luo_kho_incoming_nodes(); i++)
		usleep(100000);
	luo_check_eq(luo_kho_incoming_nodes(), 0);
	luo_check(luo_meminfo_kb("MemTotal") >= total + waiting * 4);
}

static const struct luo_stage stages[] = {
	{ "preserve memory of all kinds", preserve },
	{ "verify it, hand it over, undo that, hand it over", hand_on },
	{ "restore it in the third kernel", restore },
};

int main(void)
{
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
