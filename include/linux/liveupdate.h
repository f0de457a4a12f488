/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live Update Orchestrator: what it offers to the rest of the kernel.
 */

#ifndef _LINUX_LIVEUPDATE_H
#define _LINUX_LIVEUPDATE_H

#include <linux/err.h>
#include <linux/list.h>
#include <linux/liveupdate_format.h>
#include <linux/types.h>

struct file;
struct kimage;
struct liveupdate_file_handler;
struct liveupdate_flb;
struct liveupdate_subsystem;
struct module;

/**
 * struct liveupdate_file_op_args - what a file handler's callback works on
 * @handler: the handler
 * @format: the format that the file is preserved in, or was
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
	const struct liveupdate_file_format *format;
	struct file *file;
	u64 data;
	u64 bytes;
	void *private;
};

/**
 * struct liveupdate_file_format_ops - how files are carried over in one format
 * @can_write: can this file go in this format? 0 or an errno. May be NULL, if
 *	every file can that the handler knows. Must not change the file.
 * @preserve: does the bulk of the work, while the file is in use. May be
 *	killed: then -EINTR. After an error the file is as it was before.
 * @unpreserve: undoes @preserve. The file is still in use.
 * @prepare: records what changed since @preserve, as late as there is time. May
 *	be NULL. After an error the file is as it was before the call.
 * @unprepare: undoes @prepare, when the update is called off. May be NULL.
 * @freeze: records what changed since then, right before the jump. May be NULL.
 *	After an error the file is as it was before the call. Must not wait for
 *	what a task may hold that sleeps until another file is not frozen any
 *	more, such as the lock of an inode or of an mm.
 * @unfreeze: undoes @freeze, when somebody else's failed. May be NULL.
 * @retrieve: in the next kernel, makes the file again out of @data, and sets
 *	@file. After an error it can be called again.
 * @can_finish: says -EBUSY as long as the session must not be finished. May be
 *	NULL.
 * @finish: frees what @data refers to; with @file NULL also the contents of
 *	the file, which nobody retrieved. Cannot fail.
 *
 * A format that is only read has none up to @unfreeze, one that is only written
 * none from @retrieve on. All of them are called in process context and may
 * sleep. Callbacks for one file never run at the same time.
 */
