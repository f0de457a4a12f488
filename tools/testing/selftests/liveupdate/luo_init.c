// SPDX-License-Identifier: GPL-2.0
/*
 * luo_init.c - the first process of a test guest
 *
 * Runs the commands that /tests lists, one a line, and frames the output of
 * each, so that the host knows which program said what. Programs write to
 * the second serial port; the first one is left to the kernel.
 *
 * A program may jump into another kernel by kexec. There the command line's
 * luo.test and luo.stage say where to go on: the same program runs again with
 * LUO_STAGE set, then the rest of the list.
 *
 * Where systemd is the first process, this is a service of it.
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

/* QEMU runs with -no-reboot: a reset ends it. */
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
 * The port of programs is raw, so that what they write arrives as it was
 * written.
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

/* The last one wins: each kexec appends its own. */
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

/* 0 to 255 for an exit status, 1000 and the number for a signal. */
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
 * What a program left running must not disturb the next one. A service is not
 * alone on the machine.
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
 * Kmemleak only speaks of objects that are older than 5 s, and takes two
 * looks at each before it does. It reports on the kernel's console, where the
 * host finds it.
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

/* The unit tests ran while the kernel booted; their results wait in debugfs. */
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

/* The formats that this kernel writes when it comes up. */
static glob_t formats;
static char *format_defaults;

/* '0' or '1', or 0 if there is no such file. */
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

/* A test that failed may have left a format switched off. */
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

/* Programs find no files, and no formats switched off, of those before them. */
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
 * A shell wants a terminal of its own. When it ends, everybody who has that
 * terminal open loses it; so does this process, which has nothing to say then.
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

/* The first thing in the new kernel: here the black-out ends. */
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
	if (!is_service())
		mount_all();
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
