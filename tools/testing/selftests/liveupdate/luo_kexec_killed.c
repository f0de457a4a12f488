// SPDX-License-Identifier: GPL-2.0
/*
 * The holder of a session is killed: after each of its steps and during some of
 * them, before and after the kexec. Before the kexec its files become ordinary
 * files again; after it, only the files that it has retrieved are lost. Needs
 * the module luo_test.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

#define SIZE (3 * 4096L)
#define MAX_STEPS 5

/* State of the victim, inherited from its parent. */
struct victim {
	int dev;
	int memfd;
	int test_file;
	const char *name;
	int session;
};

typedef int (*step)(struct victim *v);

static int take_steps(struct victim *v, const step *steps)
{
	int i, err = 0;

	for (i = 0; i < MAX_STEPS && steps[i] && !err; i++)
		err = steps[i](v);
	return err;
}

/* Forks a process that takes the steps and is killed after them. */
static pid_t start_victim(struct victim *v, const step *steps)
{
	pid_t pid = luo_get(fork());

	if (pid)
		return pid;
	if (take_steps(v, steps))
		_exit(1);
	kill(getpid(), SIGKILL);
	_exit(1);
}

static void check_killed(pid_t pid, const char *name)
{
	int status;

	ksft_print_msg("killed: %s\n", name);
	luo_check_eq(waitpid(pid, &status, 0), pid);
	luo_check(WIFSIGNALED(status));
}

/* Before the kexec */

static int create(struct victim *v)
{
	v->session = luo_create(v->dev, v->name);
	return v->session < 0 ? v->session : 0;
}

static int preserve(struct victim *v)
{
	return luo_preserve_fd(v->session, v->memfd, 1) ?:
	       luo_preserve_fd(v->session, v->test_file, 2);
}

static int prepare(struct victim *v)
{
	return luo_session_event(v->session, LIVEUPDATE_PREPARE);
}

static int freeze(struct victim *v)
{
	return luo_session_event(v->session, LIVEUPDATE_FREEZE);
}

static int prepare_all(struct victim *v)
{
	return luo_event(v->dev, LIVEUPDATE_PREPARE);
}

static int fail_reboot(struct victim *v)
{
	int err = luo_test_tell("fail", "sub_freeze 1 -28");

	(void)v;
	if (err)
		return err;
	err = luo_kexec_jump();
	return err == -ENOSPC ? 0 : err ?: -EPROTO;
}

static const struct {
	const char *name;
	step steps[MAX_STEPS];
	/* Result of a global CANCEL afterwards. */
	int cancel;
	/* Callback in which it is killed, or NULL: after all steps. */
	const char *during;
} before[] = {
	{ "created", { create }, -ENOENT, NULL },
	{ "preserved", { create, preserve }, -ENOENT, NULL },
	{ "prepared", { create, preserve, prepare }, -ENOENT, NULL },
	{ "frozen", { create, preserve, prepare, freeze }, -ENOENT, NULL },
	{ "all prepared", { create, preserve, prepare_all }, 0, NULL },
	{ "prepared, all prepared",
	  { create, preserve, prepare, prepare_all }, 0, NULL },
	{ "all prepared, frozen", { create, preserve, prepare_all, freeze }, 0,
	  NULL },
	{ "reboot failed", { create, preserve, fail_reboot }, -ENOENT, NULL },
	{ "frozen, reboot failed",
	  { create, preserve, prepare, freeze, fail_reboot }, -ENOENT, NULL },
	{ "all prepared, reboot failed",
	  { create, preserve, prepare_all, fail_reboot }, 0, NULL },
	{ "in preserve", { create, preserve }, -ENOENT, "preserve" },
	{ "in prepare", { create, preserve, prepare }, -ENOENT, "prepare" },
	{ "in freeze", { create, preserve, prepare, freeze }, -ENOENT,
	  "freeze" },
	{ "in prepare of all", { create, preserve, prepare_all }, 0,
	  "sub_prepare" },
	{ "in a reboot that fails", { create, preserve, fail_reboot }, -ENOENT,
	  "sub_freeze" },
};

