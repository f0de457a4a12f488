// SPDX-License-Identifier: GPL-2.0
/*
 * A fake machine for luoctl: its /sys and /proc are in the directory LUO_FAKE,
 * and calls that would change it are recorded in the file "actions" there.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

void machine_sync(void)
{
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

static _Noreturn void answer(int sock, int heard, const char *command)
{
	char path[4096], name[64], text[4096] = "";
	ssize_t n;
	int fd;

	fake_action("luod %s", command);
	close(heard);
	snprintf(name, sizeof(name), "luod/%s", command);
	fd = open(fake_path(name, path, sizeof(path)), O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text));
	if (n >= 4 && !strncmp(text, "hang", 4))
		n = read(sock, text, sizeof(text));
	else if (n > 0)
		n = write(sock, text, n);
	_exit(n < 0);
}

/*
 * A fake luod: answers are in files named after commands; the answer "hang"
 * means none. Closes @heard when the command is recorded.
 */
static _Noreturn void be_luod(int sock, int heard)
{
	char line[256] = "", command[16];
	ssize_t n = read(sock, line, sizeof(line) - 1);

	if (n > 0 && line[n - 1] == '\n' &&
	    sscanf(line, "{\"type\":\"%15[A-Z]\"", command) == 1)
		answer(sock, heard, command);
	_exit(1);
}

/*
 * Forks a process for each connection, after the previous process has recorded its
 * command, so that actions are in order.
 */
static int start_luod(int sock, int other)
{
	static int last = -1;
	int heard[2];
	char byte;

	if (last >= 0) {
		while (read(last, &byte, 1) < 0 && errno == EINTR)
			;
		close(last);
	}
	if (pipe2(heard, O_CLOEXEC))
		abort();
	last = heard[0];
	if (!fork()) {
		close(other);
		close(heard[0]);
		be_luod(sock, heard[1]);
	}
	close(heard[1]);
	close(sock);
	return other;
}

int machine_connect(const char *path)
{
	char buf[4096];
	int socks[2];

	if (strcmp(path, "/run/luod/liveupdate.sock") ||
	    access(fake_path("luod", buf, sizeof(buf)), F_OK))
		return -ENOENT;
	if (access(fake_path("luod/STATUS", buf, sizeof(buf)), F_OK))
		return -ECONNREFUSED;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks))
		return -errno;
	return start_luod(socks[1], socks[0]);
}
