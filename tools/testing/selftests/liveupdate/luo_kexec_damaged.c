// SPDX-License-Identifier: GPL-2.0
/*
 * A map of preserved memory that cannot be read: the next kernel comes up, says
 * so, and uses nothing but scratch, since all other memory may be somebody's.
 *
 * Needs CONFIG_KEXEC_HANDOVER_KEXEC_TEST, kho_scratch=16M,512M,16M and one node.
 */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

#define SCRATCH_KB ((16 + 512 + 16) * 1024L)
#define NOT_USED "KHO: all memory but scratch stays"

static void damage(void)
{
	int fd = luo_get(open("/sys/kernel/debug/kho_kexec_test",
			      O_WRONLY | O_CLOEXEC));
	int dev = luo_get(luo_open());
	int memfd = luo_get(luo_memfd_filled("lost", 1 << 20, 1));
	int session = luo_get(luo_create(dev, "lost"));

	luo_check_eq(luo_kernel_said(NOT_USED), 0);
	luo_check_eq(luo_preserve_fd(session, memfd, 1), 0);
	luo_check_eq(write(fd, "damage", 6), 6);
	luo_next_kernel();
}

static void nothing_is_used(void)
{
	long total = luo_get(luo_meminfo_kb("MemTotal"));

	luo_check_eq(luo_kernel_said(NOT_USED), 1);
	luo_check(total <= SCRATCH_KB);
	/* Without memory to keep free there is no next live update. */
	luo_check_eq(luo_open(), -ENOENT);
}

static const struct luo_stage stages[] = {
	{ "a map with a node that is nowhere", damage },
	{ "only scratch is used, and the kernel says so", nothing_is_used },
};

int main(void)
{
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
