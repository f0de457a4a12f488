// SPDX-License-Identifier: GPL-2.0
/*
 * The unit tests of luod.
 */

#include "suite.h"

const struct suite suites[] = {
	{ "protocol", protocol_tests },
	{ "policy", policy_tests },
	{ "state", state_tests },
	{ "update", update_tests },
	{ "abort", abort_tests },
	{ "jump", jump_tests },
	{ "claim", claim_tests },
	{ "store", store_tests },
	{ 0 }
};
