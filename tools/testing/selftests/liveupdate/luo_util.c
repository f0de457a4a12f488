// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers of the live update tests, see luo_util.h.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

#define CHUNK 65536

int luo_open(void)
{
	int fd = open(LUO_DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int luo_ioctl(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) ? -errno : 0;
}

int luo_create(int dev, const char *name)
{
	struct liveupdate_ioctl_create_session arg = { .size = sizeof(arg) };
	int err;

	snprintf((char *)arg.name, sizeof(arg.name), "%s", name);
	err = luo_ioctl(dev, LIVEUPDATE_IOCTL_CREATE_SESSION, &arg);
	return err ?: arg.fd;
}

int luo_retrieve(int dev, const char *name)
{
	struct liveupdate_ioctl_retrieve_session arg = { .size = sizeof(arg) };
	int err;

	snprintf((char *)arg.name, sizeof(arg.name), "%s", name);
	err = luo_ioctl(dev, LIVEUPDATE_IOCTL_RETRIEVE_SESSION, &arg);
	return err ?: arg.fd;
}

int luo_preserve_fd(int session, int fd, uint64_t token)
{
	struct liveupdate_session_preserve_fd arg = {
		.size = sizeof(arg),
		.fd = fd,
		.token = token,
	};

	return luo_ioctl(session, LIVEUPDATE_SESSION_PRESERVE_FD, &arg);
}

int luo_retrieve_fd(int session, uint64_t token)
{
	struct liveupdate_session_retrieve_fd arg = {
		.size = sizeof(arg),
		.token = token,
	};
	int err;

	err = luo_ioctl(session, LIVEUPDATE_SESSION_RETRIEVE_FD, &arg);
	return err ?: arg.fd;
}

int luo_finish(int session)
{
	struct liveupdate_session_finish arg = { .size = sizeof(arg) };

	return luo_ioctl(session, LIVEUPDATE_SESSION_FINISH, &arg);
}

int luo_get_name(int session, char name[LIVEUPDATE_SESSION_NAME_LENGTH])
{
	struct liveupdate_session_get_name arg = { .size = sizeof(arg) };
	int err;

	err = luo_ioctl(session, LIVEUPDATE_SESSION_GET_NAME, &arg);
	memcpy(name, arg.name, sizeof(arg.name));
	return err;
}

int luo_state(int dev)
{
	struct liveupdate_ioctl_get_state arg = { .size = sizeof(arg) };

	return luo_ioctl(dev, LIVEUPDATE_IOCTL_GET_STATE, &arg) ?: arg.state;
}

int luo_event(int dev, enum liveupdate_event event)
{
	struct liveupdate_ioctl_set_event arg = {
		.size = sizeof(arg),
		.event = event,
	};

	return luo_ioctl(dev, LIVEUPDATE_IOCTL_SET_EVENT, &arg);
}

int luo_discard(int dev, const char *name)
{
	struct liveupdate_ioctl_discard_session arg = { .size = sizeof(arg) };

	snprintf((char *)arg.name, sizeof(arg.name), "%s", name);
	return luo_ioctl(dev, LIVEUPDATE_IOCTL_DISCARD_SESSION, &arg);
}

int luo_list(int dev, unsigned int flags, uint64_t *cursor,
	     struct liveupdate_session_info *info, unsigned int nr)
{
	struct liveupdate_ioctl_list_sessions arg = {
		.size = sizeof(arg),
		.flags = flags,
		.cursor = *cursor,
		.buffer = (uintptr_t)info,
		.count = nr,
		.entry_size = sizeof(*info),
	};
	int err = luo_ioctl(dev, LIVEUPDATE_IOCTL_LIST_SESSIONS, &arg);

	*cursor = arg.cursor;
	return err ?: (int)arg.count;
}

int luo_session_state(int session)
{
	struct liveupdate_session_get_state arg = { .size = sizeof(arg) };

	return luo_ioctl(session, LIVEUPDATE_SESSION_GET_STATE, &arg) ?:
	       arg.state;
}

int luo_session_event(int session, enum liveupdate_event event)
{
	struct liveupdate_session_set_event arg = {
		.size = sizeof(arg),
		.event = event,
	};

	return luo_ioctl(session, LIVEUPDATE_SESSION_SET_EVENT, &arg);
}

int luo_unpreserve_fd(int session, uint64_t token)
{
	struct liveupdate_session_unpreserve_fd arg = {
		.size = sizeof(arg),
		.token = token,
	};

	return luo_ioctl(session, LIVEUPDATE_SESSION_UNPRESERVE_FD, &arg);
}

int luo_list_fds(int session, uint64_t *cursor,
		 struct liveupdate_file_info *info, unsigned int nr)
{
	struct liveupdate_session_list_fds arg = {
		.size = sizeof(arg),
		.cursor = *cursor,
		.buffer = (uintptr_t)info,
		.count = nr,
		.entry_size = sizeof(*info),
	};
	int err = luo_ioctl(session, LIVEUPDATE_SESSION_LIST_FDS, &arg);

	*cursor = arg.cursor;
	return err ?: (int)arg.count;
}

/* Splitmix64: each word depends only on the seed and its position. */
static uint64_t pattern_word(uint64_t seed, uint64_t index)
{
	uint64_t z = seed * 0x2545f4914f6cdd1dULL +
		     (index + 1) * 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

void luo_pattern(void *buf, size_t len, uint64_t seed, uint64_t offset)
{
	unsigned char *p = buf;
	size_t i;

	for (i = 0; i < len; i++) {
		uint64_t at = offset + i;

		p[i] = pattern_word(seed, at / 8) >> (at % 8 * 8);
	}
}

int luo_memfd(const char *name, off_t size)
{
	int fd = memfd_create(name, MFD_ALLOW_SEALING | MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, size)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

int luo_fill(int fd, off_t offset, size_t len, uint64_t seed)
{
	static unsigned char buf[CHUNK];

	while (len) {
		size_t n = len < CHUNK ? len : CHUNK;

		luo_pattern(buf, n, seed, offset);
		if (pwrite(fd, buf, n, offset) != (ssize_t)n)
			return -errno;
		offset += n;
		len -= n;
	}
	return 0;
}

int luo_memfd_filled(const char *name, size_t size, uint64_t seed)
{
	int fd = luo_memfd(name, size);
	int err;

	if (fd < 0)
		return fd;
	err = luo_fill(fd, 0, size, seed);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

static bool compare(int fd, off_t offset, size_t len,
		    void (*want)(unsigned char *buf, size_t n, uint64_t seed,
				 off_t offset),
		    uint64_t seed)
{
	static unsigned char have[CHUNK], expect[CHUNK];

	while (len) {
		size_t n = len < CHUNK ? len : CHUNK;

		if (pread(fd, have, n, offset) != (ssize_t)n)
			return false;
		want(expect, n, seed, offset);
		if (memcmp(have, expect, n))
			return false;
		offset += n;
		len -= n;
	}
	return true;
}

static void want_pattern(unsigned char *buf, size_t n, uint64_t seed,
			 off_t offset)
{
	luo_pattern(buf, n, seed, offset);
}

static void want_zero(unsigned char *buf, size_t n, uint64_t seed, off_t offset)
{
	(void)seed;
	(void)offset;
	memset(buf, 0, n);
}

bool luo_matches(int fd, off_t offset, size_t len, uint64_t seed)
{
	return compare(fd, offset, len, want_pattern, seed);
}

bool luo_is_zero(int fd, off_t offset, size_t len)
{
	return compare(fd, offset, len, want_zero, 0);
}

bool luo_is_hole(int fd, off_t offset, size_t len)
{
	off_t keep = lseek(fd, 0, SEEK_CUR);
	off_t data = lseek(fd, offset, SEEK_DATA);
	bool hole = data < 0 ? errno == ENXIO : data >= offset + (off_t)len;

	lseek(fd, keep, SEEK_SET);
	return hole;
}

blkcnt_t luo_blocks(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? -errno : st.st_blocks;
}

int luo_reopen(int fd, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The number after @name, which is followed by @end, in a file of lines. */
static long find_number(const char *path, const char *name, char end)
{
	char line[128];
	long value = -1;
	FILE *f;

	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (value < 0 && fgets(line, sizeof(line), f)) {
		size_t len = strlen(name);

		if (!strncmp(line, name, len) && line[len] == end)
			value = strtol(line + len + 1, NULL, 10);
	}
	fclose(f);
	return value;
}

long luo_meminfo_kb(const char *name)
{
	return find_number("/proc/meminfo", name, ':');
}

long luo_vmstat(const char *name)
{
	return find_number("/proc/vmstat", name, ' ');
}

long luo_free_pages(void)
{
	char line[128];
	long sum = 0;
	FILE *f;

	f = fopen("/proc/zoneinfo", "re");
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		long value;

		if (sscanf(line, " nr_free_pages %ld", &value) == 1 ||
		    sscanf(line, " count: %ld", &value) == 1)
			sum += value;
	}
	fclose(f);
	return sum;
}

long luo_read_number(const char *path)
{
	char buf[32] = "";
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	return n > 0 ? strtol(buf, NULL, 10) : -EIO;
}

long luo_kho_nodes(void)
{
	return luo_read_number("/sys/kernel/debug/kho/out/nodes");
}

long luo_kho_pages(void)
{
	return luo_read_number("/sys/kernel/debug/kho/out/pages");
}

long luo_kho_incoming_nodes(void)
{
	return luo_read_number("/sys/kernel/debug/kho/in/nodes");
}

long luo_kho_incoming_pages(void)
{
	return luo_read_number("/sys/kernel/debug/kho/in/pages");
}

int luo_write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return err;
}

int luo_kho_test_tell(const char *command)
{
	return luo_write_file("/sys/kernel/debug/kho_kexec_test", command);
}

long luo_open_files(void)
{
	return luo_read_number("/proc/sys/fs/file-nr");
}

int luo_kernel_said(const char *text)
{
	char line[2048];
	int found = 0;
	ssize_t n;
	int fd;

	fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while ((n = read(fd, line, sizeof(line) - 1)) > 0) {
		line[n] = '\0';
		found += !!strstr(line, text);
	}
	close(fd);
	return found;
}

static int read_cmdline(char *buf, size_t len)
{
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, len - 1);
	close(fd);
	if (n < 0)
		return -EIO;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

bool luo_is_test_machine(void)
{
	char line[4096] = " ";

	return !read_cmdline(line + 1, sizeof(line) - 1) &&
	       strstr(line, " luo.test=");
}

/* The command line of this kernel, with new values of luo.test and luo.stage. */
static int next_cmdline(char *buf, size_t len, const char *append, int stage)
{
	char old[2048], *word, *rest = old;
	const char *test = getenv("LUO_TEST");
	size_t used = 0;
	int err;

	err = read_cmdline(old, sizeof(old));
	if (err)
		return err;
	while ((word = strsep(&rest, " "))) {
		if (!*word || !strncmp(word, "luo.test=", 9) ||
		    !strncmp(word, "luo.stage=", 10))
			continue;
		/* A parameter for the next kernel only. */
		if (!strncmp(word, "luo.next=", 9))
			word += 9;
		used += snprintf(buf + used, len - used, "%s ", word);
		if (used >= len)
			return -E2BIG;
	}
	used += snprintf(buf + used, len - used, "%s%sluo.test=%s luo.stage=%d",
			 append, *append ? " " : "", test ?: "0", stage);
	return used < len ? 0 : -E2BIG;
}

int luo_kexec_load_with(const char *kernel, const char *append, int stage)
{
	char cmdline[2048];
	int kernel_fd, initrd_fd, err;

	err = next_cmdline(cmdline, sizeof(cmdline), append, stage);
	if (err)
		return err;
	kernel_fd = open(kernel ?: "/boot/kernel", O_RDONLY | O_CLOEXEC);
	if (kernel_fd < 0)
		return -errno;
	initrd_fd = open("/sys/firmware/initrd", O_RDONLY | O_CLOEXEC);
	if (initrd_fd < 0) {
		err = -errno;
		close(kernel_fd);
		return err;
	}
	err = syscall(SYS_kexec_file_load, kernel_fd, initrd_fd,
		      strlen(cmdline) + 1, cmdline, 0UL) ? -errno : 0;
	close(initrd_fd);
	close(kernel_fd);
	return err;
}

int luo_kexec_load(const char *kernel, int stage)
{
	return luo_kexec_load_with(kernel, "", stage);
}

/* Returns only if the kernel refuses. */
int luo_kexec_jump(void)
{
	fflush(NULL);
	tcdrain(STDOUT_FILENO);
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		LINUX_REBOOT_CMD_KEXEC, NULL);
	return -errno;
}

/* The current stage. */
static const struct luo_stage *current;
static int current_number;

void luo_fail(const char *file, int line, const char *what, long value)
{
	ksft_print_msg("%s:%d: %s: %ld (%s)\n", file, line, what, value,
		       value < 0 ? strerror(-value) : "not so");
	ksft_test_result_fail("%s\n", current ? current->name : "no stage");
	exit(KSFT_FAIL);
}

int luo_next_stage(void)
{
	return current_number + 1;
}

void luo_jump_by(int (*jump)(void))
{
	int err;

	ksft_test_result_pass("%s\n", current->name);
	/* Flush, as buffered output would be lost by the kexec. */
	fflush(NULL);
	tcdrain(STDOUT_FILENO);
	err = jump();
	current++;
	luo_fail(__FILE__, __LINE__, "kexec", err);
}

void luo_jump(void)
{
	luo_jump_by(luo_kexec_jump);
}

void luo_next_kernel(void)
{
	luo_check_eq(luo_kexec_load(NULL, luo_next_stage()), 0);
	luo_jump();
}

/* The argument of a test of memfds, if it has one. */
static const char *variant;

bool luo_folios(void)
{
	return variant && !strcmp(variant, "folios");
}

int luo_run_variant(int argc, char **argv, const struct luo_stage *stages,
		    unsigned int nr)
{
	variant = argv[1];
	if (argc > 2 || (variant && !luo_folios() && strcmp(variant, "extents")))
		ksft_exit_fail_msg("usage: %s [extents|folios]\n", argv[0]);
	return luo_run_stages(stages, nr);
}

static void run_stage(const struct luo_stage *stage)
{
	if (variant)
		luo_check_eq(luo_write_file(LUO_MEMFD_EXTENTS,
					    luo_folios() ? "0" : "1"), 0);
	stage->run();
	if (variant)
		luo_check_eq(luo_write_file(LUO_MEMFD_EXTENTS, "1"), 0);
}

int luo_run_stages(const struct luo_stage *stages, unsigned int nr)
{
	const char *env = getenv("LUO_STAGE");
	unsigned int stage = env ? atoi(env) : 1;

	if (stage < 1 || stage > nr)
		ksft_exit_fail_msg("there is no stage %u\n", stage);
	if (stage == 1)
		ksft_print_header();
	if (!luo_is_test_machine())
		ksft_exit_skip(LUO_NO_TEST_MACHINE "\n");
	current = &stages[stage - 1];
	current_number = stage;
	if (stage == 1)
		ksft_set_plan(nr);
	/* Results are numbered across all kernels. */
	ksft_plan = nr;
	ksft_cnt.ksft_pass = stage - 1;
	run_stage(current);
	ksft_test_result_pass("%s\n", current->name);
	ksft_finished();
}

/* The module luo_test */

/* Where there is no modprobe, as in virtual machines of luo_init. */
#define MODULE "/lib/modules/luo_test.ko"
#define LOADED "/sys/module/luo_test"
#define CONTROL "/sys/kernel/debug/luo_test/"

/* Its exit status, or a negative errno. */
static int modprobe(const char *option)
{
	char *const argv[] = { "modprobe", (char *)option, "luo_test", NULL };
	int err, status;
	pid_t pid;

	err = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
	if (err)
		return -err;
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -ECHILD;
	return WEXITSTATUS(status);
}

static int load_file(void)
{
	int fd = open(MODULE, O_RDONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
	close(fd);
	return err;
}

int luo_test_load(void)
{
	if (!access(LOADED, F_OK))
		return -EEXIST;
	/* A dry run: does modprobe find the module? */
	if (modprobe("-nq"))
		return load_file();
	return modprobe("-q") ? -EIO : 0;
}

int luo_test_unload(void)
{
	return syscall(SYS_delete_module, "luo_test", O_NONBLOCK) ? -errno : 0;
}

int luo_test_tell(const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), CONTROL "%s", name);
	return luo_write_file(path, text);
}

/* Callbacks since the last call, "NAME:WHO " for each. */
const char *luo_test_calls(void)
{
	static char text[LUO_TEST_CALLS];
	int fd = open(CONTROL "calls", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = '\0';
	close(fd);
	return text;
}

bool luo_test_wait_for(const char *call, char seen[LUO_TEST_CALLS])
{
	int i;

	for (i = 0; i < 2000; i++) {
		strncat(seen, luo_test_calls(),
			LUO_TEST_CALLS - 1 - strlen(seen));
		if (strstr(seen, call))
			return true;
		usleep(10000);
	}
	return false;
}

int luo_test_file(uint64_t value)
{
	int fd = open("/dev/luo_test", O_RDWR | O_CLOEXEC);

	if (fd >= 0 && write(fd, &value, sizeof(value)) != sizeof(value)) {
		close(fd);
		return -EIO;
	}
	return fd;
}
