// SPDX-License-Identifier: GPL-2.0
/*
 * Callbacks of file handlers and subsystems: the order of calls, and that a
 * failure is rolled back in reverse order to the state before. Needs the module
 * luo_test.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "luo_contest.h"
#include "luo_harness.h"
#include "luo_util.h"

FIXTURE(callbacks)
{
	int dev;
	int a;
	int b;
	int files[3];
	struct luo_held held;
};

/* Two subsystems; a session with the files 1 and 2, one with the file 3. */
FIXTURE_SETUP(callbacks)
{
	int i;

	luo_setup_machine(_metadata);
	self->dev = luo_setup_device(_metadata);
	luo_setup_module(_metadata);
	self->held = luo_setup_held(_metadata);
	ASSERT_EQ(luo_test_tell("subsystem", "+x 1"), 0);
	ASSERT_EQ(luo_test_tell("subsystem", "+y 2"), 0);
	self->a = luo_setup_session(_metadata, self->dev, "a");
	self->b = luo_setup_session(_metadata, self->dev, "b");
	for (i = 0; i < 3; i++) {
		self->files[i] = luo_test_file(i + 1);
		ASSERT_GE(self->files[i], 0);
		ASSERT_EQ(luo_preserve_fd(i < 2 ? self->a : self->b,
					  self->files[i], i), 0);
	}
	EXPECT_STREQ(luo_test_calls(),
		     "flb_preserve:flb preserve:1 preserve:2 preserve:3 ");
}

FIXTURE_TEARDOWN(callbacks)
{
	int i;

	luo_event(self->dev, LIVEUPDATE_CANCEL);
	close(self->a);
	close(self->b);
	for (i = 0; i < 3; i++)
		close(self->files[i]);
	EXPECT_EQ(luo_state(self->dev), LIVEUPDATE_STATE_NORMAL);
	close(self->dev);
	EXPECT_EQ(luo_test_unload(), 0);
	luo_expect_held(_metadata, self->held);
}

/* A callback, and the one that undoes it, or NULL. */
struct step {
	const char *call;
	const char *who;
	const char *undo;
};

static const struct step prepare_steps[] = {
	{ "sub_prepare", "x", "sub_cancel" },
	{ "sub_prepare", "y", "sub_cancel" },
	{ "prepare", "1", "unprepare" },
	{ "prepare", "2", "unprepare" },
	{ "prepare", "3", "unprepare" },
};

static const struct step freeze_steps[] = {
	{ "freeze", "1", "unfreeze" },
	{ "freeze", "2", "unfreeze" },
	{ "freeze", "3", "unfreeze" },
	{ "sub_freeze", "x", "sub_unfreeze" },
	{ "sub_freeze", "y", "sub_unfreeze" },
};

#define STEPS ARRAY_SIZE(prepare_steps)

static void add_forward(char *text, const struct step *steps, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		sprintf(text + strlen(text), "%s:%s ", steps[i].call,
			steps[i].who);
}

static void add_back(char *text, const struct step *steps, int nr)
{
	while (nr--)
		sprintf(text + strlen(text), "%s:%s ", steps[nr].undo,
			steps[nr].who);
}

/* Appends the calls that are expected if step @at fails. */
static void add_failure(char *text, const struct step *steps, int at)
{
	add_forward(text, steps, at);
	sprintf(text + strlen(text), "%s:%s! ", steps[at].call, steps[at].who);
	add_back(text, steps, at);
}

/* Makes step @at fail once. */
static int fail_at(const struct step *steps, int at)
{
	char text[64];
	int i, nth = 0;

	for (i = 0; i <= at; i++)
		nth += !strcmp(steps[i].call, steps[at].call);
	snprintf(text, sizeof(text), "%s %d -28", steps[at].call, nth);
	return luo_test_tell("fail", text);
}

/* Checks that the recorded calls are @first, then @then. */
static void expect_calls(struct __test_metadata *_metadata, const char *first,
			 const char *then)
{
	char want[512];

	snprintf(want, sizeof(want), "%s%s", first, then);
	EXPECT_STREQ(luo_test_calls(), want);
}

