// SPDX-License-Identifier: GPL-2.0
/*
 * A virtual machine survives two updates: the guest of kvm-mini continues to
 * count.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

#define LINES "20"
#define NR_LINES 20

/* Starts kvm-mini, and returns a stream of its output. */
static FILE *start(void)
{
	int fds[2];
	pid_t pid;

	luo_check_eq(pipe(fds), 0);
	pid = luo_get(fork());
	if (!pid) {
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		execl("/bin/kvm-mini", "kvm-mini", "-n", LINES, "guest", NULL);
		_exit(127);
	}
	close(fds[1]);
	return fdopen(fds[0], "r");
}

/* Checks that the guest counts from @first on, then preserves it. */
static void check_counting(unsigned int first)
{
	FILE *vmm = start();
	unsigned int i;
	char line[128], want[32];

	for (i = first; i < first + NR_LINES; i++) {
		luo_check(fgets(line, sizeof(line), vmm));
		snprintf(want, sizeof(want), "guest: %u\n", i);
		if (strcmp(line, want))
			ksft_print_msg("line %u: %s", i, line);
		luo_check(!strcmp(line, want));
	}
	luo_check(fgets(line, sizeof(line), vmm));
	luo_check(!strcmp(line, "kvm-mini: preserved in the session \"guest\"\n"));
}

static void boot(void)
{
	luo_check_eq(access("/dev/kvm", R_OK | W_OK), 0);
	check_counting(1);
	luo_next_kernel();
}

static void go_on(void)
{
	check_counting(1 + NR_LINES);
	luo_next_kernel();
}

static void go_on_again(void)
{
	check_counting(1 + 2 * NR_LINES);
}

static const struct luo_stage stages[] = {
	{ "a guest counts and is preserved", boot },
	{ "it continues in the next kernel", go_on },
	{ "it continues in the kernel after that", go_on_again },
};

int main(void)
{
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
