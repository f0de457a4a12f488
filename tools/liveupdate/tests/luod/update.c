// SPDX-License-Identifier: GPL-2.0
/*
 * Updates until the kexec, with different clients.
 */

#include <errno.h>
#include <linux/liveupdate.h>

#include "party.h"

static void nobody(void)
{
	party_begin();
	ask(&luod, &admin, "{\"type\":\"UPDATE\"}", COMPLETE);
	/* No session was created for a state file. */
	CHECK_EQ(kernel_sessions(false), 0);
	/* A second UPDATE is answered at once. */
	ask(&luod, &admin, "{\"type\":\"UPDATE\"}", COMPLETE);
	ask(&luod, &admin, "{\"type\":\"ABORT\"}",
	    "{\"type\":\"OK\",\"command\":\"ABORT\"}");
	ask(&luod, &admin, "{\"type\":\"ABORT\"}",
	    "{\"type\":\"ERROR\",\"command\":\"ABORT\",\"error\":\"WRONG_STATE\"}");
	party_end();
}

static void both_ready(void)
{
	party_begin();
	party_subscribe();
	party_start();
	ask(&luod, &a, "{\"type\":\"READY\",\"id\":\"a\"}", OK_OF("READY", "a"));
	hear_nothing(&luod, &admin);
	ask(&luod, &b, "{\"type\":\"READY\",\"id\":\"b\"}", OK_OF("READY", "b"));
	CHECK_TEXT(hear(&luod, &admin), COMPLETE);
	CHECK_EQ(luod.phase, PHASE_COMPLETE);
	CHECK(!luod.dirty);
	/* A client that is ready may exit. */
	hang_up(&luod, &a);
	CHECK_EQ(luod.phase, PHASE_COMPLETE);
	dial(&luod, &a, 7);
	party_end();
}

static void check_given_back(const char *by, const char *error)
{
	char want[256];

	CHECK_EQ(luod.phase, PHASE_IDLE);
	CHECK_EQ(kernel_files("luod.a"), 0);
	CHECK_EQ(luod.nr_clients, 2);
	snprintf(want, sizeof(want),
		 "{\"type\":\"ABORT\",\"id\":\"a\",\"by\":\"%s\",\"error\":\"%s\"}",
		 by, error);
	CHECK_TEXT(hear(&luod, &a), want);
}

static void never_ready(void)
{
	party_begin();
	party_subscribe();
	client_find(&luod, "b")->timeout_ms = 50;
	say(&admin, "{\"type\":\"UPDATE\"}");
	CHECK_TEXT(hear(&luod, &a), PRESERVE_OF("a", "30000"));
	CHECK_TEXT(hear(&luod, &b), PRESERVE_OF("b", "50"));
	party_preserve(&a);
	ask(&luod, &a, "{\"type\":\"READY\",\"id\":\"a\"}", OK_OF("READY", "a"));
	CHECK_TEXT(hear(&luod, &admin), "{\"type\":\"ERROR\",\"id\":\"b\","
		   "\"command\":\"UPDATE\",\"error\":\"TIMEOUT\"}");
	check_given_back("b", "TIMEOUT");
	CHECK_TEXT(hear(&luod, &b), "{\"type\":\"ABORT\",\"id\":\"b\","
		   "\"by\":\"b\",\"error\":\"TIMEOUT\"}");
	/* Another update, with the same sessions. */
	client_find(&luod, "b")->timeout_ms = 30000;
	say(&admin, "{\"type\":\"UPDATE\"}");
	CHECK_TEXT(hear(&luod, &a), PRESERVE_OF("a", "30000"));
	CHECK_TEXT(hear(&luod, &b), PRESERVE_OF("b", "30000"));
	party_preserve(&a);
	ask(&luod, &a, "{\"type\":\"READY\",\"id\":\"a\"}", OK_OF("READY", "a"));
	ask(&luod, &b, "{\"type\":\"READY\",\"id\":\"b\"}", OK_OF("READY", "b"));
	CHECK_TEXT(hear(&luod, &admin), COMPLETE);
	party_end();
}

