/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The session of a wrapper: either one of its own, which it holds until the
 * kexec, or one that luod passes to it.
 */

#ifndef KEEPER_H
#define KEEPER_H

#include <signal.h>

#include "libluo.h"

/**
 * struct keeper - a session and its origin
 * @name: name of the session, or the id at luod
 * @sock: connection to luod, or -1
 * @signals: signalfd of SIGUSR1, SIGCHLD and SIGTERM
 * @old_mask: signal mask before that
 * @aborted: luod has aborted the update
 * @session: incoming or outgoing session, or NULL
 */
struct keeper {
	const char *name;
	int sock;
	int signals;
	sigset_t old_mask;
	bool aborted;
	struct luo_session *session;
};

/* All functions return 0 or a negative errno, unless documented otherwise. */

/*
 * Looks for an incoming session: @keeper->session is set if there is one.
 * @socket is luod's, or NULL to work without luod.
 */
int keeper_open(struct keeper *keeper, const char *name, const char *socket);

/* Retrieves a file of the session: returns an fd, or a negative errno. */
int keeper_retrieve(struct keeper *keeper, unsigned int token);

/* Finishes the incoming session, and waits for the next update. */
int keeper_finish(struct keeper *keeper);

enum keeper_event {
	KEEPER_PRESERVE = 1,	/* stop the program, call keeper_preserve() */
	KEEPER_ABORT,		/* the update was aborted: resume */
	KEEPER_CHILD,		/* SIGCHLD */
	KEEPER_STOP,		/* SIGTERM */
};

/* Waits for an event; returns it, or a negative errno. */
int keeper_wait(struct keeper *keeper);

/* Preserves files, with tokens from 0 on, and reports that it is ready. */
int keeper_preserve(struct keeper *keeper, const int *fds, unsigned int nr);

#endif /* KEEPER_H */
