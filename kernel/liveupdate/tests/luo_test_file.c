// SPDX-License-Identifier: GPL-2.0
/*
 * The files of luo_test: each open of /dev/luo_test creates a file that holds a
 * number, which a live update preserves in one of two formats. All files depend
 * on one shared object (FLB), which counts how often it was created.
 *
 * The log identifies a file by its number; for a retrieved file that is the
 * number at the time of the freeze.
 */

#include <linux/anon_inodes.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/liveupdate.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "luo_test.h"

struct test_file {
	u64 value;
};

static const struct file_operations test_fops;

static int test_open(struct inode *inode, struct file *file)
{
	struct test_file *test = kzalloc(sizeof(*test), GFP_KERNEL);

	file->private_data = test;
	return test ? 0 : -ENOMEM;
}

static int test_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static ssize_t test_read(struct file *file, char __user *to, size_t size,
			 loff_t *pos)
{
	struct test_file *test = file->private_data;

	if (size != sizeof(test->value))
		return -EINVAL;
	return copy_to_user(to, &test->value, size) ? -EFAULT : size;
}

static ssize_t test_write(struct file *file, const char __user *from,
			  size_t size, loff_t *pos)
{
	struct test_file *test = file->private_data;

	if (size != sizeof(test->value))
		return -EINVAL;
	return copy_from_user(&test->value, from, size) ? -EFAULT : size;
}

static const struct file_operations test_fops = {
	.owner = THIS_MODULE,
	.open = test_open,
	.release = test_release,
	.read = test_read,
	.write = test_write,
};

static u64 value_of(struct liveupdate_file_op_args *args)
{
	struct test_file *test = args->file ? args->file->private_data : NULL;
	u64 value = 0;

	if (test)
		return test->value;
	luo_test_record_read(args->data, &value);
	return value;
}

static int test_can_preserve(struct liveupdate_file_handler *handler,
			     struct file *file)
{
	return file->f_op == &test_fops ? 0 : -ENOENT;
}

/* The older format has only 32 bits for the number. */
static int test_v1_can_write(struct liveupdate_file_handler *handler,
			     struct file *file)
{
	struct test_file *test = file->private_data;

	return test->value > U32_MAX ? -EOVERFLOW : 0;
}

static int test_preserve(struct liveupdate_file_op_args *args)
{
	u64 value = value_of(args);
	int err = luo_test_call_nr("preserve", value);

	return err ?: luo_test_record(value, &args->data);
}

static void test_unpreserve(struct liveupdate_file_op_args *args)
{
	luo_test_call_nr("unpreserve", value_of(args));
	luo_test_record_drop(args->data);
}

static int test_prepare(struct liveupdate_file_op_args *args)
{
	return luo_test_call_nr("prepare", value_of(args));
}

static void test_unprepare(struct liveupdate_file_op_args *args)
{
	luo_test_call_nr("unprepare", value_of(args));
}

static int test_freeze(struct liveupdate_file_op_args *args)
{
	u64 value = value_of(args);
	int err = luo_test_call_nr("freeze", value);

	if (!err)
		luo_test_record_update(args->data, value);
	return err;
}

static void test_unfreeze(struct liveupdate_file_op_args *args)
{
	luo_test_call_nr("unfreeze", value_of(args));
}

static int test_retrieve(struct liveupdate_file_op_args *args)
{
	struct test_file *test;
	u64 value;
	int err;

	err = luo_test_record_read(args->data, &value);
	if (!err)
		err = luo_test_call_nr("retrieve", value);
	if (err)
		return err;
	test = kzalloc(sizeof(*test), GFP_KERNEL);
	if (!test)
		return -ENOMEM;
	test->value = value;
	args->file = anon_inode_getfile("[luo_test]", &test_fops, test, O_RDWR);
	if (IS_ERR(args->file)) {
		err = PTR_ERR(args->file);
		args->file = NULL;
		kfree(test);
	}
	return err;
}

static int test_can_finish(struct liveupdate_file_op_args *args)
{
	return luo_test_call_nr("can_finish", value_of(args));
}

static void test_finish(struct liveupdate_file_op_args *args)
{
	luo_test_call_nr("finish", value_of(args));
	luo_test_record_finish(args->data);
}

static unsigned long test_get_id(struct file *file)
{
	return (unsigned long)file->private_data;
}

