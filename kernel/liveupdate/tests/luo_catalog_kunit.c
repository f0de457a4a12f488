// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of finding the format catalog in a kernel image.
 */

#include <kunit/test.h>
#include <linux/liveupdate_format.h>
#include <linux/string.h>

#include "../luo_catalog.h"

/*
 * Stands for LIVEUPDATE_FORMAT_LINE, with another first character: the test's
 * own lines must not be found in the image of this kernel.
 */
#define LINE	"#uo-format:1 "
#define FIRST	LINE "file memfd memfd-v2 rw 2 needs:kho-vmalloc-v1"
#define SECOND	LINE "kho kho kho-v4 r 1 default-off"
#define END	LINE "end"

static struct luo_catalog catalog;

static void make_lines(char *bytes, size_t size)
{
	while (size--) {
		if (bytes[size] == '#')
			bytes[size] = LIVEUPDATE_FORMAT_LINE[0];
	}
}

/* Scans @size bytes at the end of an allocation, for KASAN's bounds checks. */
static unsigned int scan(struct kunit *test, const char *bytes, size_t size)
{
	char *copy = kunit_kmalloc(test, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	memcpy(copy, bytes, size);
	make_lines(copy, size);
	luo_catalog_scan(&catalog, copy, size);
	kunit_kfree(test, copy);
	return catalog.count;
}

static void luo_catalog_text(struct kunit *test)
{
	static const char text[] = "noise" FIRST "\n" SECOND "\n\n" END "\nmore";

	KUNIT_EXPECT_EQ(test, scan(test, text, sizeof(text)), 2);
	KUNIT_EXPECT_TRUE(test, catalog.complete);
	KUNIT_EXPECT_TRUE(test, luo_catalog_reads(&catalog, "file", "memfd-v2"));
	KUNIT_EXPECT_TRUE(test, luo_catalog_reads(&catalog, "kho", "kho-v4"));
	KUNIT_EXPECT_FALSE(test, luo_catalog_reads(&catalog, "kho", "memfd-v2"));
	KUNIT_EXPECT_FALSE(test, luo_catalog_reads(&catalog, "file", "memfd"));
	KUNIT_EXPECT_TRUE(test, luo_catalog_find(&catalog, "kho",
						 "kho-v4")->default_off);
	KUNIT_EXPECT_FALSE(test, luo_catalog_find(&catalog, "file",
						  "memfd-v2")->default_off);
}

/* As in vmlinux, lines end with a NUL; the last line ends with the image. */
static void luo_catalog_strings(struct kunit *test)
{
	static const char image[] = LINE "%s %s\0" FIRST "\0" END "\0"
				    SECOND;

	KUNIT_EXPECT_EQ(test, scan(test, image, sizeof(image) - 1), 2);
	KUNIT_EXPECT_TRUE(test, catalog.complete);
	/* The last line is cut off. */
	KUNIT_EXPECT_EQ(test, scan(test, image, sizeof(image) - 2), 2);
	KUNIT_EXPECT_EQ(test, scan(test, image, sizeof(image) - 13), 1);
	KUNIT_EXPECT_EQ(test, scan(test, image, strlen(SECOND)), 0);
	KUNIT_EXPECT_FALSE(test, catalog.complete);
}

/* All prefixes of a line at the end of the image. */
static void luo_catalog_cut_off(struct kunit *test)
{
	size_t size;

	for (size = 1; size < strlen(FIRST) - 4; size++)
		scan(test, FIRST, size);
	KUNIT_EXPECT_EQ(test, scan(test, LINE, strlen(LINE)), 0);
	KUNIT_EXPECT_EQ(test, scan(test, END, strlen(END) - 1), 0);
	KUNIT_EXPECT_FALSE(test, catalog.complete);
}

static void luo_catalog_bad_lines(struct kunit *test)
{
	static const char *const lines[] = {
		LINE "file memfd memfd-v2 rw 2",
		LINE "file memfd memfd-v2 wr 2 -",
		LINE "file memfd memfd-v2 rwx 2 -",
		LINE "file memfd memfd-v2 rw two -",
		LINE " end",
		"#uo-format:2 file memfd memfd-v2 rw 2 -",
		"#uo-format:1",
	};
	char line[LUO_FORMAT_SIZE + 300];
	int i;

	for (i = 0; i < ARRAY_SIZE(lines); i++)
		KUNIT_EXPECT_EQ_MSG(test, scan(test, lines[i],
					       strlen(lines[i])), 0,
				    "%s", lines[i]);
	KUNIT_EXPECT_FALSE(test, catalog.complete);
	/* A name and a line that are too long. */
	memset(line, 'x', sizeof(line));
	memcpy(line, LINE "file memfd ", strlen(LINE "file memfd "));
	KUNIT_EXPECT_EQ(test, scan(test, line, 80), 0);
	KUNIT_EXPECT_EQ(test, scan(test, line, sizeof(line)), 0);
}

/* As many different formats as fit, and one more. */
static void luo_catalog_limits(struct kunit *test)
{
	const size_t room = (LUO_CATALOG_MAX + 2) * 64;
	char *text = kunit_kzalloc(test, room, GFP_KERNEL);
	size_t len = 0, all;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, text);
	len += scnprintf(text, room, END "\n");
	for (i = 0; i < LUO_CATALOG_MAX; i++)
		len += scnprintf(text + len, room - len,
				 LINE "file a a-v%d rw 1 -\n", i);
	/* Duplicates are not counted. */
	all = len + scnprintf(text + len, room - len,
			      LINE "file a a-v7 rw 1 -\n");
	KUNIT_EXPECT_EQ(test, scan(test, text, all), LUO_CATALOG_MAX);
	KUNIT_EXPECT_TRUE(test, catalog.complete);
	all = len + scnprintf(text + len, room - len,
			      LINE "file a b-v7 rw 1 -\n");
	KUNIT_EXPECT_EQ(test, scan(test, text, all), LUO_CATALOG_MAX);
	KUNIT_EXPECT_FALSE(test, catalog.complete);
}

static struct kunit_case luo_catalog_cases[] = {
	KUNIT_CASE(luo_catalog_text),
	KUNIT_CASE(luo_catalog_strings),
	KUNIT_CASE(luo_catalog_cut_off),
	KUNIT_CASE(luo_catalog_bad_lines),
	KUNIT_CASE(luo_catalog_limits),
	{}
};

static struct kunit_suite luo_catalog_suite = {
	.name = "luo_catalog",
	.test_cases = luo_catalog_cases,
};

kunit_test_suite(luo_catalog_suite);

MODULE_DESCRIPTION("Tests of reading the formats of other kernels");
MODULE_LICENSE("GPL");
