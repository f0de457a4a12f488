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
#include <linux/kexec_handover.h>

#include "luo_flb.h"
#include "luo_internal.h"
#include "luo_subsystem.h"
#include "luo_sysfs.h"
#include "luo_timeline.h"
#include "luo_trace.h"

/* What nobody has asked for in this kernel is part of the next update. */
static int hand_on(void)
{
	int err;

	if (luo_state_get() != LIVEUPDATE_STATE_UPDATED)
		return 0;
	err = luo_sessions_hand_on();
	if (err)
		return err;
	err = luo_flbs_hand_on();
	if (err)
		goto err_sessions;
	err = kho_hand_on();
	if (err)
		goto err_flbs;
	return 0;

err_flbs:
	luo_flbs_take_back();
err_sessions:
	luo_sessions_take_back();
	return err;
}

/* Undoes hand_on(); without it before does nothing. */
static void take_back(void)
{
	kho_take_back();
	luo_flbs_take_back();
	luo_sessions_take_back();
}

static int do_prepare(void)
{
	int err;

	err = hand_on();
	if (err)
		return err;
	err = luo_subsystems_prepare();
	if (err)
		goto err_take_back;
	err = luo_sessions_raise(LIVEUPDATE_STATE_PREPARED);
	if (err)
		goto err_subsystems;
	return 0;

err_subsystems:
	luo_subsystems_cancel();
err_take_back:
	take_back();
	return err;
}

static int prepare(void)
{
	int err;

	luo_timeline_mark(LUO_POINT_PREPARE_BEGIN);
	err = do_prepare();
	luo_timeline_mark(LUO_POINT_PREPARE_END);
	return err;
}

/* Undoes prepare(). */
static void unprepare(void)
{
	luo_sessions_lower(LIVEUPDATE_STATE_PREPARED);
	luo_subsystems_cancel();
	take_back();
	luo_timeline_reset();
}

/* Files before subsystems, which may have to do with all of them. */
static int freeze(void)
{
	int err;

	luo_timeline_mark(LUO_POINT_FREEZE_BEGIN);
	err = luo_sessions_raise(LIVEUPDATE_STATE_FROZEN);
	if (err)
		return err;
	err = luo_subsystems_freeze();
	if (err)
		luo_sessions_lower(LIVEUPDATE_STATE_FROZEN);
	return err;
}

/* Takes everything back, also sessions that were prepared one by one. */
static int cancel(void)
{
	luo_sessions_cancel();
	luo_subsystems_cancel();
	take_back();
	luo_timeline_reset();
	return 0;
}

static int finish(void)
{
	int err = luo_sessions_finish();

	if (err)
		return err;
	luo_flbs_finish_all();
	luo_subsystems_finish();
	luo_timeline_mark(LUO_POINT_FINISH);
	return 0;
}

static int do_event(enum liveupdate_event event)
{
	switch (event) {
	case LIVEUPDATE_PREPARE:
		return prepare();
	case LIVEUPDATE_FREEZE:
		return freeze();
	case LIVEUPDATE_CANCEL:
		return cancel();
	case LIVEUPDATE_FINISH:
		return finish();
	}
	return -EINVAL;
}

/* If not the whole, there may be sessions to take back. */
static int refuse(enum liveupdate_event event, int err)
{
	if (event != LIVEUPDATE_CANCEL ||
	    luo_state_get() == LIVEUPDATE_STATE_FROZEN)
		return err;
	return luo_sessions_cancel() ? 0 : -ENOENT;
}

static void set_state(enum liveupdate_state next)
{
	luo_state_set(next);
	luo_sysfs_notify_state();
}

static int run_event(enum liveupdate_event event)
{
	const enum liveupdate_state before = luo_state_get();
	const u64 start = luo_trace_start();
	int next = luo_state_next(event);
	int err;

	if (next < 0)
		return refuse(event, next);
	err = do_event(event);
	if (!err)
		set_state(next);
	luo_trace_state("", event, before, luo_state_get(), err, start);
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
	luo_event_leave();
	return err;
}

/*
 * A kexec is on its way that carries nothing. Whoever came now, and preserved
 * something, would lose it.
 */
void luo_event_close(void)
{
	set_state(LIVEUPDATE_STATE_FROZEN);
}

/* True if there is something that the next kernel has to get. */
bool luo_event_pending(void)
{
	/* Whoever has said PREPARE wants subsystems to be carried, at least. */
	return luo_state_get() == LIVEUPDATE_STATE_PREPARED ||
	       luo_sessions_outgoing() || luo_sessions_incoming() ||
	       luo_subsystems_incoming();
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
		set_state(before);
	}
	if (err)
		return err;
	*sessions = luo_sessions_write();
	return 0;
}

/* An update without sessions is over when somebody says so. */
static bool is_settled(void)
{
	return luo_state_get() == LIVEUPDATE_STATE_UPDATED &&
	       luo_sessions_came() && !luo_sessions_incoming();
}

/*
 * Ends an event. The last incoming session may have ended right before it began,
 * and the state that the event came back to has not noticed.
 */
void luo_event_leave(void)
{
	if (is_settled())
		run_event(LIVEUPDATE_FINISH);
	luo_exit_event();
}

/* When the last incoming session has ended, so has the update. */
void luo_event_settle(void)
{
	if (!is_settled())
		return;
	luo_enter_event_always();
	luo_event_leave();
}
