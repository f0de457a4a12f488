// SPDX-License-Identifier: GPL-2.0
/*
 * Many sessions and many files, the rules for holders of incoming sessions, and
 * sessions that are not retrieved.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

#define PAGE 4096L
#define MIB (1L << 20)

/* More than two blocks of sessions, and of files. */
#define SESSIONS 150
#define FILES 200

static void preserve_small(int session, uint64_t token, uint64_t seed)
{
	int fd = luo_get(luo_memfd_filled("small", PAGE, seed));

	luo_check_eq(luo_preserve_fd(session, fd, token), 0);
	close(fd);
}

static void check_small(int session, uint64_t token, uint64_t seed)
{
	int fd = luo_get(luo_retrieve_fd(session, token));

	luo_check(luo_matches(fd, 0, PAGE, seed));
	close(fd);
}

static void name_session(char name[32], int i)
{
	snprintf(name, 32, "session-%d", i);
}

static void preserve_all(void)
{
	int dev = luo_get(luo_open()), session, fd, i;
	char name[32];

	for (i = 0; i < SESSIONS; i++) {
		name_session(name, i);
		session = luo_get(luo_create(dev, name));
		preserve_small(session, 7, i);
	}
	session = luo_get(luo_create(dev, "files"));
	for (i = 0; i < FILES; i++)
		preserve_small(session, i, 1000 + i);

	session = luo_get(luo_create(dev, "abandoned"));
	fd = luo_get(luo_memfd_filled("abandoned", 32 * MIB, 1));
	luo_check_eq(luo_preserve_fd(session, fd, 1), 0);
	close(fd);

	session = luo_get(luo_create(dev, "rules"));
	for (i = 0; i < 4; i++)
		preserve_small(session, i, 2000 + i);
	luo_next_kernel();
}

static void check_many(int dev)
{
	int session, i;
	char name[32];

	for (i = SESSIONS - 1; i >= 0; i--) {
		name_session(name, i);
		session = luo_get(luo_retrieve(dev, name));
		check_small(session, 7, i);
		luo_check_eq(luo_finish(session), 0);
		close(session);
		luo_check_eq(luo_retrieve(dev, name), -ENOENT);
	}
	session = luo_get(luo_retrieve(dev, "files"));
	for (i = 0; i < FILES; i++)
		check_small(session, i, 1000 + i);
	luo_check_eq(luo_retrieve_fd(session, FILES), -ENOENT);
	luo_check_eq(luo_finish(session), 0);
	close(session);
}

/* If the result cannot be copied to userspace, nothing is retrieved. */
static void check_unwritable(int dev)
{
	struct liveupdate_ioctl_retrieve_session retrieve = {
		.size = sizeof(retrieve),
		.name = "rules",
	};
	struct liveupdate_session_retrieve_fd retrieve_fd = {
		.size = sizeof(retrieve_fd),
	};
	char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int session;

	luo_check(page != MAP_FAILED);
	memcpy(page, &retrieve, sizeof(retrieve));
	luo_check_eq(mprotect(page, PAGE, PROT_READ), 0);
	luo_check_eq(luo_ioctl(dev, LIVEUPDATE_IOCTL_RETRIEVE_SESSION, page),
		     -EFAULT);
	session = luo_get(luo_retrieve(dev, "rules"));

	luo_check_eq(mprotect(page, PAGE, PROT_READ | PROT_WRITE), 0);
	memcpy(page, &retrieve_fd, sizeof(retrieve_fd));
	luo_check_eq(mprotect(page, PAGE, PROT_READ), 0);
	luo_check_eq(luo_ioctl(session, LIVEUPDATE_SESSION_RETRIEVE_FD, page),
		     -EFAULT);
	munmap(page, PAGE);
	close(session);
}

