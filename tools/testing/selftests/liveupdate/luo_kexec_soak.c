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
 * Allowed difference of any kernel to the first one with a handover. The number
 * of the stage gets more digits in the command line.
 */
#define MEM_TOTAL_SLACK_KB 4
#define FREE_SLACK_PAGES 190
#define NODES_SLACK 8

/*
 * A leak of one page per kexec shows in the means of free pages in the first and
 * in the last third of the kernels, which are two thirds of the kexecs apart.
 * They may differ by half a page per kexec, and by 3 standard deviations of a
 * difference of such means. With 60 kexecs such a leak exceeds that.
 */
#define FREE_DEVIATION_PAGES 12

enum { TOKEN_MEMORY, TOKEN_COUNTS };

/* Counters of a kernel with a handover; a memfd holds those of all kernels. */
struct counts {
	long mem_total_kb;
	long free_pages;
	long nodes;
	long preserved_pages;
};

static int kexecs;

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
		.preserved_pages = luo_kho_pages(),
	};
}

static struct counts read_counts(int fd, int nr)
{
	struct counts counts;

	luo_check_eq(pread(fd, &counts, sizeof(counts), nr * sizeof(counts)),
		     sizeof(counts));
	return counts;
}

/* The number of this kernel among those with a handover. */
static int this_kernel(void)
{
	return luo_next_stage() - 3;
}

static void check_counts(int fd)
{
	struct counts first, now = count();

	luo_check_eq(pwrite(fd, &now, sizeof(now), this_kernel() * sizeof(now)),
		     sizeof(now));
	first = read_counts(fd, 0);
	ksft_print_msg("MemTotal %ld kB, %ld pages free, %ld nodes, %ld pages preserved\n",
		       now.mem_total_kb, now.free_pages, now.nodes,
		       now.preserved_pages);
	luo_check(labs(now.mem_total_kb - first.mem_total_kb) <=
		  MEM_TOTAL_SLACK_KB);
	luo_check_eq(now.preserved_pages, first.preserved_pages);
	luo_check(labs(now.free_pages - first.free_pages) <= FREE_SLACK_PAGES);
	luo_check(labs(now.nodes - first.nodes) <= NODES_SLACK);
}

static void check_drift(int fd)
{
	const int third = kexecs / 3;
	long lost = 0, most = 3 * FREE_DEVIATION_PAGES;
	int i;

	for (i = 0; i < third; i++) {
		lost += read_counts(fd, i).free_pages;
		lost -= read_counts(fd, kexecs - 1 - i).free_pages;
	}
	if (!third)
		return;
	lost /= third;
	ksft_print_msg("%ld pages fewer are free in the last third\n", lost);
	/* The square of 3 standard deviations of a difference of two means. */
	if (lost > third)
		luo_check((lost - third) * (lost - third) * third <=
			  2 * most * most);
}

static void first_kernel(void)
{
	int memory = luo_get(luo_memfd_filled("memory", SIZE, 1));
	int counts = luo_get(luo_memfd("counts", 0));
	struct counts none = {};
	int i;

	/* Full size from the start: each kernel has as much memory preserved. */
	for (i = 0; i < kexecs; i++)
		luo_check_eq(write(counts, &none, sizeof(none)), sizeof(none));
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

static void last_kernel(void)
{
	take_over();
	check_drift(counts_fd);
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
	int i;

	kexecs = argc > 1 ? atoi(argv[1]) : 10;
	if (kexecs < 1 || kexecs > MAX_KEXECS)
		ksft_exit_fail_msg("1 to %d kexecs\n", MAX_KEXECS);
	for (i = 0; i <= kexecs; i++)
		stages[i] = (struct luo_stage) { "one more kexec", one_of_many };
	stages[0] = (struct luo_stage) { "64 MiB preserved", first_kernel };
	stages[kexecs] = (struct luo_stage) {
		"contents and counters are as at the start", last_kernel
	};
	return luo_run_stages(stages, kexecs + 1);
}
