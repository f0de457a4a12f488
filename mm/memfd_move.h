/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Retries of folio migration.
 */

#ifndef _MM_MEMFD_MOVE_H
#define _MM_MEMFD_MOVE_H

#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

/* The waits for one folio add up to about a second. */
#define MEMFD_MOVE_RETRIES	11

/*
 * A folio cannot be migrated while it has an extra reference. Most of these are
 * short-lived and should not make PRESERVE_FD fail, but dropping them wakes no
 * waiter. The first retry is immediate, and the wait before each later one
 * doubles. -EBUSY after the last retry, -EINTR after a fatal signal.
 */
static inline int memfd_wait_to_move(unsigned int *retries)
{
	if (*retries == MEMFD_MOVE_RETRIES)
		return -EBUSY;
	if (*retries)
		schedule_timeout_killable(msecs_to_jiffies(1U << (*retries - 1)));
	(*retries)++;
	return fatal_signal_pending(current) ? -EINTR : 0;
}

#endif /* _MM_MEMFD_MOVE_H */
