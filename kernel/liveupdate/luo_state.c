// SPDX-License-Identifier: GPL-2.0
/*
 * The enable switch of live update, the global state, and the lock for
 * operations.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/atomic.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kexec_handover.h>
#include <linux/liveupdate.h>
#include <linux/lockdep.h>
#include <linux/poll.h>
#include <linux/rwsem.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "luo_internal.h"

static bool enabled __ro_after_init = IS_ENABLED(CONFIG_LIVEUPDATE_DEFAULT_ON);
static bool strict __ro_after_init;

/**
 * struct luo_state - the global state
 * @lock: held for reading by operations that change a session or need the
 *	  sessions to be stable; held for writing by global events. Events only
 *	  try to take it: readers would queue behind a writer that sleeps in it,
 *	  and CANCEL and close() must not, as the operation that the event waits
 *	  for may depend on them
 * @events: number of events that wait for @lock or hold it; operations other
 *	    than CANCEL and close() do not begin meanwhile
 * @turn: where events wait for operations, and operations for events
 * @now: the state; changed with @lock held for writing; may be read without it
 *	 for reporting
 * @before: the state before the last PREPARE; protected by @lock
 * @watch: notifies of changes of @now
 */
struct luo_state {
	struct rw_semaphore lock;
	atomic_t events;
	wait_queue_head_t turn;
	enum liveupdate_state now;
	enum liveupdate_state before;
	struct luo_watch watch;
};

static struct luo_state state = {
	.lock = __RWSEM_INITIALIZER(state.lock),
	.turn = __WAIT_QUEUE_HEAD_INITIALIZER(state.turn),
	.watch.wait = __WAIT_QUEUE_HEAD_INITIALIZER(state.watch.wait),
};

static int __init parse_liveupdate(char *arg)
{
	if (!arg)
		return -EINVAL;
	if (!strcmp(arg, "strict")) {
		enabled = true;
		strict = true;
		return 0;
	}
	return kstrtobool(arg, &enabled);
}
early_param("liveupdate", parse_liveupdate);

/**
 * liveupdate_enabled - check whether live update is enabled
 *
 * Context: Any, after the early parameters are parsed.
 * Return: true if this kernel can preserve and retrieve files.
 */
bool liveupdate_enabled(void)
{
	return enabled && kho_is_enabled();
}
EXPORT_SYMBOL_GPL(liveupdate_enabled);

/* True if the kernel must panic if it cannot read the handover. */
bool __init luo_is_strict(void)
{
	return strict;
}

/* True if live update is requested, even if it is not available. */
bool __init luo_is_wanted(void)
{
	return enabled;
}

void __init luo_disable(void)
{
	enabled = false;
}

void luo_watch_init(struct luo_watch *watch)
{
	init_waitqueue_head(&watch->wait);
	watch->changes = 0;
}

/* Counts a change and wakes pollers. */
void luo_watch_changed(struct luo_watch *watch)
{
	WRITE_ONCE(watch->changes, watch->changes + 1);
	wake_up_all(&watch->wait);
}

/* Result of poll() for an opener that has read the first @seen changes. */
__poll_t luo_watch_poll(struct luo_watch *watch, struct file *file,
			struct poll_table_struct *table, unsigned int seen)
{
	poll_wait(file, &watch->wait, table);
	return READ_ONCE(watch->changes) == seen ? 0 : EPOLLIN | EPOLLPRI;
}

struct luo_watch *luo_state_watch(void)
{
	return &state.watch;
}

/* Returns the global state, which is stable only under luo_state.lock. */
enum liveupdate_state luo_state_get(void)
{
	return READ_ONCE(state.now);
}

/* Returns the global state after @event, or -EINVAL. */
int luo_state_next(enum liveupdate_event event)
{
	int next;

	lockdep_assert_held_write(&state.lock);

	next = luo_machine_next(LUO_WHOLE, state.now, event);
	return next == LIVEUPDATE_STATE_BACK ? state.before : next;
}

void luo_state_set(enum liveupdate_state next)
{
	lockdep_assert_held_write(&state.lock);

	if (next == state.now)
		return;
	if (next == LIVEUPDATE_STATE_PREPARED &&
	    state.now != LIVEUPDATE_STATE_FROZEN)
		state.before = state.now;
	pr_debug("%s -> %s\n", luo_state_name(state.now), luo_state_name(next));
	WRITE_ONCE(state.now, next);
	luo_watch_changed(&state.watch);
}

/* Called during boot, without concurrent access. */
void __init luo_state_boot(enum liveupdate_state first)
{
	state.now = first;
}

/* Returns the error of an operation in the current state, or 0. */
static int refusal(int closed_err, int frozen_err)
{
	switch (state.now) {
	case LIVEUPDATE_STATE_PREPARED:
		return closed_err;
	case LIVEUPDATE_STATE_FROZEN:
		return frozen_err;
	default:
		return 0;
	}
}

/*
 * Begins an operation that undoes something, until luo_exit(). Fails as
 * luo_enter() does, but does not wait for events that have not begun.
 */
int luo_enter_undo(int closed_err, int frozen_err)
{
	int err;

	if (down_read_killable(&state.lock))
		return -EINTR;
	err = refusal(closed_err, frozen_err);
	if (err)
		luo_exit();
	return err;
}

/*
 * Begins an operation, until luo_exit(). Fails with @closed_err if the set of
 * sessions and files is closed, and with @frozen_err if a kexec is in progress,
 * unless they are 0.
 */
int luo_enter(int closed_err, int frozen_err)
{
	/* Without this, events might never find the lock free. */
	if (wait_event_killable(state.turn, !atomic_read(&state.events)))
		return -EINTR;
	return luo_enter_undo(closed_err, frozen_err);
}

/*
 * Begins the close of an fd, which cannot fail. In FROZEN the caller sleeps
 * until the freeze is undone, or the kexec happens: the resources of the fd
 * have been serialized for the next kernel and must not be released.
 */
void luo_enter_close(void)
{
	down_read(&state.lock);
	while (state.now == LIVEUPDATE_STATE_FROZEN) {
		luo_exit();
		wait_event(state.watch.wait,
			   luo_state_get() != LIVEUPDATE_STATE_FROZEN);
		down_read(&state.lock);
	}
}

void luo_exit(void)
{
	up_read(&state.lock);
	wake_up_all(&state.turn);
}

static void end_event(void)
{
	atomic_dec(&state.events);
	wake_up_all(&state.turn);
}

/* Begins a global event: waits for running operations, and blocks new ones. */
int luo_enter_event(void)
{
	int err;

	might_lock(&state.lock);
	atomic_inc(&state.events);
	err = wait_event_killable(state.turn, down_write_trylock(&state.lock));
	if (err)
		end_event();
	return err;
}

/* The same without waiting; false if operations or another event are running. */
bool luo_try_enter_event(void)
{
	if (!down_write_trylock(&state.lock)) {
		/* On PREEMPT_RT a waiting event may have failed because of this. */
		wake_up_all(&state.turn);
		return false;
	}
	atomic_inc(&state.events);
	return true;
}

void luo_exit_event(void)
{
	up_write(&state.lock);
	end_event();
}

void luo_assert_event(void)
{
	lockdep_assert_held_write(&state.lock);
}
