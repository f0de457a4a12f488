// SPDX-License-Identifier: GPL-2.0
/*
 * Files of a module, an FLB that they share, and subsystems, through three
 * kernels. In the second one the module is not loaded at first, and everything
 * is handed over unchanged; the third one retrieves it. Needs the module
 * luo_test.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

#define FORMATS "/sys/kernel/liveupdate/formats/file/"
#define INCOMING "/sys/kernel/liveupdate/incoming/formats"

static void preserve(void)
{
	int dev, session, fd;

	luo_check_eq(luo_test_load(), 0);
	dev = luo_get(luo_open());
	luo_check_eq(luo_test_tell("subsystem", "+kept 5"), 0);
	luo_check_eq(luo_test_tell("subsystem", "+gone 6"), 0);
	session = luo_get(luo_create(dev, "test"));
	luo_check_eq(luo_write_file(FORMATS "luo-test-v2/enable_write", "0"),
		     0);
	fd = luo_get(luo_test_file(17));
	luo_check_eq(luo_preserve_fd(session, fd, 1), 0);
	luo_check_eq(luo_write_file(FORMATS "luo-test-v2/enable_write", "1"),
		     0);
	fd = luo_get(luo_test_file(18));
	luo_check_eq(luo_preserve_fd(session, fd, 2), 0);
	fd = luo_get(luo_memfd_filled("other", 4096, 3));
	luo_check_eq(luo_preserve_fd(session, fd, 3), 0);
	session = luo_get(luo_create(dev, "unwanted"));
	fd = luo_get(luo_test_file(19));
	luo_check_eq(luo_preserve_fd(session, fd, 4), 0);
	luo_next_kernel();
}

/* Checks the formats of incoming data, in any order. */
static void check_incoming(const char *want)
{
	char have[256];
	int fd = luo_get(open(INCOMING, O_RDONLY | O_CLOEXEC));
	int n = luo_get(read(fd, have, sizeof(have) - 1));
	const char *line;

	close(fd);
	have[n] = '\0';
	luo_check_eq(n, strlen(want));
	for (line = want; *line; line = strchr(line, '\n') + 1) {
		char one[64];

		snprintf(one, sizeof(one), "%.*s", (int)strcspn(line, "\n") + 1,
			 line);
		luo_check(strstr(have, one));
	}
}

/* Two files have no handler here, which affects neither the memfd nor them. */
static void without_module(void)
{
	int dev = luo_get(luo_open());
	int session = luo_get(luo_retrieve(dev, "test"));

	check_incoming("luo-test-v1 1\nluo-test-v2 2\nx-memfd-extents-v1 1\n");
	luo_check_eq(luo_retrieve_fd(session, 1), -ENOENT);
	luo_check_eq(luo_retrieve_fd(session, 2), -ENOENT);
	luo_check_eq(luo_finish(session), -ENOENT);
	luo_get(luo_retrieve_fd(session, 3));
	close(session);
	luo_check_eq(luo_event(dev, LIVEUPDATE_FINISH), -ENOENT);
	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_UPDATED);
	luo_next_kernel();
}

static void check_value(int session, uint64_t token, uint64_t want)
{
	int fd = luo_get(luo_retrieve_fd(session, token));
	uint64_t value;

	luo_check_eq(read(fd, &value, sizeof(value)), sizeof(value));
	luo_check_eq(value, want);
	close(fd);
}

static void check_subsystems(void)
{
	char text[64] = "";
	int fd;

	/* A subsystem with incoming data, and one without. */
	luo_check_eq(luo_test_tell("subsystem", "+kept 7"), 0);
	luo_check_eq(luo_test_tell("subsystem", "+new 8"), 0);
	luo_check(!strcmp(luo_test_calls(), "sub_boot:kept "));
	fd = luo_get(open("/sys/kernel/debug/luo_test/subsystem",
			  O_RDONLY | O_CLOEXEC));
	luo_check(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	luo_check(!strcmp(text, "kept=5 "));
}

static void check_flb(void)
{
	char text[16] = "";
	int fd = luo_get(open("/sys/kernel/debug/luo_test/flb",
			      O_RDONLY | O_CLOEXEC));

	luo_check(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	luo_check(!strcmp(text, "1\n"));
}

static void check_retries(int session)
{
	luo_check_eq(luo_test_tell("fail", "retrieve 1 -12"), 0);
	luo_check_eq(luo_retrieve_fd(session, 1), -ENOMEM);
	check_value(session, 1, 17);
	luo_check_eq(luo_test_tell("fail", "can_finish 2 -16"), 0);
	luo_check_eq(luo_finish(session), -EBUSY);
	/* The failed FINISH had no effect: the file can still be retrieved. */
	check_value(session, 2, 18);
	luo_check_eq(luo_test_unload(), -EAGAIN);
	luo_test_calls();
}

/*
 * If close() cannot finish a session, the session keeps its retrieved files
 * open. Their memory is restored, so they cannot be handed over.
 */
static int check_open_files(int dev, int session)
{
	long pages = luo_kho_pages();

	luo_check_eq(luo_test_tell("fail", "can_finish 1 -16"), 0);
	close(session);
	luo_check_eq(luo_event(dev, LIVEUPDATE_PREPARE), -EBUSY);
	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_UPDATED);
	luo_check_eq(luo_kho_pages(), pages);
	session = luo_get(luo_retrieve(dev, "test"));
	check_value(session, 2, 18);
	luo_test_calls();
	return session;
}

/* can_finish() is called once for each file, then finish(). */
static void check_finish(int dev, int session)
{
	luo_check_eq(luo_finish(session), 0);
	luo_check(!strcmp(luo_test_calls(),
			  "can_finish:17 can_finish:18 finish:17 finish:18 "));
	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_UPDATED);
	luo_check_eq(luo_event(dev, LIVEUPDATE_FINISH), 0);
	luo_check(!strcmp(luo_test_calls(),
			  "can_finish:19 finish:19 flb_finish:flb sub_finish:kept "));
	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_NORMAL);
}

/* After a file has refused FINISH, other files do not pin their module. */
static void check_failed_finish(int dev)
{
	luo_check_eq(luo_test_tell("fail", "can_finish 3 -16"), 0);
	luo_check_eq(luo_event(dev, LIVEUPDATE_FINISH), -EBUSY);
	luo_check_eq(luo_test_unload(), 0);
	luo_check_eq(luo_test_load(), 0);
}

static void take_over(void)
{
	int dev, session;

	luo_check_eq(luo_test_load(), 0);
	dev = luo_get(luo_open());
	check_failed_finish(dev);
	session = luo_get(luo_retrieve(dev, "test"));
	check_subsystems();
	check_flb();
	check_retries(session);
	session = check_open_files(dev, session);
	check_finish(dev, session);
	close(session);
	luo_check_eq(luo_test_unload(), 0);
	/* The page of "gone" stays preserved, as it has no handler. */
	luo_check_eq(luo_kho_incoming_pages(), 1);
}

static const struct luo_stage stages[] = {
	{ "preserve files of a module, and two subsystems", preserve },
	{ "a kernel without the module", without_module },
	{ "a kernel with the module", take_over },
};

int main(void)
{
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
