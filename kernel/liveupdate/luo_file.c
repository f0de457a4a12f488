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

#include "luo_flb.h"
#include "luo_internal.h"
#include "luo_timeline.h"
#include "luo_trace.h"

/* Tells one preserved file from all others. */
struct luo_file_id {
	const struct liveupdate_file_handler *handler;
	unsigned long id;
};

/**
 * struct luo_file - one file of a session
 * @list: in luo_file_set.list
 * @token: the number by which userspace knows it; immutable
 * @lock: serializes callbacks while others work on other files of the set
 * @id_hash: in the table of preserved files; outgoing files only
 * @id: the key there
 * @compatible: name of the format that it is in; immutable
 * @args: what the handler works on. An outgoing file has its handler and its
 *	  struct file for life; an incoming one gets them when it is retrieved.
 *	  Protected by @lock, or by luo_file_set.lock held for writing
 */
struct luo_file {
	struct list_head list;
	u64 token;
	struct mutex lock;
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
	init_rwsem(&files->lock);
	mutex_init(&files->map_lock);
	INIT_LIST_HEAD(&files->list);
	xa_init(&files->tokens);
	files->count = 0;
	luo_chain_init(&files->chain, sizeof(struct luo_file_ser));
}

/* Makes sure that nobody else uses @token, and that there is room for it. */
static int reserve_token(struct luo_file_set *files, u64 token)
{
	int err;

	/* A token is 64 bits wide, and so is an index. */
	BUILD_BUG_ON(sizeof(token) != sizeof(unsigned long));

	err = xa_insert(&files->tokens, token, NULL, GFP_KERNEL);
	return err == -EBUSY ? -EEXIST : err;
}

static void release_token(struct luo_file_set *files, u64 token)
{
	xa_erase(&files->tokens, token);
}

/* Cannot fail: the token is reserved. */
static void publish_file(struct luo_file_set *files, struct luo_file *lf)
{
	lockdep_assert_held(&files->map_lock);

	xa_store(&files->tokens, lf->token, lf, GFP_KERNEL);
	list_add_tail(&lf->list, &files->list);
	files->count++;
}

static void remove_file(struct luo_file_set *files, struct luo_file *lf)
{
	lockdep_assert_held(&files->map_lock);

	release_token(files, lf->token);
	list_del(&lf->list);
	files->count--;
}

static struct luo_file *alloc_file(u64 token, const char *compatible, gfp_t gfp)
{
	struct luo_file *lf = kzalloc(sizeof(*lf), gfp);

	if (!lf)
		return NULL;
	lf->token = token;
	mutex_init(&lf->lock);
	strscpy_pad(lf->compatible, compatible, sizeof(lf->compatible));
	return lf;
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
static void forget_files(struct luo_file_set *files)
{
	struct luo_file *lf, *tmp;

	guard(mutex)(&files->map_lock);
	list_for_each_entry_safe(lf, tmp, &files->list, list) {
		remove_file(files, lf);
		free_file(lf);
	}
}

void luo_files_destroy(struct luo_file_set *files)
{
	forget_files(files);
	xa_destroy(&files->tokens);
	mutex_destroy(&files->map_lock);
}

/* A file with its handler; takes a reference on both. */
static struct luo_file *alloc_outgoing(struct file *file, u64 token)
{
	struct liveupdate_file_handler *handler;
	struct luo_file *lf;

