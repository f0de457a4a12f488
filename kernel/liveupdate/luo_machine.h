/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state machine of live update, independent of the rest of LUO.
 */

#ifndef _LINUX_LIVEUPDATE_LUO_MACHINE_H
#define _LINUX_LIVEUPDATE_LUO_MACHINE_H

#include <uapi/linux/liveupdate.h>

/* Objects that have a state. */
enum luo_kind {
	LUO_WHOLE,
	LUO_OUTGOING,
	LUO_INCOMING,
};

/* Placeholder for the state before the last PREPARE. */
#define LIVEUPDATE_STATE_BACK	(LIVEUPDATE_STATE_UPDATED + 1)

int luo_machine_next(enum luo_kind kind, enum liveupdate_state state,
		     enum liveupdate_event event);
const char *luo_state_name(enum liveupdate_state state);

#endif /* _LINUX_LIVEUPDATE_LUO_MACHINE_H */
