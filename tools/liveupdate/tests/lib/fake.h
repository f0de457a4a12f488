/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A kernel that says what a test tells it to. This program's open() and ioctl()
 * are there instead of those of libc.
 */

#ifndef LUO_TOOLS_FAKE_H
#define LUO_TOOLS_FAKE_H

#include <stddef.h>

/**
 * struct fake - what the kernel does, and what was asked of it
 * @open_err: what open() of the device fails with, or 0
 * @open_failures: how often it does, before it works
 * @opens: how often it was called
 * @open_flags: flags of the last call
 * @answer: answers a command that is not about fds: 0 or a negative errno
 * @calls: how often ioctl() was called
 * @fd: fd of the last call
 * @cmd: command of the last call
 * @size: the first field of its struct
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

/* As if nothing had happened. */
void fake_reset(int (*answer)(unsigned long cmd, void *arg));

/* An fd that answers commands; others do not: ENOTTY. */
int fake_fd(void);

/* True if the fd is closed on exec. */
int fake_is_cloexec(int fd);

#endif /* LUO_TOOLS_FAKE_H */
