// SPDX-License-Identifier: GPL-2.0
/*
 * Whether live update is on, and when operations may run.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/export.h>
#include <linux/init.h>
#include <linux/kexec_handover.h>
#include <linux/liveupdate.h>
#include <linux/rwsem.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "luo_internal.h"

static bool enabled __ro_after_init = IS_ENABLED(CONFIG_LIVEUPDATE_DEFAULT_ON);
static bool strict __ro_after_init;

/**
 * struct luo_state - the state of the whole
 * @lock: for reading while an operation runs that needs the sessions to stay
 *	  as they are or changes one; for writing while all of them are frozen
 * @frozen: the next thing to happen is the jump into the next kernel; changes
 *	    under @lock held for writing
 * @thawed: where those wait who can neither go on nor fail while @frozen
 */
struct luo_state {
	struct rw_semaphore lock;
	bool frozen;
	wait_queue_head_t thawed;
};

static struct luo_state state = {
	.lock = __RWSEM_INITIALIZER(state.lock),
	.thawed = __WAIT_QUEUE_HEAD_INITIALIZER(state.thawed),
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

/*
 * Begins an operation, which ends with luo_exit(). If a kexec is on its way it
 * is refused with @frozen_err, unless that is 0.
 */
int luo_enter(int frozen_err)
{
	if (down_read_killable(&state.lock))
		return -EINTR;
	if (state.frozen && frozen_err) {
		up_read(&state.lock);
		return frozen_err;
	}
	return 0;
}

/*
 * Begins the close of an fd, which cannot be refused. If a kexec is on its way
 * the closer sleeps, and the jump ends it: what it wants to give up has been
 * promised to the next kernel.
 */
void luo_enter_close(void)
{
	down_read(&state.lock);
	while (state.frozen) {
		up_read(&state.lock);
		wait_event(state.thawed, !READ_ONCE(state.frozen));
		down_read(&state.lock);
	}
}

void luo_exit(void)
{
	up_read(&state.lock);
}

/* Begins to freeze everything: waits for operations, and keeps new ones out. */
int luo_begin_freeze(void)
{
	return down_write_killable(&state.lock);
}

/* Ends what luo_begin_freeze() began; if it went well, only a jump follows. */
void luo_end_freeze(bool frozen)
{
	WRITE_ONCE(state.frozen, frozen);
	if (!frozen)
		wake_up_all(&state.thawed);
	up_write(&state.lock);
}
