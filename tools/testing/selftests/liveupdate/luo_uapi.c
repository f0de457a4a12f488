// SPDX-License-Identifier: GPL-2.0
/*
 * What userspace can rely on for /dev/liveupdate and for sessions, as far as it
 * can be tested without a kexec. Memfds are tested in luo_memfd.c.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "luo_harness.h"
#include "luo_util.h"

#define PAGE 4096
#define NAME_LEN LIVEUPDATE_SESSION_NAME_LENGTH

FIXTURE(luo)
{
	int dev;
	struct luo_held held;
};

FIXTURE_SETUP(luo)
{
	self->dev = luo_setup_device(_metadata);
	luo_setup_memfds(_metadata);
	self->held = luo_setup_held(_metadata);
}

/* No test leaves anything preserved. */
FIXTURE_TEARDOWN(luo)
{
	close(self->dev);
	luo_expect_held(_metadata, self->held);
}

/* The device */

TEST_F(luo, second_writer_is_busy)
{
	EXPECT_EQ(luo_open(), -EBUSY);
	close(self->dev);
	self->dev = luo_open();
	EXPECT_GE(self->dev, 0);
}

TEST_F(luo, reader_is_not_exclusive_and_may_not_drive)
{
	int reader = open(LUO_DEVICE, O_RDONLY | O_CLOEXEC);

	ASSERT_GE(reader, 0);
	EXPECT_EQ(luo_create(reader, "a"), -EBADF);
	EXPECT_EQ(luo_retrieve(reader, "a"), -EBADF);
	close(reader);
}

TEST_F(luo, device_is_for_root)
{
	struct stat st;

	ASSERT_EQ(stat(LUO_DEVICE, &st), 0);
	EXPECT_EQ(st.st_mode & 07777, 0600);
	EXPECT_EQ(st.st_uid, 0);
}

TEST_F(luo, closing_the_device_keeps_sessions)
{
	char name[NAME_LEN];
	int session = luo_create(self->dev, "kept");

	ASSERT_GE(session, 0);
	close(self->dev);
	EXPECT_EQ(luo_get_name(session, name), 0);
	EXPECT_STREQ(name, "kept");
	self->dev = luo_open();
	ASSERT_GE(self->dev, 0);
	EXPECT_EQ(luo_create(self->dev, "kept"), -EEXIST);
	close(session);
}

/* Sessions */

TEST_F(luo, session_fd_is_close_on_exec_and_says_its_name)
{
	char path[64], link[256] = "", name[NAME_LEN];
	int session = luo_create(self->dev, "vm-17");

	ASSERT_GE(session, 0);
	EXPECT_EQ(fcntl(session, F_GETFD), FD_CLOEXEC);
	EXPECT_EQ(fcntl(session, F_GETFL) & O_ACCMODE, O_RDWR);
	ASSERT_EQ(luo_get_name(session, name), 0);
	EXPECT_STREQ(name, "vm-17");

	snprintf(path, sizeof(path), "/proc/self/fd/%d", session);
	ASSERT_GT(readlink(path, link, sizeof(link) - 1), 0);
	EXPECT_STREQ(link, "anon_inode:[luo_session] vm-17");
	close(session);
}

TEST_F(luo, longest_name_is_kept)
{
	char want[NAME_LEN], name[NAME_LEN], path[64], link[256] = "";
	int session;

	memset(want, 'x', sizeof(want));
	want[NAME_LEN - 1] = '\0';
	session = luo_create(self->dev, want);
	ASSERT_GE(session, 0);
	ASSERT_EQ(luo_get_name(session, name), 0);
	EXPECT_STREQ(name, want);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", session);
	ASSERT_GT(readlink(path, link, sizeof(link) - 1), 0);
	EXPECT_STREQ(strchr(link, ' ') + 1, want);
	close(session);
}

TEST_F(luo, name_in_use_until_the_session_is_closed)
{
	int session = luo_create(self->dev, "once");

	ASSERT_GE(session, 0);
	EXPECT_EQ(luo_create(self->dev, "once"), -EEXIST);
	close(session);
	session = luo_create(self->dev, "once");
	EXPECT_GE(session, 0);
	close(session);
}

