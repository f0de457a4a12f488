// SPDX-License-Identifier: GPL-2.0
/*
 * Objects that files of the previous kernel had in common: made again when
 * somebody asks for them, and gone with the last file that depends on them.
 *
 * The number of files is the previous kernel's; those who merely look at an
 * object are counted apart from them.
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
 * struct incoming_flb - an object that the previous kernel left
 * @list: in incoming
 * @name: name of its format; immutable
 * @data: what the previous kernel left of it; immutable
 * @files: number of files that depend on it and are not finished
 * @users: how often somebody has got at it
 * @flb: who retrieved it, and whose module is pinned; NULL if nobody did
 * @obj: what it became, if it was retrieved
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

/* The next kernel gets what is left of them, so there is room in the page. */
static bool handed_on;

/* Nothing can be restored, so an object that is done with waits. */
static bool is_waiting;

/* The page has been read, and may be anybody's. */
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

/* What has been retrieved refers to code of the module, until it is finished. */
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

/* @flb is who can retrieve it, if nobody has; NULL if nobody can. */
static void settle(struct incoming_flb *in, struct liveupdate_flb *flb)
{
	int err;

	if (in->files || in->users || is_waiting)
		return;
	err = flb || in->flb ? retrieve(in, flb) : -ENOENT;
	if (err)
		pr_err("object %s cannot be retrieved: %d; its memory stays reserved\n",
		       in->name, err);
	else
		finish_object(in);
	list_del(&in->list);
	kfree(in);
}

/* More files than the previous kernel has counted are not its files. */
static void finish_for_file(struct liveupdate_flb *flb)
{
	struct incoming_flb *in = find_incoming(flb->compatible);

	if (!in || !in->files)
		return;
	in->files--;
	settle(in, flb);
}

/* A file of the handler, from the previous kernel, has been finished. */
void luo_flbs_finish(struct liveupdate_file_handler *handler)
{
	guard(mutex)(&luo_flbs_lock);
	luo_flbs_for_each(handler, finish_for_file);
}

/*
 * No file of the previous kernel is left, whether it was finished or could not
 * be read: nothing depends on the objects but who has got at one.
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
 * liveupdate_flb_get_incoming - get at the object of the previous kernel
 * @flb: the object's description, which need not be registered
 * @obj: filled in: what retrieve() made
 *
 * The object stays there until liveupdate_flb_put_incoming(), also when all
 * files that depend on it are finished.
 *
 * Context: Process context, may sleep. Not from a callback of an FLB.
 * Return: 0; -ENODATA if the previous kernel left no such object, or all files
 *	   that depended on it are finished, -ENODEV if the module is about to
 *	   go, -EOPNOTSUPP if live update is off, or what retrieve() failed
 *	   with.
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
 * liveupdate_flb_put_incoming - take back liveupdate_flb_get_incoming()
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
 * liveupdate_flb_incoming_early - look at what the previous kernel left
 * @flb: the object's description, of which only the name matters
 * @data: filled in: what preserve() of the previous kernel set
 *
 * For early boot, before files can be retrieved: allocates nothing, takes no
 * lock and needs no struct page. Nothing may be freed or changed that @data
 * refers to: it waits for liveupdate_flb_get_incoming().
 *
 * Context: Any, from kho_extend_scratch() on until LUO comes up, which is
 *	    before the handlers of files register.
 * Return: 0; -ENODATA if the previous kernel left no such object, or it is too
 *	   late, -EIO or -EINVAL if it is damaged, -EPROTONOSUPPORT if it is in
 *	   a format that this kernel does not read, -EOPNOTSUPP if live update
 *	   is off.
 */
int liveupdate_flb_incoming_early(const struct liveupdate_flb *flb, u64 *data)
{
	if (!liveupdate_enabled())
		return -EOPNOTSUPP;
	if (page_is_gone)
		return -ENODATA;
	return luo_flb_find_early(flb->compatible, data);
}

/* Counts those that go on into @nr. */
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
 * The next kernel gets what is left of the previous kernel's objects, unchanged,
 * as the files that depend on them. -EEXIST if it gets one of ours that has the
 * name of one of those, -ENOSPC if there are too many.
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

/* Takes back luo_flbs_hand_on(); without it before does nothing. */
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
 * Takes note of the objects in a page that has been checked. What is wrong with
 * one of them does not harm the others; returns how many those are.
 */
int luo_flbs_adopt(const struct luo_flb_page *page)
{
	const struct luo_flb_ser *ser;
	int err, count = 0;

	guard(mutex)(&luo_flbs_lock);
	for (ser = page->flbs; ser < page->flbs + page->count; ser++) {
		err = add_incoming(ser);
		if (err)
			pr_err("an object cannot be taken over: %d\n", err);
		else
			count++;
	}
	return count;
}

/*
 * Reads the objects that the previous kernel left, and frees the page with
 * them. -EIO if the page is damaged; then it is left alone.
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

/* Names, and numbers of files that are not finished, in a page for sysfs. */
int luo_flbs_show_incoming(char *buf)
{
	const struct incoming_flb *in;
	int len = 0;

	guard(mutex)(&luo_flbs_lock);
	list_for_each_entry(in, &incoming, list)
		len += sysfs_emit_at(buf, len, "%s %llu\n", in->name, in->files);
	return len;
}
