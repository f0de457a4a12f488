// SPDX-License-Identifier: GPL-2.0
/*
 * luoctl kexec: the update itself, after a look at what is going to happen.
 *
 * Where luod is, it does the jump, as nobody else knows that no client objects
 * until then. Its clients may stand still from the moment on in which they are
 * ready. So whatever comes between that and the jump, a signal included, ends with
 * an ABORT, and only then is anything said: whoever reads it may take his time.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "plan.h"

#define LUOD_SOCKET "/run/luod/liveupdate.sock"

/* For answers that take no time, and for the device when clients wait. */
#define ANSWER_MS 10000

static const char *socket_of(const struct options *options)
{
	return options->luod ? options->luod : LUOD_SOCKET;
}

static int fail_socket(int err)
{
	return fail_with(STATUS_FAILED,
			 "kexec: luod does not answer: %s; --no-luod leaves it out",
			 strerror(-err));
}

/* What an error of luod, or of one of its clients, ends with. */
static int status_of(const char *error)
{
	static const struct {
		const char *error;
		int status;
	} table[] = {
		{ "VETO", STATUS_REFUSED },
		{ "GONE", STATUS_REFUSED },
		{ "TIMEOUT", STATUS_TIMEOUT },
		{ "DEVICE_BUSY", STATUS_BUSY },
		{ "UNFINISHED", STATUS_BUSY },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		if (!strcmp(error, table[i].error))
			return table[i].status;
	}
	return STATUS_FAILED;
}

static int fail_luod(struct json_object *answer)
{
	const char *error = luod_text(answer, "error");
	const char *detail = luod_text(answer, "detail");
	const char *id = luod_text(answer, "id");

	if (!luod_is(answer, "ERROR") || !error)
		return fail_socket(-EBADMSG);
	return fail_with(status_of(error), "kexec: luod: %s%s%s%s%s", error,
			 id ? " by " : "", id ? id : "", detail ? ": " : "",
			 detail ? detail : "");
}

static int ask_status(const struct options *options, struct plan *plan)
{
	struct json_object *answer;
	int err = luod_ask(socket_of(options), "STATUS", -1, ANSWER_MS,
			   &answer);

	return err ? err : plan_add_luod(plan, answer);
}

static int look_at_luod(const struct options *options, struct plan *plan)
{
	int err;

	if (given(options, OPTION_NO_LUOD))
		return STATUS_OK;
	err = ask_status(options, plan);
	if (err == -ENOENT && !given(options, OPTION_LUOD))
		return STATUS_OK;
	return err ? fail_socket(err) : STATUS_OK;
}

/*
 * To look is possible while somebody else has the device; to go on is not, and
 * luod needs it in between.
 */
static int look(const struct options *options, struct plan *plan)
{
	const unsigned int flags =
		given(options, OPTION_DRY_RUN) ? LUO_OPEN_QUERY : 0;
	struct luo_device *device;
	int err, status = open_device(options, flags, &device);

	if (status)
		return status;
	err = plan_make(plan, device);
	luo_device_close(device);
	return err ? fail(err, "kexec") : look_at_luod(options, plan);
}

static int announce(const struct options *options, const struct plan *plan)
{
	const char *why;
	int status = plan_obstacle(plan, options, &why);

	if (given(options, OPTION_JSON))
		plan_print_json(plan, why);
	else
		plan_print(plan);
	fflush(stdout);
	return status ? fail_with(status, "kexec: %s", why) : STATUS_OK;
}

/* What nohup(1), or a shell for what it runs in the background, has switched off. */
static bool is_ignored(int number)
{
	struct sigaction action;

	return !sigaction(number, NULL, &action) &&
	       action.sa_handler == SIG_IGN;
}

