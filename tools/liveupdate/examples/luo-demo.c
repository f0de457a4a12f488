// SPDX-License-Identifier: GPL-2.0
/*
 * luo-demo - one live update, from beginning to end
 *
 * usage: luo-demo FILE KERNEL INITRD
 *
 * In the first kernel it copies FILE and random data into memfds, preserves
 * them, and boots KERNEL by kexec. The init of the next kernel runs it again:
 * it retrieves the memfds and compares their SHA-256 sums. Each step is a line
 * on the standard output.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/liveupdate.h>
#include <linux/reboot.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#define SESSION		"demo"
#define RANDOM_SIZE	(64UL << 20)

/* The tokens of the memfds. */
enum { TOKEN_FILE, TOKEN_RANDOM, TOKEN_NOTES, TOKENS };

static const char * const names[] = { "file", "random data" };

#define SUM_SIZE 65

/* Data for the next kernel, in a memfd of its own. */
struct notes {
	char sums[TOKEN_NOTES][SUM_SIZE];
	uint64_t bytes;
	uint64_t jump_tsc;
};

static _Noreturn void die(const char *what)
{
	printf("demo: error: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int memfd(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0)
		die("memfd_create");
	return fd;
}

static off_t size_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		die("fstat");
	return st.st_size;
}

static int memfd_of_file(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC), fd = memfd("file");
	off_t left;

	if (file < 0)
		die(path);
	for (left = size_of(file); left > 0;) {
		ssize_t n = sendfile(fd, file, NULL, left);

		if (n <= 0)
			die("sendfile");
		left -= n;
	}
	close(file);
	return fd;
}

static int memfd_of_random(size_t size)
{
	int fd = memfd("random");
	unsigned char *map;
	size_t done = 0;

	if (ftruncate(fd, size))
		die("ftruncate");
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		die("mmap");
	while (done < size) {
		ssize_t n = getrandom(map + done, size - done, 0);

		if (n < 0 && errno != EINTR)
			die("getrandom");
		done += n < 0 ? 0 : n;
	}
	munmap(map, size);
	return fd;
}

/* The SHA-256 sum of a file, as sha256sum(1) prints it. */
static void sha256(int fd, char sum[SUM_SIZE])
{
	char command[96];
	FILE *pipe;

	snprintf(command, sizeof(command),
		 "busybox sha256sum /proc/%d/fd/%d", getpid(), fd);
	pipe = popen(command, "r");
	if (!pipe || fread(sum, 1, SUM_SIZE - 1, pipe) != SUM_SIZE - 1)
		die("sha256sum");
	sum[SUM_SIZE - 1] = '\0';
	pclose(pipe);
}

static struct notes *map_notes(int fd)
{
	struct notes *notes;

	notes = mmap(NULL, sizeof(*notes), PROT_READ | PROT_WRITE, MAP_SHARED,
		     fd, 0);
	if (notes == MAP_FAILED)
		die("mmap");
	return notes;
}

static int open_device(void)
{
	int fd = open("/dev/liveupdate", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("/dev/liveupdate");
	return fd;
}

static void preserve(int session, int fd, uint64_t token)
{
	struct liveupdate_session_preserve_fd arg = {
		.size = sizeof(arg),
		.fd = fd,
		.token = token,
	};

	if (ioctl(session, LIVEUPDATE_SESSION_PRESERVE_FD, &arg))
		die("preserve");
}

static int retrieve(int session, uint64_t token)
{
	struct liveupdate_session_retrieve_fd arg = {
		.size = sizeof(arg),
		.token = token,
	};

	if (ioctl(session, LIVEUPDATE_SESSION_RETRIEVE_FD, &arg))
		die("retrieve");
	return arg.fd;
}

static void read_cmdline(char *buf, size_t len)
{
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, len - 1);

	if (n < 0)
		die("/proc/cmdline");
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	close(fd);
}

static void load_kernel(const char *kernel, const char *initrd)
{
	char cmdline[2048];
	int kernel_fd = open(kernel, O_RDONLY | O_CLOEXEC);
	int initrd_fd = open(initrd, O_RDONLY | O_CLOEXEC);

	if (kernel_fd < 0 || initrd_fd < 0)
		die("kernel image");
	read_cmdline(cmdline, sizeof(cmdline));
	if (syscall(SYS_kexec_file_load, kernel_fd, initrd_fd,
		    strlen(cmdline) + 1, cmdline, 0UL))
		die("kexec_file_load");
	close(kernel_fd);
	close(initrd_fd);
}

