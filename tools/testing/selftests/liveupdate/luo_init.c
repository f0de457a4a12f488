// SPDX-License-Identifier: GPL-2.0
/*
 * luo_init.c - init process of a test guest
 *
 * Runs the commands in /tests, one per line, and encloses the output of each in
 * marker lines, so that the host can tell them apart. Programs write to the
 * second serial port; the first one is the kernel's console.
 *
 * A program may boot another kernel by kexec. There, luo.test and luo.stage on
 * the command line say where to continue: the same program is run again with
 * LUO_STAGE set, then the rest of the list.
 *
 * If systemd is the init process, luo_init is one of its services.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <x86intrin.h>

#define MARK "luo-vm: "
#define CONSOLE_PORT "/dev/ttyS0"
#define PROGRAM_PORT "/dev/ttyS1"
#define MAX_ARGS 32

/* QEMU runs with -no-reboot, so that a reset ends it. */
static _Noreturn void stop(void)
{
	fflush(NULL);
	tcdrain(STDOUT_FILENO);
	sync();
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

static void mount_or_complain(const char *type, const char *dir)
{
	mkdir(dir, 0755);
	if (mount(type, dir, type, 0, NULL) && errno != EBUSY)
		fprintf(stderr, "luo_init: %s on %s: %m\n", type, dir);
}

static void mount_all(void)
{
	mount_or_complain("devtmpfs", "/dev");
	mount_or_complain("proc", "/proc");
	mount_or_complain("sysfs", "/sys");
	mount_or_complain("debugfs", "/sys/kernel/debug");
	mount_or_complain("tmpfs", "/tmp");
}

/*
 * The port of the programs is in raw mode, so that their output is not
 * modified.
 */
static void use_port(const char *path, bool raw)
{
	struct termios tio;
	int fd = open(path, O_RDWR | O_NOCTTY);

	if (fd < 0)
		return;
	if (raw && !tcgetattr(fd, &tio)) {
		cfmakeraw(&tio);
		tio.c_cflag |= CLOCAL;
		tcsetattr(fd, TCSANOW, &tio);
	}
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

static void read_line(const char *path, char *buf, size_t len)
{
	FILE *f = fopen(path, "re");

	buf[0] = '\0';
	if (!f)
		return;
	if (!fgets(buf, len, f))
		buf[0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	fclose(f);
}

/* The last value counts, as each kexec appends its own. */
static int cmdline_number(const char *key, int fallback)
{
	char line[4096];
	char *word, *rest = line;
	int value = fallback;

	read_line("/proc/cmdline", line, sizeof(line));
	while ((word = strsep(&rest, " "))) {
		size_t len = strlen(key);

		if (!strncmp(word, key, len) && word[len] == '=')
			value = atoi(word + len + 1);
	}
	return value;
}

static bool cmdline_has(const char *key)
{
	return cmdline_number(key, -1) != -1;
}

static _Noreturn void exec_command(char *line)
{
	char *argv[MAX_ARGS + 1];
	char *word;
	int argc = 0;

	while ((word = strsep(&line, " ")) && argc < MAX_ARGS) {
		if (*word)
			argv[argc++] = word;
	}
	argv[argc] = NULL;
	if (argc)
		execv(argv[0], argv);
	printf("# %s: %m\n", argc ? argv[0] : "empty command");
	exit(127);
}

/* Returns the exit status, or 1000 plus the number of a signal. */
static int run_command(const char *command, int test, int stage)
{
	char line[1024], number[16];
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return 1000;
	if (!pid) {
		setsid();
		snprintf(number, sizeof(number), "%d", test);
		setenv("LUO_TEST", number, 1);
		snprintf(number, sizeof(number), "%d", stage);
		setenv("LUO_STAGE", number, 1);
		snprintf(line, sizeof(line), "%s", command);
		exec_command(line);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   1000 + WTERMSIG(status);
}

static bool is_service(void)
{
	return getpid() != 1;
}

/*
 * Kills processes that a program has left, which could disturb the next one.
 * Not if luo_init is a service, which is not alone on the machine.
 */
static void reap_stragglers(void)
{
	if (is_service())
		return;
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

/*
 * kmemleak reports only objects that are older than 5 s, and only in the second
 * scan. Its reports are on the kernel's console, where the host finds them.
 */
static void check_leaks(void)
{
	static const char path[] = "/sys/kernel/debug/kmemleak";
	char buf[512];
	ssize_t n;
	int fd, i;

	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	sleep(6);
	for (i = 0; i < 2; i++) {
		if (write(fd, "scan", 4) != 4)
			printf("# kmemleak: %m\n");
	}
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		printf("# %.*s\n", (int)n, buf);
	close(fd);
}

static void copy_to_stdout(const char *path)
{
	char buf[4096];
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	fflush(stdout);
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		if (write(STDOUT_FILENO, buf, n) != n)
			break;
	}
	close(fd);
}

/* KUnit tests have run during boot; prints their results from debugfs. */
static void report_kunit(void)
{
	static const char dir[] = "/sys/kernel/debug/kunit";
	char path[512];
	struct dirent *entry;
	DIR *d;

	d = opendir(dir);
	if (!d)
		return;
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		printf(MARK "begin kunit %s\n", entry->d_name);
		snprintf(path, sizeof(path), "%s/%s/results", dir,
			 entry->d_name);
		copy_to_stdout(path);
		printf(MARK "end status=0\n");
	}
	closedir(d);
}

/* Formats of this kernel, and their initial state. */
static glob_t formats;
static char *format_defaults;

/* '0' or '1', or 0 if the file does not exist. */
static char format_state(const char *path)
{
	char state = 0;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, &state, 1) != 1)
		state = 0;
	close(fd);
	return state;
}

static void note_formats(void)
{
	size_t i;

	if (glob("/sys/kernel/liveupdate/formats/*/*/enable_write", 0, NULL,
		 &formats))
		return;
	format_defaults = calloc(formats.gl_pathc, 1);
	for (i = 0; format_defaults && i < formats.gl_pathc; i++)
		format_defaults[i] = format_state(formats.gl_pathv[i]);
}

/* Undoes switching off formats, if a failed test has not. */
static void restore_formats(void)
{
	size_t i;
	int fd;

	for (i = 0; format_defaults && i < formats.gl_pathc; i++) {
		if (format_state(formats.gl_pathv[i]) == format_defaults[i])
			continue;
		fd = open(formats.gl_pathv[i], O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (write(fd, &format_defaults[i], 1) != 1)
			printf("# %s: %m\n", formats.gl_pathv[i]);
		close(fd);
	}
}

/* Programs start with an empty /tmp, and with the initial state of formats. */
static void start_afresh(void)
{
	static const char * const dirs[] = { "/run", "/tmp" };
	size_t i;

	if (is_service())
		return;
	for (i = 0; i < 2; i++) {
		umount2(dirs[i], MNT_DETACH);
		mount_or_complain("tmpfs", dirs[i]);
	}
	restore_formats();
}

static void run_list(int first, int stage)
{
	char line[1024];
	int test = 0;
	FILE *f;

	f = fopen("/tests", "re");
	if (!f) {
		printf(MARK "no list: %m\n");
		return;
	}
	for (; fgets(line, sizeof(line), f); test++) {
		line[strcspn(line, "\n")] = '\0';
		if (test < first)
			continue;
		if (test > first || stage == 1) {
			start_afresh();
			printf(MARK "begin %s\n", line);
		}
		printf(MARK "end status=%d\n",
		       run_command(line, test, test == first ? stage : 1));
		reap_stragglers();
	}
	fclose(f);
	if (cmdline_has("luo.kmemleak"))
		check_leaks();
	printf(MARK "done\n");
}

/*
 * A shell needs a controlling terminal. When the shell exits, the terminal
 * hangs up for all processes, including this one, which does not use it
 * afterwards.
 */
static _Noreturn void run_shell(void)
{
	pid_t pid;

	use_port(CONSOLE_PORT, false);
	printf("\nThis is a virtual machine. Type 'exit' to leave it.\n");
	fflush(stdout);
	pid = fork();
	if (!pid) {
		setsid();
		ioctl(STDIN_FILENO, TIOCSCTTY, 0);
		execl("/bin/sh", "sh", "-l", NULL);
		_exit(127);
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	stop();
}

/* Records the end of the blackout; called first in the new kernel. */
static void note_time(void)
{
	char tsc[32];

	snprintf(tsc, sizeof(tsc), "%llu", (unsigned long long)__rdtsc());
	setenv("LUO_INIT_TSC", tsc, 1);
}

int main(void)
{
	char boot_id[64];
	struct utsname uts;
	int stage;

	note_time();
	if (!is_service()) {
		mount_all();
	} else if (!cmdline_has("luo.test")) {
		fprintf(stderr, "luo_init: no luo.test= on the command line\n");
		return EXIT_FAILURE;
	}
	setenv("PATH", "/bin:/sbin", 1);
	setenv("HOME", "/root", 1);
	if (cmdline_has("luo.shell"))
		run_shell();

	use_port(PROGRAM_PORT, true);
	setvbuf(stdout, NULL, _IOLBF, 0);
	uname(&uts);
	read_line("/proc/sys/kernel/random/boot_id", boot_id, sizeof(boot_id));
	stage = cmdline_number("luo.stage", 1);
	printf(MARK "boot release=%s boot_id=%s stage=%d cpus=%ld\n",
	       uts.release, boot_id, stage, sysconf(_SC_NPROCESSORS_ONLN));
	if (cmdline_has("luo.kunit") && stage == 1)
		report_kunit();
	note_formats();
	run_list(cmdline_number("luo.test", 0), stage);
	stop();
}
