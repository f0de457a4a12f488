/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A fake kernel for luod: open(), ioctl() and reboot() of this program replace
 * those of libc.
 */

#ifndef LUOD_TESTS_KERNEL_H
#define LUOD_TESTS_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

/* Resets the fake kernel to its state after boot. */
void kernel_reset(void);

/* Another process has the device open. */
void kernel_set_busy(bool busy);

/* Closes or reopens the set of sessions and files. */
void kernel_set_prepared(bool is_prepared);

/* The next command of that number fails with @err. */
void kernel_fail(unsigned int nr, int err);

/* Outgoing sessions become incoming ones, and no process holds them. */
void kernel_kexec_done(void);

/* Number of sessions, and of files of one; -1 if there is no such session. */
int kernel_sessions(bool incoming);
int kernel_files(const char *name);

/* Number of calls of reboot(LINUX_REBOOT_CMD_KEXEC), which always fails. */
int kernel_jumps(void);

#endif /* LUOD_TESTS_KERNEL_H */
