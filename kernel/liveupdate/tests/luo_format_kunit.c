// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of formats: validation, and the choice of the format for a file.
 */

#include <kunit/test.h>
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/liveupdate.h>
#include <linux/string.h>

#include "../luo_format.h"
#include "../luo_internal.h"

#define NR	3

/* The only file that the handler knows. */
static struct file *the_file;
static struct liveupdate_format the_formats[NR];
static int write_err[NR];

static const struct file_operations fops = {};

static int can_preserve(struct liveupdate_file_handler *handler,
			struct file *file)
{
	return file == the_file ? 0 : -ENOENT;
}

static int first_can_write(struct liveupdate_file_handler *handler,
			   struct file *file)
{
	return write_err[0];
}

static int second_can_write(struct liveupdate_file_handler *handler,
			    struct file *file)
{
	return write_err[1];
}

static int no_work(struct liveupdate_file_op_args *args)
{
	return -EUCLEAN;
}

static void no_undo(struct liveupdate_file_op_args *args)
{
}

static const struct liveupdate_file_ops ops = {
	.can_preserve = can_preserve,
};

/* Read-write, write-only and read-only. */
static const struct liveupdate_file_format_ops format_ops[NR] = {
	{
		.can_write = first_can_write,
		.preserve = no_work,
		.unpreserve = no_undo,
		.retrieve = no_work,
		.finish = no_undo,
	}, {
		.can_write = second_can_write,
		.preserve = no_work,
		.unpreserve = no_undo,
	}, {
		.retrieve = no_work,
		.finish = no_undo,
	},
};

static const struct liveupdate_file_format file_formats[NR] = {
	{ .format = &the_formats[0], .ops = &format_ops[0] },
	{ .format = &the_formats[1], .ops = &format_ops[1] },
	{ .format = &the_formats[2], .ops = &format_ops[2] },
};

static struct liveupdate_file_handler handler = {
	.ops = &ops,
	.formats = file_formats,
	.nr_formats = NR,
};

static const struct liveupdate_format proper = {
	.kind = "file",
	.owner = "kunit",
	.name = "kunit-v1",
	.dir = "rw",
	.rank = 1,
	.attrs = "-",
};

static int format_test_init(struct kunit *test)
{
	static const char *const names[NR] = { "kunit-v3", "kunit-v2", "kunit-v1" };
	static const char *const dirs[NR] = { "rw", "w", "r" };
	int i;

	if (!liveupdate_enabled())
		kunit_skip(test, "live update is off");
	for (i = 0; i < NR; i++) {
		the_formats[i] = proper;
		the_formats[i].name = names[i];
		the_formats[i].dir = dirs[i];
		the_formats[i].rank = i + 1;
		write_err[i] = 0;
	}
	the_file = anon_inode_getfile("[luo_kunit]", &fops, NULL, O_RDWR);
	KUNIT_ASSERT_FALSE(test, IS_ERR(the_file));
	return 0;
}

static void format_test_exit(struct kunit *test)
{
	if (liveupdate_enabled() && !IS_ERR(the_file))
		fput(the_file);
}

static void luo_format_well_formed(struct kunit *test)
{
	struct liveupdate_format format = proper;

	KUNIT_EXPECT_TRUE(test, luo_format_is_valid(&format));
	format.attrs = "needs:kho-vmalloc-v1,lossy";
	KUNIT_EXPECT_TRUE(test, luo_format_is_valid(&format));
	format.name = "";
	KUNIT_EXPECT_FALSE(test, luo_format_is_valid(&format));
	format.name = "two words";
	KUNIT_EXPECT_FALSE(test, luo_format_is_valid(&format));
	format.name = "line\nend";
	KUNIT_EXPECT_FALSE(test, luo_format_is_valid(&format));
	format.name = "a-name-of-48-characters-0123456789-0123456789-01";
	KUNIT_EXPECT_EQ(test, strlen(format.name), LUO_FORMAT_SIZE);
	KUNIT_EXPECT_FALSE(test, luo_format_is_valid(&format));
	format.name++;
	KUNIT_EXPECT_TRUE(test, luo_format_is_valid(&format));
	format.dir = "wr";
	KUNIT_EXPECT_FALSE(test, luo_format_is_valid(&format));
	format.dir = "w";
	KUNIT_EXPECT_TRUE(test, luo_format_is_valid(&format));
	format.rank = 0;
	KUNIT_EXPECT_FALSE(test, luo_format_is_valid(&format));
}

static void luo_format_names(struct kunit *test)
{
	struct liveupdate_format one = proper, same = proper, flb = proper;

	flb.kind = "flb";
	KUNIT_EXPECT_EQ(test, luo_format_add(&one), 0);
	KUNIT_EXPECT_EQ(test, luo_format_add(&same), -EEXIST);
	KUNIT_EXPECT_EQ(test, luo_format_add(&flb), 0);
	luo_format_remove(&flb);
	luo_format_remove(&one);
	KUNIT_EXPECT_EQ(test, luo_format_add(&same), 0);
	luo_format_remove(&same);
	same.attrs = "";
	KUNIT_EXPECT_EQ(test, luo_format_add(&same), -EINVAL);
}

