// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of LUO's state machine: every event in every state of the global
 * state and of sessions.
 */

#include <kunit/test.h>
#include <linux/errno.h>

#include "../luo_machine.h"

/* An event that is not allowed is 0. */
#define U LIVEUPDATE_STATE_UNDEFINED
#define N LIVEUPDATE_STATE_NORMAL
#define P LIVEUPDATE_STATE_PREPARED
#define F LIVEUPDATE_STATE_FROZEN
#define D LIVEUPDATE_STATE_UPDATED
#define B LIVEUPDATE_STATE_BACK

/*
 * Second source of the allowed transitions, independent of luo_transitions.h.
 */
static const int expected[3][5][4] = {
	/*                 PREPARE FREEZE FINISH CANCEL */
	[LUO_WHOLE] = {
		[U] =	{ 0,      0,     0,     0 },
		[N] =	{ P,      0,     0,     0 },
		[P] =	{ 0,      F,     0,     B },
		[F] =	{ 0,      0,     0,     0 },
		[D] =	{ P,      0,     N,     0 },
	},
	[LUO_OUTGOING] = {
		[U] =	{ 0,      0,     0,     0 },
		[N] =	{ P,      0,     0,     0 },
		[P] =	{ 0,      F,     0,     N },
		[F] =	{ 0,      0,     0,     N },
		[D] =	{ 0,      0,     0,     0 },
	},
	[LUO_INCOMING] = {
		[U] =	{ 0,      0,     0,     0 },
		[N] =	{ 0,      0,     0,     0 },
		[P] =	{ 0,      0,     0,     0 },
		[F] =	{ 0,      0,     0,     0 },
		[D] =	{ 0,      0,     N,     0 },
	},
};

static void expect(struct kunit *test, int kind, int state, int event)
{
	int next = luo_machine_next(kind, state, event);

	KUNIT_EXPECT_EQ_MSG(test, next, expected[kind][state][event] ?: -EINVAL,
			    "kind %d, state %s, event %d", kind,
			    luo_state_name(state), event);
}

static void luo_machine_every_pair(struct kunit *test)
{
	int kind, state, event;

	for (kind = LUO_WHOLE; kind <= LUO_INCOMING; kind++) {
		for (state = U; state <= D; state++) {
			for (event = 0; event <= LIVEUPDATE_CANCEL; event++)
				expect(test, kind, state, event);
		}
	}
}

static void luo_machine_unknown_event(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, luo_machine_next(LUO_WHOLE, N, 4), -EINVAL);
	KUNIT_EXPECT_EQ(test, luo_machine_next(LUO_WHOLE, N, -1), -EINVAL);
}

static struct kunit_case luo_machine_cases[] = {
	KUNIT_CASE(luo_machine_every_pair),
	KUNIT_CASE(luo_machine_unknown_event),
	{}
};

static struct kunit_suite luo_machine_suite = {
	.name = "luo_machine",
	.test_cases = luo_machine_cases,
};

kunit_test_suite(luo_machine_suite);

MODULE_DESCRIPTION("Tests of the state machine of LUO");
MODULE_LICENSE("GPL");
