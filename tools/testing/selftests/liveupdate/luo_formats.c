// SPDX-License-Identifier: GPL-2.0
/*
 * Formats in sysfs: their attributes, switching them off, and the format in
 * which files are preserved then. Needs the module luo_test.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../kselftest_harness.h"
#include "luo_harness.h"
#include "luo_util.h"

#define FORMATS "/sys/kernel/liveupdate/formats/"
#define MEMFD "file/x-memfd-extents-v1"
#define MEMFD_OLD "file/memfd-v2"
#define V1 "file/luo-test-v1"
#define V2 "file/luo-test-v2"

/* The number in an attribute of a format, or a negative errno. */
static long show(const char *format, const char *name)
{
	char path[256], text[32] = "";
	int fd, n;

	snprintf(path, sizeof(path), FORMATS "%s/%s", format, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	return n > 1 && text[n - 1] == '\n' ? atol(text) : -EIO;
}

static int enable(const char *format, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), FORMATS "%s/enable_write", format);
	return luo_write_file(path, text);
}

/* True if the kernel's format catalog has the line. */
static bool catalog_has(const char *line)
{
	char text[8192], wanted[256];
	int fd = open("/sys/kernel/liveupdate/catalog", O_RDONLY | O_CLOEXEC);
	int n = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	snprintf(wanted, sizeof(wanted), "luo-format:1 %s\n", line);
	return strstr(text, wanted);
}

/* A subsystem has one format, with its own name. */
static bool catalog_has_subsystem(const char *name)
{
	char line[128];

	snprintf(line, sizeof(line), "subsystem %s %s rw 1 needs:x-luo-1", name,
		 name);
	return catalog_has(line);
}

/* The format in which a file of a session is preserved. */
static const char *format_of(int session, uint64_t token)
{
	static struct liveupdate_file_info info;
	uint64_t cursor = token;

	if (luo_list_fds(session, &cursor, &info, 1) != 1)
		return "none";
	return (char *)info.format;
}

/* Preserves a file of the module, whose only reference is the session's. */
static int preserve_number(int session, uint64_t number, uint64_t token)
{
	int fd = luo_test_file(number);
	int err = luo_preserve_fd(session, fd, token);

	close(fd);
	return err;
}

FIXTURE(formats)
{
	int dev;
	int session;
	int memfd;
};

FIXTURE_SETUP(formats)
{
	luo_setup_machine(_metadata);
	self->dev = luo_setup_device(_metadata);
	luo_setup_memfds(_metadata);
	luo_setup_module(_metadata);
	self->session = luo_setup_session(_metadata, self->dev, "formats");
	self->memfd = luo_memfd_filled("formats", 4096, 1);
	ASSERT_GE(self->memfd, 0);
}

FIXTURE_TEARDOWN(formats)
{
	close(self->memfd);
	close(self->session);
	close(self->dev);
	enable(MEMFD, "1");
	enable(MEMFD_OLD, "1");
	EXPECT_EQ(luo_test_unload(), 0);
}

TEST_F(formats, directories)
{
	EXPECT_EQ(show(MEMFD, "read"), 1);
	EXPECT_EQ(show(MEMFD, "write"), 1);
	EXPECT_EQ(show(MEMFD, "enable_write"), 1);
	EXPECT_EQ(show(MEMFD, "in_use"), 0);
	EXPECT_EQ(show("kho/kho-v4", "read"), 1);
	EXPECT_EQ(show("core/luo-v5", "write"), 1);
	EXPECT_EQ(show("container/kho-vmalloc-v1", "enable_write"), 1);
	EXPECT_EQ(show("flb/luo-test-flb-v1", "in_use"), 0);
	EXPECT_EQ(show("file/no-such-v1", "read"), -ENOENT);
}

