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

static struct kunit_case luo_cmdline_tests[] = {
	KUNIT_CASE(luo_cmdline_cases),
	{}
};

static struct kunit_suite luo_cmdline_suite = {
	.name = "luo_cmdline",
	.test_cases = luo_cmdline_tests,
};

kunit_test_suite(luo_cmdline_suite);

MODULE_DESCRIPTION("Tests of command lines of the next kernel");
MODULE_LICENSE("GPL");
