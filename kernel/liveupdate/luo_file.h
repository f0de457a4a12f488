/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One file of a session, for the parts of LUO that work on it.
 */

#ifndef _LINUX_LIVEUPDATE_LUO_FILE_H
#define _LINUX_LIVEUPDATE_LUO_FILE_H

#include <linux/list.h>
#include <linux/liveupdate.h>
#include <linux/mutex.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

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
 * @lock: serializes callbacks while others work on other files of the set
 * @id_hash: in the table of preserved files; outgoing files only
 * @id: the key there
 * @compatible: name of the format that it is in; immutable
 * @outgoing: for the next kernel; immutable
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
	bool outgoing;
	struct liveupdate_file_op_args args;
};

static inline const struct liveupdate_file_format_ops *
luo_file_ops(struct luo_file *lf)
{
	return lf->args.format->ops;
}

/* luo_file_set.c */
struct luo_file *luo_file_alloc(u64 token, const char *compatible, gfp_t gfp);
void luo_file_free(struct luo_file *lf);
int luo_file_call(struct luo_file *lf, const char *name,
		  int (*op)(struct liveupdate_file_op_args *args));
void luo_file_call_void(struct luo_file *lf, const char *name,
			void (*op)(struct liveupdate_file_op_args *args));
int luo_files_reserve_token(struct luo_file_set *files, u64 token);
void luo_files_release_token(struct luo_file_set *files, u64 token);
void luo_files_publish(struct luo_file_set *files, struct luo_file *lf);
void luo_files_remove(struct luo_file_set *files, struct luo_file *lf);
void luo_files_forget(struct luo_file_set *files);

#endif /* _LINUX_LIVEUPDATE_LUO_FILE_H */
