// SPDX-License-Identifier: GPL-2.0
/*
 * luod in a kernel without live update: it reports it, and has a special exit
 * status.
 */

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

#define EXIT_NO_LUO 3

/* Runs luod until it exits; returns its status and its output. */
static int run_luod(char *text, size_t size)
{
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	luo_check_eq(pipe(fds), 0);
	pid = luo_get(fork());
	if (!pid) {
		dup2(fds[1], STDERR_FILENO);
		execl("/bin/luod", "luod", NULL);
		_exit(127);
	}
	close(fds[1]);
	luo_check_eq(waitpid(pid, &status, 0), pid);
	n = luo_get(read(fds[0], text, size - 1));
	text[n] = '\0';
	close(fds[0]);
	return status;
}

static void no_live_update(void)
{
	char text[512];
	int status = run_luod(text, sizeof(text));

	luo_check(WIFEXITED(status));
	luo_check_eq(WEXITSTATUS(status), EXIT_NO_LUO);
	luo_check(strstr(text, "no live update"));
}

static const struct luo_stage stages[] = {
	{ "no live update", no_live_update },
};

int main(void)
{
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
