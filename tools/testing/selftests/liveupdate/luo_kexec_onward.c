// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions that a kernel does not retrieve, or not completely, are handed over
 * to the next one: the second kernel retrieves nothing, the third one half, the
 * fourth one everything.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

#define PAGE 4096
#define SIZE (1024 * PAGE)

/* Created in the first kernel: two files each, with tokens 0 and 1. */
static const char * const old[] = { "half", "whole", "unwanted" };

static void preserve_old(void)
{
	int dev = luo_get(luo_open());
	unsigned int i;

	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_NORMAL);
	for (i = 0; i < ARRAY_SIZE(old); i++) {
		int session = luo_get(luo_create(dev, old[i]));
		int a = luo_get(luo_memfd_filled("a", SIZE, 2 * i));
		int b = luo_get(luo_memfd_filled("b", SIZE, 2 * i + 1));

		luo_check_eq(luo_preserve_fd(session, a, 0), 0);
		luo_check_eq(luo_preserve_fd(session, b, 1), 0);
		close(a);
		close(b);
	}
	luo_next_kernel();
}

static void check_listed(int dev, unsigned int nr)
{
	struct liveupdate_session_info info[8];
	uint64_t cursor = 0;
	unsigned int i;

	luo_check_eq(luo_list(dev, LIVEUPDATE_LIST_INCOMING, &cursor, info, 8),
		     nr);
	for (i = 0; i < nr; i++) {
		luo_check_eq(info[i].state, LIVEUPDATE_STATE_UPDATED);
		luo_check_eq(info[i].flags, LIVEUPDATE_SESSION_INCOMING);
		luo_check_eq(info[i].retrieved, 0);
	}
}

/* Conditions that make PREPARE fail without effect. */
static void check_refusals(int dev)
{
	long pages = luo_kho_pages();
	int session;

	session = luo_get(luo_retrieve(dev, "whole"));
	luo_check_eq(luo_event(dev, LIVEUPDATE_PREPARE), -EBUSY);
	luo_check_eq(luo_event(dev, LIVEUPDATE_FINISH), -EBUSY);
	luo_check_eq(luo_discard(dev, "whole"), -EBUSY);
	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_UPDATED);
	close(session);

	session = luo_get(luo_create(dev, "whole"));
	luo_check_eq(luo_event(dev, LIVEUPDATE_PREPARE), -EEXIST);
	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_UPDATED);
	close(session);
	luo_check_eq(luo_kho_pages(), pages);
	check_listed(dev, 3);
}

static void check_cancel(int dev)
{
	long pages = luo_kho_pages(), nodes = luo_kho_nodes();
	long waiting = luo_kho_incoming_pages();

	luo_check_eq(luo_event(dev, LIVEUPDATE_CANCEL), -ENOENT);
	luo_check_eq(luo_event(dev, LIVEUPDATE_PREPARE), 0);
	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_PREPARED);
	luo_check(luo_kho_pages() >= pages + waiting);
	luo_check_eq(luo_retrieve(dev, "whole"), -EAGAIN);
	luo_check_eq(luo_discard(dev, "unwanted"), -EBUSY);
	luo_check_eq(luo_event(dev, LIVEUPDATE_FINISH), -EINVAL);
	luo_check_eq(luo_event(dev, LIVEUPDATE_CANCEL), 0);
	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_UPDATED);
	luo_check_eq(luo_kho_pages(), pages);
	luo_check_eq(luo_kho_nodes(), nodes);
	luo_check_eq(luo_kho_incoming_pages(), waiting);
}

static void retrieve_nothing(void)
{
	int dev = luo_get(luo_open());
	int session, fd;

	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_UPDATED);
	check_listed(dev, 3);
	check_refusals(dev);
	check_cancel(dev);

	/* A session of this kernel is handed over as well. */
	session = luo_get(luo_create(dev, "young"));
	fd = luo_get(luo_memfd_filled("young", SIZE, 100));
	luo_check_eq(luo_preserve_fd(session, fd, 7), 0);
	luo_next_kernel();
}

static void check_incoming_events(int session)
{
	luo_check_eq(luo_session_event(session, LIVEUPDATE_PREPARE), -EINVAL);
	luo_check_eq(luo_session_event(session, LIVEUPDATE_FREEZE), -EINVAL);
	luo_check_eq(luo_session_event(session, LIVEUPDATE_CANCEL), -EINVAL);
	luo_check_eq(luo_unpreserve_fd(session, 0), -EINVAL);
	luo_check_eq(luo_session_state(session), LIVEUPDATE_STATE_UPDATED);
}

static void retrieve_half(void)
{
	int dev = luo_get(luo_open());
	int session, fd;

	check_listed(dev, 4);
	session = luo_get(luo_retrieve(dev, "half"));
	check_incoming_events(session);
	fd = luo_get(luo_retrieve_fd(session, 0));
	luo_check(luo_matches(fd, 0, SIZE, 0));
	close(fd);
	close(session);
	luo_check_eq(luo_discard(dev, "unwanted"), 0);
	luo_check_eq(luo_discard(dev, "unwanted"), -ENOENT);
	check_listed(dev, 3);

	/* An explicit PREPARE; reboot(2) does the rest. */
	luo_check_eq(luo_event(dev, LIVEUPDATE_PREPARE), 0);
	luo_next_kernel();
}

static void check_file(int session, uint64_t token, uint64_t seed)
{
	int fd = luo_get(luo_retrieve_fd(session, token));

	luo_check(luo_matches(fd, 0, SIZE, seed));
	close(fd);
}

static void retrieve_everything(void)
{
	int dev = luo_get(luo_open());
	int half, whole, young;

	check_listed(dev, 3);
	half = luo_get(luo_retrieve(dev, "half"));
	whole = luo_get(luo_retrieve(dev, "whole"));
	young = luo_get(luo_retrieve(dev, "young"));
	luo_check_eq(luo_retrieve_fd(half, 0), -ENOENT);
	check_file(half, 1, 1);
	check_file(whole, 0, 2);
	check_file(whole, 1, 3);
	check_file(young, 7, 100);

	luo_check_eq(luo_finish(half), 0);
	luo_check_eq(luo_session_state(half), LIVEUPDATE_STATE_NORMAL);
	luo_check_eq(luo_session_event(half, LIVEUPDATE_FINISH), -EINVAL);
	luo_check_eq(luo_session_event(whole, LIVEUPDATE_FINISH), 0);
	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_UPDATED);
	/* The last session ends the update. */
	close(young);
	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_NORMAL);
	luo_check_eq(luo_event(dev, LIVEUPDATE_FINISH), -EINVAL);
	luo_check_eq(luo_kho_incoming_pages(), 0);
}

static const struct luo_stage stages[] = {
	{ "preserve three sessions", preserve_old },
	{ "retrieve nothing, create another session", retrieve_nothing },
	{ "retrieve half of a session, discard another", retrieve_half },
	{ "retrieve everything that is left", retrieve_everything },
};

int main(void)
{
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
