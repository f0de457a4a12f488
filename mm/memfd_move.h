/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How long it is tried to move a folio to where it may stay.
 */

#ifndef _MM_MEMFD_MOVE_H
#define _MM_MEMFD_MOVE_H

#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

/* The waits for one folio are about a second, all together. */
#define MEMFD_MOVE_RETRIES	11

/*
 * A folio that somebody has a reference to cannot be moved. Most have it for a
 * moment only, and it would be wrong to fail for that; but nobody tells when
 * they let go of it. The first retry is at once, before each other one this
 * waits twice as long. -EBUSY if there were enough of them, -EINTR after a fatal
 * signal.
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
