// SPDX-License-Identifier: GPL-2.0
/*
 * Two processes compete for incoming sessions and files.
 */

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_contest.h"
#include "luo_util.h"

#define SIZE (2 * 4096L)
#define ROUNDS 20

/* What the two processes compete for. */
struct duel {
	int dev;
	int session;
	char name[32];
};

static void name_session(struct duel *d, const char *kind, int round)
{
	snprintf(d->name, sizeof(d->name), "%s-%d", kind, round);
}

static void preserve_one(struct duel *d)
{
	int session = luo_get(luo_create(d->dev, d->name));
	int fd = luo_get(luo_memfd_filled(d->name, SIZE, 1));

	luo_check_eq(luo_preserve_fd(session, fd, 1), 0);
	close(fd);
}

static const char * const kinds[] = { "discard", "either", "finish" };

static void preserve_all(void)
{
	struct duel d = { .dev = luo_get(luo_open()), .name = "one" };
	size_t kind;
	int round;

	preserve_one(&d);
	for (kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
		for (round = 0; round < ROUNDS; round++) {
			name_session(&d, kinds[kind], round);
			preserve_one(&d);
		}
	}
	luo_next_kernel();
}

static int retrieve(void *arg)
{
	struct duel *d = arg;

	return luo_retrieve(d->dev, d->name);
}

static int discard(void *arg)
{
	struct duel *d = arg;

	return luo_discard(d->dev, d->name);
}

static int prepare(void *arg)
{
	struct duel *d = arg;

	return luo_event(d->dev, LIVEUPDATE_PREPARE);
}

static int finish(void *arg)
{
	struct duel *d = arg;

	return luo_finish(d->session);
}

/* Returns the inode number: both get the same file, or none. */
static int retrieve_file(void *arg)
{
	struct duel *d = arg;
	int fd = luo_retrieve_fd(d->session, 1);
	struct stat st;
	bool good;

	if (fd < 0)
		return fd;
	good = !fstat(fd, &st) && luo_matches(fd, 0, SIZE, 1);
	close(fd);
	return good ? (int)(st.st_ino & 0x7fffffff) : -EPROTO;
}

/* One process gets the session; when it exits, the session can be retrieved. */
static void check_retrieve(struct duel *d)
{
	int result[2], round;

	for (round = 0; round < ROUNDS; round++) {
		luo_check_eq(luo_contest(retrieve, retrieve, d, result), 0);
		luo_check(luo_one_wins(result, -EINVAL));
	}
}

/* The session is either held, or handed over to the next kernel. */
static void check_prepare(struct duel *d)
{
	int result[2], round;

	for (round = 0; round < ROUNDS; round++) {
		luo_check_eq(luo_contest(retrieve, prepare, d, result), 0);
		if (result[1])
			luo_check(luo_one_wins(result, -EBUSY));
		else
			luo_check_eq(result[0], -EAGAIN);
		if (!result[1])
			luo_check_eq(luo_event(d->dev, LIVEUPDATE_CANCEL), 0);
		luo_check_eq(luo_state(d->dev), LIVEUPDATE_STATE_UPDATED);
	}
}

/* The loser finds the session held, or discarded. */
static void check_discard(struct duel *d)
{
	int result[2], round;

	for (round = 0; round < ROUNDS; round++) {
		name_session(d, "discard", round);
		luo_check_eq(luo_contest(discard, discard, d, result), 0);
		luo_check(luo_one_wins(result, -EBUSY) ||
			  luo_one_wins(result, -ENOENT));
		luo_check_eq(retrieve(d), -ENOENT);
	}
}

static void check_discard_or_retrieve(struct duel *d)
{
	int result[2], round;

	for (round = 0; round < ROUNDS; round++) {
		name_session(d, "either", round);
		luo_check_eq(luo_contest(retrieve, discard, d, result), 0);
		if (!result[1]) {
			luo_check(result[0] == -EINVAL || result[0] == -ENOENT);
			luo_check_eq(retrieve(d), -ENOENT);
			continue;
		}
		/* Files that the dead holder did not retrieve are available. */
		luo_check(luo_one_wins(result, -EBUSY));
		d->session = luo_get(retrieve(d));
		luo_check(retrieve_file(d) >= 0);
		luo_check_eq(finish(d), 0);
		close(d->session);
	}
}

static void check_files(struct duel *d)
{
	int result[2], round;

	for (round = 0; round < ROUNDS; round++) {
		name_session(d, "finish", round);
		d->session = luo_get(retrieve(d));
		if (round % 2) {
			luo_check_eq(luo_contest(retrieve_file, retrieve_file,
						 d, result), 0);
			luo_check(result[0] >= 0 && result[0] == result[1]);
		}
		/*
		 * The file is either retrieved with its contents, or discarded.
		 */
		luo_check_eq(luo_contest(retrieve_file, finish, d, result), 0);
		luo_check_eq(result[1], 0);
		luo_check(result[0] >= 0 || result[0] == -ENOENT);
		close(d->session);
	}
}

static void retrieve_all(void)
{
	struct duel d = { .dev = luo_get(luo_open()), .name = "one" };
	long files = luo_open_files();

	check_retrieve(&d);
	check_prepare(&d);
	check_discard(&d);
	check_discard_or_retrieve(&d);
	check_files(&d);
	luo_check_eq(luo_state(d.dev), LIVEUPDATE_STATE_UPDATED);
	luo_check_eq(luo_discard(d.dev, "one"), 0);
	luo_check_eq(luo_state(d.dev), LIVEUPDATE_STATE_NORMAL);
	luo_check_eq(luo_kho_incoming_pages(), 0);
	luo_check_eq(luo_open_files(), files);
}

static const struct luo_stage stages[] = {
	{ "sessions preserved", preserve_all },
	{ "two processes retrieve at a time", retrieve_all },
};

int main(void)
{
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