TEST_F(callbacks, in_their_order_and_back)
{
	char want[1024] = "";

	ASSERT_EQ(luo_event(self->dev, LIVEUPDATE_PREPARE), 0);
	add_forward(want, prepare_steps, STEPS);
	EXPECT_STREQ(luo_test_calls(), want);
	ASSERT_EQ(luo_event(self->dev, LIVEUPDATE_CANCEL), 0);
	want[0] = '\0';
	add_back(want, prepare_steps, STEPS);
	EXPECT_STREQ(luo_test_calls(), want);
	close(self->a);
	EXPECT_STREQ(luo_test_calls(), "unpreserve:2 unpreserve:1 ");
	close(self->b);
	EXPECT_STREQ(luo_test_calls(), "unpreserve:3 flb_unpreserve:flb ");
	self->a = -1;
	self->b = -1;
}

TEST_F(callbacks, prepare_fails_at_every_step)
{
	long pages = luo_kho_pages();
	size_t at;

	for (at = 0; at < STEPS; at++) {
		char want[1024] = "";

		ASSERT_EQ(fail_at(prepare_steps, at), 0);
		EXPECT_EQ(luo_event(self->dev, LIVEUPDATE_PREPARE), -ENOSPC);
		add_failure(want, prepare_steps, at);
		EXPECT_STREQ(luo_test_calls(), want);
		EXPECT_EQ(luo_state(self->dev), LIVEUPDATE_STATE_NORMAL);
		EXPECT_EQ(luo_session_state(self->a), LIVEUPDATE_STATE_NORMAL);
		EXPECT_EQ(luo_session_state(self->b), LIVEUPDATE_STATE_NORMAL);
		EXPECT_EQ(luo_kho_pages(), pages);
	}
}

TEST_F(callbacks, a_reboot_fails_at_every_step_of_prepare)
{
	size_t at;

	ASSERT_EQ(luo_kexec_load(NULL, 0), 0);
	for (at = 0; at < STEPS; at++) {
		char want[1024] = "";

		ASSERT_EQ(fail_at(prepare_steps, at), 0);
		EXPECT_EQ(luo_kexec_jump(), -ENOSPC);
		add_failure(want, prepare_steps, at);
		EXPECT_STREQ(luo_test_calls(), want);
		EXPECT_EQ(luo_state(self->dev), LIVEUPDATE_STATE_NORMAL);
	}
}

TEST_F(callbacks, a_reboot_fails_at_every_step_of_freeze)
{
	long pages = luo_kho_pages();
	size_t at;

	ASSERT_EQ(luo_kexec_load(NULL, 0), 0);
	for (at = 0; at < STEPS; at++) {
		char want[2048] = "";

		ASSERT_EQ(fail_at(freeze_steps, at), 0);
		EXPECT_EQ(luo_kexec_jump(), -ENOSPC);
		add_forward(want, prepare_steps, STEPS);
		add_failure(want, freeze_steps, at);
		add_back(want, prepare_steps, STEPS);
		EXPECT_STREQ(luo_test_calls(), want);
		EXPECT_EQ(luo_state(self->dev), LIVEUPDATE_STATE_NORMAL);
		EXPECT_EQ(luo_kho_pages(), pages);
	}
}

/*
 * Sessions that were prepared before the reboot stay prepared; others do not.
 */
TEST_F(callbacks, a_failed_freeze_leaves_states_as_they_were)
{
	size_t at;

	ASSERT_EQ(luo_kexec_load(NULL, 0), 0);
	ASSERT_EQ(luo_event(self->dev, LIVEUPDATE_PREPARE), 0);
	ASSERT_EQ(luo_session_event(self->a, LIVEUPDATE_FREEZE), 0);
	ASSERT_EQ(luo_session_event(self->b, LIVEUPDATE_CANCEL), 0);
	luo_test_calls();
	ASSERT_EQ(luo_test_tell("fail", "sub_freeze 2 -28"), 0);
	EXPECT_EQ(luo_kexec_jump(), -ENOSPC);
	expect_calls(_metadata,
		     "prepare:3 freeze:3 sub_freeze:x sub_freeze:y! ",
		     "sub_unfreeze:x unfreeze:3 unprepare:3 ");
	EXPECT_EQ(luo_state(self->dev), LIVEUPDATE_STATE_PREPARED);
	EXPECT_EQ(luo_session_state(self->a), LIVEUPDATE_STATE_FROZEN);
	EXPECT_EQ(luo_session_state(self->b), LIVEUPDATE_STATE_NORMAL);

	/* A session with a state of its own is closed between global events. */
	for (at = 0; at < 2; at++)
		close(at ? self->b : self->a);
	expect_calls(_metadata,
		     "unfreeze:2 unfreeze:1 unprepare:2 unprepare:1 ",
		     "unpreserve:2 unpreserve:1 unpreserve:3 flb_unpreserve:flb ");
	self->a = -1;
	self->b = -1;
}

