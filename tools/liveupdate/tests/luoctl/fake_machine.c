// SPDX-License-Identifier: GPL-2.0
/*
 * A machine for luoctl: its /sys and /proc are in the directory LUO_FAKE, and
 * what would change it is written to the file "actions" there.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fake.h"
#include "luoctl.h"

const char *fake_path(const char *path, char *buf, size_t size)
{
	const char *dir = getenv("LUO_FAKE");

	snprintf(buf, size, "%s/%s", dir ? dir : "/nonexistent", path);
	return buf;
}

void fake_action(const char *format, ...)
{
	char path[4096];
	va_list args;
	FILE *file = fopen(fake_path("actions", path, sizeof(path)), "ae");

	if (!file)
		abort();
	va_start(args, format);
	vfprintf(file, format, args);
	va_end(args);
	fputc('\n', file);
	fclose(file);
}

const char *machine_path(const char *path, char *buf, size_t size)
{
	return fake_path(path, buf, size);
}

static void first_line(int fd, char *buf, size_t size)
{
	ssize_t n = read(fd, buf, size - 1);
	size_t i;

	for (i = 0; n > 0 && i < (size_t)n && buf[i] != '\n'; i++)
		;
	buf[i] = '\0';
}

int machine_kexec_load(int kernel, int initrd, const char *cmdline)
{
	char k[64], i[64] = "none";

	first_line(kernel, k, sizeof(k));
	if (initrd >= 0)
		first_line(initrd, i, sizeof(i));
	fake_action("load kernel '%s' initrd '%s' cmdline '%s'", k, i, cmdline);
	return fake_error("load");
}

int machine_kexec(void)
{
	fake_action("jump");
	return fake_error("jump");
}

int machine_fd_of(pid_t pid, int fd)
{
	(void)pid;
	return fake_holder_fd(fd);
}
