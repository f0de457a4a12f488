/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of a kernel as luod needs: this program's open(), ioctl() and reboot()
 * are there instead of those of libc.
 */

#ifndef LUOD_TESTS_KERNEL_H
#define LUOD_TESTS_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

/* What there is after nothing has happened. */
void kernel_reset(void);

/* Somebody else has the device open. */
void kernel_set_busy(bool busy);

/* The set of sessions and files is closed, or open again. */
void kernel_set_prepared(bool is_prepared);

/* The next command of that number fails. */
void kernel_fail(unsigned int nr, int err);

/* Outgoing sessions become incoming ones; nobody holds them. */
void kernel_kexec_done(void);

/* Numbers of sessions, and of files of one; -1: there is none of that name. */
int kernel_sessions(bool incoming);
int kernel_files(const char *name);

/* How often it was to jump, which it never does. */
int kernel_jumps(void);

#endif /* LUOD_TESTS_KERNEL_H */
