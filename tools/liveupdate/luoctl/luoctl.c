// SPDX-License-Identifier: GPL-2.0
/*
 * luoctl - live update from a shell
 *
 * Keeps files in sessions, loads the next kernel, jumps into it, and shows what
 * came along.
 */

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/liveupdate.h>
#include <linux/reboot.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEVICE "/dev/liveupdate"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum { EXIT_OK = 0, EXIT_ERROR = 1, EXIT_USAGE = 2 };

struct command {
	const char *name;
	const char *args;
	const char *help;
	int min_args;
	int max_args;
	int (*run)(int argc, char **argv);
};

static int error(const char *what)
{
	fprintf(stderr, "luoctl: %s: %s\n", what, strerror(errno));
	return EXIT_ERROR;
}

static int open_device(void)
{
	return open(DEVICE, O_RDWR | O_CLOEXEC);
}

/* False if the name does not fit. */
static bool set_name(__u8 *field, const char *name)
{
	if (strlen(name) >= LIVEUPDATE_SESSION_NAME_LENGTH) {
		errno = ENAMETOOLONG;
		return false;
	}
	strcpy((char *)field, name);
	return true;
}

static int create_session(int dev, const char *name)
{
	struct liveupdate_ioctl_create_session arg = { .size = sizeof(arg) };

	if (!set_name(arg.name, name) ||
	    ioctl(dev, LIVEUPDATE_IOCTL_CREATE_SESSION, &arg))
		return -1;
	return arg.fd;
}

static int retrieve_session(int dev, const char *name)
{
	struct liveupdate_ioctl_retrieve_session arg = { .size = sizeof(arg) };

	if (!set_name(arg.name, name) ||
	    ioctl(dev, LIVEUPDATE_IOCTL_RETRIEVE_SESSION, &arg))
		return -1;
	return arg.fd;
}

static int preserve(int session, int fd, uint64_t token)
{
	struct liveupdate_session_preserve_fd arg = {
		.size = sizeof(arg),
		.fd = fd,
		.token = token,
	};

	return ioctl(session, LIVEUPDATE_SESSION_PRESERVE_FD, &arg);
}

static int retrieve(int session, uint64_t token)
{
	struct liveupdate_session_retrieve_fd arg = {
		.size = sizeof(arg),
		.token = token,
	};

	return ioctl(session, LIVEUPDATE_SESSION_RETRIEVE_FD, &arg) ? -1 :
								      arg.fd;
}

static int finish(int session)
{
	struct liveupdate_session_finish arg = { .size = sizeof(arg) };

	return ioctl(session, LIVEUPDATE_SESSION_FINISH, &arg);
}

/* Copies from the position of @in to that of @out, to the end of the file. */
static int copy(int in, int out)
{
	ssize_t n;

	do {
		n = sendfile(out, in, NULL, 1 << 20);
	} while (n > 0);
	return n < 0 ? -1 : 0;
}

static int memfd_of_file(char *path)
{
	int in = open(path, O_RDONLY | O_CLOEXEC), fd;

	if (in < 0)
		return -1;
	fd = memfd_create(basename(path), MFD_CLOEXEC);
	if (fd >= 0 && copy(in, fd)) {
		close(fd);
		fd = -1;
	}
	close(in);
	return fd;
}

static int cmd_keep(int argc, char **argv)
{
	int dev = open_device(), session, i;

	if (dev < 0)
		return error(DEVICE);
	session = create_session(dev, argv[1]);
	if (session < 0)
		return error(argv[1]);
	for (i = 2; i < argc; i++) {
		int fd = memfd_of_file(argv[i]);

		if (fd < 0 || preserve(session, fd, i - 2))
			return error(argv[i]);
		close(fd);
	}
	close(dev);
	printf("session %s keeps %d files, as long as this process lives\n",
	       argv[1], argc - 2);
	fflush(stdout);
	if (fork())
		return EXIT_OK;
	setsid();
	for (;;)
		pause();
}

static int cmd_cat(int argc, char **argv)
{
	int dev = open_device(), session, fd;
	char *end;
	uint64_t token;

	(void)argc;
	errno = 0;
	token = strtoull(argv[2], &end, 0);
	if (errno || *end || end == argv[2]) {
		errno = EINVAL;
		return error(argv[2]);
	}
	if (dev < 0)
		return error(DEVICE);
	session = retrieve_session(dev, argv[1]);
	if (session < 0)
		return error(argv[1]);
	fd = retrieve(session, token);
	if (fd < 0)
		return error(argv[2]);
	if (lseek(fd, 0, SEEK_SET) || copy(fd, STDOUT_FILENO))
		return error("copy");
	return EXIT_OK;
}

static int cmd_finish(int argc, char **argv)
{
	int dev = open_device(), session;

	(void)argc;
	if (dev < 0)
		return error(DEVICE);
	session = retrieve_session(dev, argv[1]);
	if (session < 0 || finish(session))
		return error(argv[1]);
	return EXIT_OK;
}

static ssize_t read_cmdline(char *buf, size_t len)
{
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, len - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return -1;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return n;
}

/* The command line of this kernel is that of the next one, too. */
static int cmd_load(int argc, char **argv)
{
	const char *initrd = argc > 2 ? argv[2] : "/sys/firmware/initrd";
	int kernel_fd, initrd_fd;
	char cmdline[2048];

	kernel_fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (kernel_fd < 0)
		return error(argv[1]);
	initrd_fd = open(initrd, O_RDONLY | O_CLOEXEC);
	if (initrd_fd < 0)
		return error(initrd);
	if (read_cmdline(cmdline, sizeof(cmdline)) < 0)
		return error("/proc/cmdline");
	if (syscall(SYS_kexec_file_load, kernel_fd, initrd_fd,
		    strlen(cmdline) + 1, cmdline, 0UL))
		return error("kexec_file_load");
	return EXIT_OK;
}

static int cmd_kexec(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	sync();
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		LINUX_REBOOT_CMD_KEXEC, NULL);
	return error("reboot");
}

static const struct command commands[] = {
	{ "keep", "SESSION FILE...",
	  "preserve copies of files, in a process in the background",
	  1, 1000, cmd_keep },
	{ "load", "KERNEL [INITRD]",
	  "load the next kernel, with this one's command line", 1, 2, cmd_load },
	{ "kexec", "", "jump into the next kernel, at once", 0, 0, cmd_kexec },
	{ "cat", "SESSION TOKEN",
	  "print a file that came along; the first one has the token 0",
	  2, 2, cmd_cat },
	{ "finish", "SESSION", "discard what is left of a session", 1, 1,
	  cmd_finish },
};

static void usage(FILE *out)
{
	size_t i;

	fprintf(out, "usage: luoctl COMMAND ...\n\n");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  %-6s %-16s %s\n", commands[i].name,
			commands[i].args, commands[i].help);
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc > 1 && (!strcmp(argv[1], "--help") ||
			 !strcmp(argv[1], "help"))) {
		usage(stdout);
		return EXIT_OK;
	}
	for (i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++) {
		const struct command *c = &commands[i];

		if (strcmp(argv[1], c->name))
			continue;
		if (argc - 2 < c->min_args || argc - 2 > c->max_args)
			break;
		return c->run(argc - 1, argv + 1);
	}
	usage(stderr);
	return EXIT_USAGE;
}