TEST_F(luo, session_lives_as_long_as_its_last_fd)
{
	int session = luo_create(self->dev, "dup");
	int copy = dup(session);

	ASSERT_GE(copy, 0);
	close(session);
	EXPECT_EQ(luo_create(self->dev, "dup"), -EEXIST);
	close(copy);
	session = luo_create(self->dev, "dup");
	EXPECT_GE(session, 0);
	close(session);
}

TEST_F(luo, name_must_not_be_empty)
{
	EXPECT_EQ(luo_create(self->dev, ""), -EINVAL);
	EXPECT_EQ(luo_retrieve(self->dev, ""), -EINVAL);
}

TEST_F(luo, name_must_end)
{
	struct liveupdate_ioctl_create_session create = {
		.size = sizeof(create),
	};
	struct liveupdate_ioctl_retrieve_session retrieve = {
		.size = sizeof(retrieve),
	};

	memset(create.name, 'x', sizeof(create.name));
	memset(retrieve.name, 'x', sizeof(retrieve.name));
	EXPECT_EQ(luo_ioctl(self->dev, LIVEUPDATE_IOCTL_CREATE_SESSION,
			    &create), -EINVAL);
	EXPECT_EQ(luo_ioctl(self->dev, LIVEUPDATE_IOCTL_RETRIEVE_SESSION,
			    &retrieve), -EINVAL);
}

TEST_F(luo, outgoing_session_cannot_be_retrieved)
{
	int session = luo_create(self->dev, "here");

	ASSERT_GE(session, 0);
	EXPECT_EQ(luo_retrieve(self->dev, "here"), -ENOENT);
	EXPECT_EQ(luo_retrieve(self->dev, "nowhere"), -ENOENT);
	close(session);
}

TEST_F(luo, incoming_commands_on_an_outgoing_session)
{
	int session = luo_create(self->dev, "out");

	ASSERT_GE(session, 0);
	EXPECT_EQ(luo_retrieve_fd(session, 1), -EINVAL);
	EXPECT_EQ(luo_finish(session), -EINVAL);
	close(session);
}

TEST_F(luo, no_fd_left)
{
	struct rlimit old, limit;
	int session, fd;

	ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &old), 0);
	fd = dup(self->dev);
	ASSERT_GE(fd, 0);
	limit = old;
	limit.rlim_cur = fd + 1;
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	EXPECT_EQ(luo_create(self->dev, "full"), -EMFILE);
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &old), 0);
	close(fd);
	session = luo_create(self->dev, "full");
	EXPECT_GE(session, 0);
	close(session);
}

/* Rules for all commands */

struct command {
	const char *name;
	unsigned long cmd;
	size_t size;
	bool on_session;
	int exact;
};

/* Result of each command for a struct that is zero except for its size. */
static const struct command commands[] = {
	{ "CREATE_SESSION", LIVEUPDATE_IOCTL_CREATE_SESSION,
	  sizeof(struct liveupdate_ioctl_create_session), false, -EINVAL },
	{ "RETRIEVE_SESSION", LIVEUPDATE_IOCTL_RETRIEVE_SESSION,
	  sizeof(struct liveupdate_ioctl_retrieve_session), false, -EINVAL },
	{ "PRESERVE_FD", LIVEUPDATE_SESSION_PRESERVE_FD,
	  sizeof(struct liveupdate_session_preserve_fd), true, -ENOENT },
	{ "RETRIEVE_FD", LIVEUPDATE_SESSION_RETRIEVE_FD,
	  sizeof(struct liveupdate_session_retrieve_fd), true, -EINVAL },
	{ "FINISH", LIVEUPDATE_SESSION_FINISH,
	  sizeof(struct liveupdate_session_finish), true, -EINVAL },
	{ "GET_NAME", LIVEUPDATE_SESSION_GET_NAME,
	  sizeof(struct liveupdate_session_get_name), true, 0 },
	{ "GET_STATE", LIVEUPDATE_IOCTL_GET_STATE,
	  sizeof(struct liveupdate_ioctl_get_state), false, 0 },
	{ "LIST_SESSIONS", LIVEUPDATE_IOCTL_LIST_SESSIONS,
	  sizeof(struct liveupdate_ioctl_list_sessions), false, -EINVAL },
	{ "DISCARD_SESSION", LIVEUPDATE_IOCTL_DISCARD_SESSION,
	  sizeof(struct liveupdate_ioctl_discard_session), false, -EINVAL },
	{ "SESSION_GET_STATE", LIVEUPDATE_SESSION_GET_STATE,
	  sizeof(struct liveupdate_session_get_state), true, 0 },
	{ "UNPRESERVE_FD", LIVEUPDATE_SESSION_UNPRESERVE_FD,
	  sizeof(struct liveupdate_session_unpreserve_fd), true, -ENOENT },
	{ "LIST_FDS", LIVEUPDATE_SESSION_LIST_FDS,
	  sizeof(struct liveupdate_session_list_fds), true, -EINVAL },
};