/* A holder that dies before it retrieves files loses none. */
static void check_dead_holder(int dev)
{
	int status;
	pid_t pid;

	pid = fork();
	luo_check(pid >= 0);
	if (!pid) {
		int session = luo_retrieve(dev, "rules");

		if (session < 0 || luo_retrieve_fd(session, 0) < 0)
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	luo_check_eq(waitpid(pid, &status, 0), pid);
	luo_check(WIFSIGNALED(status));
}

static void check_rules(int dev)
{
	char name[LIVEUPDATE_SESSION_NAME_LENGTH];
	int session, other, fd, again;

	check_unwritable(dev);
	session = luo_get(luo_retrieve(dev, "rules"));
	luo_check_eq(luo_retrieve(dev, "rules"), -EINVAL);
	luo_check_eq(luo_get_name(session, name), 0);
	luo_check(!strcmp(name, "rules"));
	fd = luo_get(luo_memfd_filled("new", PAGE, 1));
	luo_check_eq(luo_preserve_fd(session, fd, 99), -EINVAL);
	close(session);

	/* Outgoing and incoming sessions have separate name spaces. */
	session = luo_get(luo_retrieve(dev, "rules"));
	other = luo_get(luo_create(dev, "rules"));
	close(other);
	close(session);

	/* Files that the dead holder has retrieved are gone; others are not. */
	check_dead_holder(dev);
	session = luo_get(luo_retrieve(dev, "rules"));
	luo_check_eq(luo_retrieve_fd(session, 0), -ENOENT);
	fd = luo_get(luo_retrieve_fd(session, 1));
	luo_check_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	/* A second retrieve returns another fd of the same file. */
	again = luo_get(luo_retrieve_fd(session, 1));
	luo_check_eq(lseek(fd, 123, SEEK_SET), 123);
	luo_check_eq(lseek(again, 0, SEEK_CUR), 123);
	check_small(session, 2, 2002);
	check_small(session, 3, 2003);
	/* All files were retrieved, so close() finishes the session. */
	close(session);
	luo_check_eq(luo_retrieve(dev, "rules"), -ENOENT);
	luo_check(luo_matches(fd, 0, PAGE, 2001));
}

/*
 * reboot(2) fails while a process holds an incoming session, which could not be
 * handed over unchanged.
 */
static void check_refusal(int dev)
{
	int session = luo_get(luo_retrieve(dev, "abandoned"));

	luo_check_eq(luo_kexec_load(NULL, luo_next_stage()), 0);
	luo_check_eq(luo_kexec_jump(), -EBUSY);
	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_UPDATED);
	close(session);
}

static void check_abandoned(int dev)
{
	long total = luo_meminfo_kb("MemTotal");
	int session = luo_get(luo_retrieve(dev, "abandoned"));

	luo_check_eq(luo_finish(session), 0);
	/* Finished, and therefore without files, but still held. */
	luo_check_eq(luo_retrieve_fd(session, 1), -ENOENT);
	luo_check_eq(luo_finish(session), 0);
	luo_check_eq(luo_retrieve(dev, "abandoned"), -EINVAL);
	close(session);
	luo_check_eq(luo_retrieve(dev, "abandoned"), -ENOENT);
	luo_check(luo_meminfo_kb("MemTotal") - total >= 32 * 1024);
}

static void retrieve_all(void)
{
	int dev = luo_get(luo_open());

	check_many(dev);
	check_rules(dev);
	check_refusal(dev);
	check_abandoned(dev);
	luo_next_kernel();
}

static void nothing_left(void)
{
	int dev = luo_get(luo_open());

	luo_check_eq(luo_retrieve(dev, "abandoned"), -ENOENT);
	luo_check_eq(luo_retrieve(dev, "rules"), -ENOENT);
	luo_check_eq(luo_retrieve(dev, "session-0"), -ENOENT);
}

static const struct luo_stage stages[] = {
	{ "preserve 150 sessions, 200 files in one session", preserve_all },
	{ "all of them retrieved, abandoned or lost by a dead holder",
	  retrieve_all },
	{ "the third kernel has no incoming sessions", nothing_left },
};

int main(void)
{
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
