// SPDX-License-Identifier: GPL-2.0
/*
 * Compares the documented lock order with what lockdep has recorded, in a
 * kernel that has retrieved sessions and prepared the next update. Needs
 * CONFIG_PROVE_LOCKING, and the module luo_test.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

/* Names of locks in lockdep. */
static const char *const locks[] = {
	"state.lock",
	"&files->lock",
	"&lf->lock",
	"handlers_lock",
	"luo_flbs_lock",
	"luo_formats_lock",
	"luo_outgoing.lock",
	"luo_incoming.lock",
	"&files->map_lock",
	"subsystems.lock",
};

#define LOCKS ARRAY_SIZE(locks)

/*
 * Documentation/core-api/liveupdate.rst: the second is taken inside the first.
 */
static const char *const inside[][2] = {
	{ "state.lock", "&files->lock" },
	{ "state.lock", "subsystems.lock" },
	{ "&files->lock", "&lf->lock" },
	{ "&files->lock", "luo_incoming.lock" },
	{ "&lf->lock", "handlers_lock" },
	{ "handlers_lock", "luo_flbs_lock" },
	{ "luo_flbs_lock", "luo_formats_lock" },
	{ "luo_outgoing.lock", "&files->map_lock" },
	{ "luo_incoming.lock", "&files->map_lock" },
};

/* Allowed by the documentation, but not done by the kernel. */
static const char *const allowed[][2] = {
	{ "&files->lock", "luo_outgoing.lock" },
};

/* A relation of locks: [outer][inner]. */
struct order {
	bool has[LOCKS][LOCKS];
};

static int find_lock(const char *name)
{
	int i;

	for (i = 0; i < LOCKS; i++) {
		if (!strcmp(locks[i], name))
			return i;
	}
	return -1;
}

static void add(struct order *order, const char *outer, const char *inner)
{
	order->has[luo_get(find_lock(outer))][luo_get(find_lock(inner))] = true;
}

/* Computes the transitive closure. */
static void close_order(struct order *order)
{
	int via, outer, inner;

	for (via = 0; via < LOCKS; via++)
		for (outer = 0; outer < LOCKS; outer++)
			for (inner = 0; inner < LOCKS; inner++)
				order->has[outer][inner] |=
					order->has[outer][via] &&
					order->has[via][inner];
}

/* The name of a lock at the end of a line of /proc/lockdep. */
static const char *name_in(char *line, const char *before)
{
	char *name = NULL, *next = line;

	line[strcspn(line, "\n")] = '\0';
	while ((next = strstr(next, before))) {
		next += strlen(before);
		name = next;
	}
	return name ?: "";
}

/* Each paragraph is a lock class and the classes taken directly inside it. */
static struct order read_lockdep(bool known[LOCKS])
{
	FILE *file = fopen("/proc/lockdep", "r");
	struct order seen = {};
	int outer = -1, inner;
	char line[512];

	luo_check(file);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, " -> ", 4)) {
			outer = find_lock(name_in(line, ": "));
			if (outer >= 0)
				known[outer] = true;
			continue;
		}
		inner = find_lock(name_in(line, "] "));
		if (outer >= 0 && inner >= 0)
			seen.has[outer][inner] = true;
	}
	fclose(file);
	return seen;
}

static int count_surprises(const struct order *seen, const struct order *may)
{
	int outer, inner, nr = 0;

	for (outer = 0; outer < LOCKS; outer++) {
		for (inner = 0; inner < LOCKS; inner++) {
			if (!seen->has[outer][inner] ||
			    may->has[outer][inner])
				continue;
			ksft_print_msg("undocumented order: %s inside %s\n",
				       locks[inner], locks[outer]);
			nr++;
		}
	}
	return nr;
}

