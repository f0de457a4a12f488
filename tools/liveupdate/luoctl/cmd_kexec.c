// SPDX-License-Identifier: GPL-2.0
/*
 * luoctl kexec: print the plan of an update, then do it.
 *
 * Where luod runs, luod calls reboot(2): only luod knows that no client has
 * vetoed until then. Clients may quiesce their workload as soon as they are
 * ready. So every failure between that point and the kexec, a signal included,
 * sends ABORT first. Messages are printed after that, because writing them can
 * block for as long as the reader likes.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clients.h"

/*
 * --dry-run needs only a query fd, which any number of processes can have. An
 * update needs the device itself; it is closed again because luod needs it,
 * too.
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
	return err ? fail(err, "kexec") : clients_look(options, plan);
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

static int fail_jump(int err)
{
	switch (err) {
	case -ENOEXEC:
		return fail_with(STATUS_FAILED,
				 "kexec: the loaded kernel would not retrieve anything, or may not; the kernel log has the reason");
	case -EPROTONOSUPPORT:
		return fail_with(STATUS_FAILED,
				 "kexec: the loaded kernel does not read a format that is in use, see luoctl check");
	default:
		return fail(err, "kexec");
	}
}

static int fail_jump_of_luod(const struct options *options,
			     struct json_object *answer)
{
	const char *error = luod_text(answer, "error");
	const int err = luod_errno(answer);

	if (err)
		return fail_jump(err);
	/* A client has sent VETO after its READY. */
	if (error && !strcmp(error, "WRONG_STATE"))
		return fail_with(STATUS_REFUSED,
				 "kexec: luod's clients are no longer ready");
	return clients_fail(options, answer);
}

/* luod does not kexec if the connection of the requester is closed. */
static int jump_by_luod(const struct options *options, int signals)
{
	struct json_object *answer;
	int status, err = luod_ask(clients_socket(options), "KEXEC",
				   signals, -1,
				   &answer);

	if (err == -EINTR)
		return fail_interrupted(options);
	if (err)
		return clients_fail_socket(options, err);
	status = fail_jump_of_luod(options, answer);
	json_object_put(answer);
	return status;
}

static int freeze_and_jump(const struct options *options,
			   const struct plan *plan, int signals)
{
	int status;

	/*
	 * Syncing may take long, so do it before luod is asked for the kexec.
	 */
	machine_sync();
	if (signals_came(signals))
		return fail_interrupted(options);
	progress_begin("freeze");
	status = plan->luod ? jump_by_luod(options, signals) :
			      fail_jump(machine_kexec());
	progress_end();
	return status;
}

/* Undoes prepare if the kexec fails and prepare was done here. */
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
				 "cannot undo prepare after the error, use luoctl cancel");
	return status;
}

/* ANSWER_MS is enough: look() had the device open a moment ago. */
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

	/*
	 * From here on luod accepts no new clients, so every client is asked.
	 */
	if (plan->luod)
		status = clients_ask(options, plan, signals);
	if (!status) {
		status = take_device_and_jump(options, plan, signals);
		if (plan->idle)
			clients_take_back(options);
	}
	return status;
}

static int watch_update(const struct options *options, const struct plan *plan)
{
	const int signals = signals_watch();
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
