/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live Update Orchestrator: format of the handover records.
 *
 * .. code-block:: none
 *
 *	KHO sub-tree "LUO"
 *	+------------------+
 *	| struct luo_ser   |     chain of blocks, see <linux/kho/abi/chain.h>
 *	|   sessions  -----|---> +----------------------------+
 *	|   flbs           |     | struct luo_session_ser     |   chain of blocks
 *	+------------------+     |   files  ------------------|-> +---------------+
 *	                         |   count                    |   | struct        |
 *	                         +----------------------------+   |  luo_file_ser |
 *	                         | struct luo_session_ser     |   +---------------+
 *	                         | ...                        |   | ...           |
 *	                         +----------------------------+   +---------------+
 *
 *	struct luo_flb_page, one preserved page, from luo_ser.flbs
 *	+----------------------------+
 *	| pages = 1, count           |
 *	+----------------------------+
 *	| struct luo_flb_ser         |
 *	|   name, data, files        |
 *	+----------------------------+
 *	| ...                        |
 *	+----------------------------+
 *
 * All fields are in native endianness. "pa" is a physical address; 0 stands for
 * "none". All records lie in preserved folios. Any change to this file requires
 * a new %LUO_COMPATIBLE.
 */

#ifndef _LINUX_KHO_ABI_LUO_H
#define _LINUX_KHO_ABI_LUO_H

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <vdso/page.h>

/* Name of the KHO sub-tree. */
#define LUO_SUBTREE		"LUO"

/* Value of &luo_ser.compatible, including the NUL. */
#define LUO_COMPATIBLE		"luo-v5"

#define LUO_COMPATIBLE_SIZE	8
#define LUO_NAME_SIZE		64
#define LUO_FORMAT_SIZE		48

/**
 * struct luo_ser - root of LUO's handover records
 * @compatible: %LUO_COMPATIBLE, zero-filled
 * @liveupdate_num: number of consecutive live updates, including this one
 * @sessions: pa of the chain of struct luo_session_ser, 0 if there are no
 *	      sessions
 * @flbs: pa of the page of file-lifecycle-bound objects, 0 if there are none
 */
struct luo_ser {
	char compatible[LUO_COMPATIBLE_SIZE];
	u64 liveupdate_num;
	u64 sessions;
	u64 flbs;
};

/**
 * struct luo_session_ser - one session
 * @name: name of the session, NUL-terminated and zero-filled, not empty, unique
 * @files: pa of the chain of struct luo_file_ser, 0 if there are no files
 * @count: number of files
 */
struct luo_session_ser {
	char name[LUO_NAME_SIZE];
	u64 files;
	u64 count;
};

/**
 * struct luo_file_ser - one file
 * @compatible: name of the format of @data, NUL-terminated and zero-filled
 * @data: value set by the file handler; for memfds the pa of a record
 * @token: number that identifies the file to userspace, unique in the session
 */
struct luo_file_ser {
	char compatible[LUO_FORMAT_SIZE];
	u64 data;
	u64 token;
};

/**
 * struct luo_flb_ser - an object shared by the files of some handlers
 * @name: name of the format of @data, NUL-terminated and zero-filled, not
 *	  empty, unique in the page
 * @data: value set by the provider of the object
 * @files: number of files that depend on it, at least 1
 */
struct luo_flb_ser {
	char name[LUO_FORMAT_SIZE];
	u64 data;
	u64 files;
};

/* Maximum number of objects. */
#define LUO_FLB_MAX		((PAGE_SIZE - 2 * sizeof(u64)) /	\
				 sizeof(struct luo_flb_ser))

/**
 * struct luo_flb_page - all objects that files share
 * @pages: size of this record in pages, 1
 * @count: number of entries in @flbs, at most %LUO_FLB_MAX
 * @flbs: the objects
 */
struct luo_flb_page {
	u64 pages;
	u64 count;
	struct luo_flb_ser flbs[];
};

static_assert(sizeof(LUO_COMPATIBLE) <= LUO_COMPATIBLE_SIZE);

static_assert(sizeof(struct luo_ser) == 32);
static_assert(offsetof(struct luo_ser, liveupdate_num) == 8);
static_assert(offsetof(struct luo_ser, sessions) == 16);
static_assert(offsetof(struct luo_ser, flbs) == 24);

static_assert(sizeof(struct luo_session_ser) == 80);
static_assert(offsetof(struct luo_session_ser, files) == 64);
static_assert(offsetof(struct luo_session_ser, count) == 72);

static_assert(sizeof(struct luo_file_ser) == 64);
static_assert(offsetof(struct luo_file_ser, data) == 48);
static_assert(offsetof(struct luo_file_ser, token) == 56);

static_assert(sizeof(struct luo_flb_ser) == 64);
static_assert(offsetof(struct luo_flb_ser, data) == 48);
static_assert(offsetof(struct luo_flb_ser, files) == 56);

static_assert(sizeof(struct luo_flb_page) == 16);
static_assert(offsetof(struct luo_flb_page, count) == 8);
static_assert(offsetof(struct luo_flb_page, flbs) == 16);

#endif /* _LINUX_KHO_ABI_LUO_H */
