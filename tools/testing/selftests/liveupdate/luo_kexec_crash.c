// SPDX-License-Identifier: GPL-2.0
/*
 * A crash kernel inherits kho=on liveupdate=on from the command line of the
 * kernel that crashed. It runs beside the memory of that kernel: it must neither
 * reserve scratch in the little memory that it has, nor offer live update.
 *
 * The first kernel has no KHO; elfcorehdr= makes the next one a crash kernel.
 */

#include <errno.h>

#include "../kselftest.h"
#include "luo_util.h"

static void load(void)
{
	luo_check_eq(luo_open(), -ENOENT);
	luo_next_kernel();
}

static void in_crash_kernel(void)
{
	luo_check_eq(luo_kernel_said("KHO: off in a crash kernel"), 1);
	luo_check_eq(luo_meminfo_kb("CmaTotal"), 0);
	luo_check_eq(luo_open(), -ENOENT);
}

static const struct luo_stage stages[] = {
	{ "load a crash kernel", load },
	{ "no scratch, no live update", in_crash_kernel },
};

int main(void)
{
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
