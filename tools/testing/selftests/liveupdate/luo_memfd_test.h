/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The test of memfds, ../memfd/memfd_test.c, as a function. Whoever links it
 * makes the memfds for it, and has what else it takes from ../memfd/common.c.
 */

#ifndef LUO_MEMFD_TEST_H
#define LUO_MEMFD_TEST_H

#include "../memfd/common.h"

/* Returns 0, or aborts. */
int memfd_test_main(int argc, char **argv);

#endif /* LUO_MEMFD_TEST_H */
