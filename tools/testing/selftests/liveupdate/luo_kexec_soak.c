// SPDX-License-Identifier: GPL-2.0
/*
 * The same 64 MiB through many kernels, one after the other: neither contents
 * nor memory are lost.
 *
 *	luo_kexec_soak NUMBER-OF-KEXECS
 *
 * Needs nokaslr: the number of page tables depends on the address of the
 * kernel, and one page more or less would hide a leak.
 */

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

#define SIZE (64UL << 20)
#define PAGE 4096UL
#define MAX_KEXECS 1000

/*
 * Allowed difference to the first kernel with a handover, after any number of
 * kexecs. A leak of one page per kexec exceeds it.
 */
#define FREE_SLACK_PAGES 190
#define NODES_SLACK 8

enum { TOKEN_MEMORY, TOKEN_COUNTS };

/* Counters of the first kernel with a handover, in a memfd. */
struct counts {
	long mem_total_kb;
	long free_pages;
	long nodes;
};

static void preserve(int memory, int counts)
{
	int dev = luo_get(luo_open());
	int session = luo_get(luo_create(dev, "soak"));

	luo_check_eq(luo_preserve_fd(session, memory, TOKEN_MEMORY), 0);
	luo_check_eq(luo_preserve_fd(session, counts, TOKEN_COUNTS), 0);
}

/* Checking a few words of each page detects any page that was replaced. */
static void check_memory(int fd)
{
	unsigned char want[64], *memory;
	size_t offset;

	memory = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
	luo_check(memory != MAP_FAILED);
	for (offset = 0; offset < SIZE; offset += PAGE) {
		luo_pattern(want, sizeof(want), 1, offset);
		luo_check(!memcmp(memory + offset, want, sizeof(want)));
	}
	munmap(memory, SIZE);
}

static struct counts count(void)
{
	int i;

	/* The previous kernel's tree is freed by a work item. */
	for (i = 0; i < 100 && luo_kho_incoming_nodes(); i++)
		usleep(100000);
	luo_check_eq(luo_kho_incoming_pages(), 0);
	return (struct counts) {
		.mem_total_kb = luo_meminfo_kb("MemTotal"),
		.free_pages = luo_free_pages(),
		.nodes = luo_kho_nodes(),
	};
}

static void check_counts(int fd)
{
	struct counts first = {}, now = count();

	luo_check_eq(pread(fd, &first, sizeof(first), 0), sizeof(first));
	ksft_print_msg("MemTotal %ld kB, %ld pages free, %ld nodes\n",
		       now.mem_total_kb, now.free_pages, now.nodes);
	if (!first.mem_total_kb) {
		luo_check_eq(pwrite(fd, &now, sizeof(now), 0), sizeof(now));
		return;
	}
	luo_check_eq(now.mem_total_kb, first.mem_total_kb);
	luo_check(labs(now.free_pages - first.free_pages) <= FREE_SLACK_PAGES);
	luo_check(labs(now.nodes - first.nodes) <= NODES_SLACK);
}

static void first_kernel(void)
{
	int memory = luo_get(luo_memfd_filled("memory", SIZE, 1));
	int counts = luo_get(luo_memfd("counts", PAGE));

	preserve(memory, counts);
	luo_next_kernel();
}

static int counts_fd, memory_fd;

static void take_over(void)
{
	int dev = luo_get(luo_open());
	int session = luo_get(luo_retrieve(dev, "soak"));

	memory_fd = luo_get(luo_retrieve_fd(session, TOKEN_MEMORY));
	counts_fd = luo_get(luo_retrieve_fd(session, TOKEN_COUNTS));
	luo_check_eq(luo_finish(session), 0);
	close(session);
	close(dev);
	check_memory(memory_fd);
	check_counts(counts_fd);
}

static void one_of_many(void)
{
	take_over();
	preserve(memory_fd, counts_fd);
	luo_next_kernel();
}

int main(int argc, char *argv[])
{
	static struct luo_stage stages[MAX_KEXECS + 1];
	int kexecs = argc > 1 ? atoi(argv[1]) : 10, i;

	if (kexecs < 1 || kexecs > MAX_KEXECS)
		ksft_exit_fail_msg("1 to %d kexecs\n", MAX_KEXECS);
	for (i = 0; i <= kexecs; i++)
		stages[i] = (struct luo_stage) { "one more kexec", one_of_many };
	stages[0] = (struct luo_stage) { "64 MiB preserved", first_kernel };
	stages[kexecs] = (struct luo_stage) {
		"contents and counters are as at the start", take_over
	};
	return luo_run_stages(stages, kexecs + 1);
}
