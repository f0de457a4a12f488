/* SPDX-License-Identifier: GPL-2.0 */
/*
 * QEMU Machine Protocol: commands over a socket.
 */

#ifndef QMP_H
#define QMP_H

/* Negotiates capabilities. @sock stays the caller's. 0 or a negative errno. */
int qmp_open(int sock);

/*
 * Runs a command: @arguments is JSON, or NULL; @fd is sent with it, unless it
 * is -1. -EPROTO if QEMU answers with an error, which is printed.
 */
int qmp_run(int sock, const char *command, const char *arguments, int fd);

/* Waits until an incoming or outgoing migration has completed. */
int qmp_wait_migrated(int sock);

#endif /* QMP_H */