#define TEST_WRITE_OPS							\
	.preserve = test_preserve,					\
	.unpreserve = test_unpreserve,					\
	.prepare = test_prepare,					\
	.unprepare = test_unprepare,					\
	.freeze = test_freeze,						\
	.unfreeze = test_unfreeze

#define TEST_READ_OPS							\
	.retrieve = test_retrieve,					\
	.can_finish = test_can_finish,					\
	.finish = test_finish

static const struct liveupdate_file_format_ops v1_ops = {
	.can_write = test_v1_can_write,
	TEST_WRITE_OPS,
	TEST_READ_OPS,
};

#ifndef CONFIG_LIVEUPDATE_TEST_OLD
static const struct liveupdate_file_format_ops v2_ops = {
	TEST_WRITE_OPS,
	TEST_READ_OPS,
};

LIVEUPDATE_FORMAT(test_v2, "file", "luo-test", "luo-test-v2", "rw", 1, "-");
#endif

LIVEUPDATE_FORMAT(test_v1, "file", "luo-test", "luo-test-v1", "rw", 2, "lossy");

static const struct liveupdate_file_format formats[] = {
#ifndef CONFIG_LIVEUPDATE_TEST_OLD
	{ .format = &test_v2, .ops = &v2_ops },
#endif
	{ .format = &test_v1, .ops = &v1_ops },
};

static const struct liveupdate_file_ops test_ops = {
	.can_preserve = test_can_preserve,
	.get_id = test_get_id,
	.owner = THIS_MODULE,
};

static struct liveupdate_file_handler handler = {
	.ops = &test_ops,
	.formats = formats,
	.nr_formats = ARRAY_SIZE(formats),
};

#define TEST_FLB	"luo-test-flb-v1"

static u64 flb_made;

static int flb_preserve(struct liveupdate_flb_op_args *args)
{
	int err = luo_test_call("flb_preserve", "flb");

	if (!err)
		err = luo_test_record(++flb_made, &args->data);
	args->obj = &flb_made;
	return err;
}

static void flb_unpreserve(struct liveupdate_flb_op_args *args)
{
	luo_test_call("flb_unpreserve", "flb");
	luo_test_record_drop(args->data);
}

static int flb_retrieve(struct liveupdate_flb_op_args *args)
{
	int err = luo_test_call("flb_retrieve", "flb");

	if (!err)
		err = luo_test_record_read(args->data, &flb_made);
	args->obj = &flb_made;
	return err;
}

static void flb_finish(struct liveupdate_flb_op_args *args)
{
	luo_test_call("flb_finish", "flb");
	luo_test_record_finish(args->data);
}

static const struct liveupdate_flb_ops flb_ops = {
	.preserve = flb_preserve,
	.unpreserve = flb_unpreserve,
	.retrieve = flb_retrieve,
	.finish = flb_finish,
	.owner = THIS_MODULE,
};

LIVEUPDATE_FORMAT(test_flb, "flb", "luo-test", TEST_FLB, "rw", 1, "-");

static struct liveupdate_flb flb = {
	.ops = &flb_ops,
	.compatible = TEST_FLB,
	.format = &test_flb,
};

/* Shows the counter of the object that the previous kernel handed over. */
static int flb_get(void *unused, u64 *value)
{
	void *obj;
	int err;

	err = liveupdate_flb_get_incoming(&flb, &obj);
	if (err)
		return err;
	*value = *(u64 *)obj;
	liveupdate_flb_put_incoming(&flb);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(flb_fops, flb_get, NULL, "%llu\n");

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "luo_test",
	.fops = &test_fops,
	.mode = 0600,
};

static int register_handler(void)
{
	int err = liveupdate_register_file_handler(&handler);

	if (err)
		return err;
	err = liveupdate_register_flb(&handler, &flb);
	if (err)
		liveupdate_unregister_file_handler(&handler);
	return err;
}

static void unregister_handler(void)
{
	WARN_ON(liveupdate_unregister_flb(&handler, &flb));
	WARN_ON(liveupdate_unregister_file_handler(&handler));
}

int luo_test_file_init(struct dentry *dir)
{
	int err;

	err = register_handler();
	if (err)
		return err;
	err = misc_register(&device);
	if (err) {
		unregister_handler();
		return err;
	}
	debugfs_create_file("flb", 0400, dir, NULL, &flb_fops);
	return 0;
}

void luo_test_file_exit(void)
{
	misc_deregister(&device);
	unregister_handler();
}
