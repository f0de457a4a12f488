// SPDX-License-Identifier: GPL-2.0
/*
 * The files of a session: preserved in one kernel, retrieved in the next.
 *
 * What a file is made of is known to its handler alone. Here is what all files
 * have in common: a token, a place in the order, and one identity, whichever
 * session or fd they come by.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/cleanup.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "luo_internal.h"

/* Tells one preserved file from all others. */
struct luo_file_id {
	const struct liveupdate_file_handler *handler;
	unsigned long id;
};

/**
 * struct luo_file - one file of a session
 * @list: in luo_file_set.list
 * @token: the number by which userspace knows it; immutable
 * @id_hash: in the table of preserved files; outgoing files only
 * @id: the key there
 * @compatible: name of the format that it is in; immutable
 * @args: what the handler works on. An outgoing file has its handler and its
 *	  struct file for life; an incoming one gets them when it is retrieved
 *
 * Protected by luo_file_set.lock.
 */
struct luo_file {
	struct list_head list;
	u64 token;
	struct rhash_head id_hash;
	struct luo_file_id id;
	char compatible[LUO_FORMAT_SIZE];
	struct liveupdate_file_op_args args;
};

static const struct rhashtable_params id_params = {
	.key_len = sizeof(struct luo_file_id),
	.key_offset = offsetof(struct luo_file, id),
	.head_offset = offsetof(struct luo_file, id_hash),
	.automatic_shrinking = true,
};

/* All files that are preserved, in whatever session. Has its own locking. */
static struct rhashtable preserved_ids;

int __init luo_file_init(void)
{
	return rhashtable_init(&preserved_ids, &id_params);
}

void luo_files_init(struct luo_file_set *files)
{
	mutex_init(&files->lock);
	INIT_LIST_HEAD(&files->list);
	xa_init(&files->tokens);
	files->count = 0;
	luo_chain_init(&files->chain, sizeof(struct luo_file_ser));
}

static int add_file(struct luo_file_set *files, struct luo_file *lf)
{
	int err;

	/* A token is 64 bits wide, and so is an index. */
	BUILD_BUG_ON(sizeof(lf->token) != sizeof(unsigned long));

	err = xa_insert(&files->tokens, lf->token, lf, GFP_KERNEL);
	if (err)
		return err == -EBUSY ? -EEXIST : err;
	list_add_tail(&lf->list, &files->list);
	files->count++;
	return 0;
}

static void remove_file(struct luo_file_set *files, struct luo_file *lf)
{
	xa_erase(&files->tokens, lf->token);
	list_del(&lf->list);
	files->count--;
}

/* Lets go of the struct file and the handler, as far as there are any. */
static void free_file(struct luo_file *lf)
{
	if (lf->args.file)
		fput(lf->args.file);
	if (lf->args.handler)
		luo_handler_put(lf->args.handler);
	kfree(lf);
}

/* Frees the records of files, and leaves alone what they stand for. */
void luo_files_destroy(struct luo_file_set *files)
{
	struct luo_file *lf, *tmp;

	list_for_each_entry_safe(lf, tmp, &files->list, list) {
		remove_file(files, lf);
		free_file(lf);
	}
	xa_destroy(&files->tokens);
	mutex_destroy(&files->lock);
}

/* A file with its handler; takes a reference on both. */
static struct luo_file *alloc_outgoing(struct file *file, u64 token)
{
	struct liveupdate_file_handler *handler;
	struct luo_file *lf;

