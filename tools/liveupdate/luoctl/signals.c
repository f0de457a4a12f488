// SPDX-License-Identifier: GPL-2.0
/*
 * Signals that end an operation in order, instead of killing the program.
 */

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "luoctl.h"

/* Ignored at start, by nohup(1) or by a shell for a background job. */
static bool is_ignored(int number)
{
	struct sigaction action;

	return !sigaction(number, NULL, &action) &&
	       action.sa_handler == SIG_IGN;
}

/* SIGPIPE is ignored: a closed pipe must not prevent the ABORT to luod. */
int signals_watch(void)
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

bool signals_came(int signals)
{
	struct pollfd fd = { .fd = signals, .events = POLLIN };

	return poll(&fd, 1, 0) > 0;
}
