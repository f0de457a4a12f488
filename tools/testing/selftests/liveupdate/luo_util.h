/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of live update share: one function for each ioctl, files
 * with known contents, counters, and the way into the next kernel.
 *
 * The wrappers of ioctls return 0, a new fd, a state or a number of entries, or a
 * negative errno.
 */

#ifndef LUO_UTIL_H
#define LUO_UTIL_H

#include <linux/liveupdate.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define LUO_DEVICE "/dev/liveupdate"

/* The commands */
int luo_open(void);
int luo_ioctl(int fd, unsigned long cmd, void *arg);
int luo_create(int dev, const char *name);
int luo_retrieve(int dev, const char *name);
int luo_preserve_fd(int session, int fd, uint64_t token);
int luo_retrieve_fd(int session, uint64_t token);
int luo_finish(int session);
int luo_get_name(int session, char name[LIVEUPDATE_SESSION_NAME_LENGTH]);
int luo_state(int dev);
int luo_event(int dev, enum liveupdate_event event);
int luo_discard(int dev, const char *name);
int luo_list(int dev, unsigned int flags, uint64_t *cursor,
	     struct liveupdate_session_info *info, unsigned int nr);
int luo_session_state(int session);
int luo_session_event(int session, enum liveupdate_event event);
int luo_unpreserve_fd(int session, uint64_t token);
int luo_list_fds(int session, uint64_t *cursor,
		 struct liveupdate_file_info *info, unsigned int nr);

/* Files with contents that follow from a seed */
void luo_pattern(void *buf, size_t len, uint64_t seed, uint64_t offset);
int luo_memfd(const char *name, off_t size);
int luo_memfd_filled(const char *name, size_t size, uint64_t seed);
int luo_fill(int fd, off_t offset, size_t len, uint64_t seed);
bool luo_matches(int fd, off_t offset, size_t len, uint64_t seed);
bool luo_is_zero(int fd, off_t offset, size_t len);
bool luo_is_hole(int fd, off_t offset, size_t len);
blkcnt_t luo_blocks(int fd);

/* The same file once more, opened in another way. */
int luo_reopen(int fd, int flags);

/*
 * Counters; negative if there is no such counter. Free pages are those of the
 * page allocator and those that its per-CPU lists keep, which /proc/meminfo
 * leaves out.
 */
long luo_meminfo_kb(const char *name);
long luo_vmstat(const char *name);
long luo_free_pages(void);
long luo_kho_nodes(void);
long luo_kho_pages(void);
long luo_kho_incoming_nodes(void);
long luo_kho_incoming_pages(void);

/* Number of open files of the whole system. */
long luo_open_files(void);

/* The number that a file begins with. */
long luo_read_number(const char *path);

/* Writes to a file that says by an errno that it does not like what it gets. */
int luo_write_file(const char *path, const char *text);

/* Is that format of memfds written? "1" or "0" is written there. */
#define LUO_MEMFD_FORMATS "/sys/kernel/liveupdate/formats/file/"
#define LUO_MEMFD_EXTENTS LUO_MEMFD_FORMATS "x-memfd-extents-v1/enable_write"

/* A command for kho_kexec_test. */
int luo_kho_test_tell(const char *command);

/* How many lines of the kernel's log have @text in them. */
int luo_kernel_said(const char *text);

/*
 * The module luo_test: its debugfs files, its files, and what was called since
 * the last time, "CALLBACK:WHO " for each. luo_test_wait_for() gives up after
 * some time; @seen is empty at first, and has what was called so far.
 */
#define LUO_TEST_CALLS 4096

int luo_test_load(void);
int luo_test_unload(void);
int luo_test_tell(const char *name, const char *text);
const char *luo_test_calls(void);
bool luo_test_wait_for(const char *call, char seen[LUO_TEST_CALLS]);
int luo_test_file(uint64_t value);

/*
 * The next kernel: @kernel, or the one that every guest has, to run @stage of the
 * test, with @append on its command line.
 */
int luo_kexec_load(const char *kernel, int stage);
int luo_kexec_load_with(const char *kernel, const char *append, int stage);
int luo_kexec_jump(void);

/**
 * struct luo_stage - what a test does in one kernel
 * @name: what the stage proves; the name of its result
 * @run: the stage; calls luo_check()
 */
struct luo_stage {
	const char *name;
	void (*run)(void);
};

/*
 * Runs the stage that is due. If it is not the last one, the test has to jump
 * into the next kernel before it ends: @run does that by luo_next_kernel() as
 * the last thing.
 */
int luo_run_stages(const struct luo_stage *stages, unsigned int nr);

/* Reports the stage as passed and jumps; comes back only if that fails. */
void luo_next_kernel(void);

/* The same with an image that has been loaded before, in one's own way. */
void luo_jump(void);
void luo_jump_by(int (*jump)(void));

/* Number of the next stage, for luo_kexec_load(). */
int luo_next_stage(void);

_Noreturn void luo_fail(const char *file, int line, const char *what,
			long value);

/* Ends the test as failed unless @cond is true. */
#define luo_check(cond)							\
	do {								\
		if (!(cond))						\
			luo_fail(__FILE__, __LINE__, #cond, 0);		\
	} while (0)

/* Ends the test as failed unless @expr has the value @want. */
#define luo_check_eq(expr, want)					\
	do {								\
		long luo_value = (expr);				\
									\
		if (luo_value != (long)(want))				\
			luo_fail(__FILE__, __LINE__,			\
				 #expr " == " #want, luo_value);	\
	} while (0)

/* Ends the test as failed if @expr is negative; gives its value. */
#define luo_get(expr)							\
	({								\
		long luo_value = (expr);				\
									\
		if (luo_value < 0)					\
			luo_fail(__FILE__, __LINE__, #expr, luo_value);	\
		luo_value;						\
	})

#endif /* LUO_UTIL_H */