TEST_F(callbacks, one_session_fails_at_every_step)
{
	size_t at;

	for (at = 0; at < 2; at++) {
		char want[256] = "";

		ASSERT_EQ(fail_at(prepare_steps + 2, at), 0);
		EXPECT_EQ(luo_session_event(self->a, LIVEUPDATE_PREPARE),
			  -ENOSPC);
		add_failure(want, prepare_steps + 2, at);
		EXPECT_STREQ(luo_test_calls(), want);
		EXPECT_EQ(luo_session_state(self->a), LIVEUPDATE_STATE_NORMAL);
	}
	ASSERT_EQ(luo_session_event(self->a, LIVEUPDATE_PREPARE), 0);
	luo_test_calls();
	for (at = 0; at < 2; at++) {
		char want[256] = "";

		ASSERT_EQ(fail_at(freeze_steps, at), 0);
		EXPECT_EQ(luo_session_event(self->a, LIVEUPDATE_FREEZE),
			  -ENOSPC);
		add_failure(want, freeze_steps, at);
		EXPECT_STREQ(luo_test_calls(), want);
		EXPECT_EQ(luo_session_state(self->a),
			  LIVEUPDATE_STATE_PREPARED);
	}
}

TEST_F(callbacks, a_failed_preserve_leaves_nothing)
{
	int fd = luo_test_file(4);

	ASSERT_EQ(luo_test_tell("fail", "preserve 1 -28"), 0);
	EXPECT_EQ(luo_preserve_fd(self->a, fd, 4), -ENOSPC);
	EXPECT_EQ(luo_unpreserve_fd(self->a, 4), -ENOENT);
	EXPECT_EQ(luo_preserve_fd(self->a, fd, 4), 0);
	EXPECT_EQ(luo_preserve_fd(self->b, fd, 4), -EBUSY);
	EXPECT_EQ(luo_unpreserve_fd(self->a, 4), 0);
	EXPECT_STREQ(luo_test_calls(), "preserve:4! preserve:4 unpreserve:4 ");
	close(fd);
}

TEST_F(callbacks, the_first_file_fails_with_the_object_that_it_needs)
{
	close(self->a);
	close(self->b);
	luo_test_calls();
	self->b = -1;
	self->a = luo_create(self->dev, "a");
	ASSERT_EQ(luo_test_tell("fail", "flb_preserve 1 -28"), 0);
	EXPECT_EQ(luo_preserve_fd(self->a, self->files[0], 0), -ENOSPC);
	ASSERT_EQ(luo_test_tell("fail", "preserve 1 -28"), 0);
	EXPECT_EQ(luo_preserve_fd(self->a, self->files[0], 0), -ENOSPC);
	expect_calls(_metadata,
		     "flb_preserve:flb! flb_preserve:flb preserve:1! ",
		     "flb_unpreserve:flb ");
}

struct preserver {
	int session;
	int fd;
	uint64_t token;
	int err;
};

static void *preserve_thread(void *arg)
{
	struct preserver *p = arg;

	p->err = luo_preserve_fd(p->session, p->fd, p->token);
	return NULL;
}

/* The callback returns only when both threads are in it. */
TEST_F(callbacks, two_files_of_a_session_at_a_time)
{
	struct preserver p[2];
	pthread_t threads[2];
	char seen[LUO_TEST_CALLS] = "";
	int i;

	ASSERT_EQ(luo_test_tell("hold", "preserve"), 0);
	for (i = 0; i < 2; i++) {
		p[i] = (struct preserver) {
			.session = self->a,
			.fd = luo_test_file(10 + i),
			.token = 10 + i,
		};
		ASSERT_EQ(pthread_create(&threads[i], NULL, preserve_thread,
					 &p[i]), 0);
	}
	EXPECT_TRUE(luo_test_wait_for("preserve:10 ", seen));
	EXPECT_TRUE(luo_test_wait_for("preserve:11 ", seen));
	ASSERT_EQ(luo_test_tell("hold", "none"), 0);
	for (i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		EXPECT_EQ(p[i].err, 0);
		close(p[i].fd);
	}
}

