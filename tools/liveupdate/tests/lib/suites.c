// SPDX-License-Identifier: GPL-2.0
/*
 * The unit tests of libluo.
 */

#include "test.h"

const struct suite suites[] = {
	{ "device", device_tests },
	{ "session", session_tests },
	{ "lists", list_tests },
	{ "pass", pass_tests },
	{ 0 }
};
