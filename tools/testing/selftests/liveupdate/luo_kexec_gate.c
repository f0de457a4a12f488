// SPDX-License-Identifier: GPL-2.0
/*
 * usage: luo_kexec_gate [others]
 *
 * reboot(2) refuses to start a kernel that cannot restore what is preserved,
 * before anything is frozen: if its command line disables live update or KHO or
 * changes its memory, or if its format catalog lacks a format or is incomplete.
 * The images are copies of the running kernel with another catalog. With
 * "others", /boot/kho and /boot/off are kernels without live update and without
 * KHO.
 *
 * Needs mem=1900M, which all kernels of the test have, so that it is accepted.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

#define COPY "/tmp/kernel"
#define FORCE "/sys/kernel/liveupdate/force"

/* Logged for an image without a format catalog. */
#define SILENT "has no format catalog"

/* Both features are enabled: the last value counts, "--" ends parameters. */
#define HARMLESS "kho=off kho=on dyndbg=\"file x kho=off +p\" -- liveupdate=off"

/* Parameters of the running kernel that concern memory. */
#define OWN "mem=1900M "

#define SIZE 65536

static int session, dev, memfd;
static bool others;

static char *read_kernel(const char *path, size_t *size)
{
	int fd = luo_get(open(path, O_RDONLY | O_CLOEXEC));
	struct stat st;
	char *image;

	luo_check_eq(fstat(fd, &st), 0);
	image = malloc(st.st_size);
	luo_check(image);
	luo_check_eq(read(fd, image, st.st_size), st.st_size);
	close(fd);
	*size = st.st_size;
	return image;
}

