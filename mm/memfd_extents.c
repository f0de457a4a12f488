// SPDX-License-Identifier: GPL-2.0
/*
 * Live update of memfds on tmpfs, in extents.
 *
 * While a memfd is preserved, its folios stay in place and its size is fixed.
 * It can be read and written, and its holes can be filled until the freeze;
 * prepare() and freeze() add the pages that were allocated meanwhile. From the
 * freeze on, a task that would fill a hole sleeps. Holes stay holes in the next
 * kernel.
 *
 * The format is in <linux/kho/abi/memfd_extents.h>.
 */

#define pr_fmt(fmt) "memfd_extents: " fmt

#include <linux/cleanup.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/liveupdate.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>

#include "memfd_begin.h"
#include "memfd_extents.h"
#include "memfd_poison.h"

/**
 * struct preserved_memfd - a preserved memfd
 * @ser: the handover record, in preserved memory
 * @list: the extents of the file
 * @poison: memfd_poison_count() before the last check that found no poisoned
 *	    page in the file
 */
struct preserved_memfd {
	struct memfd_extents_ser *ser;
	struct memfd_extents list;
	long poison;
};

/* Serializes the attributes and the list. The checksum covers all of it. */
static int fill_record(struct preserved_memfd *memfd, struct file *file)
{
	struct memfd_extents_ser *ser = memfd->ser;
	int err;

	err = memfd_extents_describe(ser, file);
	if (err)
		return err;
	ser->length = sizeof(*ser);
	ser->page_size = PAGE_SIZE;
	ser->nr_extents = memfd->list.nr;
	ser->nr_pages = memfd->list.pages;
	ser->chunks = memfd->list.first ? virt_to_phys(memfd->list.first) : 0;
	ser->sum = memfd_extents_sum(ser);
	return 0;
}

static u64 count_bytes(const struct preserved_memfd *memfd)
{
	return (memfd->list.pages + memfd->list.chunks + 1) << PAGE_SHIFT;
}

static struct preserved_memfd *alloc_memfd(void)
{
	struct preserved_memfd *memfd __free(kfree) =
		kzalloc(sizeof(*memfd), GFP_KERNEL);

	if (!memfd)
		return ERR_PTR(-ENOMEM);
	memfd->ser = memfd_extents_alloc_page();
	if (IS_ERR(memfd->ser))
		return ERR_CAST(memfd->ser);
	*memfd->ser = (struct memfd_extents_ser) {};
	return_ptr(memfd);
}

static void free_memfd(struct preserved_memfd *memfd)
{
	kho_unpreserve_free(memfd->ser);
	kfree(memfd);
}

static int preserve_file(struct preserved_memfd *memfd, struct file *file)
{
	int err;

	err = memfd_begin_preserve(file_inode(file));
	if (err)
		return err;
	memfd->poison = memfd_poison_count();
	err = memfd_extents_preserve(&memfd->list, file);
	if (!err)
		err = fill_record(memfd, file);
	if (err) {
		memfd_extents_release(&memfd->list, NULL);
		shmem_set_preserved(file_inode(file), false);
	}
	return err;
}

static int preserve(struct liveupdate_file_op_args *args)
{
	struct preserved_memfd *memfd = alloc_memfd();
	int err;

	if (IS_ERR(memfd))
		return PTR_ERR(memfd);
	err = preserve_file(memfd, args->file);
	if (err) {
		free_memfd(memfd);
		return err;
	}
	args->private = memfd;
	args->data = virt_to_phys(memfd->ser);
	args->bytes = count_bytes(memfd);
	return 0;
}

static void unpreserve(struct liveupdate_file_op_args *args)
{
	struct preserved_memfd *memfd = args->private;

	memfd_extents_release(&memfd->list, NULL);
	shmem_set_preserved(file_inode(args->file), false);
	free_memfd(memfd);
}

static int add_new_pages(struct preserved_memfd *memfd, struct file *file)
{
	struct memfd_extents list;
	int err;

	err = memfd_extents_extend(&list, file, &memfd->list);
	if (err)
		return err;
	memfd_extents_free(&memfd->list);
	memfd->list = list;
	return 0;
}

/* Usually nothing was poisoned; comparing the counter is enough. */
static int look_for_poison(struct preserved_memfd *memfd)
{
	const long poison = memfd_poison_count();

	if (poison == memfd->poison)
		return 0;
	if (memfd_extents_is_poisoned(&memfd->list))
		return -EHWPOISON;
	memfd->poison = poison;
	return 0;
}

static int prepare(struct liveupdate_file_op_args *args)
{
	struct preserved_memfd *memfd = args->private;
	int err;

	err = look_for_poison(memfd);
	if (err)
		return err;
	if (!memfd_extents_is_whole(args->file, memfd->list.pages)) {
		err = add_new_pages(memfd, args->file);
		if (err)
			return err;
	}
	args->bytes = count_bytes(memfd);
	return fill_record(memfd, args->file);
}

/*
 * From here on no folio can be added to the file. This must not wait for an
 * i_rwsem: the task that holds it may be sleeping until the file is unfrozen.
 */
static int freeze(struct liveupdate_file_op_args *args)
{
	struct inode *inode = file_inode(args->file);
	struct preserved_memfd *memfd = args->private;
	int err;

	shmem_set_frozen(inode, true);
	err = prepare(args);
	if (!err &&
	    WARN_ON_ONCE(!memfd_extents_is_whole(args->file, memfd->list.pages)))
		err = -EIO;
	if (err)
		shmem_set_frozen(inode, false);
	return err;
}

static void unfreeze(struct liveupdate_file_op_args *args)
{
	shmem_set_frozen(file_inode(args->file), false);
}

const struct liveupdate_file_format_ops memfd_extents_format_ops = {
	.preserve = preserve,
	.unpreserve = unpreserve,
	.prepare = prepare,
	.freeze = freeze,
	.unfreeze = unfreeze,
	.retrieve = memfd_extents_retrieve,
	.finish = memfd_extents_finish,
};
