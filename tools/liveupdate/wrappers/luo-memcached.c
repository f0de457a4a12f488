// SPDX-License-Identifier: GPL-2.0
/*
 * luo-memcached - run memcached so that its items survive a live update
 *
 * usage: luo-memcached [--luod SOCKET] --name NAME --dir DIR [--] MEMCACHED
 * ARGUMENT...
 *
 * The items are in a memfd that memcached maps as its restart file (-e). When
 * luod or SIGUSR1 announces an update, memcached is stopped, the metadata file
 * that it writes is copied into a second memfd, and both memfds are preserved.
 * The same command in the next kernel retrieves them, and starts memcached with
 * its items.
 *
 * DIR is for two small files. The arguments must not contain -e, and have to be
 * the same each time.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "keeper.h"
#include "wrapper.h"

enum { TOKEN_ITEMS, TOKEN_META, TOKENS };

#define MAX_ARGS 256
#define MAX_DIR 200

struct cache {
	struct keeper keeper;
	char **argv;
	char items[256];	/* link to the memfd */
	char meta[256];		/* metadata that memcached writes at exit */
	int fds[TOKENS];
	pid_t pid;
};

/* Copies all of @from, which may be a file or a memfd. */
static void copy(int from, int to)
{
	off_t offset = 0;
	struct stat st;

	checked(fstat(from, &st), "fstat");
	checked(ftruncate(to, 0), "ftruncate");
	checked(lseek(to, 0, SEEK_SET), "seek");
	while (offset < st.st_size) {
		if (sendfile(to, from, &offset, st.st_size - offset) <= 0)
			die("copy", -errno);
	}
}

static _Noreturn void exec_memcached(struct cache *cache, int fd)
{
	char *argv[MAX_ARGS + 3];
	char link[64];
	int argc = 0;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	unlink(cache->items);
	checked(symlink(link, cache->items), cache->items);
	while (cache->argv[argc] && argc < MAX_ARGS) {
		argv[argc] = cache->argv[argc];
		argc++;
	}
	argv[argc++] = "-e";
	argv[argc++] = cache->items;
	argv[argc] = NULL;
	sigprocmask(SIG_SETMASK, &cache->keeper.old_mask, NULL);
	execvp(argv[0], argv);
	die(argv[0], -errno);
}

/* memcached inherits the memfd; the path to it is valid as long as it runs. */
static void start(struct cache *cache)
{
	cache->pid = checked(fork(), "fork");
	if (!cache->pid)
		exec_memcached(cache, checked(fcntl(cache->fds[TOKEN_ITEMS],
						    F_DUPFD, 3), "fcntl"));
}

static void begin(struct cache *cache)
{
	cache->fds[TOKEN_ITEMS] = checked(memfd_create("luo-items", MFD_CLOEXEC),
					  "memfd");
	cache->fds[TOKEN_META] = checked(memfd_create("luo-meta", MFD_CLOEXEC),
					 "memfd");
	start(cache);
}

/* When memcached was stopped, or 0. */
static time_t stop_time(const struct cache *cache)
{
	static const char key[] = "Kstop_time ";
	char text[4096], *found;
	ssize_t n = pread(cache->fds[TOKEN_META], text, sizeof(text) - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	found = strstr(text, key);
	return found ? strtoll(found + strlen(key), NULL, 10) : 0;
}

/*
 * memcached drops all items if it starts in the same second in which it
 * stopped. If the clock was set back, waiting does not help.
 */
static void wait_for_clock(const struct cache *cache)
{
	const struct timespec nap = { .tv_nsec = 10 * 1000 * 1000 };
	const time_t stopped = stop_time(cache);

	while (time(NULL) <= stopped && time(NULL) + 2 > stopped)
		nanosleep(&nap, NULL);
}

static void start_warm(struct cache *cache)
{
	int file = checked(open(cache->meta, O_CREAT | O_WRONLY | O_CLOEXEC,
				0600), cache->meta);

	copy(cache->fds[TOKEN_META], file);
	close(file);
	wait_for_clock(cache);
	start(cache);
}

static void resume(struct cache *cache)
{
	int i;

	for (i = 0; i < TOKENS; i++)
		cache->fds[i] = get(keeper_retrieve(&cache->keeper, i),
				    "retrieve");
	get(keeper_finish(&cache->keeper), "finish the session");
	start_warm(cache);
}

static void preserve(struct cache *cache)
{
	int status, file;

	checked(kill(cache->pid, SIGUSR1), "stop memcached");
	checked(waitpid(cache->pid, &status, 0), "wait for memcached");
	cache->pid = 0;
	file = checked(open(cache->meta, O_RDONLY | O_CLOEXEC), cache->meta);
	copy(file, cache->fds[TOKEN_META]);
	close(file);
	get(keeper_preserve(&cache->keeper, cache->fds, TOKENS), "preserve");
	fprintf(stderr, "luo-memcached: %s is preserved\n",
		cache->keeper.name);
}

/* True if memcached exited, unless it was stopped for an update. */
static bool is_gone(const struct cache *cache, int *status)
{
	return cache->pid && waitpid(cache->pid, status, WNOHANG) > 0;
}

static int serve(struct cache *cache)
{
	int status;

	for (;;) {
		switch (get(keeper_wait(&cache->keeper), "wait")) {
		case KEEPER_PRESERVE:
			preserve(cache);
			break;
		case KEEPER_ABORT:
			if (!cache->pid)
				start_warm(cache);
			break;
		case KEEPER_STOP:
			if (cache->pid)
				kill(cache->pid, SIGTERM);
			break;
		case KEEPER_CHILD:
			if (is_gone(cache, &status))
				return WIFEXITED(status) ?
				       WEXITSTATUS(status) : 1;
		}
	}
}

int main(int argc, char **argv)
{
	static struct options options;
	static struct cache cache;

	parse_options(&options, argc, argv, "dir", "DIR");
	if (strlen(options.extra) > MAX_DIR)
		die(options.extra, -ENAMETOOLONG);
	snprintf(cache.items, sizeof(cache.items), "%s/mem", options.extra);
	snprintf(cache.meta, sizeof(cache.meta), "%s/mem.meta", options.extra);
	cache.argv = options.argv;
	get(keeper_open(&cache.keeper, options.name, options.luod),
	    "live update");
	if (cache.keeper.session)
		resume(&cache);
	else
		begin(&cache);
	return serve(&cache);
}
