// SPDX-License-Identifier: GPL-2.0
/*
 * Files of an outgoing session: preserved, prepared, frozen and serialized.
 *
 * A file can be preserved only once, in whichever session and by whichever fd.
 */

#include <linux/cleanup.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "luo_file.h"
#include "luo_flb.h"

static const struct rhashtable_params id_params = {
	.key_len = sizeof(struct luo_file_id),
	.key_offset = offsetof(struct luo_file, id),
	.head_offset = offsetof(struct luo_file, id_hash),
	.automatic_shrinking = true,
};

/* All preserved files of all sessions. rhashtable does its own locking. */
static struct rhashtable preserved_ids;

int __init luo_file_init(void)
{
	return rhashtable_init(&preserved_ids, &id_params);
}

/* Allocates a luo_file; takes references on the file and its handler. */
static struct luo_file *alloc_outgoing(struct file *file, u64 token)
{
	struct liveupdate_file_op_args args = { .file = file };
	const struct liveupdate_file_ops *ops;
	struct luo_file *lf;
	int err;

	err = luo_handler_get_writer(&args);
	if (err)
		return ERR_PTR(err);
	lf = luo_file_alloc(token, args.format->format->name,
			    GFP_KERNEL_ACCOUNT);
	if (!lf) {
		luo_handler_put_writer(&args);
		return ERR_PTR(-ENOMEM);
	}
	ops = args.handler->ops;
	lf->outgoing = true;
	lf->args = args;
	get_file(file);
	lf->id.handler = args.handler;
	lf->id.id = ops->get_id ? ops->get_id(file) :
				  (unsigned long)file_inode(file);
	return lf;
}

static int claim_id(struct luo_file *lf)
{
	int err = rhashtable_lookup_insert_fast(&preserved_ids, &lf->id_hash,
						id_params);

	return err == -EEXIST ? -EBUSY : err;
}

static void release_id(struct luo_file *lf)
{
	rhashtable_remove_fast(&preserved_ids, &lf->id_hash, id_params);
}

/* Reserves the token and room for the record of one more file. */
static int reserve_place(struct luo_file_set *files, u64 token)
{
	int err;

	guard(mutex)(&files->map_lock);
	err = luo_files_reserve_token(files, token);
	if (err)
		return err;
	err = luo_chain_reserve(&files->chain);
	if (err)
		luo_files_release_token(files, token);
	return err;
}

static void release_place(struct luo_file_set *files, u64 token)
{
	guard(mutex)(&files->map_lock);
	luo_chain_unreserve(&files->chain);
	luo_files_release_token(files, token);
}

/* Preserves the objects that files of this type share before the file. */
static int preserve_with_flbs(struct luo_file *lf)
{
	int err;

	err = luo_flbs_preserve(lf->args.handler);
	if (err)
		return err;
	err = luo_file_call(lf, "preserve", luo_file_ops(lf)->preserve);
	if (err)
		luo_flbs_unpreserve(lf->args.handler);
	return err;
}

/*
 * The file is published only after its handler has succeeded. So no lock is
 * held across preserve(), and other files can be preserved concurrently.
 */
static int preserve_file(struct luo_file_set *files, struct luo_file *lf)
{
	int err;

	err = claim_id(lf);
	if (err)
		return err;
	err = preserve_with_flbs(lf);
	if (err) {
		release_id(lf);
		return err;
	}
	guard(mutex)(&files->map_lock);
	luo_files_publish(files, lf);
	return 0;
}

static int preserve_fd(struct luo_file_set *files, int fd, u64 token)
{
	struct luo_file *lf;
	int err;

	CLASS(fd, f)(fd);
	if (fd_empty(f))
		return -EBADF;
	lf = alloc_outgoing(fd_file(f), token);
	if (IS_ERR(lf))
		return PTR_ERR(lf);
	err = preserve_file(files, lf);
	if (err)
		luo_file_free(lf);
	return err;
}

/* Preserves the caller's file @fd under @token. */
int luo_files_preserve(struct luo_file_set *files, int fd, u64 token)
{
	int err;

	lockdep_assert_held_read(&files->lock);

	err = reserve_place(files, token);
	if (err)
		return err;
	err = preserve_fd(files, fd, token);
	if (err)
		release_place(files, token);
	return err;
}