/* Formats of a module are removed with it. */
TEST_F(formats, module)
{
	EXPECT_EQ(show(V2, "read"), 1);
	EXPECT_TRUE(catalog_has("file luo-test luo-test-v1 rw 2 lossy"));
	ASSERT_EQ(luo_test_unload(), 0);
	EXPECT_EQ(show(V2, "read"), -ENOENT);
	EXPECT_FALSE(catalog_has("file luo-test luo-test-v1 rw 2 lossy"));
	ASSERT_EQ(luo_test_load(), 0);
}

TEST_F(formats, catalog)
{
	EXPECT_TRUE(catalog_has("kho kho kho-v4 rw 1 default-off"));
	EXPECT_TRUE(catalog_has("kho page page-shift-12 rw 1 -"));
	EXPECT_TRUE(catalog_has("end"));
	EXPECT_TRUE(catalog_has("file luo-test luo-test-v2 rw 1 -"));
	ASSERT_EQ(enable(V2, "0"), 0);
	EXPECT_TRUE(catalog_has("file luo-test luo-test-v2 rw 1 -,off"));
	ASSERT_EQ(enable(V2, "1"), 0);
	ASSERT_EQ(preserve_number(self->session, 7, 1), 0);
	EXPECT_TRUE(catalog_has("file luo-test luo-test-v2 rw 1 -,in-use:1"));
}

/* The image contains the same catalog of formats that are built in. */
TEST_F(formats, image)
{
	static const char start[] = "luo-format:1 ";
	struct stat st;
	char *image, *at, line[256];
	int fd = open("/boot/kernel", O_RDONLY | O_CLOEXEC);
	int lines = 0;

	if (fd < 0)
		SKIP(return, "no image of this kernel in /boot/kernel");
	ASSERT_EQ(fstat(fd, &st), 0);
	image = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	ASSERT_NE(image, MAP_FAILED);
	close(fd);
	at = image;
	while ((at = memmem(at, image + st.st_size - at, start,
			    strlen(start)))) {
		at += strlen(start);
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
		EXPECT_TRUE(catalog_has(line))
			TH_LOG("only in the catalog of the image: %s", line);
		lines++;
	}
	EXPECT_GE(lines, 8);
	munmap(image, st.st_size);
}

/* Invalid input to enable_write changes nothing. */
TEST_F(formats, refused)
{
	EXPECT_EQ(enable(MEMFD, ""), 0);
	EXPECT_EQ(enable(MEMFD, "maybe"), -EINVAL);
	EXPECT_EQ(enable(MEMFD, "2"), -EINVAL);
	EXPECT_EQ(show(MEMFD, "enable_write"), 1);
	EXPECT_EQ(enable("kho/kho-v4", "0"), -EOPNOTSUPP);
	EXPECT_EQ(enable("core/luo-v5", "0"), -EOPNOTSUPP);
	EXPECT_EQ(enable("container/kho-vmalloc-v1", "0"), -EOPNOTSUPP);
	EXPECT_EQ(show("kho/kho-v4", "enable_write"), 1);
}

TEST_F(formats, in_use)
{
	ASSERT_EQ(luo_preserve_fd(self->session, self->memfd, 1), 0);
	EXPECT_EQ(show(MEMFD, "in_use"), 1);
	EXPECT_EQ(enable(MEMFD, "0"), -EBUSY);
	EXPECT_EQ(enable(MEMFD, "1"), 0);
	EXPECT_EQ(luo_preserve_fd(self->session, self->memfd, 2), -EBUSY);
	EXPECT_EQ(show(MEMFD, "in_use"), 1);
	ASSERT_EQ(luo_unpreserve_fd(self->session, 1), 0);
	EXPECT_EQ(show(MEMFD, "in_use"), 0);
	EXPECT_EQ(enable(MEMFD, "0"), 0);
}

/* If a format is switched off, the next one of its owner is used. */
TEST_F(formats, next_one)
{
	ASSERT_EQ(enable(MEMFD, "0"), 0);
	ASSERT_EQ(luo_preserve_fd(self->session, self->memfd, 1), 0);
	EXPECT_EQ(show(MEMFD, "in_use"), 0);
	EXPECT_EQ(show(MEMFD_OLD, "in_use"), 1);
}

