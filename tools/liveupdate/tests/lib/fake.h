/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A fake kernel, controlled by the test: open() and ioctl() of this program
 * replace those of libc.
 */

#ifndef LUO_TOOLS_FAKE_H
#define LUO_TOOLS_FAKE_H

#include <stddef.h>

/**
 * struct fake - behaviour of the fake kernel, and a record of calls
 * @open_err: errno with which open() of the device fails, or 0
 * @open_failures: how many times it fails before it succeeds
 * @opens: number of calls of open()
 * @open_flags: flags of the last call
 * @answer: handles a command that does not return an fd: 0 or a negative errno
 * @calls: number of calls of ioctl()
 * @fd: fd of the last call
 * @cmd: command of the last call
 * @size: first field of its struct
 */
struct fake {
	int open_err;
	int open_failures;
	int opens;
	int open_flags;
	int (*answer)(unsigned long cmd, void *arg);
	int calls;
	int fd;
	unsigned long cmd;
	unsigned int size;
};

extern struct fake fake;

/* Resets the record and the behaviour. */
void fake_reset(int (*answer)(unsigned long cmd, void *arg));

/* Returns an fd that accepts commands; other fds fail with ENOTTY. */
int fake_fd(void);

/* True if the fd is close-on-exec. */
int fake_is_cloexec(int fd);

#endif /* LUO_TOOLS_FAKE_H */
