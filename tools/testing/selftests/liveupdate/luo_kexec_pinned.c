// SPDX-License-Identifier: GPL-2.0
/*
 * A device writes to pinned pages of a memfd, as by DMA, until the kexec:
 * io_uring with registered buffers. One half is pinned before the memfd is
 * preserved, the other one is a hole until it is pinned afterwards. All writes
 * must be there in the next kernel.
 *
 *	luo_kexec_pinned [folios]
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../../../include/io_uring/mini_liburing.h"
#include "../kselftest.h"
#include "luo_util.h"

#define PAGE 4096L

/* Pages of a half, written in turn, after a page for the counter. */
#define HALF 8L
#define PAGES (2 * HALF)
#define SIZE ((1 + PAGES) * PAGE)

/* Minimum number of writes between the steps of the test. */
#define SOME 100

/* In the first page of the file. */
struct progress {
	atomic_ulong pages;
};

static unsigned char *map;

/* One for each half. */
static struct io_uring rings[2];
static int data[2];

static unsigned char *page_of(unsigned long nr)
{
	return map + (1 + nr % PAGES) * PAGE;
}

static void map_file(int fd)
{
	map = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	luo_check(map != MAP_FAILED);
}

/* Pins the pages of a half, and so fills its holes. */
static void pin_half(unsigned int half)
{
	const struct iovec buffer = {
		.iov_base = page_of(half * HALF),
		.iov_len = HALF * PAGE,
	};

	luo_check_eq(io_uring_queue_init(1, &rings[half], 0), 0);
	luo_check_eq(io_uring_register_buffers(&rings[half], &buffer, 1), 0);
}

/* Fills a page from the pipe, through its pin and not through a mapping. */
static void read_fixed(struct io_uring *ring, unsigned char *page)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	struct io_uring_cqe *cqe;

	luo_check(sqe);
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_READ_FIXED;
	sqe->fd = data[0];
	sqe->addr = (uintptr_t)page;
	sqe->len = PAGE;
	luo_check_eq(io_uring_submit(ring), 1);
	luo_check_eq(io_uring_wait_cqe(ring, &cqe), 0);
	luo_check_eq(cqe->res, PAGE);
	io_uring_cqe_seen(ring);
}

static void write_page(unsigned long nr)
{
	unsigned char *page = page_of(nr), buf[PAGE];

	luo_pattern(buf, PAGE, nr, page - map);
	luo_check_eq(write(data[1], buf, PAGE), PAGE);
	read_fixed(&rings[nr % PAGES / HALF], page);
}

static void *work(void *arg)
{
	struct progress *progress = (struct progress *)map;
	unsigned long nr;

	(void)arg;
	for (nr = 0;; nr++) {
		write_page(nr);
		atomic_store(&progress->pages, nr + 1);
	}
	return NULL;
}

static void wait_for_some(void)
{
	struct progress *progress = (struct progress *)map;
	const unsigned long pages = atomic_load(&progress->pages);

	while (atomic_load(&progress->pages) < pages + SOME)
		usleep(100);
}

static void before(void)
{
	const int session = luo_get(luo_create(luo_get(luo_open()), "pinned"));
	const int fd = luo_get(luo_memfd("pinned", SIZE));
	pthread_t thread;

	luo_check_eq(luo_kexec_load(NULL, luo_next_stage()), 0);
	luo_check_eq(pipe(data), 0);
	map_file(fd);
	memset(map, 0, PAGE);
	pin_half(0);
	luo_check_eq(luo_preserve_fd(session, fd, 1), 0);
	luo_check(luo_is_hole(fd, (1 + HALF) * PAGE, HALF * PAGE));
	pin_half(1);
	luo_check_eq(pthread_create(&thread, NULL, work, NULL), 0);
	wait_for_some();
	luo_check_eq(luo_session_event(session, LIVEUPDATE_PREPARE), 0);
	wait_for_some();
	luo_check_eq(luo_session_event(session, LIVEUPDATE_FREEZE), 0);
	wait_for_some();
	luo_jump();
}

/* The page that was being written at the kexec may be a mix of two writes. */
static void after(void)
{
	const int session = luo_get(luo_retrieve(luo_get(luo_open()), "pinned"));
	const int fd = luo_get(luo_retrieve_fd(session, 1));
	struct progress *progress;
	unsigned long nr, i;

	map_file(fd);
	progress = (struct progress *)map;
	nr = atomic_load(&progress->pages);
	ksft_print_msg("%lu pages were written\n", nr);
	luo_check(nr >= 3 * SOME);
	for (i = nr - PAGES + 1; i < nr; i++)
		luo_check(luo_matches(fd, page_of(i) - map, PAGE, i));
	luo_check_eq(luo_finish(session), 0);
	close(session);
}

static const struct luo_stage stages[] = {
	{ "pinned pages are written until the kexec", before },
	{ "all writes to pinned pages are there", after },
};

int main(int argc, char **argv)
{
	return luo_run_variant(argc, argv, stages, ARRAY_SIZE(stages));
}