/* A PREPARE that waits for another process can be killed without effect. */
TEST_F(callbacks, a_waiting_prepare_can_be_killed)
{
	struct preserver p = {
		.session = self->a,
		.fd = luo_test_file(10),
		.token = 10,
	};
	char seen[LUO_TEST_CALLS] = "";
	pthread_t thread;
	int status;
	pid_t pid;

	ASSERT_EQ(luo_test_tell("hold", "preserve"), 0);
	ASSERT_EQ(pthread_create(&thread, NULL, preserve_thread, &p), 0);
	ASSERT_TRUE(luo_test_wait_for("preserve:10 ", seen));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		luo_event(self->dev, LIVEUPDATE_PREPARE);
		_exit(0);
	}
	ASSERT_EQ(kill(pid, SIGKILL), 0);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_TRUE(WIFSIGNALED(status));
	ASSERT_EQ(luo_test_tell("hold", "none"), 0);
	pthread_join(thread, NULL);
	EXPECT_EQ(p.err, 0);
	EXPECT_EQ(luo_state(self->dev), LIVEUPDATE_STATE_NORMAL);
	EXPECT_STREQ(luo_test_calls(), "");
	close(p.fd);
}

/* A thread that does one thing with an fd. */
struct caller {
	int (*call)(int fd);
	int fd;
	atomic_int tid;
	int err;
	pthread_t thread;
};

static void *call_thread(void *arg)
{
	struct caller *caller = arg;

	atomic_store(&caller->tid, gettid());
	caller->err = caller->call(caller->fd);
	return NULL;
}

static bool start_caller(struct caller *caller)
{
	if (pthread_create(&caller->thread, NULL, call_thread, caller))
		return false;
	while (!atomic_load(&caller->tid))
		usleep(1000);
	return true;
}

/* True if it ends in time. */
static bool has_ended(struct caller *caller)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 10;
	return !pthread_timedjoin_np(caller->thread, NULL, &end);
}

static int prepare_all(int dev)
{
	return luo_event(dev, LIVEUPDATE_PREPARE);
}

static int cancel_session(int session)
{
	return luo_session_event(session, LIVEUPDATE_CANCEL);
}

/*
 * The operation that PREPARE waits for may itself depend on the CANCEL or the
 * close() of a session, so these must not wait for PREPARE. A CANCEL with nothing
 * to undo waits, or a loop of them could hold up PREPARE for ever.
 */
TEST_F(callbacks, cancel_and_close_pass_a_waiting_prepare)
{
	struct preserver p = {
		.session = self->a,
		.fd = luo_test_file(10),
		.token = 10,
	};
	struct caller prepare = { .call = prepare_all, .fd = self->dev };
	struct caller undo[] = {
		{ .call = cancel_session, .fd = self->b },
		{ .call = close, .fd = luo_create(self->dev, "c") },
	};
	struct caller idle = {
		.call = cancel_session,
		.fd = luo_create(self->dev, "idle"),
	};
	char seen[LUO_TEST_CALLS] = "";
	bool ended[2];
	pthread_t thread;
	int i;

	ASSERT_GE(undo[1].fd, 0);
	ASSERT_EQ(luo_session_event(self->b, LIVEUPDATE_PREPARE), 0);
	ASSERT_EQ(luo_test_tell("hold", "preserve"), 0);
	ASSERT_EQ(pthread_create(&thread, NULL, preserve_thread, &p), 0);
	ASSERT_TRUE(luo_test_wait_for("preserve:10 ", seen));
	ASSERT_TRUE(start_caller(&prepare));
	EXPECT_TRUE(luo_wait_for_sleep(getpid(), atomic_load(&prepare.tid)));
	for (i = 0; i < 2; i++) {
		ASSERT_TRUE(start_caller(&undo[i]));
		ended[i] = has_ended(&undo[i]);
		EXPECT_TRUE(ended[i]);
	}
	EXPECT_EQ(luo_session_state(self->b), LIVEUPDATE_STATE_NORMAL);
	ASSERT_TRUE(start_caller(&idle));
	EXPECT_TRUE(luo_wait_for_sleep(getpid(), atomic_load(&idle.tid)));
	ASSERT_EQ(luo_test_tell("hold", "none"), 0);
	pthread_join(thread, NULL);
	pthread_join(prepare.thread, NULL);
	for (i = 0; i < 2; i++) {
		if (!ended[i])
			pthread_join(undo[i].thread, NULL);
		EXPECT_EQ(undo[i].err, 0);
	}
	pthread_join(idle.thread, NULL);
	EXPECT_EQ(p.err, 0);
	EXPECT_EQ(prepare.err, 0);
	/* By then, PREPARE has prepared that session, too. */
	EXPECT_EQ(idle.err, 0);
	EXPECT_EQ(luo_state(self->dev), LIVEUPDATE_STATE_PREPARED);
	close(idle.fd);
	close(p.fd);
}

