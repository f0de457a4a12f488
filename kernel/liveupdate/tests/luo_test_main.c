// SPDX-License-Identifier: GPL-2.0
/*
 * Test files, a shared object and subsystems for live update. Their callbacks
 * fail on request, and log the order in which they are called.
 */

#include <linux/debugfs.h>
#include <linux/module.h>

#include "luo_test.h"

static struct dentry *dir;

static int __init luo_test_init(void)
{
	int err;

	dir = debugfs_create_dir("luo_test", NULL);
	luo_test_control_init(dir);
	luo_test_subsystem_init(dir);
	err = luo_test_file_init(dir);
	if (err)
		debugfs_remove_recursive(dir);
	return err;
}
module_init(luo_test_init);

static void __exit luo_test_exit(void)
{
	debugfs_remove_recursive(dir);
	luo_test_subsystem_exit();
	luo_test_file_exit();
}
module_exit(luo_test_exit);

MODULE_DESCRIPTION("Files and subsystems for tests of live update");
MODULE_LICENSE("GPL");
