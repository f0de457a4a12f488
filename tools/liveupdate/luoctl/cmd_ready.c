// SPDX-License-Identifier: GPL-2.0
/*
 * luoctl ready: get luod's clients ready, as luoctl kexec does, for a kexec by
 * another program.
 */

#include <errno.h>
#include <unistd.h>

#include "clients.h"

static int ask(const struct options *options, const struct plan *plan)
{
	const int signals = signals_watch();
	int status;

	if (signals < 0)
		return fail(-errno, options->verb);
	say_hold();
	status = clients_ask(options, plan, signals);
	say_release();
	close(signals);
	return status;
}

/* Succeeds without doing anything if luod does not run. */
static int make_ready(const struct options *options)
{
	struct plan plan = { .loaded = false };
	int status = clients_look(options, &plan);

	if (!status && plan.luod)
		status = ask(options, &plan);
	plan_free(&plan);
	return status;
}

int cmd_ready(const struct options *options)
{
	return given(options, OPTION_ABORT) ? clients_abort(options) :
					      make_ready(options);
}