/* If all formats of a type are switched off, PRESERVE fails. */
TEST_F(formats, none_left)
{
	ASSERT_EQ(enable(MEMFD, "0"), 0);
	ASSERT_EQ(enable(MEMFD_OLD, "0"), 0);
	EXPECT_EQ(show(MEMFD, "enable_write"), 0);
	EXPECT_EQ(luo_preserve_fd(self->session, self->memfd, 1),
		  -EPROTONOSUPPORT);
	EXPECT_EQ(show(MEMFD, "in_use"), 0);
	ASSERT_EQ(enable(MEMFD_OLD, "1"), 0);
	EXPECT_EQ(luo_preserve_fd(self->session, self->memfd, 1), 0);
}

TEST_F(formats, chosen)
{
	ASSERT_EQ(preserve_number(self->session, 7, 1), 0);
	EXPECT_STREQ(format_of(self->session, 1), "luo-test-v2");
	ASSERT_EQ(luo_unpreserve_fd(self->session, 1), 0);
	ASSERT_EQ(enable(V2, "0"), 0);
	ASSERT_EQ(preserve_number(self->session, 8, 2), 0);
	EXPECT_STREQ(format_of(self->session, 2), "luo-test-v1");
	/* The value does not fit into the older format. */
	EXPECT_EQ(preserve_number(self->session, 1ULL << 40, 3),
		  -EOVERFLOW);
	ASSERT_EQ(enable(V2, "1"), 0);
	ASSERT_EQ(preserve_number(self->session, 1ULL << 40, 3),
		  0);
	EXPECT_STREQ(format_of(self->session, 3), "luo-test-v2");
	EXPECT_EQ(show(V1, "in_use"), 1);
	EXPECT_EQ(show(V2, "in_use"), 1);
}

/*
 * If the format of an FLB is switched off, files that need it are not
 * preserved.
 */
TEST_F(formats, flb)
{
	ASSERT_EQ(enable("flb/luo-test-flb-v1", "0"), 0);
	EXPECT_EQ(preserve_number(self->session, 7, 1),
		  -EPROTONOSUPPORT);
	EXPECT_EQ(show(V2, "in_use"), 0);
	ASSERT_EQ(enable("flb/luo-test-flb-v1", "1"), 0);
	ASSERT_EQ(preserve_number(self->session, 7, 1), 0);
	EXPECT_EQ(show("flb/luo-test-flb-v1", "in_use"), 1);
}

/* A subsystem whose format is switched off is not called. */
TEST_F(formats, subsystem)
{
	ASSERT_EQ(luo_test_tell("subsystem", "+quiet 5"), 0);
	ASSERT_EQ(luo_test_tell("subsystem", "+loud 6"), 0);
	EXPECT_TRUE(catalog_has_subsystem("quiet"));
	ASSERT_EQ(enable("subsystem/quiet", "0"), 0);
	luo_test_calls();
	ASSERT_EQ(luo_event(self->dev, LIVEUPDATE_PREPARE), 0);
	EXPECT_STREQ(luo_test_calls(), "sub_prepare:loud ");
	EXPECT_EQ(show("subsystem/quiet", "in_use"), 0);
	EXPECT_EQ(show("subsystem/loud", "in_use"), 1);
	EXPECT_EQ(enable("subsystem/loud", "0"), -EBUSY);
	ASSERT_EQ(luo_event(self->dev, LIVEUPDATE_CANCEL), 0);
	EXPECT_STREQ(luo_test_calls(), "sub_cancel:loud ");
	EXPECT_EQ(show("subsystem/loud", "in_use"), 0);
	ASSERT_EQ(luo_test_tell("subsystem", "-quiet"), 0);
	ASSERT_EQ(luo_test_tell("subsystem", "-loud"), 0);
	EXPECT_EQ(show("subsystem/loud", "read"), -ENOENT);
}

TEST_HARNESS_MAIN
