// SPDX-License-Identifier: GPL-2.0
/*
 * Access to the machine: paths in /sys and /proc, and calls that change it for
 * good. Tests replace this file.
 */

#include <errno.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "luoctl.h"

/* Tests put /sys and /proc below a directory of their own. */
const char *machine_path(const char *path, char *buf, size_t size)
{
	(void)buf;
	(void)size;
	return path;
}

/* @initrd is -1 if there is no initramfs. */
int machine_kexec_load(int kernel, int initrd, const char *cmdline)
{
	unsigned long flags = initrd < 0 ? KEXEC_FILE_NO_INITRAMFS : 0;

	return syscall(SYS_kexec_file_load, kernel, initrd,
		       strlen(cmdline) + 1, cmdline, flags) ? -errno : 0;
}

/* Not done in tests: it would wait for unrelated I/O of the machine. */
void machine_sync(void)
{
	sync();
}

/* Returns only if the kernel refuses. */
int machine_kexec(void)
{
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		LINUX_REBOOT_CMD_KEXEC, NULL);
	return -errno;
}

/* Duplicates an fd of another process. */
int machine_fd_of(pid_t pid, int fd)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), copy, err;

	if (pidfd < 0)
		return -errno;
	copy = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	err = -errno;
	close(pidfd);
	return copy < 0 ? err : copy;
}

/* Connects to a Unix socket in the file system. */
int machine_connect(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const struct timeval limit = { .tv_sec = 10 };
	int sock, err;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -errno;
	/* connect() blocks while the backlog of a hung daemon is full. */
	setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (!connect(sock, (struct sockaddr *)&addr, sizeof(addr)))
		return sock;
	err = errno == EAGAIN ? -ETIMEDOUT : -errno;
	close(sock);
	return err;
}
