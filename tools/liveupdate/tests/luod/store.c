// SPDX-License-Identifier: GPL-2.0
/*
 * luod is killed at each step, and restarted by a service manager that has kept
 * its fds.
 */

#include <linux/liveupdate.h>
#include <sys/mman.h>
#include <unistd.h>

#include "manager.h"
#include "suite.h"

static struct luod luod;
static struct end admin, a;

/* Starts luod with the stored fds. */
static void run_luod(void)
{
	manager_pass();
	CHECK_EQ(restore_has_state(), manager_has("luod-state"));
	luod_init(&luod);
	CHECK_EQ(restore(&luod), 0);
	CHECK(!getenv("LISTEN_FDS"));
	manager_listen();
}

static void kill_luod(void)
{
	/* The fake kernel does not see fds in flight: receive them. */
	manager_listen();
	luo_session_close(a.session);
	a.session = NULL;
	close(a.fd);
	close(admin.fd);
	luod_free(&luod);
	manager_listen();
}

static void connect_all(void)
{
	dial(&luod, &admin, 0);
	dial(&luod, &a, 7);
}

static void kill_and_restart(void)
{
	kill_luod();
	run_luod();
	connect_all();
}

static void subscribe(void)
{
	ask(&luod, &a, "{\"type\":\"SUBSCRIBE\",\"id\":\"a\"}",
	    "{\"type\":\"OK\",\"id\":\"a\",\"command\":\"SUBSCRIBE\"}");
}

static void begin(void)
{
	kernel_reset();
	manager_start();
	run_luod();
	connect_all();
	subscribe();
}

static void end(void)
{
	kill_luod();
	manager_stop();
	kernel_reset();
}

static void hear_preserve(void)
{
	CHECK(strstr(hear(&luod, &a), "PRESERVE"));
	CHECK_TEXT(luo_session_name(a.session), "luod.a");
}

static void preserve(void)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	CHECK_EQ(luo_session_preserve_fd(a.session, fd, 1), 0);
	close(fd);
}

static void ready(void)
{
	ask(&luod, &a, "{\"type\":\"READY\",\"id\":\"a\"}",
	    "{\"type\":\"OK\",\"id\":\"a\",\"command\":\"READY\"}");
}

static void claim(void)
{
	ask(&luod, &a, "{\"type\":\"CLAIM\",\"id\":\"a\"}",
	    "{\"type\":\"SESSION\",\"id\":\"a\"}");
	CHECK_TEXT(luo_session_name(a.session), "luod.a");
}

/* An update until the kexec, in which luod is killed at step @at. */
static void get_ready(int at)
{
	begin();
	if (at == 0) {
		kill_and_restart();
		CHECK(client_find(&luod, "a"));
		subscribe();
	}
	if (at == 1) {
		kernel_set_busy(true);
		say(&admin, "{\"type\":\"UPDATE\"}");
		hear_nothing(&luod, &admin);
		kill_and_restart();
		kernel_set_busy(false);
		subscribe();
	}
	say(&admin, "{\"type\":\"UPDATE\"}");
	hear_preserve();
	preserve();
	if (at == 2) {
		kill_and_restart();
		CHECK_EQ(luod.phase, PHASE_PRESERVING);
		subscribe();
		hear_preserve();
		CHECK_EQ(kernel_files("luod.a"), 1);
		say(&admin, "{\"type\":\"UPDATE\"}");
	}
	ready();
	if (at == 3)
		kill_and_restart();
	else
		CHECK_TEXT(hear(&luod, &admin), "{\"type\":\"COMPLETE\"}");
	CHECK_EQ(luod.phase, PHASE_COMPLETE);
	CHECK_EQ(kernel_files("luod.a"), 1);
	CHECK_EQ(kernel_files(INTERNAL_SESSION), 1);
}

/* The store is empty in the next kernel. */
static void enter_next_kernel(void)
{
	kernel_kexec_done();
	kill_luod();
	manager_stop();
	manager_start();
	run_luod();
	connect_all();
	CHECK_EQ(kernel_sessions(true), 1);
}

static void get_back(int at)
{
	if (at == 4) {
		kill_and_restart();
		CHECK_EQ(client_find(&luod, "a")->state, CLIENT_INCOMING);
	}
	claim();
	if (at == 5) {
		kill_and_restart();
		CHECK_EQ(client_find(&luod, "a")->state, CLIENT_CLAIMED);
		claim();
	}
	CHECK_EQ(luo_session_finish(a.session), 0);
	if (at == 6)
		kill_and_restart();
	luo_session_close(a.session);
	a.session = NULL;
	subscribe();
	manager_listen();
	CHECK(!manager_has("luod.a"));
	say(&admin, "{\"type\":\"UPDATE\"}");
	hear_preserve();
	ready();
	CHECK_TEXT(hear(&luod, &admin), "{\"type\":\"COMPLETE\"}");
	manager_listen();
	CHECK(manager_has(INTERNAL_SESSION));
	ask(&luod, &admin, "{\"type\":\"ABORT\"}",
	    "{\"type\":\"OK\",\"command\":\"ABORT\"}");
	manager_listen();
	CHECK(!manager_has(INTERNAL_SESSION));
	CHECK(manager_has("luod-state"));
}