/* Kills the process inside a callback, which then returns. */
static void kill_during(pid_t pid, const char *callback)
{
	char seen[LUO_TEST_CALLS] = "", want[32];

	snprintf(want, sizeof(want), "%s:", callback);
	luo_check(luo_test_wait_for(want, seen));
	luo_check_eq(kill(pid, SIGKILL), 0);
	luo_check_eq(luo_test_tell("hold", "none"), 0);
}

static void kill_before(struct victim *v, size_t i)
{
	const char *during = before[i].during;
	pid_t pid;

	luo_test_calls();
	if (during)
		luo_check_eq(luo_test_tell("hold", during), 0);
	pid = start_victim(v, before[i].steps);
	if (during)
		kill_during(pid, during);
	check_killed(pid, before[i].name);
}

/* The session is gone, and its files are not preserved any more. */
static void check_ordinary(struct victim *v)
{
	luo_check_eq(create(v), 0);
	luo_check_eq(preserve(v), 0);
	close(v->session);
	luo_check_eq(ftruncate(v->memfd, 2 * SIZE), 0);
	luo_check_eq(ftruncate(v->memfd, SIZE), 0);
	luo_check(luo_matches(v->memfd, 0, SIZE, 1));
}

static void kill_all_before(int dev)
{
	struct victim v = {
		.dev = dev,
		.memfd = luo_get(luo_memfd_filled("victim", SIZE, 1)),
		.name = "victim",
	};
	long pages, nodes, files;
	size_t i;

	luo_check_eq(luo_test_load(), 0);
	luo_check_eq(luo_test_tell("subsystem", "+x 1"), 0);
	v.test_file = luo_get(luo_test_file(17));
	luo_check_eq(luo_kexec_load(NULL, luo_next_stage()), 0);
	pages = luo_kho_pages();
	nodes = luo_kho_nodes();
	files = luo_open_files();
	for (i = 0; i < ARRAY_SIZE(before); i++) {
		kill_before(&v, i);
		luo_check_eq(luo_event(dev, LIVEUPDATE_CANCEL),
			     before[i].cancel);
		luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_NORMAL);
		luo_check_eq(luo_kho_pages(), pages);
		luo_check_eq(luo_kho_nodes(), nodes);
		luo_check_eq(luo_open_files(), files);
		check_ordinary(&v);
	}
	close(v.memfd);
	close(v.test_file);
	luo_check_eq(luo_test_unload(), 0);
}

/* After a process dies with the device open, another one can continue. */
static int drive(struct victim *v)
{
	v->dev = luo_open();
	return v->dev < 0 ? v->dev : prepare_all(v);
}

static int kill_driver(int dev)
{
	const step steps[MAX_STEPS] = { drive };
	struct victim v = {};

	close(dev);
	check_killed(start_victim(&v, steps), "driver");
	dev = luo_get(luo_open());
	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_PREPARED);
	luo_check_eq(luo_event(dev, LIVEUPDATE_CANCEL), 0);
	return dev;
}

/* After the kexec */

static int retrieve(struct victim *v)
{
	v->session = luo_retrieve(v->dev, v->name);
	return v->session < 0 ? v->session : 0;
}

/* Checks the contents of a file. */
static int check_file(int session, int token)
{
	int fd = luo_retrieve_fd(session, token);

	if (fd < 0)
		return fd;
	return luo_matches(fd, 0, SIZE, token) ? fd : -EPROTO;
}

static int retrieve_0(struct victim *v)
{
	int fd = check_file(v->session, 0);

	return fd < 0 ? fd : 0;
}

static int retrieve_1(struct victim *v)
{
	int fd = check_file(v->session, 1);

	return fd < 0 ? fd : 0;
}

static int finish(struct victim *v)
{
	return luo_finish(v->session);
}

/* Finishes another session of the same holder. */
static int finish_other(struct victim *v)
{
	int session = luo_retrieve(v->dev, "other");

	return session < 0 ? session : luo_finish(session);
}

