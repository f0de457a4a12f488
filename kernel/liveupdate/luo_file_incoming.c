// SPDX-License-Identifier: GPL-2.0
/*
 * Files of an incoming session: deserialized, retrieved and finished.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "luo_file.h"
#include "luo_flb.h"
#include "luo_timeline.h"

static int add_incoming(struct luo_file_set *files, struct luo_file *lf)
{
	int err;

	guard(mutex)(&files->map_lock);
	err = luo_files_reserve_token(files, lf->token);
	if (!err)
		luo_files_publish(files, lf);
	return err;
}

static int read_file(struct luo_file_set *files, const struct luo_file_ser *ser)
{
	struct luo_file *lf;
	int err;

	if (!*ser->compatible ||
	    strnlen(ser->compatible, LUO_FORMAT_SIZE) == LUO_FORMAT_SIZE)
		return -EIO;
	lf = luo_file_alloc(ser->token, ser->compatible, GFP_KERNEL);
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
 * Deserializes the files of a session and frees their records. Malformed
 * records are left alone, and the session has no files then.
 */
int luo_files_read(struct luo_file_set *files, const struct luo_session_ser *ser)
{
	int err = read_files(files, ser);

	if (err)
		luo_files_forget(files);
	else
		luo_chain_free_incoming(ser->files);
	return err;
}

/* Binds a file to its handler, which may come from a module loaded late. */
static int bind_handler(struct luo_file *lf)
{
	if (lf->args.handler)
		return 0;
	return luo_handler_get_reader(lf->compatible, &lf->args);
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
	err = luo_file_call(lf, "retrieve", luo_file_ops(lf)->retrieve);
	if (err)
		unbind_handler(lf);
	else
		luo_timeline_mark(LUO_POINT_RETRIEVE);
	return err;
}

/* Retrieves a file; the caller gets a reference. */
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
	return luo_file_call(lf, "can_finish", luo_file_ops(lf)->can_finish);
}

static void finish_file(struct luo_file_set *files, struct luo_file *lf)
{
	if (!lf->args.file)
		pr_info("discarding the file with token %llu (%s): it was not retrieved\n",
			lf->token, lf->compatible);
	luo_file_call_void(lf, "finish", luo_file_ops(lf)->finish);
	luo_flbs_finish(lf->args.handler);
	scoped_guard(mutex, &files->map_lock)
		luo_files_remove(files, lf);
	luo_file_free(lf);
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

/* Undoes luo_files_can_finish() if the update is not finished after all. */
void luo_files_cannot_finish(struct luo_file_set *files)
{
	struct luo_file *lf;

	lockdep_assert_held_write(&files->lock);

	list_for_each_entry(lf, &files->list, list)
		unbind_handler(lf);
}

/*
 * Checks whether all files of an incoming session can be finished. On success
 * their handlers stay bound until luo_files_finish() or
 * luo_files_cannot_finish(), so the result stays valid.
 */
int luo_files_can_finish(struct luo_file_set *files)
{
	int err;

	lockdep_assert_held_write(&files->lock);

	err = check_finish(files);
	if (err)
		luo_files_cannot_finish(files);
	return err;
}

/*
 * Finishes all files of an incoming session. Cannot fail:
 * luo_files_can_finish() has succeeded, and the caller has held the lock since.
 */
void luo_files_finish(struct luo_file_set *files)
{
	struct luo_file *lf, *tmp;

	lockdep_assert_held_write(&files->lock);

	list_for_each_entry_safe(lf, tmp, &files->list, list)
		finish_file(files, lf);
}

/* Number of files with a struct file: outgoing or retrieved ones. */
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

/* Finishes retrieved files that are ready; the others stay in the session. */
void luo_files_finish_retrieved(struct luo_file_set *files)
{
	struct luo_file *lf, *tmp;

	lockdep_assert_held_write(&files->lock);

	list_for_each_entry_safe(lf, tmp, &files->list, list) {
		if (lf->args.file && !can_finish_file(lf))
			finish_file(files, lf);
	}
}
