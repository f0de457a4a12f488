// SPDX-License-Identifier: GPL-2.0
/*
 * Holes of a memfd cannot be filled between FREEZE and the kexec, or CANCEL;
 * and tasks that try to fill them do not block other tasks.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "luo_contest.h"
#include "luo_harness.h"
#include "luo_util.h"

#define PAGE 4096
#define PAGES 64
#define SIZE (PAGES * PAGE)

/* The first half of the file is allocated, the second one is a hole. */
#define HOLE (SIZE / 2)

FIXTURE(frozen)
{
	int dev;
	int session;
	int fd;
	char *map;
};

FIXTURE_VARIANT(frozen)
{
	const char *extents;
};

FIXTURE_VARIANT_ADD(frozen, extents)
{
	.extents = "1",
};

FIXTURE_VARIANT_ADD(frozen, folios)
{
	.extents = "0",
};

FIXTURE_SETUP(frozen)
{
	luo_setup_machine(_metadata);
	self->dev = luo_setup_device(_metadata);
	luo_setup_memfds(_metadata);
	ASSERT_EQ(luo_write_file(LUO_MEMFD_EXTENTS, variant->extents), 0);
	self->session = luo_setup_session(_metadata, self->dev, "frozen");
	self->fd = luo_memfd("frozen", SIZE);
	ASSERT_GE(self->fd, 0);
	ASSERT_EQ(luo_fill(self->fd, 0, HOLE, 1), 0);
	self->map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			 self->fd, 0);
	ASSERT_NE(self->map, MAP_FAILED);
	ASSERT_EQ(luo_preserve_fd(self->session, self->fd, 1), 0);
	ASSERT_EQ(luo_session_event(self->session, LIVEUPDATE_PREPARE), 0);
	ASSERT_EQ(luo_session_event(self->session, LIVEUPDATE_FREEZE), 0);
}

FIXTURE_TEARDOWN(frozen)
{
	close(self->session);
	munmap(self->map, SIZE);
	close(self->fd);
	close(self->dev);
	EXPECT_EQ(luo_write_file(LUO_MEMFD_EXTENTS, "1"), 0);
}

/**
 * struct sleeper - a thread that fills a hole
 * @fd: file to write to, if @map is NULL
 * @from: source of the data
 * @map: address to write to
 * @tid: id of the thread, set right before it writes
 * @done: it has written
 */
struct sleeper {
	int fd;
	const char *from;
	char *map;
	atomic_int tid;
	atomic_bool done;
	pthread_t thread;
};

static void *fill_hole(void *arg)
{
	struct sleeper *sleeper = arg;

	atomic_store(&sleeper->tid, gettid());
	if (sleeper->map)
		*sleeper->map = *sleeper->from;
	else if (pwrite(sleeper->fd, sleeper->from, 1, HOLE) != 1)
		return "could not write";
	atomic_store(&sleeper->done, true);
	return NULL;
}

static bool start_sleeper(struct sleeper *sleeper)
{
	if (pthread_create(&sleeper->thread, NULL, fill_hole, sleeper))
		return false;
	while (!atomic_load(&sleeper->tid))
		usleep(1000);
	return luo_wait_for_sleep(getpid(), atomic_load(&sleeper->tid)) &&
	       !atomic_load(&sleeper->done);
}

/* True if the thread is woken up in time, and has written. */
static bool end_sleeper(struct sleeper *sleeper)
{
	struct timespec end;
	void *result;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 30;
	return !pthread_timedjoin_np(sleeper->thread, &result, &end) &&
	       !result && atomic_load(&sleeper->done);
}

TEST_F(frozen, pages_that_are_there_go_on)
{
	EXPECT_TRUE(luo_matches(self->fd, 0, HOLE, 1));
	EXPECT_EQ(luo_fill(self->fd, PAGE, PAGE, 2), 0);
	luo_pattern(self->map + 2 * PAGE, PAGE, 3, 2 * PAGE);
	EXPECT_TRUE(luo_matches(self->fd, PAGE, PAGE, 2));
	EXPECT_TRUE(luo_matches(self->fd, 2 * PAGE, PAGE, 3));
	EXPECT_TRUE(luo_is_zero(self->fd, HOLE, HOLE));
	EXPECT_EQ(luo_blocks(self->fd), HOLE / 512);
}

