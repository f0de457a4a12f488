// SPDX-License-Identifier: GPL-2.0
/*
 * Retrieves or discards memfds that the previous kernel preserved folio by
 * folio.
 *
 * All records of a memfd are validated before anything is changed. A memfd is
 * restored completely or not at all.
 */

#define pr_fmt(fmt) "memfd_luo: " fmt

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kexec_handover.h>
#include <linux/list.h>
#include <linux/liveupdate.h>
#include <linux/memfd.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <uapi/linux/fcntl.h>
#include <uapi/linux/memfd.h>

#include "memfd_insert.h"
#include "memfd_luo.h"

static int restore_folio(struct memfd_insert *insert,
			 const struct memfd_luo_folio_ser *entry)
{
	struct folio *folio = kho_restore_folio(memfd_luo_entry_phys(entry));
	struct memfd_run run;
	int err;

	if (!folio)
		return -EIO;
	run = (struct memfd_run) {
		.page = folio_page(folio, 0),
		.index = entry->index,
		.order = folio_order(folio),
		.nr = 1,
	};
	err = memfd_insert_run(insert, &run);
	if (err)
		kho_return_folio(folio);
	return err;
}

/* Inserts all folios into the file, or none. The file is not visible yet. */
static int restore_folios(struct memfd_insert *insert,
			  const struct memfd_luo_ser *ser)
{
	const struct memfd_luo_folio_ser *entry;
	struct memfd_luo_reader reader;
	int err;

	err = memfd_luo_read(&reader, ser);
	while (!err && (entry = memfd_luo_next(&reader))) {
		err = PTR_ERR_OR_ZERO(entry);
		if (!err)
			err = restore_folio(insert, entry);
		cond_resched();
	}
	if (!err)
		err = memfd_account(insert);
	if (err)
		memfd_insert_undo(insert, kho_return_folio);
	return err;
}

/*
 * F_SEAL_EXEC without F_SEAL_WRITE means that the file is not executable: on an
 * executable file, F_SEAL_EXEC implies F_SEAL_WRITE. MFD_NOEXEC_SEAL makes a
 * file that is not executable and has F_SEAL_EXEC.
 */
static unsigned int memfd_flags(u32 seals)
{
	return seals & F_SEAL_EXEC && !(seals & F_SEAL_WRITE) ?
	       MFD_NOEXEC_SEAL : MFD_ALLOW_SEALING;
}

static struct file *make_file(const struct memfd_luo_ser *ser)
{
	struct file *file;
	int err = 0;

	file = memfd_alloc_file("memfd:", memfd_flags(ser->seals));
	if (IS_ERR(file))
		return file;
	if (ser->seals)
		err = memfd_add_seals(file, ser->seals);
	if (err) {
		fput(file);
		return ERR_PTR(err);
	}
	i_size_write(file_inode(file), ser->size);
	file->f_pos = ser->pos;
	return file;
}

int memfd_luo_retrieve(struct liveupdate_file_op_args *args)
{
	const struct memfd_luo_ser *ser;
	struct memfd_insert insert;
	struct file *file;
	int err;

	ser = kho_incoming_data(args->data, sizeof(*ser));
	if (!ser)
		return -EIO;
	err = memfd_luo_check(ser);
	if (err)
		return err;
	file = make_file(ser);
	if (IS_ERR(file))
		return PTR_ERR(file);
	memfd_insert_begin(&insert, file_inode(file));
	err = restore_folios(&insert, ser);
	if (err) {
		fput(file);
		return err;
	}
	memfd_publish(&insert);
	args->file = file;
	return 0;
}

/*
 * No folio is freed before the last entry has been read: an invalid entry may
 * name a page of the records.
 */
static void discard_folios(const struct memfd_luo_ser *ser)
{
	const struct memfd_luo_folio_ser *entry;
	struct memfd_luo_reader reader;
	struct folio *folio, *next;
	LIST_HEAD(folios);

	memfd_luo_read(&reader, ser);
	while (!IS_ERR_OR_NULL(entry = memfd_luo_next(&reader))) {
		folio = kho_restore_folio(memfd_luo_entry_phys(entry));
		if (folio)
			list_add(&folio->lru, &folios);
		cond_resched();
	}
	list_for_each_entry_safe(folio, next, &folios, lru) {
		list_del(&folio->lru);
		folio_put(folio);
		cond_resched();
	}
}

void memfd_luo_finish(struct liveupdate_file_op_args *args)
{
	struct memfd_luo_ser *ser = kho_incoming_data(args->data, sizeof(*ser));

	if (!ser)
		return;
	if (!args->file) {
		if (memfd_luo_check(ser)) {
			pr_err("cannot discard memfd: invalid record at 0x%llx, its memory stays reserved\n",
			       args->data);
			return;
		}
		discard_folios(ser);
	}
	kho_restore_free_vmalloc(&ser->folios);
	kho_restore_free(ser);
}