/* An update without clients. */
static void killed_with_nobody(void)
{
	begin();
	ask(&luod, &a, "{\"type\":\"UNSUBSCRIBE\",\"id\":\"a\"}",
	    "{\"type\":\"OK\",\"id\":\"a\",\"command\":\"UNSUBSCRIBE\"}");
	ask(&luod, &admin, "{\"type\":\"UPDATE\"}", "{\"type\":\"COMPLETE\"}");
	kill_and_restart();
	CHECK_EQ(luod.phase, PHASE_COMPLETE);
	end();
}

static void killed_at_each_step(void)
{
	int at;

	for (at = -1; at < 7; at++) {
		get_ready(at);
		enter_next_kernel();
		get_back(at);
		end();
	}
}

/* Sessions are stored before the state file is written. */
static void killed_before_it_is_written(void)
{
	begin();
	CHECK_EQ(update_start(&luod, NULL), LUOD_OK);
	luod_commit(&luod);
	update_tick(&luod);
	kill_and_restart();
	CHECK_EQ(luod.phase, PHASE_STARTING);
	CHECK(client_find(&luod, "a")->session);
	subscribe();
	hear_preserve();
	ready();
	CHECK_EQ(luod.phase, PHASE_COMPLETE);
	enter_next_kernel();
	CHECK_EQ(claim_start(&luod, a.conn, "a"), LUOD_OK);
	claim_tick(&luod);
	kill_and_restart();
	claim();
	end();
}

/* luod is killed after the session was retrieved, but not its file. */
static void killed_while_it_starts(void)
{
	struct luo_device *device;
	struct luo_session *session;

	begin();
	say(&admin, "{\"type\":\"UPDATE\"}");
	hear_preserve();
	ready();
	kernel_kexec_done();
	kill_luod();
	manager_stop();
	manager_start();
	CHECK_EQ(luo_device_open(&device, 0), 0);
	CHECK_EQ(luo_device_retrieve_session(device, INTERNAL_SESSION, &session),
		 0);
	luo_device_close(device);
	store_add("luod-incoming", luo_session_fd(session));
	manager_listen();
	luo_session_close(session);
	run_luod();
	connect_all();
	CHECK_EQ(client_find(&luod, "a")->state, CLIENT_INCOMING);
	CHECK_EQ(kernel_sessions(true), 1);
	claim();
	end();
}

/*
 * luod is killed after the update was aborted, before the session was emptied.
 */
static void killed_before_it_is_emptied(void)
{
	begin();
	say(&admin, "{\"type\":\"UPDATE\"}");
	hear_preserve();
	preserve();
	kernel_set_prepared(true);
	say(&admin, "{\"type\":\"ABORT\"}");
	CHECK(strstr(hear(&luod, &a), "ABORT"));
	CHECK_EQ(kernel_files("luod.a"), 1);
	kill_and_restart();
	subscribe();
	kernel_set_prepared(false);
	CHECK(!luod_turn(&luod, -1, 0));
	CHECK_EQ(kernel_files("luod.a"), 0);
	end();
}

/* A client that was ready is told of the abort by the restarted luod. */
static void killed_before_it_is_off(void)
{
	begin();
	say(&admin, "{\"type\":\"UPDATE\"}");
	hear_preserve();
	ready();
	kill_and_restart();
	subscribe();
	say(&admin, "{\"type\":\"ABORT\"}");
	CHECK(strstr(hear(&luod, &a), "ABORT"));
	end();
}

/* The update is aborted if the store has lost a session. */
static void store_is_lossy(void)
{
	begin();
	say(&admin, "{\"type\":\"UPDATE\"}");
	hear_preserve();
	kill_luod();
	manager_remove("luod.a");
	run_luod();
	connect_all();
	CHECK_EQ(luod.phase, PHASE_IDLE);
	CHECK(!luod.internal);
	subscribe();
	CHECK(strstr(hear(&luod, &a), "ABORT"));
	end();
}

static void strangers(void)
{
	int fd = memfd_create("stranger", MFD_CLOEXEC);

	begin();
	kill_luod();
	manager_add("stranger", fd);
	run_luod();
	connect_all();
	CHECK(client_find(&luod, "a"));
	end();
}

const struct test store_tests[] = {
	{ "killed at each step", killed_at_each_step },
	{ "killed without clients", killed_with_nobody },
	{ "killed before it is written down", killed_before_it_is_written },
	{ "killed while it starts", killed_while_it_starts },
	{ "killed before a session is emptied", killed_before_it_is_emptied },
	{ "killed before the update is off", killed_before_it_is_off },
	{ "the store has lost a session", store_is_lossy },
	{ "the store has an unknown entry", strangers },
	{ 0 }
};
