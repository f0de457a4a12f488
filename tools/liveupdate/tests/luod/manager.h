/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A fake service manager for luod, with an fd store. There is one per process.
 */

#ifndef LUOD_TESTS_MANAGER_H
#define LUOD_TESTS_MANAGER_H

#include <stdbool.h>

/* Sets $NOTIFY_SOCKET. */
void manager_start(void);
/* Drops all stored fds. */
void manager_stop(void);
/* Readable after a notification, which the test has to receive. */
int manager_fd(void);
void manager_listen(void);
/* Stores an fd, and takes ownership of it. */
void manager_add(const char *name, int fd);
void manager_remove(const char *name);
/* True if an fd of that name is stored. */
bool manager_has(const char *name);
/* Passes the stored fds to this process, as sd_listen_fds(3) expects them. */
void manager_pass(void);

#endif /* LUOD_TESTS_MANAGER_H */
