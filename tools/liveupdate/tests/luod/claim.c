// SPDX-License-Identifier: GPL-2.0
/*
 * Claims after a kexec.
 */

#include <linux/liveupdate.h>
#include <sys/mman.h>
#include <unistd.h>

#include "suite.h"

static struct luod luod;
static struct end admin, a;

#define SESSION_OF(id) "{\"type\":\"SESSION\",\"id\":\"" id "\"}"
#define ERROR_OF(command, id, error) "{\"type\":\"ERROR\",\"id\":\"" id \
	"\",\"command\":\"" command "\",\"error\":\"" error "\"}"

/* A client preserves a file, and the next kernel boots. */
static void jump(void)
{
	int fd;

	start(&luod);
	dial(&luod, &admin, 0);
	dial(&luod, &a, 7);
	say(&a, "{\"type\":\"SUBSCRIBE\",\"id\":\"a\"}");
	CHECK(hear(&luod, &a));
	say(&admin, "{\"type\":\"UPDATE\"}");
	CHECK(strstr(hear(&luod, &a), "PRESERVE"));
	fd = memfd_create("file", MFD_CLOEXEC);
	CHECK_EQ(luo_session_preserve_fd(a.session, fd, 1), 0);
	close(fd);
	say(&a, "{\"type\":\"READY\",\"id\":\"a\"}");
	CHECK(hear(&luod, &a));
	CHECK(strstr(hear(&luod, &admin), "COMPLETE"));
	kernel_kexec_done();
	hang_up(&luod, &a);
	hang_up(&luod, &admin);
	die(&luod);
	luod_init(&luod);
	CHECK_EQ(restore(&luod), 0);
	dial(&luod, &admin, 0);
	dial(&luod, &a, 7);
}

static void end(void)
{
	hang_up(&luod, &a);
	hang_up(&luod, &admin);
	stop(&luod);
}

static void retrieve_and_finish(void)
{
	int fd = luo_session_retrieve_fd(a.session, 1);

	CHECK(fd >= 0);
	close(fd);
	CHECK_EQ(luo_session_finish(a.session), 0);
}

static void claim(void)
{
	jump();
	CHECK_EQ(luod.nr_clients, 1);
	CHECK_EQ(client_find(&luod, "a")->state, CLIENT_INCOMING);
	CHECK_EQ(kernel_sessions(true), 1);
	ask(&luod, &a, "{\"type\":\"CLAIM\",\"id\":\"a\"}", SESSION_OF("a"));
	CHECK_TEXT(luo_session_name(a.session), "luod.a");
	ask(&luod, &admin, "{\"type\":\"UPDATE\"}", "{\"type\":\"ERROR\","
	    "\"command\":\"UPDATE\",\"error\":\"UNFINISHED\"}");
	ask(&luod, &a, "{\"type\":\"SUBSCRIBE\",\"id\":\"a\"}",
	    ERROR_OF("SUBSCRIBE", "a", "UNFINISHED"));
	retrieve_and_finish();
	ask(&luod, &a, "{\"type\":\"SUBSCRIBE\",\"id\":\"a\"}",
	    "{\"type\":\"OK\",\"id\":\"a\",\"command\":\"SUBSCRIBE\"}");
	CHECK_EQ(client_find(&luod, "a")->state, CLIENT_SUBSCRIBED);
	end();
}

static void wrong_user(void)
{
	jump();
	hang_up(&luod, &a);
	dial(&luod, &a, 8);
	ask(&luod, &a, "{\"type\":\"CLAIM\",\"id\":\"a\"}",
	    ERROR_OF("CLAIM", "a", "NOT_ALLOWED"));
	CHECK(!a.session);
	ask(&luod, &a, "{\"type\":\"CLAIM\",\"id\":\"b\"}",
	    ERROR_OF("CLAIM", "b", "UNKNOWN_ID"));
	CHECK_EQ(client_find(&luod, "a")->state, CLIENT_INCOMING);
	end();
}

static void dies_and_comes_back(void)
{
	jump();
	ask(&luod, &a, "{\"type\":\"CLAIM\",\"id\":\"a\"}", SESSION_OF("a"));
	close(luo_session_retrieve_fd(a.session, 1));
	hang_up(&luod, &a);
	CHECK_EQ(client_find(&luod, "a")->state, CLIENT_CLAIMED);
	dial(&luod, &a, 7);
	ask(&luod, &a, "{\"type\":\"CLAIM\",\"id\":\"a\"}", SESSION_OF("a"));
	CHECK(client_find(&luod, "a")->conn == a.conn);
	CHECK_EQ(client_find(&luod, "a")->back_by, NEVER);
	retrieve_and_finish();
	ask(&luod, &admin, "{\"type\":\"UPDATE\"}", "{\"type\":\"COMPLETE\"}");
	CHECK_EQ(luod.nr_clients, 0);
	end();
}

static void never_comes_back(void)
{
	jump();
	luod.policy.grace_ms = 0;
	ask(&luod, &a, "{\"type\":\"CLAIM\",\"id\":\"a\"}", SESSION_OF("a"));
	hang_up(&luod, &a);
	CHECK_EQ(client_find(&luod, "a")->state, CLIENT_INCOMING);
	CHECK(!client_find(&luod, "a")->session);
	dial(&luod, &a, 7);
	end();
}