static void veto(void)
{
	party_begin();
	party_subscribe();
	party_start();
	ask(&luod, &a, "{\"type\":\"READY\",\"id\":\"a\"}", OK_OF("READY", "a"));
	say(&b, "{\"type\":\"VETO\",\"id\":\"b\",\"reason\":\"busy\"}");
	CHECK_TEXT(hear(&luod, &admin), "{\"type\":\"ERROR\",\"id\":\"b\","
		   "\"command\":\"UPDATE\",\"error\":\"VETO\",\"detail\":\"busy\"}");
	CHECK_TEXT(hear(&luod, &a), "{\"type\":\"ABORT\",\"id\":\"a\","
		   "\"by\":\"b\",\"error\":\"VETO\",\"detail\":\"busy\"}");
	CHECK_EQ(kernel_files("luod.a"), 0);
	CHECK_EQ(kernel_files("luod.b"), 0);
	party_end();
}

/* The second client gets its session when the first one is ready. */
static void in_order(void)
{
	party_begin();
	ask(&luod, &b, "{\"type\":\"SUBSCRIBE\",\"id\":\"b\",\"order\":20}",
	    OK_OF("SUBSCRIBE", "b"));
	ask(&luod, &a, "{\"type\":\"SUBSCRIBE\",\"id\":\"a\",\"order\":10}",
	    OK_OF("SUBSCRIBE", "a"));
	say(&admin, "{\"type\":\"UPDATE\"}");
	CHECK_TEXT(hear(&luod, &a), PRESERVE_OF("a", "30000"));
	hear_nothing(&luod, &b);
	ask(&luod, &b, "{\"type\":\"READY\",\"id\":\"b\"}", "{\"type\":\"ERROR\","
	    "\"id\":\"b\",\"command\":\"READY\",\"error\":\"WRONG_STATE\"}");
	ask(&luod, &a, "{\"type\":\"VETO\",\"id\":\"a\"}", "{\"type\":\"ABORT\","
	    "\"id\":\"a\",\"by\":\"a\",\"error\":\"VETO\"}");
	CHECK_TEXT(hear(&luod, &a), OK_OF("VETO", "a"));
	hear_nothing(&luod, &b);
	CHECK_EQ(kernel_files("luod.a"), 0);
	CHECK(hear(&luod, &admin));
	say(&admin, "{\"type\":\"UPDATE\"}");
	CHECK_TEXT(hear(&luod, &a), PRESERVE_OF("a", "30000"));
	ask(&luod, &a, "{\"type\":\"READY\",\"id\":\"a\"}", OK_OF("READY", "a"));
	CHECK_TEXT(hear(&luod, &b), PRESERVE_OF("b", "30000"));
	ask(&luod, &b, "{\"type\":\"READY\",\"id\":\"b\"}", OK_OF("READY", "b"));
	CHECK_TEXT(hear(&luod, &admin), COMPLETE);
	party_end();
}

static void comes_back(void)
{
	party_begin();
	party_subscribe();
	party_start();
	hang_up(&luod, &a);
	CHECK_EQ(luod.phase, PHASE_PRESERVING);
	dial(&luod, &a, 8);
	ask(&luod, &a, "{\"type\":\"SUBSCRIBE\",\"id\":\"a\"}", "{\"type\":\"ERROR\","
	    "\"id\":\"a\",\"command\":\"SUBSCRIBE\",\"error\":\"ID_IN_USE\"}");
	hang_up(&luod, &a);
	dial(&luod, &a, 7);
	ask(&luod, &a, "{\"type\":\"SUBSCRIBE\",\"id\":\"a\"}",
	    OK_OF("SUBSCRIBE", "a"));
	CHECK_TEXT(hear(&luod, &a), PRESERVE_OF("a", "30000"));
	CHECK_TEXT(luo_session_name(a.session), "luod.a");
	ask(&luod, &a, "{\"type\":\"READY\",\"id\":\"a\"}", OK_OF("READY", "a"));
	ask(&luod, &b, "{\"type\":\"READY\",\"id\":\"b\"}", OK_OF("READY", "b"));
	CHECK_TEXT(hear(&luod, &admin), COMPLETE);
	party_end();
}

