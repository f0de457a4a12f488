// SPDX-License-Identifier: GPL-2.0
/*
 * What happens to sessions: events for one of them, and for all.
 *
 * What luo_transitions.h allows is done here, step by step, and undone in the
 * reverse order.
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

/* Undoes the last step up. */
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

/* Nobody has anything against it: luo_files_can_finish() has been asked. */
static void finish(struct luo_session *session)
{
	if (session->err)
		pr_warn("session %s is discarded, the memory of its files stays reserved: its records are damaged\n",
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
 * Makes an event happen to one session alone. -EINVAL if it may not happen in
 * the session's state, -EINTR if the caller is being killed while others work
 * on the files, or what a file's handler fails with.
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

/* Takes an outgoing session back to where its files can be changed. */
void luo_session_cancel(struct luo_session *session)
{
	guard(rwsem_write)(&session->files.lock);
	lower(session, LIVEUPDATE_STATE_NORMAL);
}

/*
 * The holder of an incoming session is gone. Ends the update for the files that
 * were retrieved, and returns true if there are no others.
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

/* Where the state is kept that a session had before it was raised to @target. */
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
 * Brings all outgoing sessions to @target, PREPARED or FROZEN, those that are
 * not there yet, or changes none of them.
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

/* Undoes luo_sessions_raise(): each session goes to where it was. */
void luo_sessions_lower(enum liveupdate_state target)
{
	struct luo_session *session;

	luo_assert_event();

	list_for_each_entry_reverse(session, &luo_outgoing.list, list)
		lower_back(session, target);
}

/* Takes all outgoing sessions back. Returns false if there was nothing to do. */
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
 * Discards all incoming sessions that are left, or none. -EBUSY if one is held
 * and not finished, or what a file's handler fails with.
 */
int luo_sessions_finish(void)
{
	struct luo_session *session;
	int err;

	luo_assert_event();

	err = can_all_finish();
	if (err)
		return err;
	/* Who is asked twice may say something else. */
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

/* True as long as there are incoming sessions that are not finished. */
bool luo_sessions_incoming(void)
{
	return READ_ONCE(luo_incoming.waiting);
}

/* True if sessions came along, whatever has become of them. */
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

/* What userspace is told of a session. */
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
