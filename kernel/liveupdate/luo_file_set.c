// SPDX-License-Identifier: GPL-2.0
/*
 * The set of files of a session, by token and in order.
 *
 * This is common to incoming and outgoing files; the handlers know the contents
 * of the files.
 */

#include <linux/cleanup.h>
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "luo_file.h"
#include "luo_format.h"
#include "luo_trace.h"

void luo_files_init(struct luo_file_set *files)
{
	init_rwsem(&files->lock);
	mutex_init(&files->map_lock);
	INIT_LIST_HEAD(&files->list);
	xa_init(&files->tokens);
	files->count = 0;
	luo_chain_init(&files->chain, sizeof(struct luo_file_ser));
}

/* Reserves @token and memory for its entry; fails with -EEXIST if in use. */
int luo_files_reserve_token(struct luo_file_set *files, u64 token)
{
	int err;

	/* A token is 64 bits wide, and must fit in an xarray index. */
	BUILD_BUG_ON(sizeof(token) != sizeof(unsigned long));

	err = xa_insert(&files->tokens, token, NULL, GFP_KERNEL);
	return err == -EBUSY ? -EEXIST : err;
}

void luo_files_release_token(struct luo_file_set *files, u64 token)
{
	xa_erase(&files->tokens, token);
}

/* Adds a file to the set. Cannot fail: its token is reserved. */
void luo_files_publish(struct luo_file_set *files, struct luo_file *lf)
{
	lockdep_assert_held(&files->map_lock);

	xa_store(&files->tokens, lf->token, lf, GFP_KERNEL);
	list_add_tail(&lf->list, &files->list);
	files->count++;
}

void luo_files_remove(struct luo_file_set *files, struct luo_file *lf)
{
	lockdep_assert_held(&files->map_lock);

	luo_files_release_token(files, lf->token);
	list_del(&lf->list);
	files->count--;
}

struct luo_file *luo_file_alloc(u64 token, const char *compatible, gfp_t gfp)
{
	struct luo_file *lf = kzalloc(sizeof(*lf), gfp);

	if (!lf)
		return NULL;
	lf->token = token;
	mutex_init(&lf->lock);
	strscpy_pad(lf->compatible, compatible, sizeof(lf->compatible));
	return lf;
}

/* Frees a luo_file; drops its references on the struct file and the handler. */
void luo_file_free(struct luo_file *lf)
{
	if (lf->args.file)
		fput(lf->args.file);
	if (lf->outgoing)
		luo_handler_put_writer(&lf->args);
	else if (lf->args.handler)
		luo_handler_put(lf->args.handler);
	kfree(lf);
}

/* Frees all luo_files of the set; the preserved memory is left alone. */
void luo_files_forget(struct luo_file_set *files)
{
	struct luo_file *lf, *tmp;

	guard(mutex)(&files->map_lock);
	list_for_each_entry_safe(lf, tmp, &files->list, list) {
		luo_files_remove(files, lf);
		luo_file_free(lf);
	}
}

void luo_files_destroy(struct luo_file_set *files)
{
	luo_files_forget(files);
	xa_destroy(&files->tokens);
	mutex_destroy(&files->map_lock);
}

/* Calls a callback of the handler, if it is not NULL. */
int luo_file_call(struct luo_file *lf, const char *name,
		  int (*op)(struct liveupdate_file_op_args *args))
{
	if (!op)
		return 0;
	return luo_call(file, name, lf->compatible, lf->token, op(&lf->args));
}

void luo_file_call_void(struct luo_file *lf, const char *name,
			void (*op)(struct liveupdate_file_op_args *args))
{
	if (op)
		luo_call_void(file, name, lf->compatible, lf->token,
			      op(&lf->args));
}

/* Reserves room for the records of all files of a carried-forward session. */
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

/* Undoes luo_files_reserve(). */
void luo_files_unreserve(struct luo_file_set *files)
{
	unsigned long i;

	for (i = 0; i < files->count; i++)
		luo_chain_unreserve(&files->chain);
}

/* Counts the files per format, up to the number of entries in @tally. */
void luo_files_tally(struct luo_file_set *files, struct luo_tally *tally)
{
	struct luo_file *lf;

	guard(mutex)(&files->map_lock);
	list_for_each_entry(lf, &files->list, list)
		luo_tally_add(tally, lf->compatible);
}

/* Fills in the file counts and sizes of a session for userspace. */
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
 * Describes up to @room files with tokens from *@token on, and returns their
 * number. Sets *@token to the token to continue from, 0 after the highest one.
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