static int count_unseen(struct order seen)
{
	int i, nr = 0;

	close_order(&seen);
	for (i = 0; i < ARRAY_SIZE(inside); i++) {
		if (seen.has[find_lock(inside[i][0])][find_lock(inside[i][1])])
			continue;
		ksft_print_msg("never taken: %s inside %s\n", inside[i][1],
			       inside[i][0]);
		nr++;
	}
	return nr;
}

static void check_order(void)
{
	bool known[LOCKS] = {};
	struct order seen = read_lockdep(known);
	struct order may = {};
	int i;

	for (i = 0; i < LOCKS; i++) {
		if (!known[i])
			ksft_print_msg("no such lock: %s\n", locks[i]);
		luo_check(known[i]);
	}
	for (i = 0; i < ARRAY_SIZE(inside); i++)
		add(&may, inside[i][0], inside[i][1]);
	for (i = 0; i < ARRAY_SIZE(allowed); i++)
		add(&may, allowed[i][0], allowed[i][1]);
	close_order(&may);
	for (i = 0; i < LOCKS; i++)
		luo_check(!may.has[i][i]);
	luo_check_eq(count_surprises(&seen, &may), 0);
	luo_check_eq(count_unseen(seen), 0);
}

/* Creates an outgoing session with a file of luo_test, and a memfd. */
static int make_session(int dev, const char *name)
{
	int session = luo_get(luo_create(dev, name));
	int fd;

	fd = luo_get(luo_test_file(1));
	luo_check_eq(luo_preserve_fd(session, fd, 1), 0);
	close(fd);
	fd = luo_get(luo_memfd_filled("memfd", 4096, 1));
	luo_check_eq(luo_preserve_fd(session, fd, 2), 0);
	close(fd);
	return session;
}

static void preserve(void)
{
	int dev = luo_get(luo_open());

	luo_check_eq(luo_test_load(), 0);
	luo_check_eq(luo_test_tell("subsystem", "+x 1"), 0);
	make_session(dev, "one");
	make_session(dev, "two");
	luo_next_kernel();
}

static void list(int dev, int session, unsigned int flags)
{
	struct liveupdate_session_info sessions[4];
	struct liveupdate_file_info files[4];
	uint64_t cursor = 0;

	luo_check(luo_list(dev, flags, &cursor, sessions, 4) > 0);
	cursor = 0;
	luo_check_eq(luo_list_fds(session, &cursor, files, 4), 2);
}

static void take_over(int dev)
{
	int session = luo_get(luo_retrieve(dev, "one"));

	close(luo_get(luo_retrieve_fd(session, 1)));
	close(luo_get(luo_retrieve_fd(session, 2)));
	list(dev, session, LIVEUPDATE_LIST_INCOMING);
	luo_check_eq(luo_finish(session), 0);
	close(session);
	/* Finished by close(). */
	session = luo_get(luo_retrieve(dev, "two"));
	close(luo_get(luo_retrieve_fd(session, 1)));
	close(luo_get(luo_retrieve_fd(session, 2)));
	close(session);
	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_NORMAL);
}

static void go_on(int dev)
{
	int session = make_session(dev, "three");

	list(dev, session, 0);
	luo_check_eq(luo_unpreserve_fd(session, 2), 0);
	luo_check_eq(luo_session_event(session, LIVEUPDATE_PREPARE), 0);
	luo_check_eq(luo_event(dev, LIVEUPDATE_PREPARE), 0);
	luo_check_eq(luo_event(dev, LIVEUPDATE_CANCEL), 0);
	close(session);
}

static void lock_order(void)
{
	int dev = luo_get(luo_open());

	luo_check_eq(luo_test_load(), 0);
	luo_check_eq(luo_test_tell("subsystem", "+x 1"), 0);
	take_over(dev);
	go_on(dev);
	close(dev);
	luo_check_eq(luo_test_unload(), 0);
	check_order();
}

static const struct luo_stage stages[] = {
	{ "preserve", preserve },
	{ "locks are taken in the documented order", lock_order },
};

int main(void)
{
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
