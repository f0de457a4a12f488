// SPDX-License-Identifier: GPL-2.0
/*
 * luod, its service manager and its clients, see luo_luod.h.
 */

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../liveupdate/tests/luod/manager.h"
#include "../kselftest.h"
#include "luo_luod.h"
#include "luo_util.h"

#define SOCKET_DIR "/run/luod"
#define SOCKET SOCKET_DIR "/liveupdate.sock"
#define CONFIG "/tmp/luod.conf"

/* Timeout that expires only if the test fails, even on a debug kernel. */
#define PATIENCE_MS 120000

static pid_t luod, luoctl;
static int luoctl_pipe;

/* Only one process receives the notifications of luod. */
static bool is_manager = true;

void luod_be_client_only(void)
{
	is_manager = false;
}

void luod_start(void (*before_exec)(void))
{
	luod = luo_get(fork());
	if (luod)
		return;
	if (before_exec)
		before_exec();
	close_range(3, 299, 0);
	manager_pass();
	execl("/bin/luod", "luod", "--config", CONFIG, NULL);
	_exit(127);
}

void luod_kill(void)
{
	luo_check_eq(kill(luod, SIGKILL), 0);
	luo_check_eq(waitpid(luod, NULL, 0), luod);
	manager_listen();
}

void luod_serve(const char *config)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = SOCKET };
	int fd;

	luo_check_eq(close(luo_get(open(CONFIG, O_CREAT | O_WRONLY, 0644))), 0);
	luo_check_eq(luo_write_file(CONFIG, config), 0);
	mkdir("/run", 0755);
	luo_check_eq(mkdir(SOCKET_DIR, 0755), 0);
	fd = luo_get(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	luo_check_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	luo_check_eq(chmod(SOCKET, 0666), 0);
	luo_check_eq(listen(fd, 128), 0);
	manager_start();
	manager_add("luod.socket", fd);
}

int luod_stop(void)
{
	int status;

	luo_check_eq(kill(luod, SIGTERM), 0);
	luo_check_eq(waitpid(luod, &status, 0), luod);
	return status;
}

void client_dial(struct luod_client *client, uid_t uid)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = SOCKET };

	client->session = -1;
	client->fd = luo_get(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	luo_check_eq(seteuid(uid), 0);
	luo_check_eq(connect(client->fd, (struct sockaddr *)&addr,
			     sizeof(addr)), 0);
	luo_check_eq(seteuid(0), 0);
}

void client_hang_up(struct luod_client *client)
{
	close(client->fd);
	if (client->session >= 0)
		close(client->session);
	client->session = -1;
}

void client_say(struct luod_client *client, const char *format, const char *id)
{
	char line[256];

	snprintf(line, sizeof(line), format, id);
	luo_check_eq(send(client->fd, line, strlen(line), MSG_NOSIGNAL),
		     strlen(line));
}

/* Receives a byte, and a session if one is attached; 0 at the end. */
static ssize_t receive(struct luod_client *client, char *byte)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	ssize_t n = recvmsg(client->fd, &msg, MSG_CMSG_CLOEXEC);
	struct cmsghdr *cmsg = n > 0 ? CMSG_FIRSTHDR(&msg) : NULL;

	if (!cmsg)
		return n;
	if (client->session >= 0)
		close(client->session);
	memcpy(&client->session, CMSG_DATA(cmsg), sizeof(int));
	return n;
}

/* Receives notifications meanwhile, because luod blocks otherwise. */
static void wait_for(int fd)
{
	struct pollfd fds[2] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = manager_fd(), .events = POLLIN },
	};

	do {
		luo_check(poll(fds, is_manager ? 2 : 1, PATIENCE_MS) > 0);
		if (is_manager && fds[1].revents)
			manager_listen();
	} while (!fds[0].revents);
}

const char *client_hear(struct luod_client *client)
{
	size_t used = 0;

	for (;;) {
		wait_for(client->fd);
		luo_check_eq(receive(client, client->line + used), 1);
		if (client->line[used] == '\n')
			break;
		luo_check(++used < sizeof(client->line));
	}
	client->line[used] = '\0';
	return client->line;
}

/* Checks that the answer contains these words. */
void client_expect(struct luod_client *client, const char *word,
		   const char *other)
{
	const char *line = client_hear(client);

	if (!strstr(line, word) || !strstr(line, other))
		ksft_print_msg("%s\n", line);
	luo_check(strstr(line, word) && strstr(line, other));
}

void luoctl_start(const char *words)
{
	char command[512];
	int fds[2];

	snprintf(command, sizeof(command), "exec /bin/luoctl %s 2>&1", words);
	luo_check_eq(pipe2(fds, O_CLOEXEC), 0);
	luoctl = luo_get(fork());
	if (!luoctl) {
		dup2(fds[1], STDOUT_FILENO);
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	close(fds[1]);
	luoctl_pipe = fds[0];
}

void luoctl_interrupt(void)
{
	luo_check_eq(kill(luoctl, SIGTERM), 0);
}

void luoctl_expect(int want, const char *text)
{
	static char output[16384];
	size_t used = 0;
	ssize_t n;
	int status;

	do {
		wait_for(luoctl_pipe);
		n = read(luoctl_pipe, output + used, sizeof(output) - used - 1);
		used += n > 0 ? n : 0;
	} while (n > 0);
	output[used] = '\0';
	close(luoctl_pipe);
	luo_check_eq(waitpid(luoctl, &status, 0), luoctl);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != want ||
	    !strstr(output, text))
		ksft_print_msg("luoctl: %x, %s\n", status, output);
	luo_check(WIFEXITED(status));
	luo_check_eq(WEXITSTATUS(status), want);
	luo_check(strstr(output, text));
}

void luoctl_tell(const char *words, int want, const char *text)
{
	luoctl_start(words);
	luoctl_expect(want, text);
}