	handler = luo_handler_get_for(file);
	if (IS_ERR(handler))
		return ERR_CAST(handler);
	lf = alloc_file(token, handler->compatible, GFP_KERNEL_ACCOUNT);
	if (!lf) {
		luo_handler_put(handler);
		return ERR_PTR(-ENOMEM);
	}
	lf->args.handler = handler;
	lf->args.file = get_file(file);
	lf->id.handler = handler;
	lf->id.id = handler->ops->get_id ? handler->ops->get_id(file) :
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

/* Room in the set for one more file, which is not there yet. */
static int reserve_place(struct luo_file_set *files, u64 token)
{
	int err;

	guard(mutex)(&files->map_lock);
	err = reserve_token(files, token);
	if (err)
		return err;
	err = luo_chain_reserve(&files->chain);
	if (err)
		release_token(files, token);
	return err;
}

static void release_place(struct luo_file_set *files, u64 token)
{
	guard(mutex)(&files->map_lock);
	luo_chain_unreserve(&files->chain);
	release_token(files, token);
}

static const struct liveupdate_file_ops *ops_of(struct luo_file *lf)
{
	return lf->args.handler->ops;
}

/* Calls a handler, if it has such a callback. */
static int call(struct luo_file *lf, const char *name,
		int (*op)(struct liveupdate_file_op_args *args))
{
	if (!op)
		return 0;
	return luo_call(file, name, lf->compatible, lf->token, op(&lf->args));
}

static void call_void(struct luo_file *lf, const char *name,
		      void (*op)(struct liveupdate_file_op_args *args))
{
	if (op)
		luo_call_void(file, name, lf->compatible, lf->token,
			      op(&lf->args));
}

/* What the files of a type have in common is there before any of them. */
static int preserve_with_flbs(struct luo_file *lf)
{
	int err;

	err = luo_flbs_preserve(lf->args.handler);
	if (err)
		return err;
	err = call(lf, "preserve", ops_of(lf)->preserve);
	if (err)
		luo_flbs_unpreserve(lf->args.handler);
	return err;
}

/*
 * Nobody can find the file until all is done, so no lock is held while its
 * handler works, and other files can be preserved meanwhile.
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
	publish_file(files, lf);
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
		free_file(lf);
	return err;
}

/* Preserves the file that @fd of the caller refers to, under @token. */
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

/* Makes a preserved file an ordinary one. It is not in the set any more. */
static void unpreserve_file(struct luo_file *lf)
{
	call_void(lf, "unpreserve", ops_of(lf)->unpreserve);
	luo_flbs_unpreserve(lf->args.handler);
	release_id(lf);
	free_file(lf);
}

static void unpreserve_last(struct luo_file_set *files)
{
	struct luo_file *lf;

	scoped_guard(mutex, &files->map_lock) {
		lf = list_last_entry(&files->list, struct luo_file, list);
		luo_chain_unreserve(&files->chain);
		remove_file(files, lf);
	}
	unpreserve_file(lf);
}

/* Takes back all of luo_files_preserve(), the last one first. */
void luo_files_unpreserve(struct luo_file_set *files)
{
	lockdep_assert_held_write(&files->lock);

	while (files->count)
		unpreserve_last(files);
}

/* Takes one file out of the set, if it is there. */
static struct luo_file *take_file(struct luo_file_set *files, u64 token)
{
	struct luo_file *lf;

	guard(mutex)(&files->map_lock);
	lf = xa_load(&files->tokens, token);
	if (!lf)
		return NULL;
	luo_chain_unreserve(&files->chain);
	remove_file(files, lf);
	return lf;
}

/* Takes back luo_files_preserve() for one file; -ENOENT if it is not there. */
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
	return call(lf, "prepare", ops_of(lf)->prepare);
}

static void unprepare_file(struct luo_file *lf)
{
	call_void(lf, "unprepare", ops_of(lf)->unprepare);
}

static int freeze_file(struct luo_file *lf)
{
	return call(lf, "freeze", ops_of(lf)->freeze);
}

static void unfreeze_file(struct luo_file *lf)
{
	call_void(lf, "unfreeze", ops_of(lf)->unfreeze);
}

/* Does @work to all files in their order, or undoes it where it was done. */
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

/* Prepares all files, or none. */
int luo_files_prepare(struct luo_file_set *files)
{
	return for_all_or_none(files, prepare_file, unprepare_file);
}

/* Takes back luo_files_prepare(). */
void luo_files_unprepare(struct luo_file_set *files)
{
	undo_all(files, unprepare_file);
}

/* Freezes all files, or none. */
int luo_files_freeze(struct luo_file_set *files)
{
	return for_all_or_none(files, freeze_file, unfreeze_file);
}

/* Takes back luo_files_freeze(). */
void luo_files_unfreeze(struct luo_file_set *files)
{
	undo_all(files, unfreeze_file);
}

/* Room for the records of all files of an incoming session that goes on. */
int luo_files_reserve(struct luo_file_set *files)
{
	unsigned long i;
	int err;

	for (i = 0; i < files->count; i++) {
		err = luo_chain_reserve(&files->chain);
		if (err) {
			while (i--)
				luo_chain_unreserve(&files->chain);
			return err;
		}
	}
	return 0;
}

/* Takes back luo_files_reserve(). */
void luo_files_unreserve(struct luo_file_set *files)
{
	unsigned long i;

	for (i = 0; i < files->count; i++)
		luo_chain_unreserve(&files->chain);
}

/*
 * Writes the records of frozen files, or of those that are handed on. Cannot
 * fail: the room is there.
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

static int add_incoming(struct luo_file_set *files, struct luo_file *lf)
{
	int err;

	guard(mutex)(&files->map_lock);
	err = reserve_token(files, lf->token);
	if (!err)
		publish_file(files, lf);
	return err;
}

static int read_file(struct luo_file_set *files, const struct luo_file_ser *ser)
{
	struct luo_file *lf;
	int err;

	if (!*ser->compatible ||
	    strnlen(ser->compatible, LUO_FORMAT_SIZE) == LUO_FORMAT_SIZE)
		return -EIO;
	lf = alloc_file(ser->token, ser->compatible, GFP_KERNEL);
	if (!lf)
		return -ENOMEM;
	lf->args.data = ser->data;
	err = add_incoming(files, lf);
	if (err)
		kfree(lf);
	return err;
}

static int read_files(struct luo_file_set *files,
		      const struct luo_session_ser *ser)
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
	return files->count == ser->count ? 0 : -EIO;
}

/*
 * Reads the records that the previous kernel left of a session's files, and
 * frees them. If they are damaged they are left alone, and there are no files.
 */
int luo_files_read(struct luo_file_set *files, const struct luo_session_ser *ser)
{
	int err = read_files(files, ser);

	if (err)
		forget_files(files);
	else
		luo_chain_free_incoming(ser->files);
	return err;
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
	err = call(lf, "retrieve", ops_of(lf)->retrieve);
	if (err)
		unbind_handler(lf);
	else
		luo_timeline_mark(LUO_POINT_RETRIEVE);
	return err;
}

/* The file of an incoming session, with a reference for the caller. */
struct file *luo_files_retrieve(struct luo_file_set *files, u64 token)
{
	struct luo_file *lf;
	int err;

