// SPDX-License-Identifier: GPL-2.0
/*
 * Read files with one value, as in /sys and /proc.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "luoctl.h"

/**
 * sysfs_text() - read a file
 * @path: its path
 * @buf: buffer for the text, which is stored without its last newline
 * @size: size of the buffer, including the final NUL
 *
 * Return: 0 or a negative errno; -EFBIG if the file is larger.
 */
int sysfs_text(const char *path, char *buf, size_t size)
{
	char real[PATH_MAX];
	size_t len = 0;
	ssize_t n;
	int fd;

	fd = open(machine_path(path, real, sizeof(real)),
		  O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do {
		n = read(fd, buf + len, size - len);
		if (n > 0)
			len += n;
	} while (n > 0 && len < size);
	n = n < 0 ? -errno : 0;
	close(fd);
	if (n)
		return (int)n;
	if (len == size)
		return -EFBIG;
	if (len && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	return 0;
}

/* As sysfs_text(); -EBADMSG if the file is not a number. */
int sysfs_number(const char *path, uint64_t *number)
{
	char text[32], *end;
	int err = sysfs_text(path, text, sizeof(text));

	if (err)
		return err;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return errno || end == text || *end ? -EBADMSG : 0;
}
