// SPDX-License-Identifier: GPL-2.0
/*
 * Unmodified programs survive a live update: a QEMU guest that counts, and a
 * memcached with many keys. luod passes sessions to their wrappers, and luoctl
 * does the update.
 *
 * usage: luo_kexec_programs [demo] [alone] [kernel]
 *
 * With "demo" it prints its steps, and how long the update took. With "alone"
 * luod is not used, and the wrappers get a signal. With "kernel" the guest is a
 * Linux, not a boot sector.
 */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_keys.h"
#include "luo_util.h"

#define LUOD_DIR "/run/luod"
#define LUOD LUOD_DIR "/liveupdate.sock"
#define CACHE "/tmp/memcached.sock"

#define NR_LINES 5

/* Enough for the output of an hour. */
#define TEXT_SIZE (1L << 20)

/* In steps of 10 ms; QEMU in QEMU is slow. */
#define PATIENCE 20000

static bool demo, alone, kernel;

/* The output of the guest, in a memfd that is preserved, too. */
static const char *text;
static int text_fd;
static size_t text_read;
static long last;

static pid_t qemu, memcached;

/* Prints a message of the demo. */
static void tell(const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	ksft_print_msg("demo: %s\n", line);
}

/* Prints the output of a command, line by line. Returns its status. */
static int show(const char *word, const char *command)
{
	char line[4096];
	FILE *pipe;

	fflush(stdout);
	pipe = popen(command, "re");
	luo_check(pipe);
	while (fgets(line, sizeof(line), pipe))
		ksft_print_msg("%s: %s", word, line);
	return pclose(pipe);
}

/* Runs a program in the background. */
static pid_t start(char *const argv[], int out)
{
	pid_t pid = luo_get(fork());

	if (pid)
		return pid;
	dup2(out, STDOUT_FILENO);
	close_range(3, ~0U, 0);
	execv(argv[0], argv);
	_exit(127);
}

