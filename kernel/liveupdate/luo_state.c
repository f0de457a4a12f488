// SPDX-License-Identifier: GPL-2.0
/*
 * Whether live update is on, in which state the whole is, and when operations
 * may run.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/export.h>
#include <linux/init.h>
#include <linux/kexec_handover.h>
#include <linux/liveupdate.h>
#include <linux/poll.h>
#include <linux/rwsem.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "luo_internal.h"

static bool enabled __ro_after_init = IS_ENABLED(CONFIG_LIVEUPDATE_DEFAULT_ON);
static bool strict __ro_after_init;

/**
 * struct luo_state - the state of the whole
 * @lock: for reading while an operation runs that needs the sessions to stay
 *	  as they are or changes one; for writing while an event goes through all
 *	  of them
 * @now: the state; changes under @lock held for writing, read without it by
 *	 those who only want to tell it
 * @before: the state that the last PREPARE came from; protected by @lock
 * @watch: tells of changes of @now
 */
struct luo_state {
	struct rw_semaphore lock;
	enum liveupdate_state now;
	enum liveupdate_state before;
	struct luo_watch watch;
};

static struct luo_state state = {
	.lock = __RWSEM_INITIALIZER(state.lock),
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
 * liveupdate_enabled - tell whether live update is on
 *
 * Context: Any, after the early parameters.
 * Return: true if this kernel can preserve and retrieve files.
 */
bool liveupdate_enabled(void)
{
	return enabled && kho_is_enabled();
}
EXPORT_SYMBOL_GPL(liveupdate_enabled);

/* True if the kernel is to panic rather than run without what was handed over. */
bool __init luo_is_strict(void)
{
	return strict;
}

/* True if somebody asked for live update, whether it can be had or not. */
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

/* Tells those who poll() that something has changed. */
void luo_watch_changed(struct luo_watch *watch)
{
	WRITE_ONCE(watch->changes, watch->changes + 1);
	wake_up_all(&watch->wait);
}

/* The answer to poll() of somebody who has seen the first @seen changes. */
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

/* The state of the whole, which may change right away without the lock. */
enum liveupdate_state luo_state_get(void)
{
	return READ_ONCE(state.now);
}

/* The state that @event leads to now, or -EINVAL. */
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

/* Nobody else is there yet. */
void __init luo_state_boot(enum liveupdate_state first)
{
	state.now = first;
}

/* What an operation fails with in the present state, or 0. */
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
 * Begins an operation, which ends with luo_exit(). It is refused with
 * @closed_err when the set of sessions and files is closed, and with
 * @frozen_err when a kexec is on its way, unless they are 0.
 */
int luo_enter(int closed_err, int frozen_err)
{
	int err;

	if (down_read_killable(&state.lock))
		return -EINTR;
	err = refusal(closed_err, frozen_err);
	if (err)
		up_read(&state.lock);
	return err;
}

/*
 * Begins the close of an fd, which cannot be refused. If a kexec is on its way
 * the closer sleeps, and the jump ends it: what it wants to give up has been
 * promised to the next kernel.
 */
void luo_enter_close(void)
{
	down_read(&state.lock);
	while (state.now == LIVEUPDATE_STATE_FROZEN) {
		up_read(&state.lock);
		wait_event(state.watch.wait,
			   luo_state_get() != LIVEUPDATE_STATE_FROZEN);
		down_read(&state.lock);
	}
}

void luo_exit(void)
{
	up_read(&state.lock);
}

/*
 * Begins an event that is about everything: waits for operations, and keeps new
 * ones out.
 */
int luo_enter_event(void)
{
	return down_write_killable(&state.lock);
}

/* The same for an event that cannot be refused. */
void luo_enter_event_always(void)
{
	down_write(&state.lock);
}

void luo_exit_event(void)
{
	up_write(&state.lock);
}

void luo_assert_event(void)
{
	lockdep_assert_held_write(&state.lock);
}