TEST_F(luo, numbers_and_sizes_are_the_interface)
{
	EXPECT_EQ(LIVEUPDATE_IOCTL_CREATE_SESSION, _IO(0xba, 0x00));
	EXPECT_EQ(LIVEUPDATE_IOCTL_RETRIEVE_SESSION, _IO(0xba, 0x01));
	EXPECT_EQ(LIVEUPDATE_SESSION_PRESERVE_FD, _IO(0xba, 0x40));
	EXPECT_EQ(LIVEUPDATE_SESSION_RETRIEVE_FD, _IO(0xba, 0x41));
	EXPECT_EQ(LIVEUPDATE_SESSION_FINISH, _IO(0xba, 0x42));
	EXPECT_EQ(LIVEUPDATE_SESSION_GET_NAME, _IO(0xba, 0x43));
	EXPECT_EQ(LIVEUPDATE_IOCTL_GET_STATE, _IO(0xba, 0x20));
	EXPECT_EQ(LIVEUPDATE_IOCTL_SET_EVENT, _IO(0xba, 0x21));
	EXPECT_EQ(LIVEUPDATE_IOCTL_LIST_SESSIONS, _IO(0xba, 0x22));
	EXPECT_EQ(LIVEUPDATE_IOCTL_DISCARD_SESSION, _IO(0xba, 0x23));
	EXPECT_EQ(LIVEUPDATE_SESSION_GET_STATE, _IO(0xba, 0x60));
	EXPECT_EQ(LIVEUPDATE_SESSION_SET_EVENT, _IO(0xba, 0x61));
	EXPECT_EQ(LIVEUPDATE_SESSION_UNPRESERVE_FD, _IO(0xba, 0x62));
	EXPECT_EQ(LIVEUPDATE_SESSION_LIST_FDS, _IO(0xba, 0x63));
	EXPECT_EQ(sizeof(struct liveupdate_ioctl_create_session), 72);
	EXPECT_EQ(sizeof(struct liveupdate_ioctl_retrieve_session), 72);
	EXPECT_EQ(sizeof(struct liveupdate_session_preserve_fd), 16);
	EXPECT_EQ(sizeof(struct liveupdate_session_retrieve_fd), 16);
	EXPECT_EQ(sizeof(struct liveupdate_session_finish), 8);
	EXPECT_EQ(sizeof(struct liveupdate_session_get_name), 72);
	EXPECT_EQ(sizeof(struct liveupdate_ioctl_get_state), 24);
	EXPECT_EQ(sizeof(struct liveupdate_ioctl_set_event), 8);
	EXPECT_EQ(sizeof(struct liveupdate_ioctl_list_sessions), 32);
	EXPECT_EQ(sizeof(struct liveupdate_ioctl_discard_session), 72);
	EXPECT_EQ(sizeof(struct liveupdate_session_get_state), 32);
	EXPECT_EQ(sizeof(struct liveupdate_session_set_event), 8);
	EXPECT_EQ(sizeof(struct liveupdate_session_unpreserve_fd), 16);
	EXPECT_EQ(sizeof(struct liveupdate_session_list_fds), 32);
	/* What commands fill arrays with. */
	EXPECT_EQ(sizeof(struct liveupdate_session_info), 96);
	EXPECT_EQ(sizeof(struct liveupdate_file_info), 72);
}

