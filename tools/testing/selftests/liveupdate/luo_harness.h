/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Helpers for tests with the kselftest harness; include it after the harness.
 */

#ifndef LUO_HARNESS_H
#define LUO_HARNESS_H

#include <errno.h>
#include <unistd.h>

#include "luo_util.h"

/*
 * A debug kernel in an emulated machine on a busy host is slow, and a test that
 * times out keeps the device open for later tests.
 */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 300 /* seconds */

/*
 * For the beginning of FIXTURE_SETUP(). They return only if the test can run: a
 * fixture that is not set up ends the process.
 */

/*
 * For tests that prepare all sessions, reboot, switch formats, poison pages or
 * inject faults: on a machine in use, other sessions would be lost.
 */
static inline void luo_setup_machine(struct __test_metadata *_metadata)
{
	if (!luo_is_test_machine())
		SKIP(_exit(0), LUO_NO_TEST_MACHINE);
}

static inline int luo_setup_device(struct __test_metadata *_metadata)
{
	const int dev = luo_open();

	if (dev == -ENOENT)
		SKIP(_exit(0), "no " LUO_DEVICE ": no CONFIG_LIVEUPDATE, or no liveupdate=on");
	ASSERT_GE(dev, 0);
	return dev;
}

static inline int luo_setup_session(struct __test_metadata *_metadata, int dev,
				    const char *name)
{
	const int session = luo_create(dev, name);

	ASSERT_GE(session, 0);
	return session;
}

static inline void luo_setup_module(struct __test_metadata *_metadata)
{
	const int err = luo_test_load();

	if (err == -ENOENT)
		SKIP(_exit(0), "no module luo_test: no CONFIG_LIVEUPDATE_TEST=m, or not installed");
	ASSERT_EQ(err, 0);
}

static inline void luo_setup_memfds(struct __test_metadata *_metadata)
{
	if (access(LUO_MEMFD_EXTENTS, F_OK))
		SKIP(_exit(0), "memfds cannot be preserved: no CONFIG_LIVEUPDATE_MEMFD");
}

/* Preserved memory, and memory of its records. */
struct luo_held {
	long pages;
	long nodes;
};

static inline struct luo_held luo_held(void)
{
	return (struct luo_held) {
		.pages = luo_kho_pages(),
		.nodes = luo_kho_nodes(),
	};
}

static inline struct luo_held luo_setup_held(struct __test_metadata *_metadata)
{
	const struct luo_held held = luo_held();

	if (held.pages == -ENOENT)
		SKIP(_exit(0), "no kho in debugfs: no CONFIG_KEXEC_HANDOVER_DEBUGFS");
	ASSERT_GT(held.pages, 0);
	ASSERT_GT(held.nodes, 0);
	return held;
}

/* Checks that a test leaves nothing preserved. */
static inline void luo_expect_held(struct __test_metadata *_metadata,
				   struct luo_held before)
{
	EXPECT_EQ(luo_kho_pages(), before.pages);
	EXPECT_EQ(luo_kho_nodes(), before.nodes);
}

#endif /* LUO_HARNESS_H */