static void does_not_come_back(void)
{
	party_begin();
	party_subscribe();
	party_start();
	luod.policy.grace_ms = 50;
	hang_up(&luod, &b);
	CHECK_TEXT(hear(&luod, &admin), "{\"type\":\"ERROR\",\"id\":\"b\","
		   "\"command\":\"UPDATE\",\"error\":\"GONE\"}");
	CHECK_EQ(luod.nr_clients, 1);
	CHECK_TEXT(hear(&luod, &a), "{\"type\":\"ABORT\",\"id\":\"a\","
		   "\"by\":\"b\",\"error\":\"GONE\"}");
	dial(&luod, &b, 7);
	party_end();
}

static void device_busy(void)
{
	party_begin();
	party_subscribe();
	kernel_set_busy(true);
	say(&admin, "{\"type\":\"UPDATE\"}");
	hear_nothing(&luod, &admin);
	hear_nothing(&luod, &a);
	/* Other clients are served meanwhile. */
	ask(&luod, &b, "{\"type\":\"SUBSCRIBE\",\"id\":\"b\"}",
	    OK_OF("SUBSCRIBE", "b"));
	kernel_set_busy(false);
	CHECK_TEXT(hear(&luod, &a), PRESERVE_OF("a", "30000"));
	CHECK_TEXT(hear(&luod, &b), PRESERVE_OF("b", "30000"));
	update_abort(&luod, LUOD_E_ABORTED, NULL, NULL);
	CHECK(hear(&luod, &admin));
	CHECK(hear(&luod, &a));
	CHECK(hear(&luod, &b));

	kernel_set_busy(true);
	say(&admin, "{\"type\":\"UPDATE\"}");
	hear_nothing(&luod, &admin);
	luod.deadline = luod.now;
	CHECK_TEXT(hear(&luod, &admin), "{\"type\":\"ERROR\","
		   "\"command\":\"UPDATE\",\"error\":\"DEVICE_BUSY\","
		   "\"detail\":\"Device or resource busy\"}");
	hear_nothing(&luod, &a);
	party_end();
}

/* A failure in the kernel aborts the update, and leaves no sessions. */
static void kernel_fails(void)
{
	static const struct {
		unsigned int nr;
		int err;
		const char *want;
	} cases[] = {
		{ LIVEUPDATE_CMD_CREATE_SESSION, EAGAIN, "{\"type\":\"ERROR\","
		  "\"id\":\"a\",\"command\":\"UPDATE\",\"error\":\"KERNEL\","
		  "\"detail\":\"Resource temporarily unavailable\"}" },
		{ LIVEUPDATE_CMD_SESSION_PRESERVE_FD, ENOMEM,
		  "{\"type\":\"ERROR\",\"command\":\"UPDATE\","
		  "\"error\":\"KERNEL\",\"detail\":\"Cannot allocate memory\"}" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		party_begin();
		party_subscribe();
		kernel_fail(cases[i].nr, cases[i].err);
		ask(&luod, &admin, "{\"type\":\"UPDATE\"}", cases[i].want);
		CHECK_EQ(luod.phase, PHASE_IDLE);
		CHECK(!client_find(&luod, "a")->session);
		CHECK(!luod.internal);
		hear_nothing(&luod, &a);
		party_end();
	}
}

static void not_for_everybody(void)
{
	static const char * const commands[] = { "UPDATE", "ABORT", "KEXEC" };
	char line[64], want[128];
	size_t i;

	party_begin();
	party_subscribe();
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		snprintf(line, sizeof(line), "{\"type\":\"%s\"}", commands[i]);
		snprintf(want, sizeof(want), "{\"type\":\"ERROR\","
			 "\"command\":\"%s\",\"error\":\"NOT_ALLOWED\"}",
			 commands[i]);
		ask(&luod, &a, line, want);
	}
	ask(&luod, &a, "{\"type\":\"READY\",\"id\":\"b\"}", "{\"type\":\"ERROR\","
	    "\"id\":\"b\",\"command\":\"READY\",\"error\":\"NOT_ALLOWED\"}");
	ask(&luod, &a, "{\"type\":\"VETO\",\"id\":\"b\"}", "{\"type\":\"ERROR\","
	    "\"id\":\"b\",\"command\":\"VETO\",\"error\":\"NOT_ALLOWED\"}");
	ask(&luod, &a, "{\"type\":\"UNSUBSCRIBE\",\"id\":\"b\"}",
	    "{\"type\":\"ERROR\",\"id\":\"b\",\"command\":\"UNSUBSCRIBE\","
	    "\"error\":\"NOT_ALLOWED\"}");
	ask(&luod, &a, "{\"type\":\"SUBSCRIBE\",\"id\":\"b\"}",
	    "{\"type\":\"ERROR\",\"id\":\"b\",\"command\":\"SUBSCRIBE\","
	    "\"error\":\"ID_IN_USE\"}");
	ask(&luod, &admin, "{\"type\":\"KEXEC\"}", "{\"type\":\"ERROR\","
	    "\"command\":\"KEXEC\",\"error\":\"WRONG_STATE\"}");
	party_end();
}