/* Connects to a socket, and waits until it exists. */
static int dial(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, tries = PATIENCE;

	strcpy(addr.sun_path, path);
	fd = luo_get(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	while (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		luo_check(errno == ENOENT || errno == ECONNREFUSED);
		luo_check(--tries);
		usleep(10000);
	}
	return fd;
}

static void start_luod(void)
{
	char *const argv[] = { "/bin/luod", NULL };

	if (alone)
		return;
	mkdir("/run", 0755);
	luo_check_eq(mkdir(LUOD_DIR, 0755), 0);
	start(argv, STDOUT_FILENO);
	close(dial(LUOD));
}

/* Arguments follow the name of a wrapper; --luod is added unless "alone". */
static pid_t start_wrapped(char *const *argv, int out)
{
	static char *const luod[] = { "--luod", LUOD };
	char *all[32] = { argv[0] };
	int argc = 1;

	if (!alone) {
		all[argc++] = luod[0];
		all[argc++] = luod[1];
	}
	while (*++argv)
		all[argc++] = *argv;
	return start(all, out);
}

#define QEMU								\
	"/usr/bin/qemu-system-x86_64", "-accel", "tcg", "-nodefaults",	\
	"-display", "none", "-serial", "stdio"

static void start_qemu(void)
{
	char *const sector[] = {
		"/bin/luo-qemu", "--name", "guest", "--memory", "16", "--",
		QEMU, "-drive", "file=/bin/luo-counter.img,format=raw,if=ide",
		NULL
	};
	char *const linux_guest[] = {
		"/bin/luo-qemu", "--name", "guest", "--memory", "32", "--",
		QEMU, "-kernel", "/boot/guest", "-initrd", "/boot/guest.cpio",
		"-append", "console=ttyS0 quiet no_timer_check", NULL
	};

	qemu = start_wrapped(kernel ? linux_guest : sector, text_fd);
}

static void start_memcached(void)
{
	char *const argv[] = {
		"/bin/luo-memcached", "--name", "cache", "--dir", "/tmp", "--",
		"/usr/bin/memcached", "-u", "root", "-m", "64", "-s", CACHE,
		NULL
	};

	memcached = start_wrapped(argv, STDOUT_FILENO);
}

static void map_text(void)
{
	text = mmap(NULL, TEXT_SIZE, PROT_READ, MAP_SHARED, text_fd, 0);
	luo_check(text != MAP_FAILED);
	luo_check_eq(lseek(text_fd, strlen(text), SEEK_SET), strlen(text));
}

/* This process holds the session until the kexec. */
static void make_text(void)
{
	int dev = luo_get(luo_open());
	int session = luo_get(luo_create(dev, "text"));

	text_fd = luo_get(luo_memfd("text", TEXT_SIZE));
	luo_check_eq(luo_preserve_fd(session, text_fd, 0), 0);
	close(dev);
	map_text();
}

static void take_text(void)
{
	int dev = luo_get(luo_open());
	int session = luo_get(luo_retrieve(dev, "text"));

	text_fd = luo_get(luo_retrieve_fd(session, 0));
	luo_check_eq(luo_finish(session), 0);
	close(session);
	close(dev);
	map_text();
}

/*
 * Each complete line has the next number. A Linux guest may print other
 * messages, which are no numbers.
 */
static bool read_number(void)
{
	const char *line = text + text_read, *end = strchr(line, '\n');

	if (!end)
		return false;
	text_read += end + 1 - line;
	if (!isdigit(*line))
		return true;
	if (strtol(line, NULL, 10) != last + 1)
		ksft_print_msg("after %ld: %.*s\n", last, (int)(end - line),
			       line);
	luo_check_eq(strtol(line, NULL, 10), last + 1);
	last++;
	return true;
}

static void wait_for_line(void)
{
	int tries = PATIENCE;

	while (!read_number()) {
		if (!--tries)
			ksft_print_msg("output of the guest: %s\n", text);
		luo_check(tries);
		usleep(10000);
	}
}

/* Checks the output so far, and waits for some more numbers. */
static void count(void)
{
	long end;

	while (read_number())
		;
	for (end = last + NR_LINES; last < end;)
		wait_for_line();
}

static void check_keys(void)
{
	int fd = dial(CACHE);

	keys_check(fd);
	close(fd);
}

/* Sends a command of an administrator, and checks the type of the answer. */
static void tell_luod(const char *command, const char *answer)
{
	int fd = dial(LUOD);
	FILE *from = fdopen(fd, "r");
	char line[512], want[64];

	luo_check(dprintf(fd, "{\"type\":\"%s\"}\n", command) > 0);
	luo_check(fgets(line, sizeof(line), from));
	snprintf(want, sizeof(want), "{\"type\":\"%s\"", answer);
	if (strncmp(line, want, strlen(want)))
		ksft_print_msg("%s", line);
	luo_check(!strncmp(line, want, strlen(want)));
	fclose(from);
}

/* Without luod, the wrappers get a signal. */
static bool both_preserved(void)
{
	struct liveupdate_session_info info[8];
	int dev = luo_get(open(LUO_DEVICE, O_RDONLY | O_CLOEXEC)), i, nr;
	uint64_t cursor = 0;
	int ready = 0;

	nr = luo_get(luo_list(dev, 0, &cursor, info, ARRAY_SIZE(info)));
	for (i = 0; i < nr; i++)
		ready += info[i].files == 2;
	close(dev);
	return ready == 2;
}

static void preserve_both(void)
{
	int tries = PATIENCE;

	luo_check_eq(kill(qemu, SIGUSR1), 0);
	luo_check_eq(kill(memcached, SIGUSR1), 0);
	while (!both_preserved()) {
		luo_check(--tries);
		usleep(10000);
	}
	tell("both programs are preserved");
}

/* After an abort both continue as if there had been no update. */
static void take_back(void)
{
	tell_luod("UPDATE", "COMPLETE");
	tell_luod("ABORT", "OK");
	count();
	check_keys();
}

static int jump(void)
{
	return show("luoctl", "/bin/luoctl kexec 2>&1");
}

static void before(void)
{
	int fd;

	make_text();
	start_luod();
	start_qemu();
	start_memcached();
	count();
	tell("a guest of QEMU counts, and is at %ld", last);
	fd = dial(CACHE);
	keys_set(fd);
	close(fd);
	tell("memcached has %d keys", NR_KEYS);
	if (alone)
		preserve_both();
	else if (!demo)
		take_back();
	luo_check_eq(luo_kexec_load(NULL, luo_next_stage()), 0);
	tell("luoctl kexec");
	luo_jump_by(jump);
}

/* Nothing is preserved or incoming, and another update can begin. */
static void check_idle(void)
{
	int dev;

	if (!alone)
		tell_luod("UPDATE", "COMPLETE");
	dev = luo_get(open(LUO_DEVICE, O_RDONLY | O_CLOEXEC));
	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_NORMAL);
	close(dev);
}

static void after(void)
{
	take_text();
	while (read_number())
		;
	tell("the output of the guest is here; last=%ld", last);
	tell("it continues; first=%ld", last + 1);
	start_luod();
	start_qemu();
	start_memcached();
	count();
	tell("the guest is at %ld", last);
	check_keys();
	tell("memcached has all of its keys; keys=%d", NR_KEYS);
	if (demo) {
		luo_check_eq(show("timeline", "/bin/luoctl timeline"), 0);
		luo_check_eq(show("svg", "/bin/luoctl timeline --svg"), 0);
	}
	check_idle();
}

static const struct luo_stage stages[] = {
	{ "a guest counts, a cache has its keys", before },
	{ "the guest continues, every key is there", after },
};

int main(int argc, char **argv)
{
	(void)argc;
	while (*++argv) {
		demo |= !strcmp(*argv, "demo");
		alone |= !strcmp(*argv, "alone");
		kernel |= !strcmp(*argv, "kernel");
	}
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
