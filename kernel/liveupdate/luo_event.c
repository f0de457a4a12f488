// SPDX-License-Identifier: GPL-2.0
/*
 * Events that are about everything: what they do, in which order, and how it is
 * undone.
 *
 * Each of them holds luo_state.lock for writing, so nothing else happens
 * meanwhile. If one fails, everything is as it was before.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/errno.h>

#include "luo_internal.h"

static int prepare(void)
{
	int err;

	err = luo_sessions_hand_on();
	if (err)
		return err;
	err = luo_sessions_raise(LIVEUPDATE_STATE_PREPARED);
	if (err)
		luo_sessions_take_back();
	return err;
}

/* Undoes prepare(). */
static void unprepare(void)
{
	luo_sessions_lower(LIVEUPDATE_STATE_PREPARED);
	luo_sessions_take_back();
}

static int freeze(void)
{
	return luo_sessions_raise(LIVEUPDATE_STATE_FROZEN);
}

/* Also takes back sessions that were prepared one by one. */
static int cancel(bool prepared)
{
	bool found = luo_sessions_cancel();

	if (!prepared)
		return found ? 0 : -ENOENT;
	luo_sessions_take_back();
	return 0;
}

static int finish(void)
{
	return luo_sessions_finish();
}

static int do_event(enum liveupdate_event event)
{
	switch (event) {
	case LIVEUPDATE_PREPARE:
		return prepare();
	case LIVEUPDATE_FREEZE:
		return freeze();
	case LIVEUPDATE_CANCEL:
		return cancel(true);
	case LIVEUPDATE_FINISH:
		return finish();
	}
	return -EINVAL;
}

static int run_event(enum liveupdate_event event)
{
	int next = luo_state_next(event);
	int err;

	/* There may be sessions to take back, if not the whole. */
	if (next < 0 && event == LIVEUPDATE_CANCEL &&
	    luo_state_get() != LIVEUPDATE_STATE_FROZEN)
		return cancel(false);
	if (next < 0)
		return next;
	err = do_event(event);
	if (!err)
		luo_state_set(next);
	return err;
}

/*
 * Makes an event happen to everything. -EINVAL if it may not happen in the
 * present state, -EINTR if the caller is being killed while others work, -EBUSY
 * if an incoming session is in the way, -ENOENT if there is nothing to cancel,
 * or what one of those concerned fails with.
 */
int luo_event(enum liveupdate_event event)
{
	int err;

	if (luo_enter_event())
		return -EINTR;
	err = run_event(event);
	luo_exit_event();
	return err;
}

/* True if there is something that the next kernel has to get. */
bool luo_event_pending(void)
{
	return luo_sessions_outgoing() || luo_sessions_incoming();
}

/*
 * Brings everything to where only the jump can follow, and tells what the next
 * kernel has to know of sessions.
 */
int luo_event_reboot(u64 *sessions)
{
	const bool implicit = luo_state_get() != LIVEUPDATE_STATE_PREPARED;
	const enum liveupdate_state before = luo_state_get();
	int err = 0;

	luo_assert_event();

	if (implicit)
		err = run_event(LIVEUPDATE_PREPARE);
	if (err)
		return err;
	err = run_event(LIVEUPDATE_FREEZE);
	if (err && implicit) {
		unprepare();
		luo_state_set(before);
	}
	if (err)
		return err;
	*sessions = luo_sessions_write();
	return 0;
}

static bool is_settled(void)
{
	return luo_state_get() == LIVEUPDATE_STATE_UPDATED &&
	       !luo_sessions_incoming();
}

/* When the last incoming session has ended, so has the update. */
void luo_event_settle(void)
{
	if (!is_settled())
		return;
	luo_enter_event_always();
	if (is_settled())
		run_event(LIVEUPDATE_FINISH);
	luo_exit_event();
}
