// SPDX-License-Identifier: GPL-2.0
/*
 * reboot(2) fails without side effects if something would be lost: without an
 * image, and with an image that does not support KHO.
 */

#include <errno.h>
#include <linux/kexec.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

#define PAGE 4096L
#define MIB (1L << 20)

/*
 * Loads an image that is not a kernel by kexec_load(2). Booting it would crash
 * the machine.
 */
static int load_by_hand(void)
{
	static char code[PAGE] = { 0xf4 };
	struct kexec_segment segment = {
		.buf = code,
		.bufsz = sizeof(code),
		.mem = (void *)(64 * MIB),
		.memsz = sizeof(code),
	};

	return syscall(SYS_kexec_load, segment.mem, 1UL, &segment,
		       (unsigned long)KEXEC_ARCH_DEFAULT) ? -errno : 0;
}

static void refused(void)
{
	int dev = luo_get(luo_open());
	int session = luo_get(luo_create(dev, "kept"));
	int fd = luo_get(luo_memfd_filled("kept", MIB, 1));
	int other;

	luo_check_eq(luo_preserve_fd(session, fd, 1), 0);
	luo_check_eq(luo_kexec_jump(), -EINVAL);
	luo_check_eq(load_by_hand(), 0);
	luo_check_eq(luo_kexec_jump(), -ENOEXEC);
	luo_check_eq(luo_kexec_jump(), -ENOEXEC);

	/* The files, the session and the device still work. */
	luo_check_eq(luo_fill(fd, 0, PAGE, 2), 0);
	other = luo_get(luo_memfd_filled("other", PAGE, 3));
	luo_check_eq(luo_preserve_fd(session, other, 2), 0);
	luo_get(luo_create(dev, "more"));
	luo_next_kernel();
}

static void kept(void)
{
	int dev = luo_get(luo_open());
	int session = luo_get(luo_retrieve(dev, "kept"));
	int fd = luo_get(luo_retrieve_fd(session, 1));

	luo_check(luo_matches(fd, 0, PAGE, 2));
	luo_check(luo_matches(fd, PAGE, MIB - PAGE, 1));
	fd = luo_get(luo_retrieve_fd(session, 2));
	luo_check(luo_matches(fd, 0, PAGE, 3));
	luo_check_eq(luo_finish(session), 0);
	session = luo_get(luo_retrieve(dev, "more"));
	luo_check_eq(luo_finish(session), 0);
}

static const struct luo_stage stages[] = {
	{ "refused without side effects", refused },
	{ "the next attempt works", kept },
};

int main(void)
{
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