TEST_F(frozen, fault_sleeps_until_it_is_called_off)
{
	struct sleeper sleeper = { .map = self->map + HOLE, .from = "x" };
	void *map;

	ASSERT_TRUE(start_sleeper(&sleeper));
	EXPECT_EQ(luo_blocks(self->fd), HOLE / 512);
	/* Its mmap_lock and mappings of other files are not blocked. */
	map = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT_NE(map, MAP_FAILED);
	EXPECT_EQ(munmap(map, PAGE), 0);
	EXPECT_EQ(mprotect(self->map, SIZE, PROT_READ), 0);
	EXPECT_EQ(mprotect(self->map, SIZE, PROT_READ | PROT_WRITE), 0);
	EXPECT_FALSE(atomic_load(&sleeper.done));

	ASSERT_EQ(luo_session_event(self->session, LIVEUPDATE_CANCEL), 0);
	EXPECT_TRUE(end_sleeper(&sleeper));
	EXPECT_EQ(self->map[HOLE], 'x');
	EXPECT_EQ(luo_blocks(self->fd), (HOLE + PAGE) / 512);
}

TEST_F(frozen, write_sleeps_until_it_is_called_off)
{
	struct sleeper sleeper = { .fd = self->fd, .from = "x" };

	ASSERT_TRUE(start_sleeper(&sleeper));
	EXPECT_EQ(luo_blocks(self->fd), HOLE / 512);
	ASSERT_EQ(luo_session_event(self->session, LIVEUPDATE_CANCEL), 0);
	EXPECT_TRUE(end_sleeper(&sleeper));
	EXPECT_EQ(self->map[HOLE], 'x');
}

TEST_F(frozen, sleeps_until_the_session_is_closed)
{
	struct sleeper fault = { .map = self->map + HOLE + PAGE, .from = "x" };
	struct sleeper writer = { .fd = self->fd, .from = "y" };

	ASSERT_TRUE(start_sleeper(&fault));
	ASSERT_TRUE(start_sleeper(&writer));
	close(self->session);
	EXPECT_TRUE(end_sleeper(&fault));
	EXPECT_TRUE(end_sleeper(&writer));
	self->session = -1;
}

static int fork_sleeper(char *map, int fd)
{
	int pid = fork();

	if (pid)
		return pid;
	if (map)
		*map = 'x';
	else
		(void)!pwrite(fd, "x", 1, HOLE);
	_exit(1);
}

TEST_F(frozen, who_sleeps_can_be_killed)
{
	int i, pid, status;

	for (i = 0; i < 2; i++) {
		pid = fork_sleeper(i ? self->map + HOLE : NULL, self->fd);
		ASSERT_GT(pid, 0);
		EXPECT_TRUE(luo_wait_for_sleep(pid, pid));
		ASSERT_EQ(kill(pid, SIGKILL), 0);
		ASSERT_EQ(waitpid(pid, &status, 0), pid);
		EXPECT_TRUE(WIFSIGNALED(status));
	}
	EXPECT_EQ(luo_blocks(self->fd), HOLE / 512);
}

/*
 * A write to one file holds its i_rwsem, and may sleep in a fault on the data
 * from another file that is frozen. Freezing the first file must not wait for
 * that.
 */
TEST_F(frozen, who_sleeps_is_not_in_the_way_of_another_freeze)
{
	int fd = luo_memfd_filled("other", SIZE, 2), session;
	struct sleeper sleeper = { .fd = fd, .from = self->map + HOLE };

	ASSERT_GE(fd, 0);
	session = luo_create(self->dev, "other");
	ASSERT_GE(session, 0);
	ASSERT_EQ(luo_preserve_fd(session, fd, 1), 0);
	ASSERT_TRUE(start_sleeper(&sleeper));
	EXPECT_EQ(luo_session_event(session, LIVEUPDATE_PREPARE), 0);
	EXPECT_EQ(luo_session_event(session, LIVEUPDATE_FREEZE), 0);
	EXPECT_EQ(luo_session_event(session, LIVEUPDATE_CANCEL), 0);
	close(session);
	EXPECT_FALSE(atomic_load(&sleeper.done));
	ASSERT_EQ(luo_session_event(self->session, LIVEUPDATE_CANCEL), 0);
	EXPECT_TRUE(end_sleeper(&sleeper));
	close(fd);
}

/**
 * struct other - another session, and a file whose writer sleeps
 * @dev: the device
 * @frozen: the session of the fixture
 * @session: the other session, which is not frozen
 * @fd: its file; not preserved yet
 * @go: a pipe; create_and_close() closes its session when there is a byte in it
 * @sleeper: writes to @fd what it reads from a hole of the frozen file
 */
struct other {
	int dev;
	int frozen;
	int session;
	int fd;
	int go[2];
	struct sleeper sleeper;
};

static bool start_other(struct other *other, int dev, int frozen, char *map)
{
	*other = (struct other) {
		.dev = dev,
		.frozen = frozen,
		.session = luo_create(dev, "other"),
		.fd = luo_memfd_filled("other", SIZE, 2),
	};
	other->sleeper = (struct sleeper) {
		.fd = other->fd,
		.from = map + HOLE,
	};
	return other->session >= 0 && other->fd >= 0 && !pipe(other->go) &&
	       start_sleeper(&other->sleeper);
}

