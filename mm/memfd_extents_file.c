// SPDX-License-Identifier: GPL-2.0
/*
 * Serializes the attributes of a memfd, and makes a memfd that has them.
 *
 * The retrieved file grants exactly the access that the preserved one granted.
 */

#include <linux/cred.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/memfd.h>
#include <linux/shmem_fs.h>
#include <linux/string.h>
#include <linux/uidgid.h>
#include <uapi/linux/fcntl.h>
#include <uapi/linux/memfd.h>

#include "memfd_extents.h"

#define NAME_PREFIX	"memfd:"

static_assert(MEMFD_EXTENTS_ALL_SEALS ==
	      (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE |
	       F_SEAL_FUTURE_WRITE | F_SEAL_EXEC));
static_assert(MEMFD_EXTENTS_ALL_MODES == S_IALLUGO);
static_assert(NAME_MAX - (sizeof(NAME_PREFIX) - 1) < MEMFD_EXTENTS_NAME_SIZE);

static u32 describe_flags(const struct file *file)
{
	u32 flags = 0;

	if (file->f_mode & FMODE_READ)
		flags |= MEMFD_EXTENTS_READ;
	if (file->f_mode & FMODE_WRITE)
		flags |= MEMFD_EXTENTS_WRITE;
	if (file->f_flags & O_APPEND)
		flags |= MEMFD_EXTENTS_APPEND;
	return flags;
}

static struct memfd_extents_time describe_time(struct timespec64 time)
{
	return (struct memfd_extents_time) {
		.sec = time.tv_sec,
		.nsec = time.tv_nsec,
	};
}

static void describe_inode(struct memfd_extents_ser *ser, struct inode *inode)
{
	ser->size = i_size_read(inode);
	ser->mode = inode->i_mode & S_IALLUGO;
	ser->uid = from_kuid(&init_user_ns, inode->i_uid);
	ser->gid = from_kgid(&init_user_ns, inode->i_gid);
	ser->atime = describe_time(inode_get_atime(inode));
	ser->mtime = describe_time(inode_get_mtime(inode));
	ser->ctime = describe_time(inode_get_ctime(inode));
	ser->btime = describe_time(SHMEM_I(inode)->i_crtime);
}

/**
 * memfd_extents_describe - serialize the attributes of a file
 * @ser: the record to fill in
 * @file: the memfd; of an attribute that changes concurrently, the old or the
 *	  new value is recorded
 *
 * Return: 0; -EOPNOTSUPP if the format cannot represent the seals of the file.
 */
int memfd_extents_describe(struct memfd_extents_ser *ser, struct file *file)
{
	const char *name = file->f_path.dentry->d_name.name;
	const int seals = memfd_get_seals(file);

	if (seals < 0 || seals & ~MEMFD_EXTENTS_ALL_SEALS)
		return -EOPNOTSUPP;
	ser->seals = seals;
	ser->pos = READ_ONCE(file->f_pos);
	ser->flags = describe_flags(file);
	describe_inode(ser, file_inode(file));
	strscpy_pad(ser->name, name + strlen(NAME_PREFIX));
	return 0;
}

static struct timespec64 make_time(struct memfd_extents_time time)
{
	return (struct timespec64) {
		.tv_sec = time.sec,
		.tv_nsec = time.nsec,
	};
}

static void make_inode(struct inode *inode, const struct memfd_extents_ser *ser)
{
	inode->i_mode = S_IFREG | ser->mode;
	inode->i_uid = make_kuid(&init_user_ns, ser->uid);
	inode->i_gid = make_kgid(&init_user_ns, ser->gid);
	i_size_write(inode, ser->size);
	inode_set_atime_to_ts(inode, make_time(ser->atime));
	inode_set_mtime_to_ts(inode, make_time(ser->mtime));
	inode_set_ctime_to_ts(inode, make_time(ser->ctime));
	SHMEM_I(inode)->i_crtime = make_time(ser->btime);
}

/* Makes a memfd that is open for reading and writing, and not visible yet. */
static struct file *make_memfd(const struct memfd_extents_ser *ser)
{
	char name[sizeof(NAME_PREFIX) + MEMFD_EXTENTS_NAME_SIZE];
	struct file *file;
	int err = 0;

	snprintf(name, sizeof(name), NAME_PREFIX "%s", ser->name);
	file = memfd_alloc_file(name, MFD_ALLOW_SEALING);
	if (IS_ERR(file))
		return file;
	/* The mode comes first: F_SEAL_EXEC adds seals to executable files. */
	make_inode(file_inode(file), ser);
	if (ser->seals)
		err = memfd_add_seals(file, ser->seals);
	if (err) {
		fput(file);
		return ERR_PTR(err);
	}
	return file;
}

static int open_flags(const struct memfd_extents_ser *ser)
{
	int flags = O_RDWR | O_LARGEFILE;

	if (!(ser->flags & MEMFD_EXTENTS_WRITE))
		flags = O_RDONLY | O_LARGEFILE;
	else if (!(ser->flags & MEMFD_EXTENTS_READ))
		flags = O_WRONLY | O_LARGEFILE;
	if (ser->flags & MEMFD_EXTENTS_APPEND)
		flags |= O_APPEND;
	return flags;
}

/*
 * Applies the flags that the preserved file was open with. @file is open for
 * reading and writing; otherwise the inode is opened again, and the reference
 * on @file is dropped.
 */
static struct file *reopen(struct file *file, int flags)
{
	struct file *again;

	if ((flags & O_ACCMODE) == O_RDWR) {
		file->f_flags = flags;
		file->f_iocb_flags = iocb_flags(file);
		return file;
	}
	again = dentry_open(&file->f_path, flags, current_cred());
	fput(file);
	return again;
}

/**
 * memfd_extents_make_file - make a memfd with the attributes of a record
 * @ser: the record, already validated by memfd_extents_check()
 *
 * Return: the file, which has no pages yet, or an ERR_PTR().
 */
struct file *memfd_extents_make_file(const struct memfd_extents_ser *ser)
{
	struct file *file = make_memfd(ser);

	if (!IS_ERR(file))
		file = reopen(file, open_flags(ser));
	if (!IS_ERR(file))
		file->f_pos = ser->pos;
	return file;
}
