// SPDX-License-Identifier: GPL-2.0
/*
 * usage: luo_kexec_damaged nowhere|node|overlap|page
 *
 * The map of preserved memory is invalid: the next kernel boots, reports it,
 * and uses only scratch memory, as any other memory may be preserved. The
 * argument selects the damage. With "page" the map contains one page that is not
 * memory: that page is lost, and nothing else.
 *
 * Needs CONFIG_KEXEC_HANDOVER_KEXEC_TEST, kho_scratch=16M,512M,16M and one
 * node.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

#define SCRATCH_KB ((16 + 512 + 16) * 1024L)
#define NOT_USED "KHO: cannot tell which memory is preserved"

#define PAGE 4096L

/* Larger than the first section, whose struct pages are never deferred. */
#define LOST (192L << 20)

/* Bits of /proc/kpageflags. */
#define KPF_NOPAGE 20
#define KPF_RESERVED 32

static const struct damage {
	const char *name;
	const char *command;
	const char *said;
	bool kept;
} damages[] = {
	{ "nowhere", "damage-nowhere", "invalid tracker node", false },
	{ "node", "damage-node", "is preserved itself", false },
	{ "overlap", "damage-overlap", "two preserved blocks overlap", false },
	{ "page", "damage-page", "KHO: 1 preserved pages are lost", true },
};

static const struct damage *damage;

static void do_damage(void)
{
	int dev = luo_get(luo_open());
	int memfd = luo_get(luo_memfd("lost", LOST));
	int session = luo_get(luo_create(dev, "lost"));

	luo_check_eq(luo_kernel_said(NOT_USED), 0);
	luo_check_eq(fallocate(memfd, 0, 0, LOST), 0);
	luo_check_eq(luo_fill(memfd, 0, PAGE, 1), 0);
	luo_check_eq(luo_preserve_fd(session, memfd, 1), 0);
	luo_check_eq(luo_kho_test_tell(damage->command), 0);
	luo_next_kernel();
}

/* Checks the state of every page, and counts those that the kernel uses. */
static long count_usable_pages(void)
{
	int fd = luo_get(open("/proc/kpageflags", O_RDONLY | O_CLOEXEC));
	static uint64_t flags[8192];
	long nr = 0;
	ssize_t n;
	int i;

	while ((n = luo_get(read(fd, flags, sizeof(flags)))) > 0) {
		for (i = 0; i < n / sizeof(*flags); i++)
			nr += !(flags[i] >> KPF_NOPAGE & 1) &&
			      !(flags[i] >> KPF_RESERVED & 1);
	}
	close(fd);
	return nr;
}

static void expect_all(void)
{
	int dev = luo_get(luo_open());
	int session = luo_get(luo_retrieve(dev, "lost"));
	int memfd = luo_get(luo_retrieve_fd(session, 1));

	luo_check_eq(luo_kernel_said(NOT_USED), 0);
	luo_check(luo_matches(memfd, 0, PAGE, 1));
	luo_check(luo_is_zero(memfd, PAGE, LOST - PAGE));
	luo_check_eq(luo_finish(session), 0);
}

static void expect_scratch_only(void)
{
	long total = luo_get(luo_meminfo_kb("MemTotal"));

	luo_check_eq(luo_kernel_said(NOT_USED), 1);
	luo_check(total <= SCRATCH_KB);
	luo_check(count_usable_pages() <= SCRATCH_KB / 4);
	/* Live update is off, as KHO is. */
	luo_check_eq(luo_open(), -ENOENT);
}

static void after_damage(void)
{
	luo_check_eq(luo_kernel_said(damage->said), 1);
	if (damage->kept)
		expect_all();
	else
		expect_scratch_only();
}

static const struct luo_stage stages[] = {
	{ "damage the map", do_damage },
	{ "no more than that is lost, and the log has the reason", after_damage },
};

int main(int argc, char *argv[])
{
	int i;

	for (i = 0; i < ARRAY_SIZE(damages); i++) {
		if (argc == 2 && !strcmp(argv[1], damages[i].name))
			damage = &damages[i];
	}
	luo_check(damage);
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
