// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that do not know luod, and use only commands of mainline, take part
 * in an update together with a client of luod. One creates its session before
 * luod's update begins, one while luod's client preserves.
 */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_luod.h"
#include "luo_util.h"

#define SIZE (1L << 20)
#define FILES 3
#define USER 7

/* First tokens of the programs, and of luod's client. */
enum { EARLY = 10, LATE = 20, CLIENT = 30 };

static struct luod_client client;

static void preserve(int session, int first)
{
	int i, fd;

	for (i = 0; i < FILES; i++) {
		fd = luo_get(luo_memfd_filled("file", SIZE, first + i));
		luo_check_eq(luo_preserve_fd(session, fd, first + i), 0);
		close(fd);
	}
}

static void retrieve(int session, int first)
{
	int i, fd;

	for (i = FILES - 1; i >= 0; i--) {
		fd = luo_get(luo_retrieve_fd(session, first + i));
		luo_check(luo_matches(fd, 0, SIZE, first + i));
		close(fd);
	}
	luo_check_eq(luo_finish(session), 0);
	close(session);
}

/* Forks a process that holds its session until the kexec. */
static void hold(const char *name, int first)
{
	int fds[2], dev, session;
	char byte;

	luo_check_eq(pipe2(fds, O_CLOEXEC), 0);
	if (luo_get(fork())) {
		close(fds[1]);
		luo_check_eq(read(fds[0], &byte, 1), 1);
		close(fds[0]);
		return;
	}
	dev = luo_get(luo_open());
	session = luo_get(luo_create(dev, name));
	preserve(session, first);
	close(dev);
	luo_check_eq(write(fds[1], "", 1), 1);
	for (;;)
		pause();
}

static void take(const char *name, int first)
{
	char found[LIVEUPDATE_SESSION_NAME_LENGTH];
	int dev = luo_get(luo_open()), session;

	session = luo_get(luo_retrieve(dev, name));
	close(dev);
	luo_check_eq(luo_get_name(session, found), 0);
	luo_check(!strcmp(found, name));
	retrieve(session, first);
}

/* Starts luod and a client that sends a command and expects an answer. */
static void start_luod(const char *command, const char *answer)
{
	luod_serve("{}");
	luod_start(NULL);
	client_dial(&client, USER);
	client_say(&client, command, "client");
	client_expect(&client, answer, "client");
}

static int jump(void)
{
	luoctl_start("kexec");
	client_expect(&client, "PRESERVE", "client");
	hold("late", LATE);
	preserve(client.session, CLIENT);
	client_say(&client, "{\"type\":\"READY\",\"id\":\"%s\"}\n", "client");
	client_expect(&client, "\"OK\"", "READY");
	luoctl_expect(-1, "");
	return -1;
}

static void before(void)
{
	hold("early", EARLY);
	start_luod("{\"type\":\"SUBSCRIBE\",\"id\":\"%s\"}\n", "\"OK\"");
	luo_check_eq(luo_kexec_load(NULL, luo_next_stage()), 0);
	luo_jump_by(jump);
}

/* Interleaved: each has its session open while others retrieve or finish. */
static void after(void)
{
	take("late", LATE);
	start_luod("{\"type\":\"CLAIM\",\"id\":\"%s\"}\n", "\"SESSION\"");
	take("early", EARLY);
	retrieve(client.session, CLIENT);
	client.session = -1;
	luoctl_tell("status", 0, "state          normal\n");
}

static const struct luo_stage stages[] = {
	{ "programs preserve beside luod", before },
	{ "programs and the client retrieve their files", after },
};

int main(void)
{
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
