/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live Update Orchestrator: interface for other kernel code.
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
 * struct liveupdate_file_op_args - arguments of the callbacks for files
 * @handler: the handler
 * @format: the format of the preserved file
 * @file: the file; NULL in @retrieve, which sets it, and in @finish of a file
 *	  that was not retrieved
 * @data: value for the next kernel, usually the physical address of a record in
 *	  preserved memory; @preserve sets it, @prepare and @freeze may change
 *	  it
 * @bytes: size of the memory preserved for the file in bytes, reported to
 *	   userspace; the callbacks keep it up to date
 * @private: for use by the handler from @preserve to @unpreserve; not handed
 *	     over
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
 * struct liveupdate_file_format_ops - callbacks that preserve and retrieve
 *	files in one format
 * @can_write: checks whether this file can be preserved in this format; returns
 *	0 or an errno. May be NULL if every file of the handler can be. Must not
 *	change the file.
 * @preserve: preserves the bulk of the file while it is in use. May fail with
 *	-EINTR if the caller is being killed. After an error the file is
 *	unchanged.
 * @unpreserve: undoes @preserve. The file is still in use.
 * @prepare: records changes since @preserve; runs before the blackout. May be
 *	NULL. After an error the file is unchanged.
 * @unprepare: undoes @prepare when the update is cancelled. May be NULL.
 * @freeze: records changes since @prepare; runs in the blackout, right before
 *	the kexec. May be NULL. After an error the file is unchanged. Must not
 *	wait for a lock, such as an inode lock or mmap_lock, whose holder may
 *	sleep until another file is unfrozen.
 * @unfreeze: undoes @freeze when a later step of the freeze fails. May be NULL.
 * @retrieve: runs in the next kernel: recreates the file from @data and sets
 *	@file. Can be called again after an error.
 * @can_finish: returns -EBUSY while the session must not be finished. May be
 *	NULL.
 * @finish: frees the memory that @data refers to. If @file is NULL, the file
 *	was not retrieved, and its contents are freed, too. Cannot fail.
 *
 * A read-only format sets none of the callbacks up to @unfreeze, a write-only
 * format none from @retrieve on. All callbacks run in process context and may
 * sleep. Callbacks for one file never run concurrently.
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
 * struct liveupdate_file_ops - callbacks common to all formats of a file
 *	handler
 * @can_preserve: returns 0 if the handler can preserve this file, -ENOENT if
 *	the file belongs to another handler, or any other errno if it belongs to
 *	this handler but cannot be preserved. Called without locks; must not
 *	change the file.
 * @get_id: returns a number that identifies this file among all files of the
 *	handler, independent of the struct file that it was opened by. May be
 *	NULL; then the address of the inode is used.
 * @owner: the module with these callbacks and those of the formats
 */
struct liveupdate_file_ops {
	int (*can_preserve)(struct liveupdate_file_handler *handler,
			    struct file *file);
	unsigned long (*get_id)(struct file *file);
	struct module *owner;
};

/**
 * struct liveupdate_file_format - a format of a file handler
 * @format: the format as the catalog lists it; its name is recorded for the
 *	    next kernel
 * @ops: callbacks that write and read the format
 */
struct liveupdate_file_format {
	struct liveupdate_format *format;
	const struct liveupdate_file_format_ops *ops;
};

/**
 * struct liveupdate_file_handler - a file type that can be preserved
 * @ops: callbacks common to all formats
 * @formats: formats of the file type, in order of preference. A file is written
 *	     in the first one that is enabled and whose can_write() accepts the
 *	     file
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
 * struct liveupdate_subsystem_ops - callbacks of a subsystem that hands over
 *	data
 * @prepare: sets @data, the value for the next kernel, usually the physical
 *	address of preserved memory; it is 0 on entry. The system is still
 *	running normally. After an error nothing has changed.
 * @freeze: records changes since @prepare, right before the kexec; may change
 *	@data. After an error the subsystem is unchanged.
 * @unfreeze: undoes @freeze when a later step of the freeze fails. @data is the
 *	value set by @freeze; afterwards the subsystem is prepared again, with
 *	the value set by @prepare.
 * @cancel: undoes @prepare when the update is cancelled. @data is the value set
 *	by @prepare.
 * @boot: runs in the next kernel when the subsystem registers, with the value
 *	from the previous kernel. Must leave preserved memory unchanged: if
 *	another update follows before this one is finished, @data is handed over
 *	unchanged.
 * @finish: runs in the next kernel when the update is finished: frees or
 *	restores the memory that @data refers to.
 * @owner: the module with the callbacks
 *
 * Every callback may be NULL. They run in process context, may sleep, and run
 * one at a time: in registration order, and in reverse order to undo a step.
 * They must not register or unregister a subsystem.
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
 * struct liveupdate_subsystem - a provider of data that belongs to no file
 * @ops: callbacks
 * @name: name of the data and its format, by which the next kernel finds the
 *	  subsystem: at most 47 lower case letters, digits and dashes
 * @format: a format of the same name, from LIVEUPDATE_FORMAT(); NULL to leave
 *	    the format out of the catalog in the kernel image
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
 * struct liveupdate_flb_op_args - arguments of the callbacks of an FLB
 * @flb: the registered object
 * @data: value for the next kernel, usually the physical address of a record in
 *	  preserved memory; @preserve sets it
 * @obj: the live object; @preserve and @retrieve set it
 */
struct liveupdate_flb_op_args {
	struct liveupdate_flb *flb;
	u64 data;
	void *obj;
};

/**
 * struct liveupdate_flb_ops - callbacks of an object that files share
 * @preserve: creates the object and sets @data, before the first file that
 *	depends on it is preserved. After an error nothing has changed.
 * @unpreserve: undoes @preserve, once no preserved file depends on the object.
 * @retrieve: runs in the next kernel on first use: recreates the object from
 *	@data. Can be called again after an error. Must leave preserved memory
 *	unchanged, see kho_incoming_data(): if another update follows before all
 *	files are finished, @data is handed over unchanged.
 * @finish: runs in the next kernel once the last file that depends on the
 *	object is finished: frees the object and the memory that @data refers
 *	to. Cannot fail.
 * @owner: the module with the callbacks
 *
 * All callbacks are required; @owner may be NULL. They run in process context
 * and may sleep. At any time at most one callback of any FLB runs. They must
 * not call functions for FLBs.
 */
struct liveupdate_flb_ops {
	int (*preserve)(struct liveupdate_flb_op_args *args);
	void (*unpreserve)(struct liveupdate_flb_op_args *args);
	int (*retrieve)(struct liveupdate_flb_op_args *args);
	void (*finish)(struct liveupdate_flb_op_args *args);
	struct module *owner;
};

/**
 * struct liveupdate_flb - an object that exists while files that depend on it
 *	are preserved
 * @ops: callbacks
 * @compatible: name of the format of @liveupdate_flb_op_args.data, unique, at
 *	most 47 lower case letters, digits and dashes
 * @format: a format of the same name, from LIVEUPDATE_FORMAT(); NULL to leave
 *	    the format out of the catalog in the kernel image
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
