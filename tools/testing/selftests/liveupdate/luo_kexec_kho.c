// SPDX-License-Identifier: GPL-2.0
/*
 * KHO without LUO: test_kho, which is built in, preserves folios of all orders
 * and a vmalloc() area when the first kernel boots, and compares them when the
 * next one does. Regions of reserve_mem= keep their addresses, even a region
 * that is not a multiple of the page size.
 *
 * The kernel is booted with reserve_mem=2M:4096:luo_kexec_kho and
 * reserve_mem=5000:64:luo_kexec_odd.
 */

#include "../kselftest.h"
#include "luo_util.h"

#define REVIVED "Revived memory reservation 'luo_kexec_kho' from KHO"
#define ODD_REVIVED "Revived memory reservation 'luo_kexec_odd' from KHO"
#define FOUND "KHO restore succeeded"

static void save(void)
{
	luo_check_eq(luo_kernel_said(REVIVED), 0);
	luo_check_eq(luo_kernel_said(FOUND), 0);
	/* 8 MiB of test_kho, and the region of 2 MiB. */
	luo_check(luo_kho_pages() > 2560);
	luo_next_kernel();
}

static void restore(void)
{
	luo_check(luo_kernel_said(REVIVED) > 0);
	luo_check(luo_kernel_said(ODD_REVIVED) > 0);
	luo_check(luo_kernel_said(FOUND) > 0);
}

static const struct luo_stage stages[] = {
	{ "folios of all orders preserved, regions reserved", save },
	{ "folios and regions restored", restore },
};

int main(void)
{
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