/* Whoever read what is said here may go; clients still have to be told. */
static int watch_signals(void)
{
	static const int numbers[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };
	sigset_t set;
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (!is_ignored(numbers[i]))
			sigaddset(&set, numbers[i]);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static bool is_interrupted(int signals)
{
	struct pollfd fd = { .fd = signals, .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}

static int fail_interrupted(void)
{
	return fail_with(STATUS_FAILED, "kexec: interrupted");
}

/* Luod, started again maybe, may have done so itself. */
static void take_clients_back(const struct options *options)
{
	struct json_object *answer;
	int err = luod_ask(socket_of(options), "ABORT", -1, ANSWER_MS, &answer);

	if (err) {
		fail_with(STATUS_FAILED,
			  "and luod's clients cannot be told to go on: %s",
			  strerror(-err));
		return;
	}
	json_object_put(answer);
}

/* What was not begun here is not taken back here. */
static int fail_round(const struct options *options, const struct plan *plan,
		      int err)
{
	int status;

	if (err == -EINTR)
		status = fail_interrupted();
	else if (err == -ETIMEDOUT)
		status = fail_with(STATUS_TIMEOUT,
				   "kexec: luod's clients are not ready yet");
	else
		status = fail_socket(err);
	if (plan->idle)
		take_clients_back(options);
	return status;
}

/* If it was neither of these, the update may be on its way. */
static bool is_end_of_round(struct json_object *answer)
{
	return luod_is(answer, "COMPLETE") ||
	       (luod_is(answer, "ERROR") && luod_text(answer, "error"));
}

/* 0 when all clients of luod are ready; if not, nothing is left of it. */
static int ask_clients(const struct options *options, const struct plan *plan,
		       int signals)
{
	const int timeout_ms = given(options, OPTION_TIMEOUT) ?
				       options->timeout_ms : -1;
	struct json_object *answer = NULL;
	int err, status = STATUS_OK;

	progress_begin("luod's clients");
	err = luod_ask(socket_of(options), "UPDATE", signals, timeout_ms,
		       &answer);
	progress_end();
	if (!err && !is_end_of_round(answer))
		err = -EBADMSG;
	if (err)
		status = fail_round(options, plan, err);
	else if (!luod_is(answer, "COMPLETE"))
		status = fail_luod(answer);
	json_object_put(answer);
	return status;
}

static int fail_jump(int err)
{
	switch (err) {
	case -ENOEXEC:
		return fail_with(STATUS_FAILED,
				 "kexec: the loaded kernel would take nothing over; it wants kho=on liveupdate=on, and to be loaded by luoctl load");
	case -EPROTONOSUPPORT:
		return fail_with(STATUS_FAILED,
				 "kexec: the loaded kernel does not read what is preserved; see luoctl check");
	default:
		return fail(err, "kexec");
	}
}

static int fail_jump_of_luod(struct json_object *answer)
{
	const char *error = luod_text(answer, "error");
	const int err = luod_errno(answer);

	if (err)
		return fail_jump(err);
	/* A client has objected since it was ready. */
	if (error && !strcmp(error, "WRONG_STATE"))
		return fail_with(STATUS_REFUSED,
				 "kexec: luod's clients are not ready any more");
	return fail_luod(answer);
}

/* Luod does not jump for somebody who does not wait for it. */
static int jump_by_luod(const struct options *options, int signals)
{
	struct json_object *answer;
	int status, err = luod_ask(socket_of(options), "KEXEC", signals, -1,
				   &answer);

	if (err == -EINTR)
		return fail_interrupted();
	if (err)
		return fail_socket(err);
	status = fail_jump_of_luod(answer);
	json_object_put(answer);
	return status;
}

static int freeze_and_jump(const struct options *options,
			   const struct plan *plan, int signals)
{
	int status;

	/* It may take long, so nobody is asked before. */
	sync();
	if (is_interrupted(signals))
		return fail_interrupted();
	progress_begin("freeze");
	status = plan->luod ? jump_by_luod(options, signals) :
			      fail_jump(machine_kexec());
	progress_end();
	return status;
}

/* What was prepared here is taken back when the jump fails. */
static int jump(const struct options *options, const struct plan *plan,
		struct luo_device *device, int signals)
{
	const bool prepare = plan_prepares(plan);
	int err, status;

	if (prepare) {
		progress_begin("prepare");
		err = luo_device_set_event(device, LUO_EVENT_PREPARE);
		progress_end();
		if (err)
			return fail(err, "prepare");
	}
	status = freeze_and_jump(options, plan, signals);
	if (prepare && luo_device_set_event(device, LUO_EVENT_CANCEL))
		return fail_with(STATUS_FAILED,
				 "and what was prepared cannot be taken back");
	return status;
}

/* Nobody is kept waiting for long: the device was free a moment ago. */
static int take_device_and_jump(const struct options *options,
				const struct plan *plan, int signals)
{
	const struct options soon = { .timeout_ms = ANSWER_MS };
	struct luo_device *device;
	int status = open_device(&soon, 0, &device);

	if (status)
		return status;
	status = jump(options, plan, device, signals);
	luo_device_close(device);
	return status;
}

static int update(const struct options *options, const struct plan *plan,
		  int signals)
{
	int status = STATUS_OK;

	/* From now on nobody becomes a client who would not have been asked. */
	if (plan->luod)
		status = ask_clients(options, plan, signals);
	if (!status) {
		status = take_device_and_jump(options, plan, signals);
		if (plan->idle)
			take_clients_back(options);
	}
	return status;
}

static int watch_update(const struct options *options, const struct plan *plan)
{
	const int signals = watch_signals();
	int status;

	if (signals < 0)
		return fail(-errno, "kexec");
	say_hold();
	status = update(options, plan, signals);
	say_release();
	close(signals);
	return status;
}

int cmd_kexec(const struct options *options)
{
	struct plan plan = { .loaded = false };
	int status = look(options, &plan);

	if (!status)
		status = announce(options, &plan);
	if (!status && !given(options, OPTION_DRY_RUN))
		status = watch_update(options, &plan);
	plan_free(&plan);
	return status;
}