TEST_F(luo, size_of_every_struct)
{
	int session = luo_create(self->dev, "size");
	/* fd 0 is not a file that can be preserved. */
	unsigned char buf[2 * PAGE];
	size_t i;

	ASSERT_GE(session, 0);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *c = &commands[i];
		int fd = c->on_session ? session : self->dev;
		uint32_t size;

		for (size = 0; size < c->size; size++) {
			memset(buf, 0, sizeof(buf));
			memcpy(buf, &size, sizeof(size));
			EXPECT_EQ(luo_ioctl(fd, c->cmd, buf), -EINVAL)
				TH_LOG("%s, size %u", c->name, size);
		}
		for (size = c->size; size <= PAGE; size += PAGE - c->size) {
			memset(buf, 0, sizeof(buf));
			memcpy(buf, &size, sizeof(size));
			EXPECT_EQ(luo_ioctl(fd, c->cmd, buf), c->exact)
				TH_LOG("%s, size %u", c->name, size);
			if (size == PAGE)
				break;
		}
		memset(buf, 0, sizeof(buf));
		size = c->size + 8;
		memcpy(buf, &size, sizeof(size));
		buf[size - 1] = 1;
		EXPECT_EQ(luo_ioctl(fd, c->cmd, buf), -E2BIG)
			TH_LOG("%s, a byte beyond the known fields",
			       c->name);
		size = UINT32_MAX;
		memcpy(buf, &size, sizeof(size));
		EXPECT_EQ(luo_ioctl(fd, c->cmd, buf), -E2BIG)
			TH_LOG("%s, size %u", c->name, size);
	}
	close(session);
}

TEST_F(luo, struct_that_cannot_be_read)
{
	int session = luo_create(self->dev, "fault");
	unsigned char *buf;
	size_t i;

	ASSERT_GE(session, 0);
	buf = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(buf, MAP_FAILED);
	ASSERT_EQ(munmap(buf + PAGE, PAGE), 0);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *c = &commands[i];
		int fd = c->on_session ? session : self->dev;
		uint32_t size = c->size;
		/* The size is readable, the rest of the struct is not. */
		unsigned char *at = buf + PAGE - sizeof(size);

		memcpy(at, &size, sizeof(size));
		EXPECT_EQ(luo_ioctl(fd, c->cmd, at), -EFAULT)
			TH_LOG("%s", c->name);
		EXPECT_EQ(luo_ioctl(fd, c->cmd, NULL), -EFAULT)
			TH_LOG("%s, NULL", c->name);
	}
	munmap(buf, PAGE);
	close(session);
}

TEST_F(luo, unknown_commands)
{
	int session = luo_create(self->dev, "unknown");
	char buf[128] = { sizeof(buf) };
	int nr;

	ASSERT_GE(session, 0);
	for (nr = 0; nr < 256; nr++) {
		if (nr > 1 && (nr < 0x20 || nr > 0x23))
			EXPECT_EQ(luo_ioctl(self->dev, _IO(0xba, nr), buf),
				  -ENOTTY);
		if ((nr < 0x40 || nr > 0x43) && (nr < 0x60 || nr > 0x63))
			EXPECT_EQ(luo_ioctl(session, _IO(0xba, nr), buf),
				  -ENOTTY);
	}
	/* The right number, with the encoding of another command. */
	EXPECT_EQ(luo_ioctl(self->dev, _IO(0xbb, 0), buf), -ENOTTY);
	EXPECT_EQ(luo_ioctl(self->dev, _IOWR(0xba, 0, char[72]), buf), -ENOTTY);
	close(session);
}