	handler = luo_handler_get_for(file);
	if (IS_ERR(handler))
		return ERR_CAST(handler);
	lf = kzalloc(sizeof(*lf), GFP_KERNEL_ACCOUNT);
	if (!lf) {
		luo_handler_put(handler);
		return ERR_PTR(-ENOMEM);
	}
	lf->token = token;
	lf->args.handler = handler;
	lf->args.file = get_file(file);
	lf->id.handler = handler;
	lf->id.id = handler->ops->get_id ? handler->ops->get_id(file) :
					   (unsigned long)file_inode(file);
	strscpy_pad(lf->compatible, handler->compatible);
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

static int preserve_file(struct luo_file_set *files, struct luo_file *lf)
{
	int err;

	lockdep_assert_held(&files->lock);

	err = claim_id(lf);
	if (err)
		return err;
	err = luo_chain_reserve(&files->chain);
	if (err)
		goto err_release_id;
	err = add_file(files, lf);
	if (err)
		goto err_unreserve;
	err = lf->args.handler->ops->preserve(&lf->args);
	if (err)
		goto err_remove;
	return 0;

err_remove:
	remove_file(files, lf);
err_unreserve:
	luo_chain_unreserve(&files->chain);
err_release_id:
	release_id(lf);
	return err;
}

static int preserve_fd(struct luo_file_set *files, int fd, u64 token)
{
	struct luo_file *lf;
	int err;

	if (xa_load(&files->tokens, token))
		return -EEXIST;

	CLASS(fd, f)(fd);
	if (fd_empty(f))
		return -EBADF;
	lf = alloc_outgoing(fd_file(f), token);
	if (IS_ERR(lf))
		return PTR_ERR(lf);
	err = preserve_file(files, lf);
	if (err)
		free_file(lf);
	return err;
}

/* Preserves the file that @fd of the caller refers to, under @token. */
int luo_files_preserve(struct luo_file_set *files, int fd, u64 token)
{
	guard(mutex)(&files->lock);
	return preserve_fd(files, fd, token);
}

/* Takes back all of luo_files_preserve(), the last one first. */
void luo_files_unpreserve(struct luo_file_set *files)
{
	struct luo_file *lf, *tmp;

	guard(mutex)(&files->lock);
	list_for_each_entry_safe_reverse(lf, tmp, &files->list, list) {
		lf->args.handler->ops->unpreserve(&lf->args);
		remove_file(files, lf);
		luo_chain_unreserve(&files->chain);
		release_id(lf);
		free_file(lf);
	}
}

static int freeze_file(struct luo_file *lf)
{
	const struct liveupdate_file_ops *ops = lf->args.handler->ops;

	return ops->freeze ? ops->freeze(&lf->args) : 0;
}

static void unfreeze_file(struct luo_file *lf)
{
	const struct liveupdate_file_ops *ops = lf->args.handler->ops;

	if (ops->unfreeze)
		ops->unfreeze(&lf->args);
}

/* Freezes all files, or none. */
int luo_files_freeze(struct luo_file_set *files)
{
	struct luo_file *lf;
	int err;

	guard(mutex)(&files->lock);
	list_for_each_entry(lf, &files->list, list) {
		err = freeze_file(lf);
		if (err) {
			list_for_each_entry_continue_reverse(lf, &files->list,
							     list)
				unfreeze_file(lf);
			return err;
		}
	}
	return 0;
}

/* Takes back luo_files_freeze(). */
void luo_files_unfreeze(struct luo_file_set *files)
{
	struct luo_file *lf;

	guard(mutex)(&files->lock);
	list_for_each_entry_reverse(lf, &files->list, list)
		unfreeze_file(lf);
}

/* Writes the records of frozen files. Cannot fail: the room is there. */
void luo_files_write(struct luo_file_set *files, struct luo_session_ser *ser)
{
	struct luo_chain_writer writer;
	struct luo_file_ser *record;
	struct luo_file *lf;

	guard(mutex)(&files->lock);
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

static int read_file(struct luo_file_set *files, const struct luo_file_ser *ser)
{
	struct luo_file *lf;
	int err;

	if (!*ser->compatible ||
	    strnlen(ser->compatible, LUO_FORMAT_SIZE) == LUO_FORMAT_SIZE)
		return -EIO;
	lf = kzalloc(sizeof(*lf), GFP_KERNEL);
	if (!lf)
		return -ENOMEM;
	lf->token = ser->token;
	lf->args.data = ser->data;
	strscpy_pad(lf->compatible, ser->compatible);
	err = add_file(files, lf);
	if (err)
		kfree(lf);
	return err;
}

/*
 * Reads the records that the previous kernel left of a session's files, and
 * frees them; they are left alone if they are damaged.
 */
int luo_files_read(struct luo_file_set *files, const struct luo_session_ser *ser)
{
	struct luo_chain_reader reader;
	const struct luo_file_ser *record;
	int err;

	luo_chain_read(&reader, ser->files, sizeof(*record));
	while ((record = luo_chain_next(&reader))) {
		err = PTR_ERR_OR_ZERO(record);
		if (!err)
			err = read_file(files, record);
		if (err)
			return err;
	}
	if (files->count != ser->count)
		return -EIO;
	luo_chain_free_incoming(ser->files);
	return 0;
}

/* An incoming file meets its handler, who may have come as a module. */
static int bind_handler(struct luo_file *lf)
{
	if (!lf->args.handler)
		lf->args.handler = luo_handler_get(lf->compatible);
	return lf->args.handler ? 0 : -ENOENT;
}

static void unbind_handler(struct luo_file *lf)
{
	if (lf->args.file || !lf->args.handler)
		return;
	luo_handler_put(lf->args.handler);
	lf->args.handler = NULL;
}

static int retrieve_file(struct luo_file *lf)
{
	int err;

	if (lf->args.file)
		return 0;
	err = bind_handler(lf);
	if (err)
		return err;
	err = lf->args.handler->ops->retrieve(&lf->args);
	if (err)
		unbind_handler(lf);
	return err;
}

/* The file of an incoming session, with a reference for the caller. */
struct file *luo_files_retrieve(struct luo_file_set *files, u64 token)
{
	struct luo_file *lf;
	int err;

	guard(mutex)(&files->lock);
	lf = xa_load(&files->tokens, token);
	if (!lf)
		return ERR_PTR(-ENOENT);
	err = retrieve_file(lf);
	if (err)
		return ERR_PTR(err);
	return get_file(lf->args.file);
}

static int can_finish_file(struct luo_file *lf)
{
	const struct liveupdate_file_ops *ops = lf->args.handler->ops;

	return ops->can_finish ? ops->can_finish(&lf->args) : 0;
}

static void finish_file(struct luo_file_set *files, struct luo_file *lf)
{
	if (!lf->args.file)
		pr_info("discarding a file that nobody retrieved, token %llu, format %s\n",
			lf->token, lf->compatible);
	lf->args.handler->ops->finish(&lf->args);
	remove_file(files, lf);
	free_file(lf);
}

static int check_finish(struct luo_file_set *files)
{
	struct luo_file *lf;
	int err;

	list_for_each_entry(lf, &files->list, list) {
		err = bind_handler(lf);
		if (!err)
			err = can_finish_file(lf);
		if (err)
			return err;
	}
	return 0;
}

static int finish_all(struct luo_file_set *files)
{
	struct luo_file *lf, *tmp;
	int err;

	lockdep_assert_held(&files->lock);

	err = check_finish(files);
	if (err) {
		list_for_each_entry(lf, &files->list, list)
			unbind_handler(lf);
		return err;
	}
	list_for_each_entry_safe(lf, tmp, &files->list, list)
		finish_file(files, lf);
	return 0;
}

/* Ends the update for all files of an incoming session, or for none. */
int luo_files_finish(struct luo_file_set *files)
{
	guard(mutex)(&files->lock);
	return finish_all(files);
}

static bool all_retrieved(struct luo_file_set *files)
{
	struct luo_file *lf;

	list_for_each_entry(lf, &files->list, list) {
		if (!lf->args.file)
			return false;
	}
	return true;
}

/*
 * The holder of an incoming session is gone. Ends the update for the files
 * that were retrieved; the others wait for the next holder. Returns true if
 * there are no others.
 */
bool luo_files_settle(struct luo_file_set *files)
{
	struct luo_file *lf, *tmp;

	guard(mutex)(&files->lock);
	if (all_retrieved(files))
		return !finish_all(files);
	list_for_each_entry_safe(lf, tmp, &files->list, list) {
		if (lf->args.file && !can_finish_file(lf))
			finish_file(files, lf);
	}
	return false;
}