static void luo_format_switches(struct kunit *test)
{
	struct liveupdate_format format = proper, old = proper;

	old.name = "kunit-v0";
	old.dir = "r";
	KUNIT_ASSERT_EQ(test, luo_format_add(&format), 0);
	KUNIT_ASSERT_EQ(test, luo_format_add(&old), 0);
	KUNIT_EXPECT_TRUE(test, luo_format_is_on(&format));
	KUNIT_EXPECT_TRUE(test, luo_format_use(&format));
	KUNIT_EXPECT_EQ(test, luo_format_in_use(&format), 1);
	KUNIT_EXPECT_EQ(test, luo_format_switch(&format, false), -EBUSY);
	KUNIT_EXPECT_EQ(test, luo_format_switch(&format, true), 0);
	luo_format_unuse(&format);
	KUNIT_EXPECT_EQ(test, luo_format_switch(&format, false), 0);
	KUNIT_EXPECT_FALSE(test, luo_format_use(&format));
	KUNIT_EXPECT_EQ(test, luo_format_in_use(&format), 0);
	KUNIT_EXPECT_FALSE(test, luo_format_is_on(&old));
	KUNIT_EXPECT_EQ(test, luo_format_switch(&old, true), -EOPNOTSUPP);
	KUNIT_EXPECT_FALSE(test, luo_format_use(&old));
	luo_format_remove(&old);
	luo_format_remove(&format);
}

/* Expects the format with this index to be chosen, or the errno. */
static void expect_writer(struct kunit *test, int index)
{
	struct liveupdate_file_op_args args = { .file = the_file };

	KUNIT_EXPECT_EQ(test, luo_handler_get_writer(&args),
			index < 0 ? index : 0);
	if (index < 0 || !args.format)
		return;
	KUNIT_EXPECT_PTR_EQ(test, args.format, &file_formats[index]);
	KUNIT_EXPECT_EQ(test, luo_format_in_use(&the_formats[index]), 1);
	luo_handler_put_writer(&args);
}

static void luo_format_writers(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, liveupdate_register_file_handler(&handler), 0);
	expect_writer(test, 0);
	write_err[0] = -EOVERFLOW;
	expect_writer(test, 1);
	write_err[1] = -EUCLEAN;
	expect_writer(test, -EOVERFLOW);
	KUNIT_EXPECT_EQ(test, luo_format_switch(&the_formats[0], false), 0);
	expect_writer(test, -EUCLEAN);
	KUNIT_EXPECT_EQ(test, luo_format_switch(&the_formats[1], false), 0);
	expect_writer(test, -EPROTONOSUPPORT);
	KUNIT_EXPECT_EQ(test, luo_format_switch(&the_formats[0], true), 0);
	write_err[0] = 0;
	expect_writer(test, 0);
	KUNIT_EXPECT_EQ(test, luo_format_in_use(&the_formats[0]), 0);
	KUNIT_EXPECT_EQ(test, liveupdate_unregister_file_handler(&handler), 0);
}

static void luo_format_readers(struct kunit *test)
{
	struct liveupdate_file_op_args args = {};

	KUNIT_ASSERT_EQ(test, liveupdate_register_file_handler(&handler), 0);
	/* A format that is disabled for writing can still be read. */
	KUNIT_EXPECT_EQ(test, luo_format_switch(&the_formats[0], false), 0);
	KUNIT_EXPECT_EQ(test, luo_handler_get_reader("kunit-v3", &args), 0);
	KUNIT_EXPECT_PTR_EQ(test, args.format, &file_formats[0]);
	KUNIT_EXPECT_EQ(test, liveupdate_unregister_file_handler(&handler),
			-EBUSY);
	luo_handler_put(&handler);
	KUNIT_EXPECT_EQ(test, luo_handler_get_reader("kunit-v2", &args),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, luo_handler_get_reader("kunit-v1", &args), 0);
	KUNIT_EXPECT_PTR_EQ(test, args.format, &file_formats[2]);
	luo_handler_put(&handler);
	KUNIT_EXPECT_EQ(test, liveupdate_unregister_file_handler(&handler), 0);
}

/*
 * If one format's name is in use, none of the handler's formats is registered.
 */
static void luo_format_all_or_none(struct kunit *test)
{
	struct liveupdate_format other = proper, first = proper;

	other.name = "kunit-v2";
	first.name = "kunit-v3";
	KUNIT_ASSERT_EQ(test, luo_format_add(&other), 0);
	KUNIT_EXPECT_EQ(test, liveupdate_register_file_handler(&handler),
			-EEXIST);
	KUNIT_EXPECT_EQ(test, luo_format_add(&first), 0);
	luo_format_remove(&first);
	luo_format_remove(&other);
}

static struct kunit_case luo_format_cases[] = {
	KUNIT_CASE(luo_format_well_formed),
	KUNIT_CASE(luo_format_names),
	KUNIT_CASE(luo_format_switches),
	KUNIT_CASE(luo_format_writers),
	KUNIT_CASE(luo_format_readers),
	KUNIT_CASE(luo_format_all_or_none),
	{}
};

static struct kunit_suite luo_format_suite = {
	.name = "luo_format",
	.init = format_test_init,
	.exit = format_test_exit,
	.test_cases = luo_format_cases,
};

kunit_test_suite(luo_format_suite);

MODULE_DESCRIPTION("Tests of the formats of LUO");
MODULE_LICENSE("GPL");
