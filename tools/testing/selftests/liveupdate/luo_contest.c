// SPDX-License-Identifier: GPL-2.0
/*
 * Processes that act at the same moment, see luo_contest.h.
 */

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "luo_contest.h"

/* Where the processes synchronize: before and after they act. */
struct ring {
	atomic_int ready;
	atomic_int done;
	int result[2];
};

/* Yields, so that both processes get here on one CPU, too. */
static void meet(atomic_int *count)
{
	atomic_fetch_add(count, 1);
	while (atomic_load(count) < 2)
		sched_yield();
}

static void contend(struct ring *ring, int who, luo_act act, void *arg)
{
	meet(&ring->ready);
	ring->result[who] = act(arg);
	meet(&ring->done);
}

static pid_t start(struct ring *ring, int who, luo_act act, void *arg)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	contend(ring, who, act, arg);
	_exit(0);
}

static int wait_for(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -ECHILD;
	return status ? -EPROTO : 0;
}

int luo_contest(luo_act a, luo_act b, void *arg, int result[2])
{
	struct ring *ring;
	pid_t pids[2];
	int err;

	ring = mmap(NULL, sizeof(*ring), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ring == MAP_FAILED)
		return -errno;
	pids[0] = start(ring, 0, a, arg);
	pids[1] = start(ring, 1, b, arg);
	err = wait_for(pids[0]);
	err = wait_for(pids[1]) ?: err;
	result[0] = ring->result[0];
	result[1] = ring->result[1];
	munmap(ring, sizeof(*ring));
	return err;
}

bool luo_one_wins(const int result[2], int lose)
{
	return (result[0] >= 0 && result[1] == lose) ||
	       (result[1] >= 0 && result[0] == lose);
}

/* The letter that ps(1) prints; 0 if there is no such thread any more. */
static char state_of(pid_t pid, pid_t tid)
{
	char path[64], line[256] = "", *end;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	file = fopen(path, "r");
	if (!file)
		return 0;
	end = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	fclose(file);
	return end ? end[2] : 0;
}

bool luo_wait_for_sleep(pid_t pid, pid_t tid)
{
	int i, seen = 0;
	char state = 'R';

	for (i = 0; i < 20000 && seen < 20 && state && state != 'Z'; i++) {
		state = state_of(pid, tid);
		seen = state == 'D' ? seen + 1 : 0;
		usleep(1000);
	}
	return seen == 20;
}

/* A task that polls for a lock is not asleep all of the time. */
static void wait_for_first_sleep(pid_t pid)
{
	int i, seen = 0;
	char state = 'R';

	for (i = 0; i < 20000 && seen < 5 && state && state != 'Z'; i++) {
		state = state_of(pid, pid);
		seen += state == 'D' || state == 'S';
		usleep(1000);
	}
}

struct luo_task luo_task_start(luo_act act, void *arg)
{
	struct luo_task task = { .pid = fork() };

	if (!task.pid)
		_exit(-act(arg));
	if (task.pid < 0)
		task = (struct luo_task) { .result = -errno };
	else
		wait_for_first_sleep(task.pid);
	return task;
}

static bool has_ended(struct luo_task *task, int flags)
{
	int status;

	if (!task->pid)
		return true;
	if (waitpid(task->pid, &status, flags) != task->pid)
		return false;
	task->pid = 0;
	task->result = WIFEXITED(status) ? -WEXITSTATUS(status) : -ETIMEDOUT;
	return true;
}

/* All are killed before the first is waited for: one may wait for another. */
void luo_tasks_end(struct luo_task *tasks, unsigned int nr)
{
	unsigned int i, ms, left = nr;

	for (ms = 0; ms < 30000 && left; ms += 10) {
		left = 0;
		for (i = 0; i < nr; i++)
			left += !has_ended(&tasks[i], WNOHANG);
		usleep(10000);
	}
	for (i = 0; i < nr; i++) {
		if (tasks[i].pid)
			kill(tasks[i].pid, SIGKILL);
	}
	for (i = 0; i < nr; i++) {
		if (tasks[i].pid) {
			has_ended(&tasks[i], 0);
			tasks[i].result = -ETIMEDOUT;
		}
	}
}

uint64_t luo_seed(void)
{
	const char *text = getenv("LUO_SEED");
	uint32_t seed = 1;

	if (text)
		return strtoull(text, NULL, 0);
	/* The random pool may not be initialised after boot. */
	if (getrandom(&seed, sizeof(seed), GRND_INSECURE) != sizeof(seed))
		seed = getpid();
	return seed;
}

/* Splitmix64. */
uint32_t luo_random(uint64_t *state, uint32_t below)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (z ^ (z >> 31)) % below;
}
