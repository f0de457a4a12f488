// SPDX-License-Identifier: GPL-2.0
/*
 * From a kernel with two formats of a file to one with only the older format,
 * and back: the kexec is refused while the newer format is in use, and works
 * when the file is preserved in the older one.
 *
 * Needs luo_test built in, and in /boot/old a kernel with
 * CONFIG_LIVEUPDATE_TEST_OLD.
 */

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

#define V2 "/sys/kernel/liveupdate/formats/file/luo-test-v2/enable_write"
#define WHY "does not read file luo-test-v2"

static void check_value(int fd, uint64_t want)
{
	uint64_t value;

	luo_check_eq(read(fd, &value, sizeof(value)), sizeof(value));
	luo_check_eq(value, want);
}

static void downgrade(void)
{
	int dev = luo_get(luo_open());
	int session = luo_get(luo_create(dev, "formats"));
	int fd = luo_get(luo_test_file(17));

	luo_check_eq(luo_preserve_fd(session, fd, 1), 0);
	luo_check_eq(luo_kexec_load("/boot/old", luo_next_stage()), 0);
	luo_check_eq(luo_kexec_jump(), -EPROTONOSUPPORT);
	luo_check_eq(luo_kernel_said(WHY), 1);
	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_NORMAL);

	/* Switch the format off, which fails as long as it is in use. */
	luo_check_eq(luo_write_file(V2, "0"), -EBUSY);
	luo_check_eq(luo_unpreserve_fd(session, 1), 0);
	luo_check_eq(luo_write_file(V2, "0"), 0);
	luo_check_eq(luo_preserve_fd(session, fd, 1), 0);
	luo_jump();
}

static void older(void)
{
	int dev = luo_get(luo_open());
	int session = luo_get(luo_retrieve(dev, "formats"));
	int fd = luo_get(luo_retrieve_fd(session, 1));

	luo_check_eq(luo_write_file(V2, "0"), -ENOENT);
	check_value(fd, 17);
	luo_check_eq(luo_finish(session), 0);
	close(session);

	session = luo_get(luo_create(dev, "formats"));
	luo_check_eq(luo_preserve_fd(session, fd, 1), 0);
	luo_next_kernel();
}

static void back(void)
{
	int dev = luo_get(luo_open());
	int session = luo_get(luo_retrieve(dev, "formats"));

	check_value(luo_get(luo_retrieve_fd(session, 1)), 17);
	luo_check_eq(luo_finish(session), 0);
	luo_check_eq(luo_write_file(V2, "1"), 0);
}

static const struct luo_stage stages[] = {
	{ "refused, then preserved in the older format", downgrade },
	{ "read by the older kernel", older },
	{ "read again by the newer one", back },
};

int main(void)
{
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
