/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Processes that act at the same moment, processes that may get stuck, and
 * pseudo-random numbers from a reproducible seed.
 */

#ifndef LUO_CONTEST_H
#define LUO_CONTEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

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

/**
 * struct luo_task - a process whose act may never end
 * @pid: the process; 0 when it has ended
 * @result: 0 or the negative errno that the act returned; -ETIMEDOUT if the
 *	    process was killed
 */
struct luo_task {
	pid_t pid;
	int result;
};

/* Starts a task, and waits until it sleeps or has ended. */
struct luo_task luo_task_start(luo_act act, void *arg);

/* Waits for @nr tasks for up to 30 seconds, then kills those that are left. */
void luo_tasks_end(struct luo_task *tasks, unsigned int nr);

/* Waits until a thread stays in state D for a while; false if it does not. */
bool luo_wait_for_sleep(pid_t pid, pid_t tid);

/* $LUO_SEED, which QEMU guests get from the command line, or a new seed. */
uint64_t luo_seed(void);
uint32_t luo_random(uint64_t *state, uint32_t below);

#endif /* LUO_CONTEST_H */
