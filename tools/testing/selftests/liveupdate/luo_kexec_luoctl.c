// SPDX-License-Identifier: GPL-2.0
/*
 * luoctl on a real kernel, before, during and after an update. With the
 * argument "off", on a kernel without live update.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

/* Output of the last command, including standard error. */
static char output[1 << 16];

/* Runs a shell command. Returns its exit status. */
static int shell(const char *command)
{
	FILE *pipe = popen(command, "re");
	size_t len;
	int status;

	luo_check(pipe);
	len = fread(output, 1, sizeof(output) - 1, pipe);
	output[len] = '\0';
	status = pclose(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int tell(const char *words)
{
	char command[4096];
	int status;

	snprintf(command, sizeof(command), "/bin/luoctl %s 2>&1", words);
	status = shell(command);
	ksft_print_msg("luoctl %s: %d\n", words, status);
	return status;
}

static bool says(const char *text)
{
	bool found = strstr(output, text);

	if (!found)
		ksft_print_msg("no \"%s\" in:\n%s\n", text, output);
	return found;
}

static void load_next(void)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "load /boot/kernel --initrd /sys/firmware/initrd --cmdline \"$(/bin/busybox cat /proc/cmdline) luo.test=%s luo.stage=%d\"",
		 getenv("LUO_TEST"), luo_next_stage());
	luo_check_eq(tell(command), 0);
}

static void somebody_has_the_device(void)
{
	int dev = luo_get(luo_open());

	luo_check_eq(tell("prepare"), 5);
	luo_check(says("another process has the device open"));
	luo_check_eq(tell("prepare --timeout 1"), 6);
	luo_check_eq(tell("list"), 0);
	luo_check_eq(tell("kexec --dry-run"), 1);
	luo_check(says("no kernel is loaded"));
	close(dev);
}

/* Runs the example, which prints a message when its text is preserved. */
static void keep_hello(void)
{
	FILE *pipe = popen("exec /bin/hello-memfd 'I was here.'", "re");

	luo_check(pipe);
	luo_check(fgets(output, sizeof(output), pipe));
	luo_check(says("Kept."));
}

static void from_state_to_state(void)
{
	luo_check_eq(tell("prepare"), 0);
	luo_check_eq(tell("list"), 0);
	luo_check(says("mine     outgoing   prepared  2 "));
	luo_check_eq(tell("wait prepared --timeout 0"), 0);
	luo_check_eq(tell("keep more /tests"), 5);
	luo_check_eq(tell("wait normal --timeout 0"), 6);
	luo_check_eq(tell("cancel"), 0);
	luo_check_eq(tell("cancel"), 4);
	luo_check_eq(tell("wait normal --timeout 0"), 0);
	luo_check_eq(tell("finish"), 1);
}

static int jump(void)
{
	fflush(NULL);
	tcdrain(STDOUT_FILENO);
	tell("kexec");
	return -EIO;
}

static void before(void)
{
	luo_check_eq(tell("status"), 0);
	luo_check(says("normal"));
	luo_check(says("not loaded"));
	luo_check_eq(tell("timeline"), 4);
	luo_check_eq(tell("formats --no-legend"), 0);
	luo_check(says("file "));
	luo_check_eq(tell("check running running"), 0);
	somebody_has_the_device();
	load_next();
	luo_check_eq(tell("kexec"), 4);
	luo_check(says("nothing is preserved"));

	luo_check_eq(tell("keep mine /boot/kernel /tests"), 0);
	luo_check_eq(tell("keep mine"), 1);
	luo_check_eq(tell("keep second /tests"), 0);
	luo_check_eq(tell("keep third /tests"), 0);
	keep_hello();
	luo_check_eq(tell("list --no-legend"), 0);
	luo_check(says("mine    outgoing  normal  2 "));
	luo_check_eq(tell("show mine"), 0);
	luo_check(says("held by    luoctl, process "));
	luo_check(says("\n1      "));
	luo_check(says("memfd"));
	from_state_to_state();
	luo_jump_by(jump);
}

static void files_came_along(void)
{
	luo_check_eq(tell("list --no-legend"), 0);
	luo_check(says("mine    incoming  updated  0/2"));
	luo_check_eq(tell("show mine"), 0);
	luo_check(says("held by    no process"));
	luo_check_eq(tell("show mine --files"), 0);
	luo_check(says("\n0      "));
	luo_check_eq(tell("cat mine 2"), 4);
	luo_check_eq(shell("/bin/luoctl cat mine 1 | /bin/busybox cmp - /tests"),
		     0);
	luo_check_eq(tell("list --no-legend"), 0);
	luo_check(says("mine    incoming  updated  0/1"));
	luo_check_eq(shell("/bin/luoctl cat mine 0 | /bin/busybox cmp - /boot/kernel"),
		     0);
	/* The session is gone. */
	luo_check_eq(tell("show mine"), 4);
}

static void somebody_has_a_session(void)
{
	int dev = luo_get(luo_open());
	int session = luo_get(luo_retrieve(dev, "second"));

	close(dev);
	luo_check_eq(tell("finish second"), 5);
	luo_check_eq(tell("discard second"), 5);
	luo_check_eq(tell("show second"), 0);
	luo_check(says("held by    luo_kexec_luoct, process "));
	load_next();
	luo_check_eq(tell("kexec"), 5);
	luo_check_eq(tell("wait updated --timeout 0"), 0);
	close(session);
}

static void after(void)
{
	luo_check_eq(tell("status"), 0);
	luo_check(says("updated"));
	luo_check(says("1 in a row"));
	luo_check(says("4 of the previous one, 4 not finished"));
	luo_check_eq(shell("/bin/hello-memfd"), 0);
	luo_check(says("The previous kernel says: I was here."));
	files_came_along();
	somebody_has_a_session();
	luo_check_eq(tell("finish second"), 0);
	luo_check_eq(tell("finish second"), 4);
	luo_check_eq(tell("discard third"), 0);
	luo_check_eq(tell("wait normal --timeout 0"), 0);
	luo_check_eq(tell("timeline"), 0);
	luo_check(says("blackout"));
	luo_check(says(" ms = *"));
	luo_check_eq(tell("timeline --json"), 0);
	luo_check(says("\"blackout_us\": "));
	luo_check_eq(tell("timeline --svg"), 0);
	luo_check(says("</svg>"));
}

static void off(void)
{
	static const char * const words[] = {
		"status", "list", "show x", "prepare", "cancel", "finish",
		"discard x", "kexec", "timeline", "formats", "keep x",
		"cat x 0", "wait normal",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		luo_check_eq(tell(words[i]), 3);
		luo_check(says("luoctl: this kernel has no live update"));
	}
}

static const struct luo_stage stages[] = {
	{ "luoctl does an update", before },
	{ "luoctl shows incoming sessions", after },
};

static const struct luo_stage off_stages[] = {
	{ "luoctl says that live update is off", off },
};

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "off"))
		return luo_run_stages(off_stages, ARRAY_SIZE(off_stages));
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
