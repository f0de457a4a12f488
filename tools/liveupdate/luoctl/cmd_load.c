// SPDX-License-Identifier: GPL-2.0
/*
 * luoctl load: load the next kernel.
 */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "luoctl.h"

/* Room for the contents of /proc/cmdline. */
#define CMDLINE_SIZE 4096

static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int fail_load(int err, const char *kernel)
{
	switch (err) {
	case -ENOEXEC:
		return fail_with(STATUS_FAILED,
				 "%s: not a kernel image that kexec can load", kernel);
	case -EPERM:
		return fail_with(STATUS_FAILED,
				 "load: not permitted: needs CAP_SYS_BOOT, and sysctl kernel.kexec_load_disabled=0");
	case -EADDRNOTAVAIL:
		return fail_with(STATUS_FAILED,
				 "%s: does not fit into the scratch areas, boot this kernel with a larger kho_scratch=",
				 kernel);
	default:
		return fail(err, kernel);
	}
}

static int load(const struct options *options, int initrd, const char *cmdline)
{
	const char *path = options->argv[0];
	int err, kernel = open_file(path);

	if (kernel < 0)
		return fail_with(STATUS_FAILED, "%s: cannot be opened", path);
	progress_begin("loading");
	err = machine_kexec_load(kernel, initrd, cmdline);
	progress_end();
	close(kernel);
	return err ? fail_load(err, path) : STATUS_OK;
}

int cmd_load(const struct options *options)
{
	char text[CMDLINE_SIZE];
	const char *cmdline = options->cmdline;
	int err, initrd = -1, status;

	if (!cmdline) {
		err = sysfs_text("/proc/cmdline", text, sizeof(text));
		if (err)
			return fail(err, "/proc/cmdline");
		cmdline = text;
	}
	if (options->initrd) {
		initrd = open_file(options->initrd);
		if (initrd < 0)
			return fail_with(STATUS_FAILED, "%s: cannot be opened",
					 options->initrd);
	}
	status = load(options, initrd, cmdline);
	if (initrd >= 0)
		close(initrd);
	return status;
}
