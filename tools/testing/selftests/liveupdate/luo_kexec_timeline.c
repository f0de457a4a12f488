// SPDX-License-Identifier: GPL-2.0
/*
 * The attributes in /sys/kernel/liveupdate before and after an update.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

#define SYSFS "/sys/kernel/liveupdate/"
#define SIZE (1L << 20)

/* A longer time between two points is an error of the clock. */
#define LONGEST_US 600000000ULL

/* In percent; clock and counter are calibrated independently at boot. */
#define INEXACT 5

/* luo_jump() writes the output of the test before reboot(2), on a busy host. */
#define JUMP_US 20000000LL

/* Seconds of sleep between points that are compared. */
#define PAUSE 3

/* Clock readings of the first kernel, passed to the next one in a memfd. */
struct times {
	long long least;
	long long most;
	long long realtime;
};

static const char * const points[] = {
	"prepare-begin", "prepare-end", "freeze-begin", "freeze-end", "jump",
	"kho-boot", "init", "first-retrieve", "last-retrieve", "finish",
};

/* Contents of a file without its last newline; "" if it is empty. */
static const char *read_file(const char *name)
{
	static char text[4096];
	char path[128];
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), SYSFS "%s", name);
	file = fopen(path, "r");
	luo_check(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len - (len && text[len - 1] == '\n')] = '\0';
	return text;
}

static bool file_is(const char *name, const char *text)
{
	return !strcmp(read_file(name), text);
}

static void check_sessions(long outgoing, long incoming, long waiting)
{
	luo_check_eq(atol(read_file("sessions/outgoing")), outgoing);
	luo_check_eq(atol(read_file("sessions/incoming")), incoming);
	luo_check_eq(atol(read_file("sessions/waiting")), waiting);
}

static long long clock_us(clockid_t clock)
{
	struct timespec now;

	luo_check_eq(clock_gettime(clock, &now), 0);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* Stores in the memfd how long it takes from PREPARE to the kexec. */
static void prepare(int dev, int fd)
{
	long long before, after, now;
	struct times times;

	times.realtime = clock_us(CLOCK_REALTIME);
	before = clock_us(CLOCK_MONOTONIC);
	luo_check_eq(luo_event(dev, LIVEUPDATE_PREPARE), 0);
	after = clock_us(CLOCK_MONOTONIC);
	sleep(PAUSE);
	now = clock_us(CLOCK_MONOTONIC);
	times.least = now - after;
	times.most = now - before + JUMP_US;
	luo_check_eq(pwrite(fd, &times, sizeof(times), 0), sizeof(times));
}

/* The timeline has only points of this kernel's boot. */
static void preserve(void)
{
	int dev = luo_get(luo_open()), session, fd;

	luo_check(file_is("state", "normal"));
	luo_check(file_is("count", "0"));
	luo_check(file_is("error", "0"));
	luo_check(file_is("timeline", "init 0"));
	luo_check(file_is("incoming/pages", "0"));
	luo_check(file_is("incoming/subsystems", ""));
	luo_check(file_is("incoming/flbs", ""));
	check_sessions(0, 0, 0);
	close(luo_get(luo_create(dev, "none")));
	session = luo_get(luo_create(dev, "one"));
	fd = luo_get(luo_memfd_filled("one", SIZE, 1));
	luo_check_eq(luo_preserve_fd(session, fd, 1), 0);
	fd = luo_get(luo_memfd_filled("two", SIZE, 2));
	luo_check_eq(luo_preserve_fd(session, fd, 2), 0);
	luo_get(luo_create(dev, "two"));
	check_sessions(2, 0, 0);
	luo_check_eq(luo_kexec_load(NULL, luo_next_stage()), 0);
	prepare(dev, fd);
	luo_jump();
}

/* The first @nr points were reached, in their order. */
static void check_timeline(unsigned int nr)
{
	const char *line = read_file("timeline");
	unsigned long long us, last = 0;
	char name[32];
	unsigned int i;
	int found;

	for (i = 0; i < nr; i++, line = strchr(line, '\n') + 1) {
		ksft_print_msg("%.*s\n", (int)strcspn(line, "\n"), line);
		found = sscanf(line, "%31s %llu", name, &us);
		luo_check_eq(found, 2);
		luo_check(!strcmp(name, points[i]));
		luo_check(us >= last && us - last < LONGEST_US);
		last = us;
		if (i == nr - 1)
			luo_check(!strchr(line, '\n'));
		else
			luo_check(strchr(line, '\n'));
	}
	/* A boot takes longer than a millisecond. */
	luo_check(last > 1000);
}

/* When a point was reached, since the first one. */
static long long point_us(const char *name)
{
	const char *line = strstr(read_file("timeline"), name);

	luo_check(line);
	return strtoll(line + strlen(name), NULL, 10);
}

/* The clock says that it is from @least to @most between two points. */
static void check_clock(const char *from, const char *to, long long least,
			long long most)
{
	long long us = point_us(to) - point_us(from);

	ksft_print_msg("from %s to %s: %lld us; by the clock %lld to %lld\n",
		       from, to, us, least, most);
	luo_check(us * (100 + INEXACT) >= least * 100);
	luo_check(us * (100 - INEXACT) <= most * 100);
}

/*
 * The only clock that goes on over a kexec is the RTC. CLOCK_REALTIME is set from
 * it, and loses ticks while a kernel boots on a busy machine, so it confirms no
 * more than the order of magnitude.
 */
static void check_first_kernel(int fd)
{
	long long now = clock_us(CLOCK_REALTIME);
	struct times times;

	luo_check_eq(pread(fd, &times, sizeof(times), 0), sizeof(times));
	check_clock("prepare-begin", "freeze-begin", times.least, times.most);
	now -= times.realtime;
	luo_check(now > PAUSE * 1000000LL);
	check_clock("prepare-begin", "last-retrieve", now / 3, now * 3);
}

static void second_kernel(void)
{
	int dev = luo_get(luo_open()), session, fd;
	long long before, after, begin;

	luo_check(file_is("count", "1"));
	luo_check(file_is("error", "0"));
	luo_check(atol(read_file("incoming/pages")) >= 2 * SIZE / getpagesize());
	check_timeline(7);
	check_sessions(0, 2, 2);
	session = luo_get(luo_retrieve(dev, "one"));
	luo_get(luo_retrieve_fd(session, 1));
	check_timeline(9);
	before = clock_us(CLOCK_MONOTONIC);
	fd = luo_get(luo_retrieve_fd(session, 2));
	after = clock_us(CLOCK_MONOTONIC);
	check_first_kernel(fd);
	sleep(PAUSE);
	begin = clock_us(CLOCK_MONOTONIC);
	luo_check_eq(luo_finish(session), 0);
	/* The session is finished, but still held. */
	check_sessions(0, 2, 1);
	close(session);
	check_sessions(0, 1, 1);
	luo_check_eq(luo_discard(dev, "two"), 0);
	check_clock("last-retrieve", "finish", begin - after,
		    clock_us(CLOCK_MONOTONIC) - before);
	check_sessions(0, 0, 0);
	check_timeline(10);
	luo_check(file_is("incoming/pages", "0"));
	luo_check(file_is("state", "normal"));
}

static const struct luo_stage stages[] = {
	{ "sysfs before the first update", preserve },
	{ "sysfs after an update", second_kernel },
};

int main(void)
{
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
