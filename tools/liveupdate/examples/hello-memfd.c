// SPDX-License-Identifier: GPL-2.0
/*
 * hello-memfd - the smallest program that survives a live update
 *
 * usage: hello-memfd TEXT	in the first kernel: preserves TEXT
 *	  hello-memfd		in the next kernel: prints it
 */

#include <err.h>
#include <libluo.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void check(int result, const char *what)
{
	if (result < 0)
		errx(1, "%s: %s", what, strerror(-result));
}

static void keep(struct luo_device *device, const char *text)
{
	struct luo_session *session;
	int fd = memfd_create("hello", MFD_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err(1, "memfd");
	check(luo_device_create_session(device, "hello", &session), "session");
	check(luo_session_preserve_fd(session, fd, 0), "preserve");
	/* Other processes need it, too. The session depends on its own fd. */
	luo_device_close(device);
	puts("Kept. Now luoctl load, luoctl kexec.");
	fflush(stdout);
	for (;;)
		pause();
}

static void print(struct luo_device *device)
{
	struct luo_session *session;
	char text[4096];
	ssize_t len;
	int fd;

	check(luo_device_retrieve_session(device, "hello", &session), "session");
	fd = luo_session_retrieve_fd(session, 0);
	check(fd, "retrieve");
	len = pread(fd, text, sizeof(text), 0);
	printf("The previous kernel says: %.*s\n", len < 0 ? 0 : (int)len, text);
	check(luo_session_finish(session), "finish");
	luo_session_close(session);
	luo_device_close(device);
}

int main(int argc, char **argv)
{
	struct luo_device *device;

	check(luo_device_open_wait(&device, 0, 10000), "/dev/liveupdate");
	if (argc > 1)
		keep(device, argv[1]);
	print(device);
	return 0;
}