static void end_other(struct other *other)
{
	close(other->session);
	close(other->fd);
	close(other->go[0]);
	close(other->go[1]);
}

static int preserve_other(void *arg)
{
	struct other *other = arg;

	return luo_preserve_fd(other->session, other->fd, 1);
}

static int prepare_all(void *arg)
{
	struct other *other = arg;

	return luo_event(other->dev, LIVEUPDATE_PREPARE);
}

static int cancel_frozen(void *arg)
{
	struct other *other = arg;

	return luo_session_event(other->frozen, LIVEUPDATE_CANCEL);
}

/* No other process has an fd of that session, so close() ends it. */
static int create_and_close(void *arg)
{
	struct other *other = arg;
	int session = luo_create(other->dev, "third");
	char byte;

	if (session < 0 || read(other->go[0], &byte, 1) != 1)
		return -EIO;
	return close(session) ? -errno : 0;
}

/* The writer holds i_rwsem for as long as it sleeps. */
TEST_F(frozen, preserve_gives_up_behind_a_writer_that_sleeps)
{
	struct luo_task task;
	struct other other;

	ASSERT_TRUE(start_other(&other, self->dev, self->session, self->map));
	task = luo_task_start(preserve_other, &other);
	luo_tasks_end(&task, 1);
	EXPECT_EQ(task.result, -EBUSY);
	EXPECT_FALSE(atomic_load(&other.sleeper.done));
	ASSERT_EQ(luo_session_event(self->session, LIVEUPDATE_CANCEL), 0);
	EXPECT_TRUE(end_sleeper(&other.sleeper));
	EXPECT_EQ(luo_preserve_fd(other.session, other.fd, 1), 0);
	end_other(&other);
}

/*
 * PRESERVE_FD waits for the writer, PREPARE for PRESERVE_FD, and the writer for
 * CANCEL. So CANCEL must not wait for PREPARE for long, nor must close().
 */
TEST_F(frozen, nobody_is_stuck_behind_a_writer_that_sleeps)
{
	struct luo_task tasks[4];
	struct other other;

	ASSERT_TRUE(start_other(&other, self->dev, self->session, self->map));
	tasks[0] = luo_task_start(create_and_close, &other);
	tasks[1] = luo_task_start(preserve_other, &other);
	tasks[2] = luo_task_start(prepare_all, &other);
	tasks[3] = luo_task_start(cancel_frozen, &other);
	ASSERT_EQ(write(other.go[1], "", 1), 1);
	luo_tasks_end(tasks, ARRAY_SIZE(tasks));
	EXPECT_EQ(tasks[0].result, 0);
	EXPECT_TRUE(!tasks[1].result || tasks[1].result == -EBUSY);
	EXPECT_EQ(tasks[2].result, 0);
	EXPECT_EQ(tasks[3].result, 0);
	EXPECT_TRUE(end_sleeper(&other.sleeper));
	EXPECT_EQ(luo_event(self->dev, LIVEUPDATE_CANCEL), 0);
	end_other(&other);
}

static int open_uffd(char *map, size_t size)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { (uintptr_t)map, size },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) ||
	    ioctl(fd, UFFDIO_REGISTER, &range))
		return -errno;
	return fd;
}

TEST_F(frozen, uffdio_copy_is_to_be_tried_again)
{
	struct uffdio_copy copy = {
		.dst = (uintptr_t)self->map + HOLE,
		.len = PAGE,
	};
	struct uffdio_zeropage zero = {
		.range = { (uintptr_t)self->map + HOLE + PAGE, PAGE },
	};
	char page[PAGE] = "x";
	int uffd = open_uffd(self->map + HOLE, HOLE);

	if (uffd == -ENOSYS)
		SKIP(return, "no userfaultfd(2): no CONFIG_USERFAULTFD");
	ASSERT_GE(uffd, 0);
	copy.src = (uintptr_t)page;
	EXPECT_EQ(ioctl(uffd, UFFDIO_COPY, &copy), -1);
	EXPECT_EQ(errno, EAGAIN);
	EXPECT_EQ(ioctl(uffd, UFFDIO_ZEROPAGE, &zero), -1);
	EXPECT_EQ(errno, EAGAIN);
	EXPECT_EQ(luo_blocks(self->fd), HOLE / 512);
	ASSERT_EQ(luo_session_event(self->session, LIVEUPDATE_CANCEL), 0);
	EXPECT_EQ(ioctl(uffd, UFFDIO_COPY, &copy), 0);
	EXPECT_EQ(ioctl(uffd, UFFDIO_ZEROPAGE, &zero), 0);
	EXPECT_EQ(self->map[HOLE], 'x');
	close(uffd);
}

TEST_HARNESS_MAIN
