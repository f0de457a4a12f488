// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Names of states and events, as in sysfs.
 */

#include "private.h"

static const char * const states[] = {
	[LUO_STATE_UNDEFINED] = "undefined",
	[LUO_STATE_NORMAL] = "normal",
	[LUO_STATE_PREPARED] = "prepared",
	[LUO_STATE_FROZEN] = "frozen",
	[LUO_STATE_UPDATED] = "updated",
};

static const char * const events[] = {
	[LUO_EVENT_PREPARE] = "prepare",
	[LUO_EVENT_FREEZE] = "freeze",
	[LUO_EVENT_FINISH] = "finish",
	[LUO_EVENT_CANCEL] = "cancel",
};

static const char *name_of(const char * const *names, size_t count, int value)
{
	return value >= 0 && (size_t)value < count ? names[value] : NULL;
}

const char *luo_state_name(int state)
{
	return name_of(states, sizeof(states) / sizeof(*states), state);
}

const char *luo_event_name(int event)
{
	return name_of(events, sizeof(events) / sizeof(*events), event);
}
