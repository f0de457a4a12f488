/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two processes that act at the same moment, and pseudo-random numbers from a
 * reproducible seed.
 */

#ifndef LUO_CONTEST_H
#define LUO_CONTEST_H

#include <stdbool.h>
#include <stdint.h>

/* The action of a process; its result is as in luo_util.h. */
typedef int (*luo_act)(void *arg);

/*
 * Runs @a and @b in two processes that inherit all fds, and returns their
 * results. fds that they open are closed when both are done. Returns 0, or a
 * negative errno if a process did not complete.
 */
int luo_contest(luo_act a, luo_act b, void *arg, int result[2]);

/* True if one process succeeded, and the other failed with @lose. */
bool luo_one_wins(const int result[2], int lose);

/* $LUO_SEED, which QEMU guests get from the command line, or a new seed. */
uint64_t luo_seed(void);
uint32_t luo_random(uint64_t *state, uint32_t below);

#endif /* LUO_CONTEST_H */
