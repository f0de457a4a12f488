// SPDX-License-Identifier: GPL-2.0
/*
 * Incoming shared objects (FLBs): retrieved on first use, and finished with the
 * last file that depends on them.
 *
 * The number of files comes from the previous kernel's record; callers that
 * hold an object by liveupdate_flb_get_incoming() are counted separately.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/luo.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "luo_flb.h"
#include "luo_flb_internal.h"
#include "luo_read.h"
#include "luo_trace.h"

/**
 * struct incoming_flb - an object from the previous kernel
 * @list: entry in incoming
 * @name: name of its format; immutable
 * @data: value set by the previous kernel; immutable
 * @files: number of files that depend on it and are not finished
 * @users: number of liveupdate_flb_get_incoming() references
 * @flb: the registered object that retrieved it, whose module is pinned; NULL
 *	 if it is not retrieved
 * @obj: the retrieved object
 */
struct incoming_flb {
	struct list_head list;
	char name[LUO_FORMAT_SIZE];
	u64 data;
	u64 files;
	unsigned long users;
	struct liveupdate_flb *flb;
	void *obj;
};

/* Protected by luo_flbs_lock. */
static LIST_HEAD(incoming);

/* Incoming objects are carried forward; the page for them is reserved. */
static bool handed_on;

/* Memory is carried forward and cannot be restored: defer finish(). */
static bool is_waiting;

/* The page of the previous kernel has been read and freed. */
static bool page_is_gone __ro_after_init;

static struct incoming_flb *find_incoming(const char *name)
{
	struct incoming_flb *in;

	lockdep_assert_held(&luo_flbs_lock);

	list_for_each_entry(in, &incoming, list) {
		if (!strcmp(in->name, name))
			return in;
	}
	return NULL;
}

static struct liveupdate_flb_op_args incoming_args(const struct incoming_flb *in,
						   struct liveupdate_flb *flb)
{
	return (struct liveupdate_flb_op_args) {
		.flb = flb,
		.data = in->data,
		.obj = in->obj,
	};
}

/* Pins the module until finish(), because the object refers to its code. */
static int retrieve(struct incoming_flb *in, struct liveupdate_flb *flb)
{
	struct liveupdate_flb_op_args args = incoming_args(in, flb);
	int err;

	if (in->flb)
		return 0;
	if (!try_module_get(flb->ops->owner))
		return -ENODEV;
	err = luo_call(flb, "retrieve", in->name, 0, flb->ops->retrieve(&args));
	if (err) {
		module_put(flb->ops->owner);
		return err;
	}
	in->obj = args.obj;
	in->flb = flb;
	return 0;
}

static void finish_object(struct incoming_flb *in)
{
	struct liveupdate_flb_op_args args = incoming_args(in, in->flb);
	const struct liveupdate_flb_ops *ops = in->flb->ops;

	luo_call_void(flb, "finish", in->name, 0, ops->finish(&args));
	module_put(ops->owner);
}

/*
 * Finishes an object that has no more files and users. @flb is used to retrieve
 * it first if necessary; NULL if no such object is registered.
 */
static void settle(struct incoming_flb *in, struct liveupdate_flb *flb)
{
	int err;

	if (in->files || in->users || is_waiting)
		return;
	err = flb || in->flb ? retrieve(in, flb) : -ENOENT;
	if (err)
		pr_err("FLB \"%s\": retrieve failed: %d; its memory stays reserved\n",
		       in->name, err);
	else
		finish_object(in);
	list_del(&in->list);
	kfree(in);
}

/* Files beyond the previous kernel's count do not depend on its object. */
static void finish_for_file(struct liveupdate_flb *flb)
{
	struct incoming_flb *in = find_incoming(flb->compatible);

	if (!in || !in->files)
		return;
	in->files--;
	settle(in, flb);
}

/* Called after an incoming file of the handler is finished. */
void luo_flbs_finish(struct liveupdate_file_handler *handler)
{
	guard(mutex)(&luo_flbs_lock);
	luo_flbs_for_each(handler, finish_for_file);
}

/*
 * Called when no incoming file is left, including files that could not be read:
 * only liveupdate_flb_get_incoming() references keep objects alive now.
 */
void luo_flbs_finish_all(void)
{
	struct incoming_flb *in, *next;

	guard(mutex)(&luo_flbs_lock);
	list_for_each_entry_safe(in, next, &incoming, list) {
		in->files = 0;
		settle(in, luo_flb_find(in->name));
	}
}

/**
 * liveupdate_flb_get_incoming - get a reference on an object of the previous
 *	kernel
 * @flb: the object's description, which need not be registered
 * @obj: output: the object, from retrieve()
 *
 * The object exists until liveupdate_flb_put_incoming(), even after all files
 * that depend on it are finished.
 *
 * Context: Process context, may sleep. Not from a callback of an FLB.
 * Return: 0; -ENODATA if the previous kernel has no such object, or all files
 *	   that depended on it are finished, -ENODEV if the module is being
 *	   unloaded, -EOPNOTSUPP if live update is off, or the error of
 *	   retrieve().
 */
int liveupdate_flb_get_incoming(struct liveupdate_flb *flb, void **obj)
{
	struct incoming_flb *in;
	int err;

	if (!liveupdate_enabled())
		return -EOPNOTSUPP;
	guard(mutex)(&luo_flbs_lock);
	in = find_incoming(flb->compatible);
	if (!in)
		return -ENODATA;
	err = retrieve(in, flb);
	if (err)
		return err;
	in->users++;
	*obj = in->obj;
	return 0;
}
EXPORT_SYMBOL_GPL(liveupdate_flb_get_incoming);

