// SPDX-License-Identifier: GPL-2.0
/*
 * Events of sessions, individually and as part of global events.
 *
 * Executes the transitions that luo_transitions.h allows, and rolls them back
 * in reverse order.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/cleanup.h>
#include <linux/list.h>

#include "luo_internal.h"
#include "luo_trace.h"

static void set_state(struct luo_session *session, enum liveupdate_state state)
{
	lockdep_assert_held_write(&session->files.lock);

	WRITE_ONCE(session->state, state);
	luo_watch_changed(&session->watch);
}

/* Undoes FREEZE or, if not frozen, PREPARE. */
static void step_down(struct luo_session *session)
{
	if (session->state == LIVEUPDATE_STATE_FROZEN) {
		luo_files_unfreeze(&session->files);
		set_state(session, LIVEUPDATE_STATE_PREPARED);
	} else {
		luo_files_unprepare(&session->files);
		set_state(session, LIVEUPDATE_STATE_NORMAL);
	}
}

static void lower(struct luo_session *session, enum liveupdate_state target)
{
	while (session->state > target)
		step_down(session);
}

/* Caller has checked luo_files_can_finish(). */
static void finish(struct luo_session *session)
{
	if (session->err)
		pr_warn("session \"%s\": discarding it without its files: their records are malformed, their memory stays reserved\n",
			session->name);
	luo_files_finish(&session->files);
	guard(mutex)(&luo_incoming.lock);
	luo_incoming.waiting--;
}

static int try_finish(struct luo_session *session)
{
	int err = luo_files_can_finish(&session->files);

	if (!err)
		finish(session);
	return err;
}

static int do_event(struct luo_session *session, enum liveupdate_event event,
		    enum liveupdate_state next)
{
	switch (event) {
	case LIVEUPDATE_PREPARE:
		return luo_files_prepare(&session->files);
	case LIVEUPDATE_FREEZE:
		return luo_files_freeze(&session->files);
	case LIVEUPDATE_CANCEL:
		lower(session, next);
		return 0;
	case LIVEUPDATE_FINISH:
		return try_finish(session);
	}
	return -EINVAL;
}

static int run_event(struct luo_session *session, enum liveupdate_event event)
{
	const enum liveupdate_state before = session->state;
	const u64 start = luo_trace_start();
	int next, err;

	lockdep_assert_held_write(&session->files.lock);

	next = luo_machine_next(session->incoming ? LUO_INCOMING : LUO_OUTGOING,
				session->state, event);
	if (next < 0)
		return next;
	err = do_event(session, event, next);
	if (!err)
		set_state(session, next);
	luo_trace_state(session->name, event, before, session->state, err,
			start);
	return err;
}

/*
 * Runs an event for one session. Fails with -EINVAL if it is not allowed in the
 * state of the session, -EINTR if the caller is killed while waiting for
 * operations on the files, or with the error of a file handler.
 */
int luo_session_event(struct luo_session *session, enum liveupdate_event event)
{
	int err;

	if (down_write_killable(&session->files.lock))
		return -EINTR;
	err = run_event(session, event);
	up_write(&session->files.lock);
	return err;
}

/* Returns an outgoing session to NORMAL, where its files can be changed. */
void luo_session_cancel(struct luo_session *session)
{
	guard(rwsem_write)(&session->files.lock);
	lower(session, LIVEUPDATE_STATE_NORMAL);
}

/*
 * Called when the holder of an incoming session has closed it. Finishes the
 * retrieved files; returns true if the session is finished.
 */
bool luo_session_settle(struct luo_session *session)
{
	guard(rwsem_write)(&session->files.lock);
	if (session->state == LIVEUPDATE_STATE_NORMAL)
		return true;
	if (luo_files_all_retrieved(&session->files))
		return !run_event(session, LIVEUPDATE_FINISH);
	luo_files_finish_retrieved(&session->files);
	return false;
}

static int raise(struct luo_session *session, enum liveupdate_state target)
{
	const enum liveupdate_state from = session->state;
	int err;

	guard(rwsem_write)(&session->files.lock);
	while (session->state < target) {
		err = run_event(session, session->state == LIVEUPDATE_STATE_NORMAL ?
					 LIVEUPDATE_PREPARE : LIVEUPDATE_FREEZE);
		if (err) {
			lower(session, from);
			return err;
		}
	}
	return 0;
}

