// SPDX-License-Identifier: GPL-2.0
/*
 * Reports on long operations. A thread does it, as the main thread is blocked
 * in the kernel meanwhile.
 */

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "luoctl.h"

/* Into a file, one line every second would be too much. */
#define TERMINAL_EVERY	1
#define FILE_EVERY	10

/* CLOCK_MONOTONIC in ms. */
int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static pthread_t thread;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t end = PTHREAD_COND_INITIALIZER;
static const char *doing;
static bool running, ended;

static bool ends_by(const struct timespec *when)
{
	while (!ended) {
		if (pthread_cond_timedwait(&end, &mutex, when))
			break;
	}
	return ended;
}

/* The operation must not wait for a reader of stderr, such as a full pipe. */
static bool is_read(void)
{
	struct pollfd fd = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&fd, 1, 0) > 0 && fd.revents & POLLOUT;
}

static void *tell(void *unused)
{
	const bool terminal = isatty(STDERR_FILENO);
	const int every = terminal ? TERMINAL_EVERY : FILE_EVERY;
	struct timespec when;
	int seconds = 0;

	(void)unused;
	clock_gettime(CLOCK_REALTIME, &when);
	pthread_mutex_lock(&mutex);
	for (;;) {
		when.tv_sec += every;
		if (ends_by(&when))
			break;
		seconds += every;
		if (is_read())
			fprintf(stderr, terminal ? "\r%s: %d s" : "%s: %d s\n",
				doing, seconds);
	}
	if (terminal && seconds && is_read())
		fputs("\r\033[K", stderr);
	pthread_mutex_unlock(&mutex);
	return NULL;
}

/* Reports now and then that @what is running, until progress_end(). */
void progress_begin(const char *what)
{
	doing = what;
	ended = false;
	/* Progress is optional: run without it if there is no thread. */
	running = !pthread_create(&thread, NULL, tell, NULL);
}

void progress_end(void)
{
	if (!running)
		return;
	pthread_mutex_lock(&mutex);
	ended = true;
	pthread_cond_signal(&end);
	pthread_mutex_unlock(&mutex);
	pthread_join(thread, NULL);
	running = false;
}