/**
 * liveupdate_flb_put_incoming - undo liveupdate_flb_get_incoming()
 * @flb: the object's description
 *
 * Context: Process context, may sleep. Not from a callback of an FLB.
 */
void liveupdate_flb_put_incoming(struct liveupdate_flb *flb)
{
	struct incoming_flb *in;

	guard(mutex)(&luo_flbs_lock);
	in = find_incoming(flb->compatible);
	if (WARN_ON_ONCE(!in || !in->users))
		return;
	in->users--;
	settle(in, flb);
}
EXPORT_SYMBOL_GPL(liveupdate_flb_put_incoming);

/**
 * liveupdate_flb_incoming_early - read an object's data during early boot
 * @flb: the object's description, of which only the name is used
 * @data: output: value that preserve() of the previous kernel set
 *
 * For early boot, before files can be retrieved: allocates nothing, takes no
 * lock and needs no struct pages. The memory that @data refers to must not be
 * freed or changed before liveupdate_flb_get_incoming().
 *
 * Context: Any, from kho_extend_scratch() until LUO is initialised, which is
 *	    before file handlers register.
 * Return: 0; -ENODATA if the previous kernel has no such object, or LUO is
 *	   already initialised, -EIO or -EINVAL if its records are malformed,
 *	   -EPROTONOSUPPORT if they have a format that this kernel cannot read,
 *	   -EOPNOTSUPP if live update is off.
 */
int liveupdate_flb_incoming_early(const struct liveupdate_flb *flb, u64 *data)
{
	if (!liveupdate_enabled())
		return -EOPNOTSUPP;
	if (page_is_gone)
		return -ENODATA;
	return luo_flb_find_early(flb->compatible, data);
}

/* Counts the objects to be carried forward in @nr. */
static int check_hand_on(unsigned long *nr)
{
	const struct liveupdate_flb *flb;
	const struct incoming_flb *in;

	list_for_each_entry(in, &incoming, list) {
		if (!in->files)
			continue;
		flb = luo_flb_find(in->name);
		if (flb && flb->files)
			return -EEXIST;
		++*nr;
	}
	return *nr + luo_flb_count() > LUO_FLB_MAX ? -ENOSPC : 0;
}

/*
 * Carries forward the incoming objects that unfinished files depend on,
 * unchanged, together with those files. Fails with -EEXIST if an outgoing
 * object has the same name, and with -ENOSPC if there are too many.
 */
int luo_flbs_hand_on(void)
{
	unsigned long nr = 0;
	int err;

	guard(mutex)(&luo_flbs_lock);
	if (WARN_ON_ONCE(handed_on))
		return -EBUSY;
	err = check_hand_on(&nr);
	if (!err && nr) {
		err = luo_flb_page_get();
		handed_on = !err;
	}
	is_waiting = !err;
	return err;
}

/*
 * Undoes luo_flbs_hand_on(); does nothing without a preceding
 * luo_flbs_hand_on().
 */
void luo_flbs_take_back(void)
{
	struct incoming_flb *in, *next;

	guard(mutex)(&luo_flbs_lock);
	if (handed_on)
		luo_flb_page_put();
	handed_on = false;
	is_waiting = false;
	list_for_each_entry_safe(in, next, &incoming, list)
		settle(in, luo_flb_find(in->name));
}

void luo_flbs_write_incoming(void)
{
	const struct incoming_flb *in;

	lockdep_assert_held(&luo_flbs_lock);

	if (!handed_on)
		return;
	list_for_each_entry(in, &incoming, list) {
		if (in->files)
			luo_flb_page_add(in->name, in->data, in->files);
	}
}

static int add_incoming(const struct luo_flb_ser *ser)
{
	struct incoming_flb *in;
	int err;

	err = luo_flb_check(ser);
	if (err)
		return err;
	if (find_incoming(ser->name))
		return -EEXIST;
	in = kzalloc(sizeof(*in), GFP_KERNEL);
	if (!in)
		return -ENOMEM;
	strscpy_pad(in->name, ser->name);
	in->data = ser->data;
	in->files = ser->files;
	list_add_tail(&in->list, &incoming);
	return 0;
}

/*
 * Adds the objects of a validated page. Ignores objects with errors; returns
 * the number of objects added.
 */
int luo_flbs_adopt(const struct luo_flb_page *page)
{
	const struct luo_flb_ser *ser;
	int err, count = 0;

	guard(mutex)(&luo_flbs_lock);
	for (ser = page->flbs; ser < page->flbs + page->count; ser++) {
		err = add_incoming(ser);
		if (err)
			pr_err("ignoring an FLB record of the previous kernel: %d\n", err);
		else
			count++;
	}
	return count;
}

/*
 * Deserializes the previous kernel's objects and frees their page. Fails with
 * -EIO if the page is malformed; then it is left alone.
 */
int __init luo_flbs_read(u64 pa)
{
	struct luo_flb_page *page;

	page_is_gone = true;
	if (!pa)
		return 0;
	page = luo_flb_page_incoming(pa);
	if (IS_ERR(page))
		return PTR_ERR(page);
	luo_flbs_adopt(page);
	kho_restore_free(page);
	return 0;
}

/* Shows names and numbers of unfinished files in a sysfs page. */
int luo_flbs_show_incoming(char *buf)
{
	const struct incoming_flb *in;
	int len = 0;

	guard(mutex)(&luo_flbs_lock);
	list_for_each_entry(in, &incoming, list)
		len += sysfs_emit_at(buf, len, "%s %llu\n", in->name, in->files);
	return len;
}
