/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of a service manager as luod needs: it keeps fds. One for a process.
 */

#ifndef LUOD_TESTS_MANAGER_H
#define LUOD_TESTS_MANAGER_H

#include <stdbool.h>

/* Sets $NOTIFY_SOCKET. */
void manager_start(void);
/* Forgets everything. */
void manager_stop(void);
/* Readable when something was said; then it has to be taken, or luod waits. */
int manager_fd(void);
void manager_listen(void);
/* Stores an fd, which becomes the manager's. */
void manager_add(const char *name, int fd);
void manager_remove(const char *name);
/* True if something of that name is stored. */
bool manager_has(const char *name);
/* Puts the stored fds where this process, or what it executes, looks for them. */
void manager_pass(void);

#endif /* LUOD_TESTS_MANAGER_H */
