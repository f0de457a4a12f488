// SPDX-License-Identifier: GPL-2.0
/*
 * Signals that are to end something, and not the program at once.
 */

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "luoctl.h"

/* What nohup(1), or a shell for what it runs in the background, has switched off. */
static bool is_ignored(int number)
{
	struct sigaction action;

	return !sigaction(number, NULL, &action) &&
	       action.sa_handler == SIG_IGN;
}

/* Whoever read what is said here may go; clients still have to be told. */
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