static void twice_at_once(void)
{
	jump();
	ask(&luod, &a, "{\"type\":\"CLAIM\",\"id\":\"a\"}", SESSION_OF("a"));
	ask(&luod, &admin, "{\"type\":\"CLAIM\",\"id\":\"a\"}",
	    ERROR_OF("CLAIM", "a", "ID_IN_USE"));
	ask(&luod, &a, "{\"type\":\"CLAIM\",\"id\":\"a\"}", SESSION_OF("a"));
	end();
}

static void device_busy(void)
{
	jump();
	kernel_set_busy(true);
	say(&a, "{\"type\":\"CLAIM\",\"id\":\"a\"}");
	hear_nothing(&luod, &a);
	ask(&luod, &a, "{\"type\":\"CLAIM\",\"id\":\"a\"}",
	    ERROR_OF("CLAIM", "a", "IN_PROGRESS"));
	a.conn->claim_deadline = luod.now;
	CHECK_TEXT(hear(&luod, &a), "{\"type\":\"ERROR\",\"id\":\"a\","
		   "\"command\":\"CLAIM\",\"error\":\"DEVICE_BUSY\","
		   "\"detail\":\"Device or resource busy\"}");
	say(&a, "{\"type\":\"CLAIM\",\"id\":\"a\"}");
	hear_nothing(&luod, &a);
	kernel_set_busy(false);
	CHECK_TEXT(hear(&luod, &a), SESSION_OF("a"));
	end();
}

/*
 * Without a claim in the second kernel, the third one still knows the client.
 */
static void onward(void)
{
	jump();
	ask(&luod, &admin, "{\"type\":\"UPDATE\"}", "{\"type\":\"COMPLETE\"}");
	CHECK_EQ(kernel_sessions(true), 1);
	kernel_kexec_done();
	hang_up(&luod, &a);
	hang_up(&luod, &admin);
	die(&luod);
	luod_init(&luod);
	CHECK_EQ(restore(&luod), 0);
	dial(&luod, &admin, 0);
	dial(&luod, &a, 7);
	ask(&luod, &a, "{\"type\":\"CLAIM\",\"id\":\"a\"}", SESSION_OF("a"));
	retrieve_and_finish();
	end();
}

/* Without a registry, root can claim any session. */
static void unknown_to_us(void)
{
	jump();
	client_remove(&luod, client_find(&luod, "a"));
	ask(&luod, &a, "{\"type\":\"CLAIM\",\"id\":\"a\"}",
	    ERROR_OF("CLAIM", "a", "UNKNOWN_ID"));
	ask(&luod, &admin, "{\"type\":\"CLAIM\",\"id\":\"b\"}",
	    "{\"type\":\"ERROR\",\"id\":\"b\",\"command\":\"CLAIM\",\"error\":"
	    "\"UNKNOWN_ID\",\"detail\":\"No such file or directory\"}");
	CHECK_EQ(luod.nr_clients, 0);
	kernel_set_busy(true);
	say(&admin, "{\"type\":\"CLAIM\",\"id\":\"c\"}");
	hear_nothing(&luod, &admin);
	CHECK_EQ(luod.nr_clients, 0);
	hang_up(&luod, &admin);
	CHECK_EQ(luod.nr_clients, 0);
	kernel_set_busy(false);
	dial(&luod, &admin, 0);
	ask(&luod, &admin, "{\"type\":\"CLAIM\",\"id\":\"a\"}", SESSION_OF("a"));
	CHECK_EQ(luod.nr_clients, 1);
	end();
}

/* A claim that waits for the device is served before an update begins. */
static void update_while_claimed(void)
{
	jump();
	client_remove(&luod, client_find(&luod, "a"));
	kernel_set_busy(true);
	say(&admin, "{\"type\":\"CLAIM\",\"id\":\"a\"}");
	hear_nothing(&luod, &admin);
	ask(&luod, &admin, "{\"type\":\"UPDATE\"}",
	    "{\"type\":\"ERROR\",\"command\":\"UPDATE\",\"error\":\"UNFINISHED\"}");
	kernel_set_busy(false);
	CHECK_TEXT(hear(&luod, &admin), SESSION_OF("a"));
	end();
}

static void damaged_state(void)
{
	start(&luod);
	dial(&luod, &admin, 0);
	ask(&luod, &admin, "{\"type\":\"UPDATE\"}", "{\"type\":\"COMPLETE\"}");
	CHECK_EQ(statefile_write(luod.state_fd, "{\"version\":9}", 13), 0);
	kernel_kexec_done();
	hang_up(&luod, &admin);
	die(&luod);
	luod_init(&luod);
	CHECK_EQ(restore(&luod), 0);
	CHECK_EQ(luod.nr_clients, 0);
	CHECK_EQ(kernel_sessions(true), 0);
	stop(&luod);
}

const struct test claim_tests[] = {
	{ "a claim", claim },
	{ "the wrong user", wrong_user },
	{ "a client dies and comes back", dies_and_comes_back },
	{ "a client dies", never_comes_back },
	{ "two clients want one session", twice_at_once },
	{ "the device is busy", device_busy },
	{ "a session is handed over to the third kernel", onward },
	{ "a session that luod does not know", unknown_to_us },
	{ "an update while a claim waits", update_while_claimed },
	{ "a damaged state file", damaged_state },
	{ 0 }
};