/* Unpreserves and frees a file that was removed from its set. */
static void unpreserve_file(struct luo_file *lf)
{
	luo_file_call_void(lf, "unpreserve", luo_file_ops(lf)->unpreserve);
	luo_flbs_unpreserve(lf->args.handler);
	release_id(lf);
	luo_file_free(lf);
}

static void unpreserve_last(struct luo_file_set *files)
{
	struct luo_file *lf;

	scoped_guard(mutex, &files->map_lock) {
		lf = list_last_entry(&files->list, struct luo_file, list);
		luo_chain_unreserve(&files->chain);
		luo_files_remove(files, lf);
	}
	unpreserve_file(lf);
}

/* Unpreserves all files, in reverse order. */
void luo_files_unpreserve(struct luo_file_set *files)
{
	lockdep_assert_held_write(&files->lock);

	while (files->count)
		unpreserve_last(files);
}

/* Removes a file from the set; returns NULL if there is no such token. */
static struct luo_file *take_file(struct luo_file_set *files, u64 token)
{
	struct luo_file *lf;

	guard(mutex)(&files->map_lock);
	lf = xa_load(&files->tokens, token);
	if (!lf)
		return NULL;
	luo_chain_unreserve(&files->chain);
	luo_files_remove(files, lf);
	return lf;
}

/* Unpreserves one file; fails with -ENOENT if there is no such token. */
int luo_files_unpreserve_one(struct luo_file_set *files, u64 token)
{
	struct luo_file *lf;

	lockdep_assert_held_read(&files->lock);

	lf = take_file(files, token);
	if (!lf)
		return -ENOENT;
	unpreserve_file(lf);
	return 0;
}

static int prepare_file(struct luo_file *lf)
{
	return luo_file_call(lf, "prepare", luo_file_ops(lf)->prepare);
}

static void unprepare_file(struct luo_file *lf)
{
	luo_file_call_void(lf, "unprepare", luo_file_ops(lf)->unprepare);
}

static int freeze_file(struct luo_file *lf)
{
	return luo_file_call(lf, "freeze", luo_file_ops(lf)->freeze);
}

static void unfreeze_file(struct luo_file *lf)
{
	luo_file_call_void(lf, "unfreeze", luo_file_ops(lf)->unfreeze);
}

/* Calls @work for all files in order; after an error rolls back by @undo. */
static int for_all_or_none(struct luo_file_set *files,
			   int (*work)(struct luo_file *lf),
			   void (*undo)(struct luo_file *lf))
{
	struct luo_file *lf;
	int err;

	lockdep_assert_held_write(&files->lock);

	list_for_each_entry(lf, &files->list, list) {
		err = work(lf);
		if (err) {
			list_for_each_entry_continue_reverse(lf, &files->list,
							     list)
				undo(lf);
			return err;
		}
	}
	return 0;
}

static void undo_all(struct luo_file_set *files,
		     void (*undo)(struct luo_file *lf))
{
	struct luo_file *lf;

	lockdep_assert_held_write(&files->lock);

	list_for_each_entry_reverse(lf, &files->list, list)
		undo(lf);
}

/* Prepares all files; after an error none is prepared. */
int luo_files_prepare(struct luo_file_set *files)
{
	return for_all_or_none(files, prepare_file, unprepare_file);
}

/* Undoes luo_files_prepare(). */
void luo_files_unprepare(struct luo_file_set *files)
{
	undo_all(files, unprepare_file);
}

/* Freezes all files; after an error none is frozen. */
int luo_files_freeze(struct luo_file_set *files)
{
	return for_all_or_none(files, freeze_file, unfreeze_file);
}

/* Undoes luo_files_freeze(). */
void luo_files_unfreeze(struct luo_file_set *files)
{
	undo_all(files, unfreeze_file);
}

/*
 * Serializes files that are frozen or carried forward. Cannot fail: the room
 * was reserved when they were preserved or carried forward.
 */
void luo_files_write(struct luo_file_set *files, struct luo_session_ser *ser)
{
	struct luo_chain_writer writer;
	struct luo_file_ser *record;
	struct luo_file *lf;

	luo_assert_event();

	luo_chain_write(&writer, &files->chain);
	list_for_each_entry(lf, &files->list, list) {
		record = luo_chain_add(&writer);
		strscpy_pad(record->compatible, lf->compatible);
		record->data = lf->args.data;
		record->token = lf->token;
	}
	ser->files = luo_chain_pa(&files->chain);
	ser->count = files->count;
}
