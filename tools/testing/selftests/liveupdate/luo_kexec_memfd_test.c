// SPDX-License-Identifier: GPL-2.0
/*
 * A retrieved memfd is a memfd like any other: ../memfd/memfd_test.c passes
 * with retrieved memfds, too.
 *
 * The test is linked with this program, which provides memfd_create(). In the
 * first kernel each memfd gets a twin, created in the same way at the same
 * time, which is filled and preserved. In the next kernel the test gets the
 * twins.
 */

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_memfd_test.h"
#include "luo_util.h"

#define SIZE (2 * 4096L)
#define TOKEN_COUNT 1000000

int hugetlbfs_test;

unsigned long default_huge_page_size(void)
{
	return 0;
}

static int session;

/* In this kernel memfds are retrieved from the session. */
static bool retrieves;

/* Number of memfds, shared with children of the test. */
static atomic_uint *count;

static void fail(const char *what, unsigned int nr, long value)
{
	printf("# memfd %u: %s: %ld\n", nr, what, value);
	abort();
}

static void preserve_twin(const char *name, unsigned int flags, unsigned int nr)
{
	const int fd = memfd_create(name, flags);
	int err;

	if (fd < 0)
		fail("no twin", nr, fd);
	err = luo_fill(fd, 0, SIZE, nr) ?: luo_preserve_fd(session, fd, nr);
	if (err)
		fail("preserve", nr, err);
	close(fd);
}

static void read_name(int fd, char name[128])
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	memset(name, 0, 128);
	if (readlink(path, name, 127) < 0)
		abort();
}

/* Empties a retrieved memfd, and compares it with a new one. */
static void compare_with_new(int new, int fd, unsigned int nr)
{
	char want[128], name[128];
	struct stat a, b;

	read_name(new, want);
	read_name(fd, name);
	if (strcmp(name, want))
		fail("another name", nr, 0);
	if (fstat(new, &a) || fstat(fd, &b) || a.st_mode != b.st_mode)
		fail("another mode", nr, b.st_mode);
	if (fcntl(fd, F_GET_SEALS) != fcntl(new, F_GET_SEALS))
		fail("other seals", nr, fcntl(fd, F_GET_SEALS));
	if (b.st_size != SIZE || !luo_matches(fd, 0, SIZE, nr))
		fail("other contents", nr, b.st_size);
}

static int retrieve_twin(int new, unsigned int nr)
{
	const int fd = luo_retrieve_fd(session, nr);

	if (fd < 0)
		fail("retrieve", nr, fd);
	compare_with_new(new, fd, nr);
	close(new);
	return fd;
}

/* Called by the test. Fails if memfd_create(2) does. */
int sys_memfd_create(const char *name, unsigned int flags)
{
	const int fd = memfd_create(name, flags);
	unsigned int nr;

	if (fd < 0)
		return fd;
	nr = atomic_fetch_add(count, 1);
	if (retrieves)
		return retrieve_twin(fd, nr);
	preserve_twin(name, flags, nr);
	return fd;
}

/* The test aborts on failure. */
static void run_test(void)
{
	int status;
	pid_t pid;

	/* Without PID namespaces it would skip a part. */
	luo_check_eq(access("/proc/self/ns/pid", F_OK), 0);
	count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	luo_check(count != MAP_FAILED);
	fflush(NULL);
	pid = luo_get(fork());
	if (!pid)
		exit(memfd_test_main(1, (char *[]) { "memfd_test", NULL }));
	luo_check_eq(waitpid(pid, &status, 0), pid);
	luo_check_eq(status, 0);
	ksft_print_msg("%u memfds\n", atomic_load(count));
	luo_check(atomic_load(count) > 0);
}

static void before(void)
{
	int fd;

	session = luo_get(luo_create(luo_get(luo_open()), "memfd_test"));
	run_test();
	fd = luo_get(luo_memfd("count", 0));
	luo_check_eq(write(fd, count, sizeof(*count)), sizeof(*count));
	luo_check_eq(luo_preserve_fd(session, fd, TOKEN_COUNT), 0);
	luo_next_kernel();
}

static void after(void)
{
	unsigned int had;
	int fd;

	session = luo_get(luo_retrieve(luo_get(luo_open()), "memfd_test"));
	retrieves = true;
	run_test();
	fd = luo_get(luo_retrieve_fd(session, TOKEN_COUNT));
	luo_check_eq(pread(fd, &had, sizeof(had), 0), sizeof(had));
	luo_check_eq(atomic_load(count), had);
	luo_check_eq(luo_finish(session), 0);
}

static const struct luo_stage stages[] = {
	{ "memfds pass memfd_test", before },
	{ "retrieved memfds pass it, too", after },
};

int main(void)
{
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
