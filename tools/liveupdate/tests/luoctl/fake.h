/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Declarations shared by the files of the fake machine.
 */

#ifndef LUO_TOOLS_FAKE_MACHINE_H
#define LUO_TOOLS_FAKE_MACHINE_H

#include <stddef.h>

/* fake_machine.c */
const char *fake_path(const char *path, char *buf, size_t size);
void fake_action(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* fake_device.c: described by the file "device" in LUO_FAKE. */

/* 0, or the negative errno from a line "error WHAT NUMBER". */
int fake_error(const char *what);
int fake_holder_fd(int fd);

#endif /* LUO_TOOLS_FAKE_MACHINE_H */
