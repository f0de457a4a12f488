/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Internal representation of one file of a session.
 */

#ifndef _LINUX_LIVEUPDATE_LUO_FILE_H
#define _LINUX_LIVEUPDATE_LUO_FILE_H

#include <linux/list.h>
#include <linux/liveupdate.h>
#include <linux/mutex.h>
#include <linux/rhashtable-types.h>
#include <linux/types.h>

#include "luo_internal.h"

/* Identifies a preserved file among all others. */
struct luo_file_id {
	const struct liveupdate_file_handler *handler;
	unsigned long id;
};

/**
 * struct luo_file - one file of a session
 * @list: entry in luo_file_set.list
 * @token: number that identifies the file to userspace; immutable
 * @lock: serializes callbacks for this file; other files of the set can be
 *	  worked on concurrently
 * @id_hash: entry in the table of preserved files; outgoing files only
 * @id: key in the table of preserved files
 * @compatible: name of the file's format; immutable
 * @outgoing: preserved for the next kernel; immutable
 * @args: arguments of the callbacks. An outgoing file has its handler and
 *	  struct file for its lifetime; an incoming one gets them when it is
 *	  retrieved. Protected by @lock, or by luo_file_set.lock held for
 *	  writing
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
