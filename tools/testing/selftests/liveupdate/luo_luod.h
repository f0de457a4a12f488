/* SPDX-License-Identifier: GPL-2.0 */
/*
 * luod as a service, with the test as its service manager, and clients of luod.
 * A failure ends the test.
 */

#ifndef LUO_LUOD_H
#define LUO_LUOD_H

#include <sys/types.h>

/* Creates socket, fd store and configuration. */
void luod_serve(const char *config);
/* @before_exec is called in the child, and may be NULL. */
void luod_start(void (*before_exec)(void));
void luod_kill(void);
/* Sends SIGTERM; returns the wait status of luod. */
int luod_stop(void);
/* For a child: its parent is the service manager. */
void luod_be_client_only(void);

/**
 * struct luod_client - a client
 * @fd: its connection
 * @session: its session, or -1
 * @line: the last line that it received
 */
struct luod_client {
	int fd;
	int session;
	char line[65536];
};

void client_dial(struct luod_client *client, uid_t uid);
void client_hang_up(struct luod_client *client);
/* Sends a line; @format includes the newline. */
void client_say(struct luod_client *client, const char *format, const char *id);
const char *client_hear(struct luod_client *client);
/* Receives a line, and checks that it contains both words. */
void client_expect(struct luod_client *client, const char *word,
		   const char *other);

/*
 * One luoctl at a time. luoctl_expect() waits for it, and checks its status and
 * output; luoctl_tell() does both at once.
 */
void luoctl_start(const char *words);
void luoctl_interrupt(void);
void luoctl_expect(int want, const char *text);
void luoctl_tell(const char *words, int want, const char *text);

#endif /* LUO_LUOD_H */
