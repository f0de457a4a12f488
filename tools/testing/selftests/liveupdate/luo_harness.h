/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests in the kselftest harness have in common; comes after it.
 */

#ifndef LUO_HARNESS_H
#define LUO_HARNESS_H

/*
 * A debug kernel in an emulated machine on a busy host takes its time, and a
 * test that is cut off keeps the device open for those after it.
 */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 300 /* seconds */

#endif /* LUO_HARNESS_H */
