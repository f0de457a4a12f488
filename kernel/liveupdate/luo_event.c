// SPDX-License-Identifier: GPL-2.0
/*
 * Global events: PREPARE, FREEZE, CANCEL and FINISH of everything.
 *
 * Global events hold luo_state.lock for writing, so they exclude all other
 * operations. A failed event is rolled back.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/errno.h>
#include <linux/kexec_handover.h>
#include <asm/barrier.h>

#include "luo_flb.h"
#include "luo_internal.h"
#include "luo_subsystem.h"
#include "luo_sysfs.h"
#include "luo_timeline.h"
#include "luo_trace.h"

/* Carries forward all sessions and objects that were not retrieved. */
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

/* Undoes hand_on(); does nothing without a preceding hand_on(). */
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

/* Subsystems are frozen last, because their state may depend on the files. */
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

/* Rolls back PREPARE and FREEZE, also of individually prepared sessions. */
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

/* CANCEL is also valid if only individual sessions are prepared or frozen. */
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
 * Runs a global event. Fails with -EINVAL if it is not allowed in the current
 * state, -EINTR if the caller is killed while waiting for other operations,
 * -EBUSY if an incoming session is held, -ENOENT if there is nothing to cancel,
 * or with the error of a callback.
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
 * Enters FROZEN for a kexec without anything to hand over, so that nothing can
 * be preserved and lost from now on.
 */
void luo_event_close(void)
{
	set_state(LIVEUPDATE_STATE_FROZEN);
}

/* True if there is anything to hand over. */
bool luo_event_pending(void)
{
	/* An explicit PREPARE requests a handover of subsystem data, too. */
	return luo_state_get() == LIVEUPDATE_STATE_PREPARED ||
	       luo_sessions_outgoing() || luo_sessions_incoming() ||
	       luo_subsystems_incoming();
}

/*
 * Prepares if necessary, freezes, and serializes all sessions. @sessions is set
 * to the pa of their records.
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

/* An update without sessions is finished only by an explicit FINISH. */
static bool is_settled(void)
{
	return luo_state_get() == LIVEUPDATE_STATE_UPDATED &&
	       luo_sessions_came() && !luo_sessions_incoming();
}

/*
 * Ends a global event. If the last incoming session was finished just before
 * it, a rollback or CANCEL has returned to UPDATED; finish the update in this
 * case.
 */
void luo_event_leave(void)
{
	if (is_settled())
		run_event(LIVEUPDATE_FINISH);
	luo_exit_event();
}

/*
 * Finishes the update if the last incoming session is finished. Called after
 * luo_exit(). Does not wait: if other operations or an event are running, the
 * last of them does it.
 */
void luo_event_settle(void)
{
	/*
	 * Orders luo_exit() before is_settled(). Pairs with the same barrier of
	 * an operation that ended a session, and could not lock because of this
	 * one: this one sees that the session has ended.
	 */
	smp_mb();
	if (is_settled() && luo_try_enter_event())
		luo_event_leave();
}
