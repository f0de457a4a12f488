// SPDX-License-Identifier: GPL-2.0
/*
 * The state machine of live update. luo_transitions.h lists all allowed
 * transitions.
 */

#include <linux/errno.h>
#include <linux/kernel.h>

#include "luo_machine.h"

struct luo_transition {
	enum luo_kind kind;
	enum liveupdate_state from;
	enum liveupdate_event event;
	int to;
};

#define LUO_TRANSITION(_kind, _from, _event, _to)			\
	{								\
		.kind = LUO_##_kind,					\
		.from = LIVEUPDATE_STATE_##_from,			\
		.event = LIVEUPDATE_##_event,				\
		.to = LIVEUPDATE_STATE_##_to,				\
	},

static const struct luo_transition transitions[] = {
#include "luo_transitions.h"
};

/*
 * Returns the state after @event, or LIVEUPDATE_STATE_BACK; -EINVAL if the
 * event is not allowed in @state.
 */
int luo_machine_next(enum luo_kind kind, enum liveupdate_state state,
		     enum liveupdate_event event)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(transitions); i++) {
		const struct luo_transition *t = &transitions[i];

		if (t->kind == kind && t->from == state && t->event == event)
			return t->to;
	}
	return -EINVAL;
}

static const char *const names[] = {
	[LIVEUPDATE_STATE_UNDEFINED] = "undefined",
	[LIVEUPDATE_STATE_NORMAL] = "normal",
	[LIVEUPDATE_STATE_PREPARED] = "prepared",
	[LIVEUPDATE_STATE_FROZEN] = "frozen",
	[LIVEUPDATE_STATE_UPDATED] = "updated",
};

/* Name of a state in sysfs, fdinfo and messages. */
const char *luo_state_name(enum liveupdate_state state)
{
	return names[state];
}
