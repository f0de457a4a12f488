/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Declarations shared by the files of libluo.
 */

#ifndef LIBLUO_PRIVATE_H
#define LIBLUO_PRIVATE_H

#include <linux/liveupdate.h>
#include <stddef.h>

/* Only functions declared in libluo.h are exported. */
#pragma GCC visibility push(default)
#include "libluo.h"
#pragma GCC visibility pop

struct luo_device {
	int fd;
};

struct luo_session {
	int fd;
	char name[LUO_SESSION_NAME_SIZE];
};

struct luo_session_info {
	struct liveupdate_session_info info;
};

struct luo_file_info {
	struct liveupdate_file_info info;
};

/* ioctl.c */

/* ioctl(2) that returns a negative errno. */
int luo_ioctl(int fd, unsigned long cmd, void *arg);
int luo_poll(int fd, int timeout_ms);

/* array.c */

/* Entries of the same size, which the kernel returns in several pieces. */
struct luo_array {
	void *entries;
	size_t entry_size;
	size_t count;
};

/* Queries the kernel for further entries; see luo_array_fill(). */
typedef int (*luo_array_more)(int fd, void *state, void *buffer, uint32_t room,
			      uint32_t *written);

int luo_array_fill(struct luo_array *array, int fd, luo_array_more more,
		   void *state);
void *luo_array_get(const struct luo_array *array, size_t index);

/* session.c */

int luo_session_new(struct luo_session **session, int fd, const char *name);

#endif /* LIBLUO_PRIVATE_H */
