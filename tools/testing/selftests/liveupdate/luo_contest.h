/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two processes that do something at the same moment, and numbers that look
 * random and are the same again for the same seed.
 */

#ifndef LUO_CONTEST_H
#define LUO_CONTEST_H

#include <stdbool.h>
#include <stdint.h>

/* What a contestant does; its value is a result as those of luo_util.h. */
typedef int (*luo_act)(void *arg);

/*
 * Runs @a and @b in two processes that inherit all fds, and gives what they
 * returned. What they have got is closed again only when both are done. 0, or
 * a negative errno if they did not come to an end.
 */
int luo_contest(luo_act a, luo_act b, void *arg, int result[2]);

/* True if one has got something, and the other failed with @lose. */
bool luo_one_wins(const int result[2], int lose);

/* The variable LUO_SEED, which QEMU guests have from the command line, or new. */
uint64_t luo_seed(void);
uint32_t luo_random(uint64_t *state, uint32_t below);

#endif /* LUO_CONTEST_H */
