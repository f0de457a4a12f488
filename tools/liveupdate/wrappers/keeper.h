/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A session for a program that is kept over a live update: either its own, which
 * it holds until the kernel is left, or one that luod gives it.
 */

#ifndef KEEPER_H
#define KEEPER_H

#include <signal.h>

#include "libluo.h"

/**
 * struct keeper - a session, and where it comes from
 * @name: of the session, or the id for luod
 * @sock: the connection to luod, or -1
 * @signals: a signalfd of SIGUSR1, SIGCHLD and SIGTERM
 * @old_mask: the mask of signals before
 * @aborted: luod has said that the update is off
 * @session: of the previous kernel, or for the next one, or NULL
 */
struct keeper {
	const char *name;
	int sock;
	int signals;
	sigset_t old_mask;
	bool aborted;
	struct luo_session *session;
};

/* All return 0 or a negative errno, or what is said. */

/*
 * Looks for a session of the previous kernel: @keeper->session is set if there is
 * one. @socket is that of luod, or NULL to work without.
 */
int keeper_open(struct keeper *keeper, const char *name, const char *socket);

/* The fd of a file of the session, or a negative errno. */
int keeper_retrieve(struct keeper *keeper, unsigned int token);

/* Ends the session of the previous kernel, and waits for the next update. */
int keeper_finish(struct keeper *keeper);

enum keeper_event {
	KEEPER_PRESERVE = 1,	/* preserve, then keeper_preserve() */
	KEEPER_ABORT,		/* the update is off: go on */
	KEEPER_CHILD,		/* SIGCHLD */
	KEEPER_STOP,		/* SIGTERM */
};

/* Waits for an event; returns it, or a negative errno. */
int keeper_wait(struct keeper *keeper);

/* Preserves files under the tokens from 0 on, and is ready. */
int keeper_preserve(struct keeper *keeper, const int *fds, unsigned int nr);

#endif /* KEEPER_H */
