// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the KHO tests that need no kernel.
 */

#include <linux/prandom.h>
#include <linux/string.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

struct test {
	const char *name;
	void (*run)(void);
};

static const struct test tests[] = {
	{ "chain_bytes", test_chain_bytes },
	{ "chain_circle", test_chain_circle },
	{ "chain_empty_blocks", test_chain_empty_blocks },
	{ "chain_round_trip", test_chain_round_trip },
	{ "chain_no_memory", test_chain_no_memory },
	{ "extents_attributes", test_extents_attributes },
	{ "extents_chunks", test_extents_chunks },
	{ "extents_length", test_extents_length },
	{ "extents_pages", test_extents_pages },
	{ "extents_times", test_extents_times },
	{ "hand_on", test_hand_on },
	{ "luo_extra", test_luo_extra },
	{ "luo_flbs", test_luo_flbs },
	{ "luo_root", test_luo_root },
	{ "luo_subsystem", test_luo_subsystem },
	{ "luo_timeline", test_luo_timeline },
	{ "metadata", test_metadata },
	{ "restore_all", test_restore_all },
	{ "subtrees", test_subtrees },
	{ "tracker_no_memory", test_tracker_no_memory },
	{ "tracker_overlap", test_tracker_overlap },
	{ "tracker_ranges", test_tracker_ranges },
	{ "tree_clipped", test_tree_clipped },
	{ "tree_random", test_tree_random },
	{ "vmalloc_damaged", test_vmalloc_damaged },
	{ "vmalloc_round_trip", test_vmalloc_round_trip },
	{ "vmalloc_no_memory", test_vmalloc_no_memory },
};

static struct rnd_state rnd;

u32 random_below(u32 limit)
{
	return prandom_u32_state(&rnd) % limit;
}

static void usage(void)
{
	puts("usage: tests [-s SEED] [-n ROUNDS] [TEST]");
}

static void run(const char *name, unsigned int seed)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		if (name && strcmp(name, tests[i].name))
			continue;
		printf("%s, seed %u\n", tests[i].name, seed);
		fflush(stdout);
		/* A test behaves the same when it is run alone. */
		prandom_seed_state(&rnd, seed);
		sim_reset();
		tests[i].run();
	}
}

int main(int argc, char **argv)
{
	unsigned int seed = time(NULL), rounds = 1;
	int opt;

	while ((opt = getopt(argc, argv, "hs:n:")) >= 0) {
		switch (opt) {
		case 's':
			seed = strtoul(optarg, NULL, 0);
			break;
		case 'n':
			rounds = strtoul(optarg, NULL, 0);
			break;
		default:
			usage();
			return opt == 'h' ? 0 : 2;
		}
	}
	while (rounds--)
		run(argv[optind], seed++);
	return 0;
}
