/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Luod as a service, with the test as its service manager, and clients of it.
 * What fails ends the test.
 */

#ifndef LUO_LUOD_H
#define LUO_LUOD_H

#include <sys/types.h>

/* Makes socket, store and configuration. */
void luod_serve(const char *config);
/* @before_exec may be NULL. */
void luod_start(void (*before_exec)(void));
void luod_kill(void);
/* By SIGTERM; gives its status as of wait(2). */
int luod_stop(void);
/* In a child: the manager is another process. */
void luod_be_client_only(void);

/**
 * struct luod_client - a client
 * @fd: its connection
 * @session: its session, or -1
 * @line: what it heard last
 */
struct luod_client {
	int fd;
	int session;
	char line[65536];
};

void client_dial(struct luod_client *client, uid_t uid);
void client_hang_up(struct luod_client *client);
/* Says a line, with the end of line in @format. */
void client_say(struct luod_client *client, const char *format, const char *id);
const char *client_hear(struct luod_client *client);
/* Hears a line, which has both words in it. */
void client_expect(struct luod_client *client, const char *word,
		   const char *other);

/*
 * One luoctl at a time. It has to end with a status, and to have said a text;
 * luoctl_tell() waits for that at once.
 */
void luoctl_start(const char *words);
void luoctl_interrupt(void);
void luoctl_expect(int want, const char *text);
void luoctl_tell(const char *words, int want, const char *text);

#endif /* LUO_LUOD_H */
