// SPDX-License-Identifier: GPL-2.0
/*
 * Ask luod to get its clients ready for an update.
 */

#include <errno.h>
#include <string.h>

#include "clients.h"

#define LUOD_SOCKET "/run/luod/liveupdate.sock"

const char *clients_socket(const struct options *options)
{
	return options->luod ? options->luod : LUOD_SOCKET;
}

int clients_fail_socket(const struct options *options, int err)
{
	return fail_with(STATUS_FAILED,
			 "%s: luod does not answer: %s; use luoctl kexec --no-luod to update without it",
			 options->verb, strerror(-err));
}

/* Exit status for an error that luod reports. */
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

int clients_fail(const struct options *options, struct json_object *answer)
{
	const char *error = luod_text(answer, "error");
	const char *detail = luod_text(answer, "detail");
	const char *id = luod_text(answer, "id");

	if (!luod_is(answer, "ERROR") || !error)
		return clients_fail_socket(options, -EBADMSG);
	return fail_with(status_of(error), "%s: luod: %s%s%s%s%s",
			 options->verb, error, id ? " by " : "", id ? id : "",
			 detail ? ": " : "", detail ? detail : "");
}

static int ask_status(const struct options *options, struct plan *plan)
{
	struct json_object *answer;
	int err = luod_ask(clients_socket(options), "STATUS", -1, ANSWER_MS,
			   &answer);

	return err ? err : plan_add_luod(plan, answer);
}

int clients_look(const struct options *options, struct plan *plan)
{
	int err;

	if (given(options, OPTION_NO_LUOD))
		return STATUS_OK;
	err = ask_status(options, plan);
	if (err == -ENOENT && !given(options, OPTION_LUOD))
		return STATUS_OK;
	return err ? clients_fail_socket(options, err) : STATUS_OK;
}

/* luod may have aborted by itself, for example after a restart. */
void clients_take_back(const struct options *options)
{
	struct json_object *answer;
	int err = luod_ask(clients_socket(options), "ABORT",
			   -1, ANSWER_MS, &answer);

	if (err) {
		fail_with(STATUS_FAILED,
			  "cannot have luod abort the update, its clients stay quiesced: %s",
			  strerror(-err));
		return;
	}
	json_object_put(answer);
}

int clients_abort(const struct options *options)
{
	struct json_object *answer;
	int status = STATUS_OK, err;

	err = luod_ask(clients_socket(options), "ABORT", -1, ANSWER_MS,
		       &answer);
	if (err)
		return clients_fail_socket(options, err);
	if (!luod_is(answer, "OK"))
		status = clients_fail(options, answer);
	json_object_put(answer);
	return status;
}

/* An update that another process began (plan->idle is false) is not aborted. */
static int fail_round(const struct options *options, const struct plan *plan,
		      int err)
{
	int status;

	if (err == -EINTR)
		status = fail_interrupted(options);
	else if (err == -ETIMEDOUT)
		status = fail_with(STATUS_TIMEOUT,
				   "%s: luod's clients are not ready yet",
				   options->verb);
	else
		status = clients_fail_socket(options, err);
	if (plan->idle)
		clients_take_back(options);
	return status;
}

/* After any other answer luod may still be working on the update. */
static bool is_end_of_round(struct json_object *answer)
{
	return luod_is(answer, "COMPLETE") ||
	       (luod_is(answer, "ERROR") && luod_text(answer, "error"));
}

int clients_ask(const struct options *options, const struct plan *plan,
		int signals)
{
	const int timeout_ms = given(options, OPTION_TIMEOUT) ?
				       options->timeout_ms : -1;
	struct json_object *answer = NULL;
	int err, status = STATUS_OK;

	progress_begin("luod's clients");
	err = luod_ask(clients_socket(options), "UPDATE", signals, timeout_ms,
		       &answer);
	progress_end();
	if (!err && !is_end_of_round(answer))
		err = -EBADMSG;
	if (err)
		status = fail_round(options, plan, err);
	else if (!luod_is(answer, "COMPLETE"))
		status = clients_fail(options, answer);
	json_object_put(answer);
	return status;
}
