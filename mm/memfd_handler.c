// SPDX-License-Identifier: GPL-2.0
/*
 * Live update handler of memfds on tmpfs: which files it can preserve, and in
 * which formats.
 */

#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/kho/abi/vmalloc.h>
#include <linux/liveupdate.h>
#include <linux/memfd.h>
#include <linux/module.h>
#include <linux/shmem_fs.h>

#include "memfd_extents.h"
#include "memfd_luo.h"

LIVEUPDATE_FORMAT(extents_format, "file", "memfd", MEMFD_EXTENTS_COMPATIBLE,
		  "rw", 1, "-");

/* The format of mainline. */
LIVEUPDATE_FORMAT(folios_format, "file", "memfd", MEMFD_LUO_COMPATIBLE, "rw", 2,
		  "lossy,needs:" KHO_VMALLOC_FORMAT);

static const struct liveupdate_file_format formats[] = {
	{ .format = &extents_format, .ops = &memfd_extents_format_ops },
	{ .format = &folios_format, .ops = &memfd_luo_format_ops },
};

static int can_preserve(struct liveupdate_file_handler *handler,
			struct file *file)
{
	if (!shmem_file(file) || file_inode(file)->i_nlink)
		return -ENOENT;
	if (!file_is_memfd(file) ||
	    !(file->f_mode & (FMODE_READ | FMODE_WRITE)))
		return -EOPNOTSUPP;
	return 0;
}

static const struct liveupdate_file_ops memfd_ops = {
	.can_preserve = can_preserve,
	.owner = THIS_MODULE,
};

static struct liveupdate_file_handler memfd_handler = {
	.ops = &memfd_ops,
	.formats = formats,
	.nr_formats = ARRAY_SIZE(formats),
};

static int __init memfd_handler_init(void)
{
	if (!liveupdate_enabled())
		return 0;
	return liveupdate_register_file_handler(&memfd_handler);
}
late_initcall(memfd_handler_init);
