// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of what is read in the command line of the next kernel: what that kernel
 * will read there, too.
 */

#include <kunit/test.h>
#include <linux/array_size.h>

#include "../luo_cmdline.h"

struct luo_cmdline_case {
	const char *cmdline;
	enum luo_choice kho;
	enum luo_choice luo;
	const char *memory;
};

static const struct luo_cmdline_case cases[] = {
	{ "", LUO_UNSAID, LUO_UNSAID, "" },
	{ "console=ttyS0 quiet", LUO_UNSAID, LUO_UNSAID, "" },
	{ "kho=on liveupdate=on", LUO_SAID_ON, LUO_SAID_ON, "" },
	{ "kho=off liveupdate=off", LUO_SAID_OFF, LUO_SAID_OFF, "" },
	{ "kho=1 liveupdate=n", LUO_SAID_ON, LUO_SAID_OFF, "" },
	{ "liveupdate=strict", LUO_UNSAID, LUO_SAID_ON, "" },
	{ "liveupdate=strictly", LUO_UNSAID, LUO_UNSAID, "" },
	/* The last word counts, if it is one. */
	{ "kho=off kho=on", LUO_SAID_ON, LUO_UNSAID, "" },
	{ "kho=on kho=off", LUO_SAID_OFF, LUO_UNSAID, "" },
	{ "kho=off kho=auto", LUO_SAID_OFF, LUO_UNSAID, "" },
	{ "kho=off kho= kho", LUO_SAID_OFF, LUO_UNSAID, "" },
	{ "kho= liveupdate=", LUO_UNSAID, LUO_UNSAID, "" },
	{ "kho liveupdate", LUO_UNSAID, LUO_UNSAID, "" },
	/* White space and quotes. */
	{ "\tkho=off\nliveupdate=off", LUO_SAID_OFF, LUO_SAID_OFF, "" },
	{ "\"kho=off\"", LUO_SAID_OFF, LUO_UNSAID, "" },
	{ "kho=\"off\"", LUO_SAID_OFF, LUO_UNSAID, "" },
	{ "dyndbg=\"file x kho=off +p\"", LUO_UNSAID, LUO_UNSAID, "" },
	{ "\"a kho=off", LUO_UNSAID, LUO_UNSAID, "" },
	/* Parameters of others. */
	{ "khoo=off xkho=off test.kho=off", LUO_UNSAID, LUO_UNSAID, "" },
	{ "kho=on -- kho=off mem=1G", LUO_SAID_ON, LUO_UNSAID, "" },
	/* Memory. */
	{ "mem=600M", LUO_UNSAID, LUO_UNSAID, "mem=600M " },
	{ "cma=64M cma=64M@4G mem_encrypt=on", LUO_UNSAID, LUO_UNSAID,
	  "cma=64M@4G mem_encrypt=on " },
	{ "mem memory=1 hugetlb.mem=3", LUO_UNSAID, LUO_UNSAID, "" },
	{ "memmap=exactmap memmap=1G@0 kho=on \"mem=2G\"", LUO_SAID_ON,
	  LUO_UNSAID, "memmap=exactmap memmap=1G@0 mem=2G " },
};

static void luo_cmdline_cases(struct kunit *test)
{
	struct luo_cmdline said;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		KUNIT_ASSERT_EQ(test, luo_cmdline_read(&said, cases[i].cmdline),
				0);
		KUNIT_EXPECT_EQ_MSG(test, said.kho, cases[i].kho, "%s",
				    cases[i].cmdline);
		KUNIT_EXPECT_EQ_MSG(test, said.luo, cases[i].luo, "%s",
				    cases[i].cmdline);
		KUNIT_EXPECT_STREQ_MSG(test, said.memory, cases[i].memory, "%s",
				       cases[i].cmdline);
		luo_cmdline_free(&said);
	}
}

static const struct luo_memory_case {
	const char *next;
	const char *own;
	bool kept;
} memory_cases[] = {
	{ "quiet", "", true },
	{ "mem=1G", "mem=1G", true },
	{ "quiet mem=1G kho=on", "mem=1G quiet", true },
	{ "mem=1G", "", false },
	{ "mem=1G", "mem=2G", false },
	{ "", "mem=1G", true },
	{ "", "memmap=300M$1G", true },
	{ "memmap=300M$1G", "memmap=300M$2G", false },
	{ "memmap=1M$1G memmap=1M$2G", "memmap=1M$2G memmap=1M$1G", false },
	/* What these add is missing without them. */
	{ "", "memmap=1G@4G", false },
	{ "", "memmap=1G%4G-2+1", false },
	{ "memmap=1G@4G", "memmap=1G@4G", true },
	{ "", "mem_encrypt=on", false },
	{ "mem_encrypt=on", "", false },
	/* An area that is free again. */
	{ "", "cma=64M@4G", true },
	{ "cma=64M@4G", "cma=64M", false },
};

static void luo_cmdline_memory(struct kunit *test)
{
	struct luo_cmdline next, own;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(memory_cases); i++) {
		const struct luo_memory_case *c = &memory_cases[i];

		KUNIT_ASSERT_EQ(test, luo_cmdline_read(&next, c->next), 0);
		KUNIT_ASSERT_EQ(test, luo_cmdline_read(&own, c->own), 0);
		KUNIT_EXPECT_EQ_MSG(test, luo_cmdline_keeps_memory(&next, &own),
				    c->kept, "%s after %s", c->next, c->own);
		luo_cmdline_free(&next);
		luo_cmdline_free(&own);
	}
}

static struct kunit_case luo_cmdline_tests[] = {
	KUNIT_CASE(luo_cmdline_cases),
	KUNIT_CASE(luo_cmdline_memory),
	{}
};

static struct kunit_suite luo_cmdline_suite = {
	.name = "luo_cmdline",
	.test_cases = luo_cmdline_tests,
};

kunit_test_suite(luo_cmdline_suite);

MODULE_DESCRIPTION("Tests of command lines of the next kernel");
MODULE_LICENSE("GPL");
