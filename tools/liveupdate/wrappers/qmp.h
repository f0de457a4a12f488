/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The monitor of QEMU: commands over a socket.
 */

#ifndef QMP_H
#define QMP_H

/* Says hello. @sock stays the caller's. 0 or a negative errno, as below. */
int qmp_open(int sock);

/*
 * Runs a command: @arguments is JSON, or NULL. With it goes @fd, or -1. -EPROTO if
 * QEMU has an error for an answer, which is printed.
 */
int qmp_run(int sock, const char *command, const char *arguments, int fd);

/* Waits for a migration, in or out, to be over. */
int qmp_wait_migrated(int sock);

#endif /* QMP_H */