static void status(void)
{
	party_begin();
	party_subscribe();
	client_find(&luod, "b")->owner.uid = 8;
	client_find(&luod, "a")->owner.cgroup[0] = '\0';
	ask(&luod, &a, "{\"type\":\"STATUS\"}", "{\"type\":\"STATUS\","
	    "\"version\":1,\"phase\":\"idle\",\"clients\":[{\"id\":\"a\","
	    "\"state\":\"subscribed\",\"order\":1,\"timeout_ms\":30000,"
	    "\"uid\":7,\"gid\":7,\"cgroup\":\"\",\"connected\":1}]}");
	say(&admin, "{\"type\":\"STATUS\"}");
	CHECK(strstr(hear(&luod, &admin), "\"id\":\"b\""));
	CHECK(strstr(admin.line, "\"id\":\"a\""));
	party_end();
}

static void leaves(void)
{
	party_begin();
	party_subscribe();
	ask(&luod, &a, "{\"type\":\"UNSUBSCRIBE\",\"id\":\"a\"}",
	    OK_OF("UNSUBSCRIBE", "a"));
	hang_up(&luod, &b);
	CHECK_EQ(luod.nr_clients, 0);
	dial(&luod, &b, 7);
	ask(&luod, &admin, "{\"type\":\"UPDATE\"}", COMPLETE);
	ask(&luod, &a, "{\"type\":\"SUBSCRIBE\",\"id\":\"a\"}", "{\"type\":\"ERROR\","
	    "\"id\":\"a\",\"command\":\"SUBSCRIBE\",\"error\":\"IN_PROGRESS\"}");
	party_end();
}

#define MANY 100

static void many(void)
{
	static struct end ends[MANY];
	char line[64];
	int i, order;

	party_begin();
	for (i = 0; i < MANY; i++) {
		dial(&luod, &ends[i], 7);
		snprintf(line, sizeof(line),
			 "{\"type\":\"SUBSCRIBE\",\"id\":\"c%d\",\"order\":%d}",
			 i, i % 3);
		say(&ends[i], line);
		CHECK(strstr(hear(&luod, &ends[i]), "OK"));
	}
	say(&admin, "{\"type\":\"UPDATE\"}");
	for (order = 0; order < 3; order++) {
		for (i = order; i < MANY; i += 3) {
			CHECK(strstr(hear(&luod, &ends[i]), "PRESERVE"));
			snprintf(line, sizeof(line),
				 "{\"type\":\"READY\",\"id\":\"c%d\"}", i);
			say(&ends[i], line);
			CHECK(strstr(hear(&luod, &ends[i]), "OK"));
		}
	}
	CHECK_TEXT(hear(&luod, &admin), COMPLETE);
	CHECK_EQ(kernel_sessions(false), MANY + 1);
	for (i = 0; i < MANY; i++)
		hang_up(&luod, &ends[i]);
	party_end();
}

const struct test update_tests[] = {
	{ "without clients", nobody },
	{ "both are ready", both_ready },
	{ "one is never ready", never_ready },
	{ "a veto", veto },
	{ "clients in order", in_order },
	{ "a client dies and comes back", comes_back },
	{ "a client dies", does_not_come_back },
	{ "the device is busy", device_busy },
	{ "the kernel fails", kernel_fails },
	{ "administrators only", not_for_everybody },
	{ "status", status },
	{ "clients that leave", leaves },
	{ "100 clients", many },
	{ 0 }
};
