// SPDX-License-Identifier: GPL-2.0
/*
 * The files of a session: one by one, by token, and in their order.
 *
 * What a file is made of is known to its handler alone. Here is what all files
 * have in common, whatever direction they go.
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

/* Makes sure that nobody else uses @token, and that there is room for it. */
int luo_files_reserve_token(struct luo_file_set *files, u64 token)
{
	int err;

	/* A token is 64 bits wide, and so is an index. */
	BUILD_BUG_ON(sizeof(token) != sizeof(unsigned long));

	err = xa_insert(&files->tokens, token, NULL, GFP_KERNEL);
	return err == -EBUSY ? -EEXIST : err;
}

void luo_files_release_token(struct luo_file_set *files, u64 token)
{
	xa_erase(&files->tokens, token);
}

/* Cannot fail: the token is reserved. */
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

/* Lets go of the struct file and the handler, as far as there are any. */
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

/* Frees the records of files, and leaves alone what they stand for. */
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

/* Calls a handler, if it has such a callback. */
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

/* Counts the files by their formats, in as many entries as there is room for. */
void luo_files_tally(struct luo_file_set *files, struct luo_tally *tally)
{
	struct luo_file *lf;

	guard(mutex)(&files->map_lock);
	list_for_each_entry(lf, &files->list, list)
		luo_tally_add(tally, lf->compatible);
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
