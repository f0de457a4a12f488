// SPDX-License-Identifier: GPL-2.0
/*
 * A process that blocks the kernel while it writes the result of a command does
 * not delay an update. The memory for the result may be of any kind; here it is
 * registered with userfaultfd.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "luo_harness.h"
#include "luo_util.h"

#define PAGE 4096

/* A command that runs in a thread, and its result. */
struct command {
	int fd;
	unsigned long cmd;
	void *arg;
	int result;
	pthread_t thread;
};

FIXTURE(answers)
{
	int dev;
	int session;
	int uffd;
	void *page;
	struct command command;
};

static void protect(struct __test_metadata *_metadata, int uffd, void *page,
		    bool protected)
{
	struct uffdio_writeprotect wp = {
		.range = { (uintptr_t)page, PAGE },
		.mode = protected ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
	};

	ASSERT_EQ(ioctl(uffd, UFFDIO_WRITEPROTECT, &wp), 0);
}

static int open_uffd(void *page)
{
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = UFFD_FEATURE_PAGEFAULT_FLAG_WP,
	};
	struct uffdio_register range = {
		.range = { (uintptr_t)page, PAGE },
		.mode = UFFDIO_REGISTER_MODE_WP,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) ||
	    ioctl(fd, UFFDIO_REGISTER, &range))
		return -errno;
	return fd;
}

FIXTURE_SETUP(answers)
{
	luo_setup_machine(_metadata);
	self->dev = luo_setup_device(_metadata);
	luo_setup_memfds(_metadata);
	self->session = luo_setup_session(_metadata, self->dev, "answers");
	self->page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(self->page, MAP_FAILED);
	memset(self->page, 0, PAGE);
	self->uffd = open_uffd(self->page);
	if (self->uffd == -ENOSYS)
		SKIP(return, "no userfaultfd(2): no CONFIG_USERFAULTFD");
	ASSERT_GE(self->uffd, 0);
}

FIXTURE_TEARDOWN(answers)
{
	close(self->uffd);
	close(self->session);
	close(self->dev);
}

static void *give_command(void *arg)
{
	struct command *command = arg;

	command->result = luo_ioctl(command->fd, command->cmd, command->arg);
	return NULL;
}

/* Starts a command, and waits until it is about to write its result. */
static void begin(struct __test_metadata *_metadata, struct command *command,
		  int uffd, int fd, unsigned long cmd, void *arg)
{
	struct pollfd poll_fd = { .fd = uffd, .events = POLLIN };
	struct uffd_msg msg;

	*command = (struct command) { .fd = fd, .cmd = cmd, .arg = arg };
	protect(_metadata, uffd, arg, true);
	ASSERT_EQ(pthread_create(&command->thread, NULL, give_command, command),
		  0);
	ASSERT_EQ(poll(&poll_fd, 1, -1), 1);
	ASSERT_EQ(read(uffd, &msg, sizeof(msg)), sizeof(msg));
	ASSERT_EQ(msg.event, UFFD_EVENT_PAGEFAULT);
}

static void begin_preserve(struct __test_metadata *_metadata,
			   struct command *command, int uffd, int session,
			   int memfd, struct liveupdate_session_preserve_fd *arg)
{
	*arg = (struct liveupdate_session_preserve_fd) {
		.size = sizeof(*arg),
		.fd = memfd,
		.token = 1,
	};
	begin(_metadata, command, uffd, session, LIVEUPDATE_SESSION_PRESERVE_FD,
	      arg);
}

static int end(struct __test_metadata *_metadata, struct command *command,
	       int uffd)
{
	protect(_metadata, uffd, command->arg, false);
	ASSERT_EQ(pthread_join(command->thread, NULL), 0);
	return command->result;
}

TEST_F(answers, preserve_fd_does_not_hold_up_the_update)
{
	int memfd = luo_memfd_filled("answers", PAGE, 1);

	ASSERT_GE(memfd, 0);
	begin_preserve(_metadata, &self->command, self->uffd, self->session,
		       memfd, self->page);
	EXPECT_EQ(luo_event(self->dev, LIVEUPDATE_PREPARE), 0);
	/* The command had not changed anything. */
	EXPECT_EQ(end(_metadata, &self->command, self->uffd), -EBUSY);
	EXPECT_EQ(luo_event(self->dev, LIVEUPDATE_CANCEL), 0);
	EXPECT_EQ(luo_preserve_fd(self->session, memfd, 1), 0);
	close(memfd);
}

TEST_F(answers, create_does_not_hold_up_the_update)
{
	struct liveupdate_ioctl_create_session *arg = self->page;

	*arg = (struct liveupdate_ioctl_create_session) {
		.size = sizeof(*arg),
		.name = "another",
	};
	begin(_metadata, &self->command, self->uffd, self->dev,
	      LIVEUPDATE_IOCTL_CREATE_SESSION, arg);
	EXPECT_EQ(luo_event(self->dev, LIVEUPDATE_PREPARE), 0);
	EXPECT_EQ(end(_metadata, &self->command, self->uffd), -EAGAIN);
	EXPECT_EQ(luo_event(self->dev, LIVEUPDATE_CANCEL), 0);
	/* The name is still free, and the reported fd is not open. */
	EXPECT_EQ(fcntl(arg->fd, F_GETFD), -1);
	EXPECT_GE(luo_create(self->dev, "another"), 0);
}

TEST_F(answers, other_sessions_can_be_closed)
{
	int memfd = luo_memfd_filled("answers", PAGE, 1);
	int other = luo_create(self->dev, "other");

	ASSERT_GE(memfd, 0);
	ASSERT_GE(other, 0);
	begin_preserve(_metadata, &self->command, self->uffd, self->session,
		       memfd, self->page);
	EXPECT_EQ(luo_event(self->dev, LIVEUPDATE_PREPARE), 0);
	EXPECT_EQ(luo_event(self->dev, LIVEUPDATE_CANCEL), 0);
	EXPECT_EQ(close(other), 0);
	EXPECT_EQ(end(_metadata, &self->command, self->uffd), 0);
	EXPECT_EQ(luo_unpreserve_fd(self->session, 1), 0);
	close(memfd);
}

TEST_HARNESS_MAIN
