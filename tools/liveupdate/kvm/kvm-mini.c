// SPDX-License-Identifier: GPL-2.0
/*
 * kvm-mini - a virtual machine that survives a live update of its host
 *
 * usage: kvm-mini [-n LINES] SESSION
 *
 * The guest counts, and each number is a line on the standard output. After
 * LINES lines, or at SIGUSR1, the guest is stopped, its memory and the state of
 * its CPU are preserved in SESSION, and kvm-mini holds the session until it is
 * killed or the kexec happens. The same command in the next kernel retrieves
 * the session, and resumes the guest at the next number.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "libluo.h"
#include "vm.h"

/* How long to wait while another process has the device open. */
#define DEVICE_WAIT_MS 5000

enum { TOKEN_RAM, TOKEN_STATE, TOKENS };

static struct vm vm;

static _Noreturn void die(const char *what, int err)
{
	fprintf(stderr, "kvm-mini: %s: %s\n", what, strerror(-err));
	exit(1);
}

/* Returns @value, or exits if it is negative. */
static int get(int value, const char *what)
{
	if (value < 0)
		die(what, value);
	return value;
}

static int system_call(int value)
{
	return value < 0 ? -errno : value;
}

static int make_memfd(const char *name, size_t size)
{
	int fd = get(system_call(memfd_create(name, MFD_CLOEXEC)), name);

	get(system_call(ftruncate(fd, size)), name);
	return fd;
}

static struct luo_device *open_device(void)
{
	struct luo_device *device;

	get(luo_device_open_wait(&device, 0, DEVICE_WAIT_MS), "open the device");
	return device;
}

/* Retrieves the incoming session; NULL if there is none. */
static struct luo_session *find_session(const char *name)
{
	struct luo_device *device = open_device();
	struct luo_session *session = NULL;
	int err;

	err = luo_device_retrieve_session(device, name, &session);
	luo_device_close(device);
	if (err != -ENOENT)
		get(err, "retrieve the session");
	return session;
}

/* Retrieves a file of the session, and checks its size. */
static int retrieve(struct luo_session *session, uint64_t token, off_t size)
{
	int fd = get(luo_session_retrieve_fd(session, token), "retrieve");
	struct stat st;

	get(system_call(fstat(fd, &st)), "fstat");
	if (st.st_size != size)
		die("size of a preserved file", -EBADMSG);
	return fd;
}

static int start_guest(void)
{
	int ram = make_memfd("kvm-mini-ram", VM_RAM_SIZE);

	get(vm_open(&vm, ram), "KVM");
	get(vm_boot(&vm), "boot the guest");
	return ram;
}

/*
 * The session is finished when nothing can fail any more, so that a failure can
 * be retried.
 */
static int resume_guest(struct luo_session *session)
{
	int ram = retrieve(session, TOKEN_RAM, VM_RAM_SIZE);
	struct vm_state state;
	int fd;

	fd = retrieve(session, TOKEN_STATE, sizeof(state));
	if (pread(fd, &state, sizeof(state), 0) != sizeof(state))
		die("read the state", -EIO);
	close(fd);
	get(vm_open(&vm, ram), "KVM");
	get(vm_load(&vm, &state), "load the state");
	get(luo_session_finish(session), "finish the session");
	luo_session_close(session);
	return ram;
}

static void count(unsigned long lines)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	char line[VM_LINE_SIZE];
	unsigned long n;

	for (n = 0; !lines || n < lines; n++) {
		if (!get(vm_run(&vm, line), "run the guest"))
			break;
		printf("guest: %s\n", line);
		nanosleep(&pause, NULL);
	}
}

/* This process keeps the fd open, because closing it would end the session. */
static void preserve_guest(const char *name, int ram)
{
	int fd = make_memfd("kvm-mini-state", sizeof(struct vm_state));
	struct luo_device *device;
	struct luo_session *session;
	struct vm_state state;

	get(vm_save(&vm, &state), "save the state");
	vm_close(&vm);
	if (pwrite(fd, &state, sizeof(state), 0) != sizeof(state))
		die("write the state", -EIO);
	device = open_device();
	get(luo_device_create_session(device, name, &session),
	    "create the session");
	luo_device_close(device);
	get(luo_session_preserve_fd(session, ram, TOKEN_RAM), "preserve");
	get(luo_session_preserve_fd(session, fd, TOKEN_STATE), "preserve");
	close(fd);
}

static void on_signal(int number)
{
	(void)number;
	vm_stop(&vm);
}

static _Noreturn void show_usage(void)
{
	fprintf(stderr, "usage: kvm-mini [-n LINES] SESSION\n");
	exit(2);
}

static unsigned long parse_number(const char *text)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-')
		show_usage();
	return value;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	unsigned long lines = 0;
	struct luo_session *session;
	const char *name;
	int option, ram;

	while ((option = getopt(argc, argv, "n:")) != -1) {
		if (option != 'n')
			show_usage();
		lines = parse_number(optarg);
	}
	if (optind + 1 != argc)
		show_usage();
	name = argv[optind];
	setvbuf(stdout, NULL, _IOLBF, 0);

	session = find_session(name);
	ram = session ? resume_guest(session) : start_guest();
	sigaction(SIGUSR1, &action, NULL);
	count(lines);
	signal(SIGUSR1, SIG_IGN);
	preserve_guest(name, ram);
	printf("kvm-mini: preserved in the session \"%s\"\n", name);
	for (;;)
		pause();
}