/* Files that are left, one bit each; without files the session is gone. */
#define NOTHING 0
#define FILE_0 1
#define FILE_1 2
#define BOTH (FILE_0 | FILE_1)

static const struct {
	const char *name;
	step steps[MAX_STEPS];
	int left;
} after[] = {
	{ "untouched", {}, BOTH },
	{ "retrieved", { retrieve }, BOTH },
	{ "one file retrieved", { retrieve, retrieve_0 }, FILE_1 },
	{ "other file retrieved", { retrieve, retrieve_1 }, FILE_0 },
	{ "all files retrieved", { retrieve, retrieve_0, retrieve_1 }, NOTHING },
	{ "finished", { retrieve, finish }, NOTHING },
	{ "one file retrieved, finished", { retrieve, retrieve_0, finish },
	  NOTHING },
	{ "one of two finished", { retrieve, retrieve_1, finish_other },
	  FILE_0 },
};

static void preserve_session(int dev, const char *name)
{
	int session = luo_get(luo_create(dev, name)), token, fd;

	for (token = 0; token < 2; token++) {
		fd = luo_get(luo_memfd_filled(name, SIZE, token));
		luo_check_eq(luo_preserve_fd(session, fd, token), 0);
		close(fd);
	}
}

static void kill_before_kexec(void)
{
	int dev = luo_get(luo_open());
	size_t i;

	kill_all_before(dev);
	dev = kill_driver(dev);
	for (i = 0; i < ARRAY_SIZE(after); i++)
		preserve_session(dev, after[i].name);
	preserve_session(dev, "other");
	luo_next_kernel();
}

/* Number of files of an incoming session without a holder; 0 if it is gone. */
static int count_files(int dev, const char *name)
{
	struct liveupdate_session_info info;
	uint64_t cursor = 0;

	while (luo_get(luo_list(dev, LIVEUPDATE_LIST_INCOMING, &cursor, &info,
				1))) {
		if (strcmp((char *)info.name, name))
			continue;
		luo_check_eq(info.flags, LIVEUPDATE_SESSION_INCOMING);
		luo_check_eq(info.state, LIVEUPDATE_STATE_UPDATED);
		luo_check_eq(info.retrieved, 0);
		luo_check(info.files);
		return info.files;
	}
	luo_check_eq(luo_retrieve(dev, name), -ENOENT);
	return 0;
}

static void kill_after_kexec(void)
{
	struct victim v = { .dev = luo_get(luo_open()) };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(after); i++) {
		v.name = after[i].name;
		check_killed(start_victim(&v, after[i].steps), v.name);
		luo_check_eq(count_files(v.dev, v.name),
			     __builtin_popcount(after[i].left));
		luo_check_eq(luo_state(v.dev), LIVEUPDATE_STATE_UPDATED);
	}
	luo_check_eq(count_files(v.dev, "other"), 0);
	luo_next_kernel();
}

/* Everything that was left is complete in the next kernel. */
static void take_what_is_left(void)
{
	int dev = luo_get(luo_open()), session, token;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(after); i++) {
		if (!after[i].left) {
			luo_check_eq(luo_retrieve(dev, after[i].name), -ENOENT);
			continue;
		}
		luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_UPDATED);
		session = luo_get(luo_retrieve(dev, after[i].name));
		for (token = 0; token < 2; token++) {
			if (after[i].left & (1 << token))
				luo_get(check_file(session, token));
			else
				luo_check_eq(luo_retrieve_fd(session, token),
					     -ENOENT);
		}
		luo_check_eq(luo_finish(session), 0);
		close(session);
	}
	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_NORMAL);
	luo_check_eq(luo_kho_incoming_pages(), 0);
}

static const struct luo_stage stages[] = {
	{ "holders killed before the kexec", kill_before_kexec },
	{ "holders killed after the kexec", kill_after_kexec },
	{ "the rest is complete", take_what_is_left },
};

int main(void)
{
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
