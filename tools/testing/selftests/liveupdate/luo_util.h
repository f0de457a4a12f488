/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Helpers of the live update tests: a function for each ioctl, files with known
 * contents, counters, and booting the next kernel.
 *
 * The wrappers of ioctls return 0, a new fd, a state or a number of entries, or
 * a negative errno.
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

/*
 * True if the kernel command line has luo.test=, which marks a machine that is
 * only there for tests. Each kexec of a test passes it on.
 */
#define LUO_NO_TEST_MACHINE "not a machine for tests: no luo.test= on the command line, see README"

bool luo_is_test_machine(void);

/* Files whose contents follow from a seed */
void luo_pattern(void *buf, size_t len, uint64_t seed, uint64_t offset);
int luo_memfd(const char *name, off_t size);
int luo_memfd_filled(const char *name, size_t size, uint64_t seed);
int luo_fill(int fd, off_t offset, size_t len, uint64_t seed);
bool luo_matches(int fd, off_t offset, size_t len, uint64_t seed);
bool luo_is_zero(int fd, off_t offset, size_t len);
bool luo_is_hole(int fd, off_t offset, size_t len);
blkcnt_t luo_blocks(int fd);

/* Opens a file again, with other flags. */
int luo_reopen(int fd, int flags);

/*
 * Counters; negative if a counter does not exist. Free pages include those of
 * per-CPU lists, which /proc/meminfo does not count.
 */
long luo_meminfo_kb(const char *name);
long luo_vmstat(const char *name);
long luo_free_pages(void);
long luo_kho_nodes(void);
long luo_kho_pages(void);
long luo_kho_incoming_nodes(void);
long luo_kho_incoming_pages(void);

/* Number of open files in the system. */
long luo_open_files(void);

/* The number at the beginning of a file. */
long luo_read_number(const char *path);

/* Writes to a file; returns 0 or a negative errno. */
int luo_write_file(const char *path, const char *text);

/* The enable_write attributes of memfd formats, "0" or "1". */
#define LUO_MEMFD_FORMATS "/sys/kernel/liveupdate/formats/file/"
#define LUO_MEMFD_EXTENTS LUO_MEMFD_FORMATS "x-memfd-extents-v1/enable_write"

/* Sends a command to kho_kexec_test. */
int luo_kho_test_tell(const char *command);

/* Number of lines in the kernel log that contain @text. */
int luo_kernel_said(const char *text);

/*
 * The module luo_test: its debugfs files, its files, and callbacks since the
 * last call, "CALLBACK:WHO " for each. luo_test_load() fails with -ENOENT if
 * there is no such module, and with -EEXIST if it is loaded or built in.
 * luo_test_wait_for() times out; @seen collects the callbacks, and has to be
 * empty at first.
 */
#define LUO_TEST_CALLS 4096

int luo_test_load(void);
int luo_test_unload(void);
int luo_test_tell(const char *name, const char *text);
const char *luo_test_calls(void);
bool luo_test_wait_for(const char *call, char seen[LUO_TEST_CALLS]);
int luo_test_file(uint64_t value);

/*
 * Loads the next kernel: @kernel, or the one that every guest has, to run
 * @stage of the test, with @append on its command line.
 */
int luo_kexec_load(const char *kernel, int stage);
int luo_kexec_load_with(const char *kernel, const char *append, int stage);
int luo_kexec_jump(void);

/**
 * struct luo_stage - the part of a test that runs in one kernel
 * @name: what the stage proves; the name of its result
 * @run: runs the stage; calls luo_check()
 */
struct luo_stage {
	const char *name;
	void (*run)(void);
};

/*
 * Runs the current stage. Unless it is the last one, the test has to boot the
 * next kernel before it ends: the last call of @run is luo_next_kernel().
 */
int luo_run_stages(const struct luo_stage *stages, unsigned int nr);

/*
 * The same for a test of memfds, in each of its kernels with the format that its
 * argument names: "extents", or "folios", the one of mainline. Without an
 * argument the format is that of the kernel.
 */
int luo_run_variant(int argc, char **argv, const struct luo_stage *stages,
		    unsigned int nr);
bool luo_folios(void);

/* Reports the stage as passed and does the kexec; returns only on failure. */
void luo_next_kernel(void);

/* The same, with an image that the test has loaded itself. */
void luo_jump(void);
void luo_jump_by(int (*jump)(void));

/* Number of the next stage, for luo_kexec_load(). */
int luo_next_stage(void);

_Noreturn void luo_fail(const char *file, int line, const char *what,
			long value);

/* Fails the test unless @cond is true. */
#define luo_check(cond)							\
	do {								\
		if (!(cond))						\
			luo_fail(__FILE__, __LINE__, #cond, 0);		\
	} while (0)

/* Fails the test unless @expr has the value @want. */
#define luo_check_eq(expr, want)					\
	do {								\
		long luo_value = (expr);				\
									\
		if (luo_value != (long)(want))				\
			luo_fail(__FILE__, __LINE__,			\
				 #expr " == " #want, luo_value);	\
	} while (0)

/* Fails the test if @expr is negative; otherwise evaluates to its value. */
#define luo_get(expr)							\
	({								\
		long luo_value = (expr);				\
									\
		if (luo_value < 0)					\
			luo_fail(__FILE__, __LINE__, #expr, luo_value);	\
		luo_value;						\
	})

#endif /* LUO_UTIL_H */