static void *close_thread(void *arg)
{
	close(*(int *)arg);
	return NULL;
}

static void *reboot_thread(void *arg)
{
	*(int *)arg = luo_kexec_jump();
	return NULL;
}

/* close() of a session sleeps during a freeze, and completes after it fails. */
TEST_F(callbacks, close_during_a_reboot_that_fails)
{
	pthread_t reboot, closer;
	char seen[LUO_TEST_CALLS] = "";
	int err = 0;

	ASSERT_EQ(luo_kexec_load(NULL, 0), 0);
	ASSERT_EQ(luo_test_tell("fail", "sub_freeze 2 -28"), 0);
	ASSERT_EQ(luo_test_tell("hold", "sub_freeze"), 0);
	ASSERT_EQ(pthread_create(&reboot, NULL, reboot_thread, &err), 0);
	ASSERT_TRUE(luo_test_wait_for("sub_freeze:x ", seen));
	ASSERT_EQ(pthread_create(&closer, NULL, close_thread, &self->a), 0);
	ASSERT_EQ(luo_test_tell("hold", "none"), 0);
	pthread_join(reboot, NULL);
	pthread_join(closer, NULL);
	EXPECT_EQ(err, -ENOSPC);
	self->a = -1;
	/* Its files were undone by the global event, then unpreserved. */
	strcat(seen, luo_test_calls());
	EXPECT_NE(strstr(seen, "unprepare:2 unprepare:1 sub_cancel:y "), NULL);
	EXPECT_NE(strstr(seen, "sub_cancel:x unpreserve:2 unpreserve:1 "),
		  NULL);
}

TEST_F(callbacks, the_module_stays_while_it_is_needed)
{
	int i;

	for (i = 0; i < 3; i++) {
		close(self->files[i]);
		self->files[i] = -1;
	}
	EXPECT_EQ(luo_test_unload(), -EAGAIN);
	close(self->a);
	EXPECT_EQ(luo_test_unload(), -EAGAIN);
	close(self->b);
	self->a = -1;
	self->b = -1;
	/*
	 * Prepared subsystems pin the module, and cannot be added or removed.
	 */
	ASSERT_EQ(luo_event(self->dev, LIVEUPDATE_PREPARE), 0);
	EXPECT_EQ(luo_test_unload(), -EAGAIN);
	EXPECT_EQ(luo_test_tell("subsystem", "+z 3"), -EBUSY);
	EXPECT_EQ(luo_test_tell("subsystem", "-x"), -EBUSY);
	ASSERT_EQ(luo_event(self->dev, LIVEUPDATE_CANCEL), 0);
	EXPECT_EQ(luo_test_unload(), 0);
	EXPECT_EQ(luo_test_load(), 0);
}

TEST_F(callbacks, names_of_subsystems_are_unique)
{
	EXPECT_EQ(luo_test_tell("subsystem", "+x 3"), -EEXIST);
	EXPECT_EQ(luo_test_tell("subsystem", "-z"), -ENOENT);
	EXPECT_EQ(luo_test_tell("subsystem", "-x"), 0);
	EXPECT_EQ(luo_test_tell("subsystem", "+x 3"), 0);
	luo_test_calls();
	ASSERT_EQ(luo_event(self->dev, LIVEUPDATE_PREPARE), 0);
	/* Subsystems are called in the order of registration. */
	EXPECT_NE(strstr(luo_test_calls(), "sub_prepare:y sub_prepare:x "), NULL);
}

TEST_HARNESS_MAIN
