// SPDX-License-Identifier: GPL-2.0
/*
 * Live update of memfds on tmpfs, folio by folio.
 *
 * While a memfd is preserved, its folios are pinned and its size is fixed. It
 * can be read and written, and its holes can be filled until the freeze, which
 * adds the pages that were allocated meanwhile. From the freeze on, a task that
 * would fill a hole sleeps. Holes are preserved as holes.
 *
 * The format is in <linux/kho/abi/memfd.h>.
 */

#define pr_fmt(fmt) "memfd_luo: " fmt

#include <linux/cleanup.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/liveupdate.h>
#include <linux/memfd.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <uapi/linux/fcntl.h>

#include "memfd_begin.h"
#include "memfd_luo.h"
#include "memfd_poison.h"

static_assert(MEMFD_LUO_SEAL_SEAL == F_SEAL_SEAL);
static_assert(MEMFD_LUO_SEAL_SHRINK == F_SEAL_SHRINK);
static_assert(MEMFD_LUO_SEAL_GROW == F_SEAL_GROW);
static_assert(MEMFD_LUO_SEAL_WRITE == F_SEAL_WRITE);
static_assert(MEMFD_LUO_SEAL_FUTURE_WRITE == F_SEAL_FUTURE_WRITE);
static_assert(MEMFD_LUO_SEAL_EXEC == F_SEAL_EXEC);

/**
 * struct memfd_luo - a preserved memfd
 * @ser: the handover record, in preserved memory
 * @list: the folios; @list.entries is preserved, too
 * @poison: memfd_poison_count() before the last check that found no poisoned
 *	    page in the file
 */
struct memfd_luo {
	struct memfd_luo_ser *ser;
	struct memfd_folios list;
	long poison;
};

/* Serializes the attributes, which may change while the memfd is preserved. */
static int record_attributes(struct file *file, struct memfd_luo_ser *ser)
{
	int seals = memfd_get_seals(file);

	if (seals < 0 || seals & ~MEMFD_LUO_ALL_SEALS)
		return -EOPNOTSUPP;
	ser->pos = file->f_pos;
	ser->size = i_size_read(file_inode(file));
	ser->seals = seals;
	return 0;
}

static int record_folios(const struct memfd_folios *list,
			 struct memfd_luo_ser *ser)
{
	struct kho_vmalloc area = {};
	int err = 0;

	if (list->nr)
		err = kho_preserve_vmalloc(list->entries, &area);
	if (err)
		return err;
	kho_unpreserve_vmalloc(&ser->folios);
	ser->folios = area;
	ser->nr_folios = list->nr;
	return 0;
}

static int preserve_file(struct file *file, struct memfd_luo *memfd)
{
	int err;

	err = memfd_begin_preserve(file_inode(file));
	if (err)
		return err;
	memfd->poison = memfd_poison_count();
	err = record_attributes(file, memfd->ser);
	if (!err)
		err = memfd_folios_preserve(&memfd->list, file);
	if (!err)
		err = record_folios(&memfd->list, memfd->ser);
	if (err) {
		memfd_folios_release(&memfd->list, NULL);
		shmem_set_preserved(file_inode(file), false);
	}
	return err;
}

static struct memfd_luo *alloc_memfd(void)
{
	struct memfd_luo *memfd __free(kfree) =
		kzalloc(sizeof(*memfd), GFP_KERNEL);

	if (!memfd)
		return ERR_PTR(-ENOMEM);
	memfd->ser = kho_alloc_preserve(sizeof(*memfd->ser));
	if (IS_ERR(memfd->ser))
		return ERR_CAST(memfd->ser);
	return_ptr(memfd);
}

static void free_memfd(struct memfd_luo *memfd)
{
	kho_unpreserve_free(memfd->ser);
	kfree(memfd);
}

static int memfd_luo_preserve(struct liveupdate_file_op_args *args)
{
	struct memfd_luo *memfd = alloc_memfd();
	int err;

	if (IS_ERR(memfd))
		return PTR_ERR(memfd);
	err = preserve_file(args->file, memfd);
	if (err) {
		free_memfd(memfd);
		return err;
	}
	args->private = memfd;
	args->data = virt_to_phys(memfd->ser);
	return 0;
}

static void memfd_luo_unpreserve(struct liveupdate_file_op_args *args)
{
	struct memfd_luo *memfd = args->private;

	kho_unpreserve_vmalloc(&memfd->ser->folios);
	memfd_folios_release(&memfd->list, NULL);
	shmem_set_preserved(file_inode(args->file), false);
	free_memfd(memfd);
}

static int add_new_folios(struct file *file, struct memfd_luo *memfd)
{
	struct memfd_folios list;
	int err;

	err = memfd_folios_extend(&list, file, &memfd->list);
	if (err)
		return err;
	err = record_folios(&list, memfd->ser);
	if (err) {
		memfd_folios_release(&list, &memfd->list);
		return err;
	}
	vfree(memfd->list.entries);
	memfd->list = list;
	return 0;
}

/* Usually nothing was poisoned; comparing the counter is enough. */
static int look_for_poison(struct memfd_luo *memfd)
{
	const long poison = memfd_poison_count();

	if (poison == memfd->poison)
		return 0;
	if (memfd_folios_are_poisoned(&memfd->list))
		return -EHWPOISON;
	memfd->poison = poison;
	return 0;
}

/*
 * The loop ends because each attempt that runs out of entries has seen pages
 * that the previous one had not. Pages beyond i_size count in nrpages but are
 * not in the list, so there may be nothing to add.
 */
static int record_changes(struct file *file, struct memfd_luo *memfd)
{
	int err;

	err = look_for_poison(memfd);
	if (err)
		return err;
	if (READ_ONCE(file->f_mapping->nrpages) != memfd->list.pages) {
		do {
			err = add_new_folios(file, memfd);
		} while (err == -EAGAIN);
	}
	return err ?: record_attributes(file, memfd->ser);
}

/*
 * From here on no folio can be added to the file. This must not wait for an
 * i_rwsem: the task that holds it may be sleeping until the file is unfrozen.
 */
static int memfd_luo_freeze(struct liveupdate_file_op_args *args)
{
	struct inode *inode = file_inode(args->file);
	int err;

	shmem_set_frozen(inode, true);
	err = record_changes(args->file, args->private);
	if (err)
		shmem_set_frozen(inode, false);
	return err;
}

static void memfd_luo_unfreeze(struct liveupdate_file_op_args *args)
{
	shmem_set_frozen(file_inode(args->file), false);
}

/*
 * The format has no field for the mode and flags that a file was opened with.
 * Accept only files that are open for reading and writing, and not for
 * appending, so that the retrieved fd grants no more access than the preserved
 * one did.
 */
static int memfd_luo_can_write(struct liveupdate_file_handler *handler,
			       struct file *file)
{
	if ((file->f_mode & (FMODE_READ | FMODE_WRITE)) !=
	    (FMODE_READ | FMODE_WRITE) || file->f_flags & O_APPEND)
		return -EOPNOTSUPP;
	return 0;
}

const struct liveupdate_file_format_ops memfd_luo_format_ops = {
	.can_write = memfd_luo_can_write,
	.preserve = memfd_luo_preserve,
	.unpreserve = memfd_luo_unpreserve,
	.freeze = memfd_luo_freeze,
	.unfreeze = memfd_luo_unfreeze,
	.retrieve = memfd_luo_retrieve,
	.finish = memfd_luo_finish,
};