/* Where the state before the transition to @target is saved. */
static enum liveupdate_state *state_before(struct luo_session *session,
					   enum liveupdate_state target)
{
	return &session->before[target == LIVEUPDATE_STATE_FROZEN];
}

static void lower_back(struct luo_session *session,
		       enum liveupdate_state target)
{
	guard(rwsem_write)(&session->files.lock);
	lower(session, *state_before(session, target));
}

/*
 * Brings all outgoing sessions that have not reached @target, PREPARED or
 * FROZEN, to that state; after an error no session has changed.
 */
int luo_sessions_raise(enum liveupdate_state target)
{
	struct luo_session *session;
	int err;

	luo_assert_event();

	list_for_each_entry(session, &luo_outgoing.list, list) {
		*state_before(session, target) = session->state;
		err = raise(session, target);
		if (err) {
			list_for_each_entry_continue_reverse(session,
							     &luo_outgoing.list,
							     list)
				lower_back(session, target);
			return err;
		}
	}
	return 0;
}

/* Undoes luo_sessions_raise(): each session returns to its saved state. */
void luo_sessions_lower(enum liveupdate_state target)
{
	struct luo_session *session;

	luo_assert_event();

	list_for_each_entry_reverse(session, &luo_outgoing.list, list)
		lower_back(session, target);
}

/* Cancels all outgoing sessions. Returns false if there was nothing to do. */
bool luo_sessions_cancel(void)
{
	struct luo_session *session;
	bool found = false;

	luo_assert_event();

	list_for_each_entry_reverse(session, &luo_outgoing.list, list) {
		if (session->state > LIVEUPDATE_STATE_NORMAL)
			found = true;
		luo_session_cancel(session);
	}
	return found;
}

static int can_finish(struct luo_session *session)
{
	guard(rwsem_write)(&session->files.lock);
	if (session->state == LIVEUPDATE_STATE_NORMAL)
		return 0;
	return session->held ? -EBUSY : luo_files_can_finish(&session->files);
}

static void cannot_finish(struct luo_session *session)
{
	guard(rwsem_write)(&session->files.lock);
	if (session->state == LIVEUPDATE_STATE_UPDATED)
		luo_files_cannot_finish(&session->files);
}

static int can_all_finish(void)
{
	struct luo_session *session;
	int err = 0;

	list_for_each_entry(session, &luo_incoming.list, list) {
		err = can_finish(session);
		if (err)
			break;
	}
	if (!err)
		return 0;
	list_for_each_entry_continue_reverse(session, &luo_incoming.list, list)
		cannot_finish(session);
	return err;
}

/*
 * Finishes all incoming sessions, or none, and discards files that were not
 * retrieved. Fails with -EBUSY if a session is held and not finished, or with
 * the error of a file handler.
 */
int luo_sessions_finish(void)
{
	struct luo_session *session;
	int err;

	luo_assert_event();

	err = can_all_finish();
	if (err)
		return err;
	/* can_finish() may change its answer between calls, so call it once. */
	list_for_each_entry(session, &luo_incoming.list, list) {
		guard(rwsem_write)(&session->files.lock);
		if (session->state != LIVEUPDATE_STATE_UPDATED)
			continue;
		finish(session);
		set_state(session, LIVEUPDATE_STATE_NORMAL);
	}
	luo_sessions_reap();
	return 0;
}

/* True if there are unfinished incoming sessions. */
bool luo_sessions_incoming(void)
{
	return READ_ONCE(luo_incoming.waiting);
}

/* True if the previous kernel handed over sessions, finished or not. */
bool luo_sessions_came(void)
{
	return luo_incoming.last_id;
}

/* True if there are outgoing sessions. */
bool luo_sessions_outgoing(void)
{
	luo_assert_event();
	return !list_empty(&luo_outgoing.list);
}

/* Fills in the description of a session for userspace. */
void luo_session_describe(struct luo_session *session,
			  struct liveupdate_session_info *info)
{
	memcpy(info->name, session->name, sizeof(info->name));
	info->state = READ_ONCE(session->state);
	info->flags = session->incoming ? LIVEUPDATE_SESSION_INCOMING : 0;
	if (session->held)
		info->flags |= LIVEUPDATE_SESSION_HELD;
	if (session->err)
		info->flags |= LIVEUPDATE_SESSION_DAMAGED;
	luo_files_count(&session->files, info);
}
