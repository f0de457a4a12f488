// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that know nothing of live update go through one: a guest of QEMU that
 * counts, and a memcached with many keys. Luod gives them their sessions.
 *
 * With the word "demo" luoctl does the kexec, and tells how long it took.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

#define LUOD "/tmp/luod.sock"
#define CACHE "/tmp/memcached.sock"

#define NR_KEYS 10000
#define BATCH 100
#define VALUE_SIZE 64
#define NR_LINES 5

static bool demo;

/* For who watches the demo. */
static void tell(const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	ksft_print_msg("demo: %s\n", text);
}

/* Passes on what a command says, line by line. */
static void show(const char *word, const char *command)
{
	char line[4096];
	FILE *pipe;

	fflush(stdout);
	pipe = popen(command, "re");
	luo_check(pipe);
	while (fgets(line, sizeof(line), pipe))
		ksft_print_msg("%s: %s", word, line);
	luo_check_eq(pclose(pipe), 0);
}

/* Runs a program in the background; gives its standard output if it is wanted. */
static FILE *start(char *const argv[], bool wanted)
{
	int fds[2];
	pid_t pid;

	luo_check_eq(pipe(fds), 0);
	pid = luo_get(fork());
	if (!pid) {
		if (wanted)
			dup2(fds[1], STDOUT_FILENO);
		close_range(3, ~0U, 0);
		execv(argv[0], argv);
		_exit(127);
	}
	close(fds[1]);
	return fdopen(fds[0], "r");
}

/* Connects to a socket that will be there. */
static int dial(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, tries = 6000;

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
	char *const argv[] = { "/bin/luod", "--socket", LUOD, NULL };

	start(argv, false);
	close(dial(LUOD));
}

static FILE *start_qemu(void)
{
	char *const argv[] = {
		"/bin/luo-qemu", "--luod", LUOD, "--name", "guest",
		"--memory", "16", "--", "/usr/bin/qemu-system-x86_64",
		"-accel", "tcg", "-nodefaults", "-display", "none",
		"-serial", "stdio", "-drive",
		"file=/bin/luo-counter.img,format=raw,if=ide", NULL
	};

	return start(argv, true);
}

static void start_memcached(void)
{
	char *const argv[] = {
		"/bin/luo-memcached", "--luod", LUOD, "--name", "cache",
		"--dir", "/tmp", "--", "/usr/bin/memcached", "-u", "root",
		"-m", "64", "-s", CACHE, NULL
	};

	start(argv, false);
}

/* The guest says so many numbers, each one more than the one before. */
static long count(FILE *guest, long last)
{
	char line[128];
	int i;

	for (i = 0; i < NR_LINES; i++) {
		luo_check(fgets(line, sizeof(line), guest));
		if (strtol(line, NULL, 10) != last + 1)
			ksft_print_msg("after %ld: %s", last, line);
		luo_check_eq(strtol(line, NULL, 10), ++last);
	}
	return last;
}