static void jump(struct notes *notes)
{
	fflush(stdout);
	tcdrain(STDOUT_FILENO);
	notes->jump_tsc = __rdtsc();
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		LINUX_REBOOT_CMD_KEXEC, NULL);
	die("reboot");
}

static void before(int dev, char **argv)
{
	struct liveupdate_ioctl_create_session create = {
		.size = sizeof(create),
		.name = SESSION,
	};
	int fds[TOKENS], token;
	struct notes *notes;

	fds[TOKEN_NOTES] = memfd("notes");
	if (ftruncate(fds[TOKEN_NOTES], sizeof(*notes)))
		die("ftruncate");
	notes = map_notes(fds[TOKEN_NOTES]);

	printf("demo: reading %s into a memfd\n", argv[1]);
	fds[TOKEN_FILE] = memfd_of_file(argv[1]);
	printf("demo: filling another memfd with %lu MiB of random data\n",
	       RANDOM_SIZE >> 20);
	fds[TOKEN_RANDOM] = memfd_of_random(RANDOM_SIZE);
	printf("demo: computing their SHA-256 sums\n");
	for (token = 0; token < TOKEN_NOTES; token++) {
		sha256(fds[token], notes->sums[token]);
		notes->bytes += size_of(fds[token]);
		printf("demo: %s of the %s\n", notes->sums[token],
		       names[token]);
	}

	if (ioctl(dev, LIVEUPDATE_IOCTL_CREATE_SESSION, &create))
		die("create a session");
	for (token = 0; token < TOKENS; token++)
		preserve(create.fd, fds[token], token);
	printf("demo: preserved %d memfds in the session \"%s\"\n", TOKENS,
	       SESSION);

	load_kernel(argv[2], argv[3]);
	printf("demo: loaded the next kernel, calling reboot(2)\n");
	jump(notes);
}

/* TSC ticks per millisecond. */
static double tsc_khz(void)
{
	const struct timespec wait = { .tv_nsec = 50 * 1000 * 1000 };
	struct timespec start, end;
	uint64_t tsc = __rdtsc();
	double ms;

	clock_gettime(CLOCK_MONOTONIC, &start);
	nanosleep(&wait, NULL);
	clock_gettime(CLOCK_MONOTONIC, &end);
	ms = (end.tv_sec - start.tv_sec) * 1e3 +
	     (end.tv_nsec - start.tv_nsec) / 1e6;
	return (__rdtsc() - tsc) / ms;
}

static bool check_sums(int session, const struct notes *notes)
{
	char sum[SUM_SIZE];
	bool same = true;
	int token;

	for (token = 0; token < TOKEN_NOTES; token++) {
		sha256(retrieve(session, token), sum);
		printf("demo: %s of the %s\n", sum, names[token]);
		same &= !strcmp(sum, notes->sums[token]);
	}
	return same;
}

static int after(int session)
{
	const char *init_tsc = getenv("LUO_INIT_TSC");
	struct liveupdate_session_finish finish = { .size = sizeof(finish) };
	struct notes *notes = map_notes(retrieve(session, TOKEN_NOTES));
	bool same;

	printf("demo: retrieved the session, computing the sums again\n");
	same = check_sums(session, notes);
	if (ioctl(session, LIVEUPDATE_SESSION_FINISH, &finish))
		die("finish");
	printf("demo: finished the session\n");
	printf("demo: bytes=%llu blackout_ms=%.1f verdict=%s\n",
	       (unsigned long long)notes->bytes,
	       (strtoull(init_tsc ?: "0", NULL, 10) - notes->jump_tsc) /
	       tsc_khz(), same ? "same" : "different");
	return same ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct liveupdate_ioctl_retrieve_session arg = {
		.size = sizeof(arg),
		.name = SESSION,
	};
	int dev;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 4) {
		fprintf(stderr, "usage: luo-demo FILE KERNEL INITRD\n");
		return 2;
	}
	dev = open_device();
	if (!ioctl(dev, LIVEUPDATE_IOCTL_RETRIEVE_SESSION, &arg))
		return after(arg.fd);
	if (errno != ENOENT)
		die("retrieve the session");
	before(dev, argv);
	return 1;
}