struct liveupdate_file_format_ops {
	int (*can_write)(struct liveupdate_file_handler *handler,
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
};

/**
 * struct liveupdate_file_ops - what files of one type have in common
 * @can_preserve: is this file one of ours, and can it be preserved? 0, -ENOENT
 *	if it is not ours, any other errno if it is and cannot be preserved.
 *	Called without locks; must not change the file.
 * @get_id: a number that tells this file from all others of its handler,
 *	whatever struct file it is opened by. May be NULL: the inode's address.
 * @owner: the module that these callbacks and those of the formats are in
 */
struct liveupdate_file_ops {
	int (*can_preserve)(struct liveupdate_file_handler *handler,
			    struct file *file);
	unsigned long (*get_id)(struct file *file);
	struct module *owner;
};

/**
 * struct liveupdate_file_format - a format of files
 * @format: what it is called; tells the next kernel who reads it
 * @ops: how files are written in it, or read
 */
struct liveupdate_file_format {
	struct liveupdate_format *format;
	const struct liveupdate_file_format_ops *ops;
};

/**
 * struct liveupdate_file_handler - a type of files that can be preserved
 * @ops: what all files of the type have in common
 * @formats: the formats that they are written in and read from. A file is
 *	     written in the first one that is switched on and agrees
 * @nr_formats: number of entries in @formats
 */
struct liveupdate_file_handler {
	const struct liveupdate_file_ops *ops;
	const struct liveupdate_file_format *formats;
	unsigned int nr_formats;
	/* private: luo_handler.c */
	struct list_head list;
	atomic_t users;
	/* private: luo_flb.c */
	struct list_head flbs;
	unsigned long preserved;
	bool registered;
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
 * @name: tells the next kernel whose data it is, and in which format: at most
 *	  47 lower case letters, digits and dashes
 * @format: a format of that name, as LIVEUPDATE_FORMAT() defines it; NULL if the
 *	    image of the kernel is not to tell of it
 */
struct liveupdate_subsystem {
	const struct liveupdate_subsystem_ops *ops;
	const char *name;
	struct liveupdate_format *format;
	/* private: luo_subsystem.c */
	struct liveupdate_format own_format;
	struct list_head list;
	u64 data;
	u64 frozen_data;
	bool pinned;
	bool prepared;
};

/**
 * struct liveupdate_flb_op_args - what an FLB's callback works on
 * @flb: the object's description
 * @data: what goes to the next kernel, usually the physical address of a
 *	  record in preserved memory; @preserve sets it
 * @obj: the object; @preserve and @retrieve set it, others get it
 */
struct liveupdate_flb_op_args {
	struct liveupdate_flb *flb;
	u64 data;
	void *obj;
};

/**
 * struct liveupdate_flb_ops - how an object that files share is carried over
 * @preserve: makes the object, and what the next kernel gets of it, when the
 *	first file that depends on it is going to be preserved. After an error
 *	nothing has changed.
 * @unpreserve: undoes @preserve, when no file that depends on it is preserved
 *	any more.
 * @retrieve: in the next kernel, makes the object again out of @data, when
 *	somebody asks for it. After an error it can be called again. Must leave
 *	preserved memory as it is, see kho_incoming_data(): when the update is
 *	followed by another one before all files are finished, @data goes on to
 *	the kernel after.
 * @finish: in the next kernel, frees the object and what @data refers to, when
 *	the last file that depends on it is finished. Cannot fail.
 * @owner: the module that the callbacks are in
 *
 * All of them but @owner are needed. They are called in process context and may
 * sleep, one at a time of all FLBs. They must not call any function for FLBs.
 */
struct liveupdate_flb_ops {
	int (*preserve)(struct liveupdate_flb_op_args *args);
	void (*unpreserve)(struct liveupdate_flb_op_args *args);
	int (*retrieve)(struct liveupdate_flb_op_args *args);
	void (*finish)(struct liveupdate_flb_op_args *args);
	struct module *owner;
};

/**
 * struct liveupdate_flb - an object that exists while files depend on it
 * @ops: its callbacks
 * @compatible: name of the format of @liveupdate_flb_op_args.data, at most 47
 *	lower case letters, digits and dashes, unique
 * @format: a format of that name, as LIVEUPDATE_FORMAT() defines it; NULL if the
 *	    image of the kernel is not to tell of it
 *
 * "FLB" stands for file-lifecycle-bound.
 */
struct liveupdate_flb {
	const struct liveupdate_flb_ops *ops;
	const char *compatible;
	struct liveupdate_format *format;
	/* private: luo_flb.c */
	struct liveupdate_format own_format;
	struct list_head list;
	unsigned long links;
	unsigned long files;
	unsigned long users;
	u64 data;
	void *obj;
};

#ifdef CONFIG_LIVEUPDATE

bool liveupdate_enabled(void);
int liveupdate_reboot(const struct kimage *image);
int liveupdate_examine_image(struct kimage *image);
void liveupdate_forget_image(struct kimage *image);
int liveupdate_register_file_handler(struct liveupdate_file_handler *handler);
int liveupdate_unregister_file_handler(struct liveupdate_file_handler *handler);
int liveupdate_register_subsystem(struct liveupdate_subsystem *subsystem);
int liveupdate_unregister_subsystem(struct liveupdate_subsystem *subsystem);
int liveupdate_register_flb(struct liveupdate_file_handler *handler,
			    struct liveupdate_flb *flb);
int liveupdate_unregister_flb(struct liveupdate_file_handler *handler,
			      struct liveupdate_flb *flb);
int liveupdate_flb_get_outgoing(struct liveupdate_flb *flb, void **obj);
void liveupdate_flb_put_outgoing(struct liveupdate_flb *flb);
int liveupdate_flb_get_incoming(struct liveupdate_flb *flb, void **obj);
void liveupdate_flb_put_incoming(struct liveupdate_flb *flb);
int liveupdate_flb_incoming_early(const struct liveupdate_flb *flb, u64 *data);

#else

static inline bool liveupdate_enabled(void)
{
	return false;
}

static inline int liveupdate_reboot(const struct kimage *image)
{
	return 0;
}

static inline int liveupdate_examine_image(struct kimage *image)
{
	return 0;
}

static inline void liveupdate_forget_image(struct kimage *image)
{
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

static inline int
liveupdate_register_flb(struct liveupdate_file_handler *handler,
			struct liveupdate_flb *flb)
{
	return -EOPNOTSUPP;
}

static inline int
liveupdate_unregister_flb(struct liveupdate_file_handler *handler,
			  struct liveupdate_flb *flb)
{
	return -EOPNOTSUPP;
}

static inline int liveupdate_flb_get_outgoing(struct liveupdate_flb *flb,
					      void **obj)
{
	return -EOPNOTSUPP;
}

static inline void liveupdate_flb_put_outgoing(struct liveupdate_flb *flb)
{
}

static inline int liveupdate_flb_get_incoming(struct liveupdate_flb *flb,
					      void **obj)
{
	return -EOPNOTSUPP;
}

static inline void liveupdate_flb_put_incoming(struct liveupdate_flb *flb)
{
}

static inline int
liveupdate_flb_incoming_early(const struct liveupdate_flb *flb, u64 *data)
{
	return -EOPNOTSUPP;
}

#endif /* CONFIG_LIVEUPDATE */

#endif /* _LINUX_LIVEUPDATE_H */