TEST_F(luo, reserved_fields_are_zero)
{
	struct liveupdate_session_get_name get_name = {
		.size = sizeof(get_name),
		.reserved = ~0U,
	};
	struct liveupdate_session_finish finish = {
		.size = sizeof(finish),
		.reserved = 1,
	};
	int session = luo_create(self->dev, "reserved");

	ASSERT_GE(session, 0);
	EXPECT_EQ(luo_ioctl(session, LIVEUPDATE_SESSION_GET_NAME, &get_name),
		  -EINVAL);
	EXPECT_EQ(luo_ioctl(session, LIVEUPDATE_SESSION_FINISH, &finish),
		  -EINVAL);
	close(session);
}

/* A copy of a struct in read-only memory. */
static void *read_only(const void *arg, size_t size)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return NULL;
	memcpy(page, arg, size);
	return mprotect(page, PAGE, PROT_READ) ? NULL : page;
}

TEST_F(luo, create_whose_answer_cannot_be_written)
{
	struct liveupdate_ioctl_create_session arg = {
		.size = sizeof(arg),
		.name = "lost",
	};
	int before = dup(self->dev), session;
	void *page = read_only(&arg, sizeof(arg));

	close(before);
	ASSERT_NE(page, NULL);
	EXPECT_EQ(luo_ioctl(self->dev, LIVEUPDATE_IOCTL_CREATE_SESSION, page),
		  -EFAULT);
	/* Neither the name nor an fd is used. */
	session = luo_create(self->dev, "lost");
	EXPECT_EQ(session, before);
	close(session);
	munmap(page, PAGE);
}

TEST_F(luo, preserve_whose_answer_cannot_be_written)
{
	int session = luo_create(self->dev, "lost");
	int fd = luo_memfd_filled("lost", 4 * PAGE, 1);
	struct liveupdate_session_preserve_fd arg = {
		.size = sizeof(arg),
		.fd = fd,
		.token = 7,
	};
	void *page = read_only(&arg, sizeof(arg));

	ASSERT_GE(session, 0);
	ASSERT_GE(fd, 0);
	ASSERT_NE(page, NULL);
	EXPECT_EQ(luo_ioctl(session, LIVEUPDATE_SESSION_PRESERVE_FD, page),
		  -EFAULT);
	EXPECT_EQ(ftruncate(fd, PAGE), 0);
	EXPECT_EQ(luo_preserve_fd(session, fd, 7), 0);
	close(session);
	munmap(page, PAGE);
	close(fd);
}

/* Files that cannot be preserved */

TEST_F(luo, files_of_unknown_types)
{
	int session = luo_create(self->dev, "types");
	int pipes[2], socks[2], fd;

	ASSERT_GE(session, 0);
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(luo_preserve_fd(session, fd, 1), -ENOENT);
	close(fd);

	fd = open("/tmp/luo_regular", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(luo_preserve_fd(session, fd, 1), -ENOENT);
	close(fd);
	unlink("/tmp/luo_regular");

	fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(luo_preserve_fd(session, fd, 1), -ENOENT);
	close(fd);

	fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(luo_preserve_fd(session, fd, 1), -ENOENT);
	close(fd);

	ASSERT_EQ(pipe(pipes), 0);
	EXPECT_EQ(luo_preserve_fd(session, pipes[0], 1), -ENOENT);
	EXPECT_EQ(luo_preserve_fd(session, pipes[1], 1), -ENOENT);
	close(pipes[0]);
	close(pipes[1]);

	ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, socks), 0);
	EXPECT_EQ(luo_preserve_fd(session, socks[0], 1), -ENOENT);
	close(socks[0]);
	close(socks[1]);

	EXPECT_EQ(luo_preserve_fd(session, session, 1), -ENOENT);
	EXPECT_EQ(luo_preserve_fd(session, self->dev, 1), -ENOENT);
	close(session);
}

