// SPDX-License-Identifier: GPL-2.0
/*
 * A range of pages across two NUMA nodes: pages that the next kernel restores
 * and frees return to the node that they belong to. Arguments are the numbers
 * of pages in node 0 and node 1.
 *
 * Needs CONFIG_KEXEC_HANDOVER_KEXEC_TEST, and kho_kexec_nodes= with a range
 * across the border of the nodes.
 */

#include <stdlib.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_util.h"

#define NODES 2

static long pages[NODES];

static long node_total_kb(int node)
{
	char path[64], line[128] = "";
	long kb = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/meminfo",
		 node);
	f = fopen(path, "re");
	luo_check(f);
	while (kb < 0 && fgets(line, sizeof(line), f))
		sscanf(line, "Node %*d MemTotal: %ld", &kb);
	fclose(f);
	return luo_get(kb);
}

static void in_first_kernel(void)
{
	long before = luo_kho_pages();

	luo_check_eq(luo_kho_test_tell("preserve-nodes"), 0);
	/* The record of the range takes a page, too. */
	luo_check_eq(luo_kho_pages() - before, pages[0] + pages[1] + 1);
	luo_next_kernel();
}

static void in_second_kernel(void)
{
	long before[NODES], waiting = luo_kho_incoming_pages();
	long page_kb = sysconf(_SC_PAGESIZE) / 1024;
	int i;

	for (i = 0; i < NODES; i++)
		before[i] = node_total_kb(i);
	luo_check_eq(luo_kho_test_tell("restore-nodes"), 0);
	luo_check_eq(waiting - luo_kho_incoming_pages(),
		     pages[0] + pages[1] + 1);
	for (i = 0; i < NODES; i++) {
		long more = (node_total_kb(i) - before[i]) / page_kb;

		/* That page, and nodes of the tree, may be freed as well. */
		luo_check(more >= pages[i] && more < pages[i] + 64);
	}
}

static const struct luo_stage stages[] = {
	{ "preserve a range across two nodes", in_first_kernel },
	{ "restore it, and free it to both nodes", in_second_kernel },
};

int main(int argc, char *argv[])
{
	int i;

	luo_check_eq(argc, 1 + NODES);
	for (i = 0; i < NODES; i++)
		pages[i] = atol(argv[1 + i]);
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