	lockdep_assert_held_read(&files->lock);

	lf = xa_load(&files->tokens, token);
	if (!lf)
		return ERR_PTR(-ENOENT);
	guard(mutex)(&lf->lock);
	err = retrieve_file(lf);
	if (err)
		return ERR_PTR(err);
	return get_file(lf->args.file);
}

static int can_finish_file(struct luo_file *lf)
{
	return call(lf, "can_finish", ops_of(lf)->can_finish);
}

static void finish_file(struct luo_file_set *files, struct luo_file *lf)
{
	if (!lf->args.file)
		pr_info("discarding a file that nobody retrieved, token %llu, format %s\n",
			lf->token, lf->compatible);
	call_void(lf, "finish", ops_of(lf)->finish);
	luo_flbs_finish(lf->args.handler);
	scoped_guard(mutex, &files->map_lock)
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

/*
 * Asks whether the update can be ended for all files of an incoming session.
 * If it can, their handlers stay bound, so that it still can a moment later.
 */
int luo_files_can_finish(struct luo_file_set *files)
{
	struct luo_file *lf;
	int err;

	lockdep_assert_held_write(&files->lock);

	err = check_finish(files);
	if (!err)
		return 0;
	list_for_each_entry(lf, &files->list, list)
		unbind_handler(lf);
	return err;
}

/*
 * Ends the update for all files of an incoming session. Cannot fail:
 * luo_files_can_finish() has been asked, and nothing has happened since.
 */
void luo_files_finish(struct luo_file_set *files)
{
	struct luo_file *lf, *tmp;

	lockdep_assert_held_write(&files->lock);

	list_for_each_entry_safe(lf, tmp, &files->list, list)
		finish_file(files, lf);
}

/* Number of files that have a struct file: outgoing, or retrieved. */
static unsigned long count_open(struct luo_file_set *files)
{
	struct luo_file *lf;
	unsigned long nr = 0;

	list_for_each_entry(lf, &files->list, list)
		nr += !!lf->args.file;
	return nr;
}

bool luo_files_all_retrieved(struct luo_file_set *files)
{
	lockdep_assert_held_write(&files->lock);

	return count_open(files) == files->count;
}

bool luo_files_any_retrieved(struct luo_file_set *files)
{
	luo_assert_event();

	return count_open(files);
}

/* Ends the update for the files that were retrieved; the others stay. */
void luo_files_finish_retrieved(struct luo_file_set *files)
{
	struct luo_file *lf, *tmp;

	lockdep_assert_held_write(&files->lock);

	list_for_each_entry_safe(lf, tmp, &files->list, list) {
		if (lf->args.file && !can_finish_file(lf))
			finish_file(files, lf);
	}
}

/* Adds up what userspace is told of the files of a session. */
void luo_files_count(struct luo_file_set *files,
		     struct liveupdate_session_info *info)
{
	struct luo_file *lf;

	guard(mutex)(&files->map_lock);
	info->files = files->count;
	list_for_each_entry(lf, &files->list, list) {
		info->bytes += READ_ONCE(lf->args.bytes);
		info->retrieved += !!READ_ONCE(lf->args.file);
	}
}

static void describe_file(struct luo_file *lf,
			  struct liveupdate_file_info *info)
{
	info->token = lf->token;
	info->bytes = READ_ONCE(lf->args.bytes);
	info->flags = READ_ONCE(lf->args.file) ? LIVEUPDATE_FILE_OPEN : 0;
	memcpy(info->format, lf->compatible, sizeof(info->format));
}

/*
 * Describes the files with tokens from *@token on, as many as there is room
 * for, and returns how many there were. *@token is where to go on, 0 after the
 * highest one.
 */
unsigned int luo_files_list(struct luo_file_set *files, u64 *token,
			    struct liveupdate_file_info *info,
			    unsigned int room)
{
	unsigned long index = *token;
	unsigned int nr = 0;
	struct luo_file *lf;

	guard(mutex)(&files->map_lock);
	xa_for_each_start(&files->tokens, index, lf, *token) {
		if (nr == room)
			break;
		describe_file(lf, &info[nr++]);
		*token = index + 1;
	}
	return nr;
}
