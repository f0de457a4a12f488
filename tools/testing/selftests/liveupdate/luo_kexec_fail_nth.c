// SPDX-License-Identifier: GPL-2.0
/*
 * Retrieves incoming data repeatedly, with the n-th allocation failing, until
 * none fails: a failure loses nothing, and the command works once there is
 * memory. Three kernels; data that is not retrieved in the second one is
 * complete in the third one.
 */

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_frames.h"
#include "luo_nth.h"
#include "luo_util.h"

#define PAGE 4096
#define PAGES 40

/*
 * A file or a session can be retrieved once. A command may succeed although an
 * allocation failed, so there are several of them.
 */
#define SPARES 32

static void name_session(char name[32], int i)
{
	snprintf(name, 32, "spare-%d", i);
}

static void preserve_file(int session, int token)
{
	int fd = luo_get(luo_memfd_odd("file", PAGES * PAGE, token));

	luo_check_eq(luo_preserve_fd(session, fd, token), 0);
	close(fd);
}

static void preserve(void)
{
	int dev = luo_get(luo_open()), session, i;
	char name[32];

	session = luo_get(luo_create(dev, "files"));
	for (i = 0; i < SPARES; i++)
		preserve_file(session, i);
	for (i = 0; i < SPARES; i++) {
		name_session(name, i);
		preserve_file(luo_get(luo_create(dev, name)), i);
	}
	preserve_file(luo_get(luo_create(dev, "kept")), 77);
	luo_next_kernel();
}

/**
 * struct sweep - a command that is run with each of its allocations failing
 * @name: the command
 * @setup: prepares an attempt, or NULL
 * @work: runs the command; @attempt counts successful ones. Returns 0 or an
 *	  errno
 * @needs_memory: the command allocates memory, so it has to fail at least once
 */
struct sweep {
	const char *name;
	void (*setup)(int dev, int attempt);
	int (*work)(int dev, int attempt);
	bool needs_memory;
};

/* One attempt; after an error, nothing must have changed. */
static int try_once(const struct sweep *sweep, int dev, int nth, int attempt,
		    bool *failed)
{
	long incoming, pages, nodes;
	int err;

	if (sweep->setup)
		sweep->setup(dev, attempt);
	incoming = luo_get(luo_kho_incoming_pages());
	pages = luo_get(luo_kho_pages());
	nodes = luo_get(luo_kho_nodes());
	luo_nth_set(nth);
	err = sweep->work(dev, attempt);
	*failed = luo_nth_failed();
	luo_nth_set(0);
	if (!err)
		return 0;
	/* tmpfs returns -ENOSPC if it cannot allocate an inode. */
	luo_check(err == -ENOMEM || err == -ENOSPC);
	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_UPDATED);
	luo_check_eq(luo_kho_incoming_pages(), incoming);
	luo_check_eq(luo_kho_pages(), pages);
	luo_check_eq(luo_kho_nodes(), nodes);
	return err;
}

static void run_sweep(const struct sweep *sweep, int dev)
{
	int nth, attempt = 0, errors = 0;
	bool failed = true;

	for (nth = 1; failed; nth++) {
		luo_check(nth < LUO_MAX_NTH);
		if (try_once(sweep, dev, nth, attempt, &failed))
			errors++;
		else
			attempt++;
	}
	ksft_print_msg("%s: %d errors, %d successes\n", sweep->name, errors,
		       attempt);
	luo_check(errors || !sweep->needs_memory);
}

static int retrieve_session(int dev, int attempt)
{
	int session = luo_retrieve(dev, "files");

	(void)attempt;
	if (session < 0)
		return session;
	close(session);
	return 0;
}

/* The session whose files are retrieved, and these files. */
static int files_session = -1;
static int files[SPARES];
static int nr_files;

static void hold_files(int dev, int attempt)
{
	(void)attempt;
	if (files_session < 0)
		files_session = luo_get(luo_retrieve(dev, "files"));
}

static int retrieve_file(int dev, int attempt)
{
	int fd = luo_retrieve_fd(files_session, attempt);

	(void)dev;
	if (fd < 0)
		return fd;
	files[nr_files++] = fd;
	return 0;
}

static void check_files(void)
{
	int i;

	for (i = 0; i < nr_files; i++) {
		luo_check(luo_matches(files[i], 0, PAGES * PAGE, i));
		close(files[i]);
	}
	luo_check_eq(luo_finish(files_session), 0);
	close(files_session);
}

/* The session to finish, and its number. */
static int spare = -1;
static int spare_nr = -1;

static void hold_spare(int dev, int attempt)
{
	char name[32];

	if (attempt == spare_nr)
		return;
	if (spare >= 0)
		close(spare);
	name_session(name, attempt);
	spare = luo_get(luo_retrieve(dev, name));
	spare_nr = attempt;
	close(luo_get(luo_retrieve_fd(spare, attempt)));
}

static int finish_spare(int dev, int attempt)
{
	(void)dev;
	(void)attempt;
	return luo_finish(spare);
}

/* Starts with the last spare session, as the first ones are used already. */
static int discard_spare(int dev, int attempt)
{
	char name[32];

	name_session(name, SPARES - 1 - attempt);
	return luo_discard(dev, name);
}

static void cancel(int dev, int attempt)
{
	(void)attempt;
	if (luo_state(dev) == LIVEUPDATE_STATE_PREPARED)
		luo_check_eq(luo_event(dev, LIVEUPDATE_CANCEL), 0);
}

/* Prepares to hand over the rest unchanged. */
static int prepare(int dev, int attempt)
{
	(void)attempt;
	return luo_event(dev, LIVEUPDATE_PREPARE);
}

static const struct sweep before_files[] = {
	{ "RETRIEVE_SESSION", NULL, retrieve_session, true },
	{ "RETRIEVE_FD", hold_files, retrieve_file, true },
};

static const struct sweep after_files[] = {
	{ "FINISH", hold_spare, finish_spare, false },
	{ "DISCARD", NULL, discard_spare, false },
	{ "PREPARE", cancel, prepare, true },
};

static void take_over(void)
{
	int dev = luo_get(luo_open()), i;

	luo_check_eq(luo_nth_open(), 0);
	for (i = 0; i < ARRAY_SIZE(before_files); i++)
		run_sweep(&before_files[i], dev);
	check_files();
	for (i = 0; i < ARRAY_SIZE(after_files); i++) {
		run_sweep(&after_files[i], dev);
		if (spare >= 0)
			close(spare);
		spare = -1;
	}
	luo_nth_close();
	luo_next_kernel();
}

static void complete(void)
{
	int dev = luo_get(luo_open()), session, fd;

	session = luo_get(luo_retrieve(dev, "kept"));
	fd = luo_get(luo_retrieve_fd(session, 77));
	luo_check(luo_matches(fd, 0, PAGES * PAGE, 77));
	luo_check_eq(luo_finish(session), 0);
	close(session);
	luo_check_eq(luo_event(dev, LIVEUPDATE_FINISH), 0);
	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_NORMAL);
	luo_check_eq(luo_kho_incoming_pages(), 0);
}

static const struct luo_stage stages[] = {
	{ "preserve", preserve },
	{ "retrieve with failing allocations", take_over },
	{ "the rest is complete", complete },
};

int main(void)
{
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
