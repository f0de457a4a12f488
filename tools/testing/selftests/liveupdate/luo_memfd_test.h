/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ../memfd/memfd_test.c as a function. Programs that link it provide
 * memfd_create(), and the functions of ../memfd/common.c.
 */

#ifndef LUO_MEMFD_TEST_H
#define LUO_MEMFD_TEST_H

#include "../memfd/common.h"

/* Returns 0, or aborts. */
int memfd_test_main(int argc, char **argv);

#endif /* LUO_MEMFD_TEST_H */
