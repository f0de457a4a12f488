/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live Update Orchestrator: what it offers to the rest of the kernel.
 */

#ifndef _LINUX_LIVEUPDATE_H
#define _LINUX_LIVEUPDATE_H

#include <linux/err.h>
#include <linux/list.h>
#include <linux/types.h>

struct file;
struct kimage;
struct liveupdate_file_handler;
struct liveupdate_subsystem;
struct module;

/**
 * struct liveupdate_file_op_args - what a file handler's callback works on
 * @handler: the handler
 * @file: the file; NULL in @retrieve, which sets it, and in @finish of a file
 *	  that was not retrieved
 * @data: what goes to the next kernel, usually the physical address of a
 *	  record in preserved memory; @preserve sets it, @prepare and @freeze
 *	  may change it
 * @bytes: how much memory is preserved for the file, in bytes, for userspace to
 *	   see; the callbacks keep it up to date as far as they know it
 * @private: for the handler's use from @preserve to @unpreserve; lost with
 *	     this kernel
 */
struct liveupdate_file_op_args {
	struct liveupdate_file_handler *handler;
	struct file *file;
	u64 data;
	u64 bytes;
	void *private;
};

/**
 * struct liveupdate_file_ops - how files of one type are carried over a kexec
 * @can_preserve: is this file one of ours, and can it be preserved? 0, -ENOENT
 *	if it is not ours, any other errno if it is and cannot be preserved.
 *	Called without locks; must not change the file.
 * @preserve: does the bulk of the work, while the file is in use. May be
 *	killed: then -EINTR. After an error the file is as it was before.
 * @unpreserve: undoes @preserve. The file is still in use.
 * @prepare: records what changed since @preserve, as late as there is time. May
 *	be NULL. After an error the file is as it was before the call.
 * @unprepare: undoes @prepare, when the update is called off. May be NULL.
 * @freeze: records what changed since then, right before the jump. May be NULL.
 *	After an error the file is as it was before the call.
 * @unfreeze: undoes @freeze, when somebody else's failed. May be NULL.
 * @retrieve: in the next kernel, makes the file again out of @data, and sets
 *	@file. After an error it can be called again.
 * @can_finish: says -EBUSY as long as the session must not be finished. May be
 *	NULL.
 * @finish: frees what @data refers to; with @file NULL also the contents of
 *	the file, which nobody retrieved. Cannot fail.
 * @get_id: a number that tells this file from all others of its handler,
 *	whatever struct file it is opened by. May be NULL: the inode's address.
 * @owner: the module that the callbacks are in
 *
 * All of them are called in process context and may sleep. Callbacks for one
 * file never run at the same time.
 */
struct liveupdate_file_ops {
	int (*can_preserve)(struct liveupdate_file_handler *handler,
			    struct file *file);
	int (*preserve)(struct liveupdate_file_op_args *args);
	void (*unpreserve)(struct liveupdate_file_op_args *args);
	int (*prepare)(struct liveupdate_file_op_args *args);
	void (*unprepare)(struct liveupdate_file_op_args *args);
	int (*freeze)(struct liveupdate_file_op_args *args);
	void (*unfreeze)(struct liveupdate_file_op_args *args);
	int (*retrieve)(struct liveupdate_file_op_args *args);
	int (*can_finish)(struct liveupdate_file_op_args *args);
	void (*finish)(struct liveupdate_file_op_args *args);
	unsigned long (*get_id)(struct file *file);
	struct module *owner;
};

/**
 * struct liveupdate_file_handler - a type of files that can be preserved
 * @ops: its callbacks
 * @compatible: name of the format of @liveupdate_file_op_args.data, at most 47
 *	characters; tells the next kernel which handler reads it
 */
struct liveupdate_file_handler {
	const struct liveupdate_file_ops *ops;
	const char *compatible;
	/* private: */
	struct list_head list;
};

/**
 * struct liveupdate_subsystem_ops - how a part of the kernel hands over a number
 * @prepare: sets @data, which goes to the next kernel, usually the physical
 *	address of preserved memory; it is 0 before. The machine is still in
 *	full use. After an error nothing has changed.
 * @freeze: records what changed since @prepare, right before the jump; may
 *	change @data. After an error the subsystem is as it was before the call.
 * @unfreeze: undoes @freeze, when somebody else's failed. @data is what @freeze
 *	left; the subsystem is prepared afterwards, with the data of @prepare.
 * @cancel: undoes @prepare, when the update is called off. @data is what
 *	@prepare left.
 * @boot: in the next kernel, takes note of @data, when the subsystem registers.
 *	Must leave preserved memory as it is: when the update is followed by
 *	another one before it is finished, @data goes on to the kernel after.
 * @finish: in the next kernel, ends the update: frees or takes over what @data
 *	refers to.
 * @owner: the module that the callbacks are in
 *
 * Each may be NULL. They are called in process context and may sleep, one at a
 * time, in the order in which the subsystems were registered, and in the
 * reverse order where they undo something. They must not register or
 * unregister a subsystem.
 */
struct liveupdate_subsystem_ops {
	int (*prepare)(struct liveupdate_subsystem *subsystem, u64 *data);
	int (*freeze)(struct liveupdate_subsystem *subsystem, u64 *data);
	void (*unfreeze)(struct liveupdate_subsystem *subsystem, u64 data);
	void (*cancel)(struct liveupdate_subsystem *subsystem, u64 data);
	void (*boot)(struct liveupdate_subsystem *subsystem, u64 data);
	void (*finish)(struct liveupdate_subsystem *subsystem, u64 data);
	struct module *owner;
};

/**
 * struct liveupdate_subsystem - a part of the kernel that has something to hand
 *	over which no file stands for
 * @ops: its callbacks
 * @name: tells the next kernel whose data it is, at most 47 characters
 */
struct liveupdate_subsystem {
	const struct liveupdate_subsystem_ops *ops;
	const char *name;
	/* private: luo_subsystem.c */
	struct list_head list;
	u64 data;
	u64 frozen_data;
	bool pinned;
	bool prepared;
};

#ifdef CONFIG_LIVEUPDATE

bool liveupdate_enabled(void);
int liveupdate_reboot(const struct kimage *image);
int liveupdate_register_file_handler(struct liveupdate_file_handler *handler);
int liveupdate_unregister_file_handler(struct liveupdate_file_handler *handler);
int liveupdate_register_subsystem(struct liveupdate_subsystem *subsystem);
int liveupdate_unregister_subsystem(struct liveupdate_subsystem *subsystem);

#else

static inline bool liveupdate_enabled(void)
{
	return false;
}

static inline int liveupdate_reboot(const struct kimage *image)
{
	return 0;
}

static inline int
liveupdate_register_file_handler(struct liveupdate_file_handler *handler)
{
	return -EOPNOTSUPP;
}

static inline int
liveupdate_unregister_file_handler(struct liveupdate_file_handler *handler)
{
	return -EOPNOTSUPP;
}

static inline int
liveupdate_register_subsystem(struct liveupdate_subsystem *subsystem)
{
	return -EOPNOTSUPP;
}

static inline int
liveupdate_unregister_subsystem(struct liveupdate_subsystem *subsystem)
{
	return -EOPNOTSUPP;
}

#endif /* CONFIG_LIVEUPDATE */

#endif /* _LINUX_LIVEUPDATE_H */
