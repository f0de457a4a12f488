// SPDX-License-Identifier: GPL-2.0
/*
 * A page of a memfd is in a scratch area, where the next kernel boots, and
 * cannot be migrated, because a pipe holds a reference. PRESERVE fails with
 * -EBUSY and changes nothing. When the pipe is empty, the page is migrated and
 * preserved; it is enough if the pipe is emptied while PRESERVE retries.
 *
 *	luo_kexec_cma [folios]
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_contest.h"
#include "luo_scratch.h"
#include "luo_util.h"

#define PAGE 4096L
#define SIZE (64L << 20)

/* Timeout in seconds that expires only if the test fails. */
#define PATIENCE 20

/*
 * Error of PRESERVE; the mainline format pins pages by GUP, which returns
 * another.
 */
static int refusal(void)
{
	return luo_folios() ? -ENOMEM : -EBUSY;
}

/* Read once, as many pages are looked up. */
static struct luo_areas scratch;
static int pagemap;

static uint64_t address_of(const unsigned char *page)
{
	const off_t entry = (uintptr_t)page / PAGE * sizeof(uint64_t);
	uint64_t word;

	luo_check_eq(pread(pagemap, &word, sizeof(word), entry), sizeof(word));
	luo_check(word >> 63);
	return (word & ((1ULL << 55) - 1)) * PAGE;
}

static bool in_scratch(const unsigned char *page)
{
	return luo_in_areas(&scratch, address_of(page));
}

static off_t find_in_scratch(const unsigned char *map)
{
	off_t offset;

	for (offset = 0; offset < SIZE; offset += PAGE) {
		if (in_scratch(map + offset))
			return offset;
	}
	return -ENOENT;
}

static void put_into_pipe(int end, unsigned char *page)
{
	const struct iovec iov = { .iov_base = page, .iov_len = PAGE };

	luo_check_eq(vmsplice(end, &iov, 1, 0), PAGE);
}

static void check_refused(int session, int fd)
{
	const long pages = luo_kho_pages(), nodes = luo_kho_nodes();

	luo_check_eq(luo_preserve_fd(session, fd, 1), refusal());
	luo_check_eq(luo_kho_pages(), pages);
	luo_check_eq(luo_kho_nodes(), nodes);
	luo_check_eq(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			       SIZE - PAGE, PAGE), 0);
	luo_check_eq(luo_fill(fd, SIZE - PAGE, PAGE, 1), 0);
}

/* Number of page migrations that have failed since boot. */
static long failures(void)
{
	return luo_vmstat("pgmigrate_fail");
}

struct held {
	int session;
	int fd;
	int pipe;
	long failures;
	const unsigned char *page;
};

static int preserve(void *arg)
{
	const struct held *held = arg;

	return luo_preserve_fd(held->session, held->fd, 1);
}

/* Drops the reference after a failed migration, or after a timeout. */
static int let_go(void *arg)
{
	const struct held *held = arg;
	const time_t late = time(NULL) + PATIENCE;
	unsigned char buf[PAGE];

	while (failures() == held->failures) {
		if (time(NULL) > late)
			return -ETIME;
		sched_yield();
	}
	if (read(held->pipe, buf, PAGE) != PAGE)
		return -EIO;
	return memcmp(buf, held->page, PAGE) ? -EBADMSG : 0;
}

static void before(void)
{
	const int session = luo_get(luo_create(luo_get(luo_open()), "cma"));
	const int fd = luo_get(luo_memfd_filled("cma", SIZE, 1));
	int ends[2], result[2];
	unsigned char *map;
	struct held held;
	off_t offset;

	map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	luo_check(map != MAP_FAILED);
	scratch = luo_scratch();
	pagemap = luo_get(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
	offset = luo_get(find_in_scratch(map));
	luo_check_eq(pipe(ends), 0);
	put_into_pipe(ends[1], map + offset);
	check_refused(session, fd);
	luo_check(in_scratch(map + offset));

	held = (struct held) {
		.session = session,
		.fd = fd,
		.pipe = ends[0],
		.failures = luo_get(failures()),
		.page = map + offset,
	};
	luo_check_eq(luo_contest(preserve, let_go, &held, result), 0);
	luo_check_eq(result[0], 0);
	luo_check_eq(result[1], 0);
	luo_check(!in_scratch(map + offset));
	luo_next_kernel();
}

static void after(void)
{
	const int session = luo_get(luo_retrieve(luo_get(luo_open()), "cma"));
	const int fd = luo_get(luo_retrieve_fd(session, 1));

	luo_check(luo_matches(fd, 0, SIZE, 1));
	luo_check_eq(luo_finish(session), 0);
	close(session);
}

static const struct luo_stage stages[] = {
	{ "PRESERVE fails if a page in scratch cannot be moved", before },
	{ "the page is there after it was moved", after },
};

int main(int argc, char **argv)
{
	return luo_run_variant(argc, argv, stages, ARRAY_SIZE(stages));
}
