// SPDX-License-Identifier: GPL-2.0
/*
 * Trace events: each change of a state and each callback emits one, with its
 * object, its result and its duration. Needs the module luo_test.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "luo_harness.h"
#include "luo_util.h"

#define TRACING "/sys/kernel/tracing/"
#define HELD_US 50000

static int tell(const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), TRACING "%s", name);
	return luo_write_file(path, text);
}

/*
 * Events since the last call: "EVENT: FIELDS\n" for each, without durations, of
 * which
 * @longest is the maximum.
 */
static const char *trace(uint64_t *longest)
{
	static char text[16384];
	char line[512], *event, *ns;
	size_t len = 0;
	FILE *f = fopen(TRACING "trace", "re");

	*longest = 0;
	text[0] = '\0';
	while (f && fgets(line, sizeof(line), f)) {
		event = strstr(line, "liveupdate_");
		ns = event ? strstr(event, " ns=") : NULL;
		if (!ns)
			continue;
		if (strtoull(ns + 4, NULL, 10) > *longest)
			*longest = strtoull(ns + 4, NULL, 10);
		*ns = '\0';
		len += snprintf(text + len, sizeof(text) - len, "%s\n",
				event + strlen("liveupdate_"));
	}
	if (f)
		fclose(f);
	tell("trace", "");
	return text;
}

FIXTURE(trace)
{
	int dev;
	int session;
	int file;
};

/* A subsystem, a session, and a file that is not preserved. */
FIXTURE_SETUP(trace)
{
	luo_setup_machine(_metadata);
	mount("tracefs", TRACING, "tracefs", 0, NULL);
	if (access(TRACING "events", F_OK))
		SKIP(return, "no tracefs: no CONFIG_EVENT_TRACING");
	self->dev = luo_setup_device(_metadata);
	luo_setup_module(_metadata);
	ASSERT_EQ(luo_test_tell("subsystem", "+x 1"), 0);
	self->session = luo_setup_session(_metadata, self->dev, "traced");
	self->file = luo_test_file(7);
	ASSERT_GE(self->file, 0);
	ASSERT_EQ(tell("trace", ""), 0);
	ASSERT_EQ(tell("events/liveupdate/enable", "1"), 0);
}

FIXTURE_TEARDOWN(trace)
{
	EXPECT_EQ(tell("events/liveupdate/enable", "0"), 0);
	luo_event(self->dev, LIVEUPDATE_CANCEL);
	close(self->session);
	close(self->file);
	close(self->dev);
	EXPECT_EQ(luo_test_unload(), 0);
}

/* @text, with the fields that all callbacks of the file share. */
#define FILE_CALL(op, err) \
	"file: op=" op " name=luo-test-v2 token=42 err=" err "\n"
#define FLB_CALL(op) "flb: op=" op " name=luo-test-flb-v1 token=0 err=0\n"
#define SUBSYSTEM_CALL(op, err) \
	"subsystem: op=" op " name=x token=0 err=" err "\n"
#define STATE(session, event, from, to, err) \
	"state: session=" session " event=" event " from=" from " to=" to \
	" err=" err "\n"

TEST_F(trace, callbacks_and_states)
{
	uint64_t ns;

	ASSERT_EQ(luo_preserve_fd(self->session, self->file, 42), 0);
	EXPECT_STREQ(trace(&ns),
		     FLB_CALL("preserve")
		     FILE_CALL("preserve", "0"));
	EXPECT_GT(ns, 0);
	ASSERT_EQ(luo_event(self->dev, LIVEUPDATE_PREPARE), 0);
	EXPECT_STREQ(trace(&ns),
		     SUBSYSTEM_CALL("prepare", "0")
		     FILE_CALL("prepare", "0")
		     STATE("traced", "prepare", "normal", "prepared", "0")
		     STATE("", "prepare", "normal", "prepared", "0"));
	EXPECT_GT(ns, 0);
	ASSERT_EQ(luo_session_event(self->session, LIVEUPDATE_FREEZE), 0);
	EXPECT_STREQ(trace(&ns),
		     FILE_CALL("freeze", "0")
		     STATE("traced", "freeze", "prepared", "frozen", "0"));
	ASSERT_EQ(luo_session_event(self->session, LIVEUPDATE_CANCEL), 0);
	EXPECT_STREQ(trace(&ns),
		     FILE_CALL("unfreeze", "0")
		     FILE_CALL("unprepare", "0")
		     STATE("traced", "cancel", "frozen", "normal", "0"));
	ASSERT_EQ(luo_event(self->dev, LIVEUPDATE_CANCEL), 0);
	EXPECT_STREQ(trace(&ns),
		     SUBSYSTEM_CALL("cancel", "0")
		     STATE("", "cancel", "prepared", "normal", "0"));
	ASSERT_EQ(luo_unpreserve_fd(self->session, 42), 0);
	EXPECT_STREQ(trace(&ns),
		     FILE_CALL("unpreserve", "0")
		     FLB_CALL("unpreserve"));
}

