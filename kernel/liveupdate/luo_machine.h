/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state machine of live update, without anything that it drives.
 */

#ifndef _LINUX_LIVEUPDATE_LUO_MACHINE_H
#define _LINUX_LIVEUPDATE_LUO_MACHINE_H

#include <uapi/linux/liveupdate.h>

/* What has a state. */
enum luo_kind {
	LUO_WHOLE,
	LUO_OUTGOING,
	LUO_INCOMING,
};

/* Stands for the state that the last PREPARE came from. */
#define LIVEUPDATE_STATE_BACK	(LIVEUPDATE_STATE_UPDATED + 1)

int luo_machine_next(enum luo_kind kind, enum liveupdate_state state,
		     enum liveupdate_event event);
const char *luo_state_name(enum liveupdate_state state);

#endif /* _LINUX_LIVEUPDATE_LUO_MACHINE_H */