static void say(int fd, const char *text)
{
	luo_check_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void read_line(FILE *from, char *line, size_t size)
{
	luo_check(fgets(line, size, from));
	line[strcspn(line, "\r\n")] = '\0';
}

static void make_value(int key, char value[VALUE_SIZE + 1])
{
	int i;

	for (i = 0; i < VALUE_SIZE; i++)
		value[i] = 'a' + (key * 31 + i * 7) % 26;
	value[VALUE_SIZE] = '\0';
}

/* Commands for keys from @first on, one batch, at once. */
static void ask_for(int fd, int first, bool set)
{
	static char text[BATCH * 256];
	char value[VALUE_SIZE + 1];
	size_t used = 0;
	int key;

	for (key = first; key < first + BATCH; key++) {
		make_value(key, value);
		used += set ?
			sprintf(text + used, "set key-%d 0 0 %d\r\n%s\r\n", key,
				VALUE_SIZE, value) :
			sprintf(text + used, "get key-%d\r\n", key);
	}
	say(fd, text);
}

static void set_keys(void)
{
	int fd = dial(CACHE), key;
	FILE *from = fdopen(dup(fd), "r");
	char line[256];

	for (key = 0; key < NR_KEYS; key++) {
		if (key % BATCH == 0)
			ask_for(fd, key, true);
		read_line(from, line, sizeof(line));
		luo_check(!strcmp(line, "STORED"));
	}
	fclose(from);
	close(fd);
}

static void check_keys(void)
{
	int fd = dial(CACHE), key;
	FILE *from = fdopen(dup(fd), "r");
	char line[256], value[VALUE_SIZE + 1];

	for (key = 0; key < NR_KEYS; key++) {
		if (key % BATCH == 0)
			ask_for(fd, key, false);
		read_line(from, line, sizeof(line));
		luo_check(!strncmp(line, "VALUE ", 6));
		read_line(from, line, sizeof(line));
		make_value(key, value);
		luo_check(!strcmp(line, value));
		read_line(from, line, sizeof(line));
		luo_check(!strcmp(line, "END"));
	}
	fclose(from);
	close(fd);
}

/* A command of an administrator, and the first word of the answer. */
static void tell_luod(const char *command, const char *answer)
{
	int fd = dial(LUOD);
	FILE *from = fdopen(dup(fd), "r");
	char line[512], want[64];

	snprintf(line, sizeof(line), "{\"type\":\"%s\"}\n", command);
	say(fd, line);
	read_line(from, line, sizeof(line));
	snprintf(want, sizeof(want), "{\"type\":\"%s\"", answer);
	if (strncmp(line, want, strlen(want)))
		ksft_print_msg("%s\n", line);
	luo_check(!strncmp(line, want, strlen(want)));
	fclose(from);
	close(fd);
}

/* What the guest said since, if it was not read. */
static long drain(FILE *guest, long last)
{
	char line[128];

	luo_check_eq(fcntl(fileno(guest), F_SETFL, O_NONBLOCK), 0);
	while (fgets(line, sizeof(line), guest)) {
		last++;
		luo_check_eq(strtol(line, NULL, 10), last);
	}
	luo_check_eq(fcntl(fileno(guest), F_SETFL, 0), 0);
	clearerr(guest);
	return last;
}

/* The number goes through the update in a memfd of ours. */
static void leave_note(long last)
{
	int dev = luo_get(luo_open());
	int session = luo_get(luo_create(dev, "note"));
	int fd = luo_get(luo_memfd("note", sizeof(last)));

	luo_check_eq(pwrite(fd, &last, sizeof(last), 0), sizeof(last));
	luo_check_eq(luo_preserve_fd(session, fd, 0), 0);
	close(dev);
}

static long read_note(void)
{
	int dev = luo_get(luo_open());
	int session = luo_get(luo_retrieve(dev, "note"));
	int fd = luo_get(luo_retrieve_fd(session, 0));
	long last;

	luo_check_eq(pread(fd, &last, sizeof(last), 0), sizeof(last));
	luo_check_eq(luo_finish(session), 0);
	close(session);
	close(fd);
	close(dev);
	return last;
}

static void before(void)
{
	FILE *guest;
	long last;

	start_luod();
	guest = start_qemu();
	start_memcached();
	last = count(guest, 0);
	tell("a guest of QEMU counts, and is at %ld", last);
	set_keys();
	tell("memcached has %d keys", NR_KEYS);
	/* It is taken back once: they go on as if there had been none. */
	tell_luod("UPDATE", "COMPLETE");
	last = drain(guest, last);
	tell_luod("ABORT", "OK");
	last = count(guest, last);
	check_keys();
	tell("an update was taken back, the guest is at %ld, no key is lost",
	     last);

	luo_check_eq(luo_kexec_load(NULL, luo_next_stage()), 0);
	tell_luod("UPDATE", "COMPLETE");
	last = drain(guest, last);
	leave_note(last);
	tell("luod says that both are ready; last=%ld", last);
	if (demo)
		show("luoctl", "/bin/luoctl kexec 2>&1");
	luo_jump();
}

static void after(void)
{
	long last = read_note();
	FILE *guest;

	start_luod();
	guest = start_qemu();
	start_memcached();
	count(guest, last);
	tell("the guest goes on; first=%ld", last + 1);
	check_keys();
	tell("memcached has all of its keys; keys=%d", NR_KEYS);
	if (demo) {
		show("timeline", "/bin/luoctl timeline");
		show("svg", "/bin/luoctl timeline --svg");
	}
	tell_luod("UPDATE", "COMPLETE");
}

static const struct luo_stage stages[] = {
	{ "a guest counts, a cache has its keys", before },
	{ "the guest goes on, every key is there", after },
};

int main(int argc, char **argv)
{
	demo = argc > 1 && !strcmp(argv[1], "demo");
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