TEST_F(trace, failures)
{
	uint64_t ns;

	ASSERT_EQ(luo_preserve_fd(self->session, self->file, 42), 0);
	ASSERT_EQ(luo_kexec_load(NULL, 0), 0);
	trace(&ns);
	ASSERT_EQ(luo_test_tell("fail", "prepare 1 -28"), 0);
	ASSERT_EQ(luo_event(self->dev, LIVEUPDATE_PREPARE), -ENOSPC);
	EXPECT_STREQ(trace(&ns),
		     SUBSYSTEM_CALL("prepare", "0")
		     FILE_CALL("prepare", "-28")
		     STATE("traced", "prepare", "normal", "normal", "-28")
		     SUBSYSTEM_CALL("cancel", "0")
		     STATE("", "prepare", "normal", "normal", "-28"));
	ASSERT_EQ(luo_test_tell("fail", "sub_freeze 1 -16"), 0);
	ASSERT_EQ(luo_kexec_jump(), -EBUSY);
	EXPECT_STREQ(trace(&ns),
		     SUBSYSTEM_CALL("prepare", "0")
		     FILE_CALL("prepare", "0")
		     STATE("traced", "prepare", "normal", "prepared", "0")
		     STATE("", "prepare", "normal", "prepared", "0")
		     FILE_CALL("freeze", "0")
		     STATE("traced", "freeze", "prepared", "frozen", "0")
		     SUBSYSTEM_CALL("freeze", "-16")
		     FILE_CALL("unfreeze", "0")
		     STATE("", "freeze", "prepared", "prepared", "-16")
		     FILE_CALL("unprepare", "0")
		     SUBSYSTEM_CALL("cancel", "0"));
}

/* An event that is rejected is no change, and calls no callback. */
TEST_F(trace, refusals)
{
	uint64_t ns;

	ASSERT_EQ(luo_event(self->dev, LIVEUPDATE_FINISH), -EINVAL);
	ASSERT_EQ(luo_session_event(self->session, LIVEUPDATE_FREEZE), -EINVAL);
	EXPECT_STREQ(trace(&ns), "");
}

static void *prepare(void *arg)
{
	luo_event(*(int *)arg, LIVEUPDATE_PREPARE);
	return NULL;
}

/* The duration of a slow callback is in its event, and in the enclosing one. */
TEST_F(trace, durations)
{
	char seen[LUO_TEST_CALLS] = "";
	pthread_t thread;
	uint64_t ns;

	ASSERT_EQ(luo_test_tell("hold", "sub_prepare"), 0);
	ASSERT_EQ(pthread_create(&thread, NULL, prepare, &self->dev), 0);
	EXPECT_TRUE(luo_test_wait_for("sub_prepare:x ", seen));
	usleep(HELD_US);
	ASSERT_EQ(luo_test_tell("hold", "none"), 0);
	pthread_join(thread, NULL);
	EXPECT_EQ(luo_state(self->dev), LIVEUPDATE_STATE_PREPARED);
	trace(&ns);
	EXPECT_GE(ns, HELD_US * 1000UL / 2);
}

TEST_F(trace, nothing_when_it_is_off)
{
	uint64_t ns;

	ASSERT_EQ(tell("events/liveupdate/enable", "0"), 0);
	ASSERT_EQ(luo_preserve_fd(self->session, self->file, 42), 0);
	ASSERT_EQ(luo_event(self->dev, LIVEUPDATE_PREPARE), 0);
	EXPECT_STREQ(trace(&ns), "");
}

TEST_HARNESS_MAIN