/* Writes a copy of the kernel in which each @from is replaced by @to. */
static void make_copy(const char *from, const char *to)
{
	size_t size, len = strlen(from);
	char *image = read_kernel("/boot/kernel", &size), *at = image;
	int fd, changes = 0;

	luo_check_eq(strlen(to), len);
	while ((at = memmem(at, image + size - at, from, len))) {
		memcpy(at, to, len);
		changes++;
	}
	luo_check(changes > 0);
	fd = luo_get(open(COPY, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
	luo_check_eq(write(fd, image, size), size);
	close(fd);
	free(image);
}

/* Nothing has changed, and the kernel log has the reason. */
static void check_refused(int err, const char *why)
{
	int before = luo_kernel_said(why), other;

	luo_check_eq(luo_kexec_jump(), err);
	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_NORMAL);
	luo_check_eq(luo_session_state(session), LIVEUPDATE_STATE_NORMAL);
	luo_check_eq(luo_kernel_said(why), before + 1);
	luo_check_eq(luo_fill(memfd, 0, SIZE, 1), 0);
	other = luo_get(luo_create(dev, "other"));
	close(other);
}

/* A catalog with an entry for another format instead of the needed one. */
static void refuse_copy(const char *from, const char *to, int err,
			const char *why)
{
	make_copy(from, to);
	luo_check_eq(luo_kexec_load(COPY, luo_next_stage()), 0);
	check_refused(err, why);
}

static void refuse_cmdline(const char *append, const char *why)
{
	luo_check_eq(luo_kexec_load_with(NULL, append, luo_next_stage()), 0);
	check_refused(-ENOEXEC, why);
}

static void refuse_lists(void)
{
	refuse_copy("file memfd memfd-v2 ", "file memfd memfd-v0 ",
		    -EPROTONOSUPPORT, "does not read file memfd-v2");
	refuse_copy("memfd-v2 rw", "memfd-v2  w", -EPROTONOSUPPORT,
		    "does not read file memfd-v2");
	refuse_copy("kho-vmalloc-v1 rw", "kho-vmalloc-v0 rw", -EPROTONOSUPPORT,
		    "does not read kho-vmalloc-v1, which file memfd-v2");
	refuse_copy("core luo luo-v5", "core luo luo-v0", -EPROTONOSUPPORT,
		    "does not read luo-v5");
	refuse_copy("page-shift-12", "page-shift-16", -EPROTONOSUPPORT,
		    "does not read page-shift-12");
	refuse_copy("kho kho kho-v4", "kho kho kho-v0", -ENOEXEC,
		    "cannot take over memory in the format kho-v4");
	refuse_copy("luo-format:1 end", "luo-format:1 eno", -ENOEXEC, SILENT);
}

static void refuse_others(void)
{
	luo_check_eq(luo_kexec_load("/boot/kho", luo_next_stage()), 0);
	check_refused(-EPROTONOSUPPORT, "does not read luo-v5");
	luo_check_eq(luo_kexec_load("/boot/off", luo_next_stage()), 0);
	check_refused(-ENOEXEC, "cannot take over memory");
}

static void refuse_cmdlines(void)
{
	refuse_cmdline("kho=off", "lacks kho=on");
	refuse_cmdline("kho=0", "lacks kho=on");
	refuse_cmdline("kho=on liveupdate=off", "lacks liveupdate=on");
	refuse_cmdline("liveupdate=n", "lacks liveupdate=on");
	refuse_cmdline("\"kho=off\"", "lacks kho=on");
	refuse_cmdline("kho=\"off\"", "lacks kho=on");
	refuse_cmdline("\tkho=off", "lacks kho=on");
	refuse_cmdline("kho=off kho=auto kho=", "lacks kho=on");
	refuse_cmdline("mem=600M", OWN "mem=600M (this kernel: " OWN ")");
	refuse_cmdline("memmap=300M$0x10000000", OWN "memmap=300M$0x10000000 ");
}

static void check_force(void)
{
	luo_check_eq(luo_write_file(FORCE, "maybe"), -EINVAL);
	luo_check_eq(luo_write_file(FORCE, "0"), 0);
}

static void refused(void)
{
	dev = luo_get(luo_open());
	session = luo_get(luo_create(dev, "kept"));
	memfd = luo_get(luo_memfd_filled("kept", SIZE, 1));
	luo_check_eq(luo_preserve_fd(session, memfd, 1), 0);

	refuse_lists();
	if (others)
		refuse_others();
	refuse_cmdlines();
	check_force();

	luo_check_eq(luo_kexec_load_with(NULL, HARMLESS, luo_next_stage()), 0);
	luo_jump();
}

static void take_back(void)
{
	dev = luo_get(luo_open());
	session = luo_get(luo_retrieve(dev, "kept"));
	memfd = luo_get(luo_retrieve_fd(session, 1));
	luo_check(luo_matches(memfd, 0, SIZE, 1));
	luo_check_eq(luo_finish(session), 0);
	close(session);
	session = luo_get(luo_create(dev, "kept"));
	luo_check_eq(luo_preserve_fd(session, memfd, 1), 0);
}

/* The image has no complete catalog, but its kernel reads all formats. */
static void unknown(void)
{
	take_back();
	refuse_copy("luo-format:1 end", "luo-format:1 eno", -ENOEXEC, SILENT);
	luo_check_eq(luo_write_file(FORCE, "1"), 0);
	luo_jump();
}

/* The catalog is wrong; with force the kexec happens, and nothing is lost. */
static void forced(void)
{
	take_back();
	refuse_copy("file memfd memfd-v2 ", "file memfd memfd-v0 ",
		    -EPROTONOSUPPORT, "does not read file memfd-v2");
	luo_check_eq(luo_write_file(FORCE, "1"), 0);
	luo_jump();
}

/* A session that is not retrieved is handed over unchanged: it counts, too. */
static void handed_on(void)
{
	dev = luo_get(luo_open());
	make_copy("file memfd memfd-v2 ", "file memfd memfd-v0 ");
	luo_check_eq(luo_kexec_load(COPY, luo_next_stage()), 0);
	luo_check_eq(luo_kexec_jump(), -EPROTONOSUPPORT);
	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_UPDATED);
	luo_next_kernel();
}

static void kept(void)
{
	take_back();
}

static const struct luo_stage stages[] = {
	{ "refused without a change", refused },
	{ "into a kernel without a catalog", unknown },
	{ "by force", forced },
	{ "handed over unchanged", handed_on },
	{ "nothing was lost", kept },
};

int main(int argc, char **argv)
{
	others = argc > 1 && !strcmp(argv[1], "others");
	/* A format that needs another one. */
	if (luo_is_test_machine())
		luo_write_file(LUO_MEMFD_EXTENTS, "0");
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