TEST_F(luo, fd_that_is_not_open)
{
	int session = luo_create(self->dev, "badf");
	int fd = dup(session);

	ASSERT_GE(fd, 0);
	close(fd);
	EXPECT_EQ(luo_preserve_fd(session, fd, 1), -EBADF);
	EXPECT_EQ(luo_preserve_fd(session, -1, 1), -EBADF);
	EXPECT_EQ(luo_preserve_fd(session, 1 << 30, 1), -EBADF);
	close(session);
}

TEST_F(luo, path_fd_is_no_file)
{
	int session = luo_create(self->dev, "path");
	int fd = open("/tmp", O_PATH | O_CLOEXEC);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(luo_preserve_fd(session, fd, 1), -EBADF);
	close(fd);
	close(session);
}

/* Tokens and identity */

TEST_F(luo, token_is_unique_in_its_session)
{
	int a = luo_create(self->dev, "a"), b = luo_create(self->dev, "b");
	int one = luo_memfd_filled("one", PAGE, 1);
	int two = luo_memfd_filled("two", PAGE, 2);

	ASSERT_GE(a, 0);
	ASSERT_GE(b, 0);
	EXPECT_EQ(luo_preserve_fd(a, one, 5), 0);
	EXPECT_EQ(luo_preserve_fd(a, two, 5), -EEXIST);
	EXPECT_EQ(luo_preserve_fd(b, two, 5), 0);
	close(a);
	close(b);
	close(one);
	close(two);
}

TEST_F(luo, every_number_is_a_token)
{
	const uint64_t tokens[] = { 0, 1, UINT32_MAX, 1ULL << 63, UINT64_MAX };
	int session = luo_create(self->dev, "tokens");
	size_t i;

	ASSERT_GE(session, 0);
	for (i = 0; i < ARRAY_SIZE(tokens); i++) {
		int fd = luo_memfd("token", 0);

		ASSERT_GE(fd, 0);
		EXPECT_EQ(luo_preserve_fd(session, fd, tokens[i]), 0);
		close(fd);
	}
	close(session);
}

TEST_F(luo, one_file_is_preserved_once)
{
	int a = luo_create(self->dev, "a"), b = luo_create(self->dev, "b");
	int fd = luo_memfd_filled("once", PAGE, 1);
	int copy = dup(fd), reopened;

	ASSERT_GE(a, 0);
	ASSERT_GE(b, 0);
	reopened = luo_reopen(fd, O_RDWR);
	ASSERT_GE(reopened, 0);

	EXPECT_EQ(luo_preserve_fd(a, fd, 1), 0);
	EXPECT_EQ(luo_preserve_fd(a, fd, 2), -EBUSY);
	EXPECT_EQ(luo_preserve_fd(a, copy, 2), -EBUSY);
	EXPECT_EQ(luo_preserve_fd(a, reopened, 2), -EBUSY);
	EXPECT_EQ(luo_preserve_fd(b, fd, 1), -EBUSY);
	EXPECT_EQ(luo_preserve_fd(b, reopened, 1), -EBUSY);
	close(a);
	EXPECT_EQ(luo_preserve_fd(b, reopened, 1), 0);
	close(b);
	close(fd);
	close(copy);
	close(reopened);
}

TEST_F(luo, a_failed_preserve_leaves_the_token_free)
{
	int session = luo_create(self->dev, "free");
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int fd = luo_memfd_filled("ok", PAGE, 1);

	ASSERT_GE(session, 0);
	EXPECT_EQ(luo_preserve_fd(session, null, 1), -ENOENT);
	EXPECT_EQ(luo_preserve_fd(session, fd, 1), 0);
	close(session);
	close(null);
	close(fd);
}

/* Holders of a session, and what is left when they close it */

TEST_F(luo, killed_holder_leaves_nothing_behind)
{
	int ready[2], status;
	char byte;
	pid_t pid;
	int again;

	ASSERT_EQ(pipe(ready), 0);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		int session = luo_create(self->dev, "victim");
		int fd = luo_memfd_filled("victim", 256 * PAGE, 3);

		if (luo_preserve_fd(session, fd, 1))
			_exit(1);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	ASSERT_EQ(read(ready[0], &byte, 1), 1);
	EXPECT_GT(luo_kho_pages(), self->held.pages + 256);
	EXPECT_EQ(luo_create(self->dev, "victim"), -EEXIST);
	ASSERT_EQ(kill(pid, SIGKILL), 0);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_TRUE(WIFSIGNALED(status));
	luo_expect_held(_metadata, self->held);
	again = luo_create(self->dev, "victim");
	EXPECT_GE(again, 0);
	close(again);
	close(ready[0]);
}

TEST_F(luo, session_passed_to_another_process_survives_its_creator)
{
	int fd = luo_memfd_filled("passed", PAGE, 1);
	int session = luo_create(self->dev, "passed"), status;
	pid_t pid;

	ASSERT_GE(session, 0);
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(luo_preserve_fd(session, fd, 1) ? 1 : 0);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	EXPECT_EQ(luo_preserve_fd(session, fd, 2), -EBUSY);
	close(session);
	close(fd);
}

/* Sizes around which the records of sessions and files begin a new block */

TEST_F(luo, many_sessions)
{
	int sessions[160], i;
	char name[32];

	for (i = 0; i < 160; i++) {
		snprintf(name, sizeof(name), "many-%d", i);
		sessions[i] = luo_create(self->dev, name);
		ASSERT_GE(sessions[i], 0);
	}
	EXPECT_EQ(luo_create(self->dev, "many-0"), -EEXIST);
	EXPECT_EQ(luo_create(self->dev, "many-159"), -EEXIST);
	/* Neither in the order of creation, nor in reverse order. */
	for (i = 0; i < 160; i += 2)
		close(sessions[i]);
	for (i = 159; i > 0; i -= 2)
		close(sessions[i]);
}

TEST_F(luo, many_files)
{
	int session = luo_create(self->dev, "files"), i;

	ASSERT_GE(session, 0);
	for (i = 0; i < 200; i++) {
		int fd = luo_memfd_filled("many", PAGE, i);

		ASSERT_GE(fd, 0);
		ASSERT_EQ(luo_preserve_fd(session, fd, i), 0);
		close(fd);
	}
	close(session);
}

/*
 * So many that a leak exceeds the memory that RCU and allocator caches hold at
 * different times, which is some dozens of pages.
 */
#define LEAK_CYCLES 200
#define LEAK_CYCLES_DEBUG 40

static int preserve_cycle(int dev)
{
	int session = luo_create(dev, "leak");
	int fd = luo_memfd_filled("leak", 512 * PAGE, 1);
	int sparse = luo_memfd("sparse", 1L << 40);
	int err = 0;

	if (session < 0 || fd < 0 || sparse < 0)
		return -1;
	err |= luo_fill(sparse, 1L << 39, PAGE, 1);
	err |= luo_preserve_fd(session, fd, 1);
	err |= luo_preserve_fd(session, sparse, 2);
	close(session);
	close(fd);
	close(sparse);
	return err;
}

/*
 * Less than half a page per cycle is not a leak. A debug kernel keeps freed
 * objects for some time, up to 16 pages per cycle were seen: a leaked file would
 * exceed that, and kmemleak finds smaller leaks.
 */
TEST_F(luo, cycles_take_no_memory)
{
	const bool debug = !access("/sys/kernel/debug/kmemleak", F_OK);
	const int cycles = debug ? LEAK_CYCLES_DEBUG : LEAK_CYCLES;
	const long most = debug ? cycles * 64 : cycles / 2;
	long before, after;
	int i;

	for (i = 0; i < 5; i++)
		ASSERT_EQ(preserve_cycle(self->dev), 0);
	before = luo_free_pages();
	for (i = 0; i < cycles; i++) {
		ASSERT_EQ(preserve_cycle(self->dev), 0);
		ASSERT_EQ(luo_kho_pages(), self->held.pages);
		ASSERT_EQ(luo_kho_nodes(), self->held.nodes);
	}
	after = luo_free_pages();
	TH_LOG("%ld pages free before %d cycles, %ld after", before, cycles,
	       after);
	EXPECT_LT(before - after, most);
}

TEST_HARNESS_MAIN
