// SPDX-License-Identifier: GPL-2.0
/*
 * Outgoing shared objects (FLBs): created for the first preserved file that
 * depends on them, and destroyed with the last one.
 *
 * luo_flb_incoming.c has the objects from the previous kernel.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/luo.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "luo_flb.h"
#include "luo_flb_internal.h"
#include "luo_format.h"
#include "luo_trace.h"

DEFINE_MUTEX(luo_flbs_lock);

/* Objects that are linked to a handler or in use, in registration order. */
static LIST_HEAD(flbs);
static unsigned long nr_flbs;

/* Records for the next kernel; allocated while page_users is not 0. */
static struct luo_flb_page *page;
static unsigned long page_users;

/**
 * struct flb_link - dependency of a handler's files on an object
 * @list: entry in liveupdate_file_handler.flbs
 * @flb: the object
 */
struct flb_link {
	struct list_head list;
	struct liveupdate_flb *flb;
};

struct liveupdate_flb *luo_flb_find(const char *name)
{
	struct liveupdate_flb *flb;

	lockdep_assert_held(&luo_flbs_lock);

	list_for_each_entry(flb, &flbs, list) {
		if (!strcmp(flb->compatible, name))
			return flb;
	}
	return NULL;
}

/* Reserves the page for the next kernel; undone by luo_flb_page_put(). */
int luo_flb_page_get(void)
{
	lockdep_assert_held(&luo_flbs_lock);

	if (!page_users) {
		page = kho_alloc_preserve(PAGE_SIZE);
		if (IS_ERR(page))
			return PTR_ERR(page);
	}
	page_users++;
	return 0;
}

void luo_flb_page_put(void)
{
	lockdep_assert_held(&luo_flbs_lock);

	if (!--page_users)
		kho_unpreserve_free(page);
}

/* Number of outgoing objects that preserved files depend on. */
unsigned long luo_flb_count(void)
{
	struct liveupdate_flb *flb;
	unsigned long count = 0;

	lockdep_assert_held(&luo_flbs_lock);

	list_for_each_entry(flb, &flbs, list)
		count += flb->files > 0;
	return count;
}

static struct flb_link *find_link(struct liveupdate_file_handler *handler,
				  const struct liveupdate_flb *flb)
{
	struct flb_link *link;

	list_for_each_entry(link, &handler->flbs, list) {
		if (link->flb == flb)
			return link;
	}
	return NULL;
}

static struct liveupdate_format *make_format(struct liveupdate_flb *flb)
{
	flb->own_format = (struct liveupdate_format) {
		.kind = "flb",
		.owner = flb->compatible,
		.name = flb->compatible,
		.dir = "rw",
		.rank = 1,
		.attrs = "-",
		.modular = true,
	};
	return &flb->own_format;
}

static int list_flb(struct liveupdate_flb *flb)
{
	const struct liveupdate_flb *other = luo_flb_find(flb->compatible);
	int err;

	if (other)
		return other == flb ? 0 : -EEXIST;
	if (nr_flbs == LUO_FLB_MAX)
		return -ENOSPC;
	if (!flb->format)
		flb->format = make_format(flb);
	err = luo_format_add(flb->format);
	if (err)
		return err;
	flb->links = 0;
	flb->files = 0;
	flb->users = 0;
	list_add_tail(&flb->list, &flbs);
	nr_flbs++;
	return 0;
}

/* Removes an unused object from the list, which releases its name. */
static void unlist_flb(struct liveupdate_flb *flb)
{
	if (flb->links || flb->files || flb->users)
		return;
	list_del_init(&flb->list);
	luo_format_remove(flb->format);
	nr_flbs--;
}

static int add_link(struct liveupdate_file_handler *handler,
		    struct flb_link *link)
{
	int err;

	guard(mutex)(&luo_flbs_lock);
	if (!handler->registered)
		return -ENOENT;
	if (find_link(handler, link->flb))
		return -EEXIST;
	/* Files that are already preserved hold no reference on the object. */
	if (handler->preserved)
		return -EBUSY;
	err = list_flb(link->flb);
	if (err)
		return err;
	link->flb->links++;
	list_add_tail(&link->list, &handler->flbs);
	return 0;
}

static void remove_link(struct flb_link *link)
{
	list_del(&link->list);
	link->flb->links--;
	unlist_flb(link->flb);
	kfree(link);
}

static bool is_valid(const struct liveupdate_flb *flb)
{
	const struct liveupdate_flb_ops *ops = flb->ops;

	return ops && ops->preserve && ops->unpreserve && ops->retrieve &&
	       ops->finish && flb->compatible && *flb->compatible &&
	       strlen(flb->compatible) < LUO_FORMAT_SIZE;
}

/**
 * liveupdate_register_flb - make the files of a handler depend on a shared
 *	object
 * @handler: the registered handler
 * @flb: the object; must stay allocated until it is unregistered
 *
 * Several handlers may depend on one object, and one handler on several. The
 * objects of a handler are created in registration order.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EEXIST if the handler already depends on @flb, or another object
 *	   has its format, -EBUSY while a file of the handler is preserved,
 *	   -ENOENT if the handler is not registered, -ENOSPC if there are too
 *	   many objects, -EINVAL if a callback or the name is missing, -ENOMEM,
 *	   -EOPNOTSUPP if live update is off.
 */
int liveupdate_register_flb(struct liveupdate_file_handler *handler,
			    struct liveupdate_flb *flb)
{
	struct flb_link *link;
	int err;

	if (!liveupdate_enabled())
		return -EOPNOTSUPP;
	if (WARN_ON_ONCE(!is_valid(flb)))
		return -EINVAL;
	link = kzalloc(sizeof(*link), GFP_KERNEL);
	if (!link)
		return -ENOMEM;
	link->flb = flb;
	err = add_link(handler, link);
	if (err)
		kfree(link);
	return err;
}
EXPORT_SYMBOL_GPL(liveupdate_register_flb);

/**
 * liveupdate_unregister_flb - undo liveupdate_register_flb()
 * @handler: the handler
 * @flb: the object
 *
 * liveupdate_unregister_file_handler() does this for all objects of a handler.
 * For module exit functions, which do not run while an object of the module is
 * in use.
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOENT if the handler does not depend on @flb, or is not
 *	   registered, -EBUSY while a file of the handler is preserved.
 */
int liveupdate_unregister_flb(struct liveupdate_file_handler *handler,
			      struct liveupdate_flb *flb)
{
	struct flb_link *link;

	guard(mutex)(&luo_flbs_lock);
	link = handler->registered ? find_link(handler, flb) : NULL;
	if (!link)
		return -ENOENT;
	if (handler->preserved)
		return -EBUSY;
	remove_link(link);
	return 0;
}
EXPORT_SYMBOL_GPL(liveupdate_unregister_flb);

/* Allows objects to be registered for the handler. */
void luo_flbs_add_handler(struct liveupdate_file_handler *handler)
{
	guard(mutex)(&luo_flbs_lock);
	INIT_LIST_HEAD(&handler->flbs);
	handler->preserved = 0;
	handler->registered = true;
}

/* Unregisters all objects of the handler, and undoes luo_flbs_add_handler(). */
void luo_flbs_remove_handler(struct liveupdate_file_handler *handler)
{
	struct flb_link *link, *tmp;

	guard(mutex)(&luo_flbs_lock);
	WARN_ON_ONCE(handler->preserved);
	list_for_each_entry_safe_reverse(link, tmp, &handler->flbs, list)
		remove_link(link);
	handler->registered = false;
}

static int make_object(struct liveupdate_flb *flb)
{
	struct liveupdate_flb_op_args args = { .flb = flb };
	int err;

	if (!luo_format_use(flb->format))
		return -EPROTONOSUPPORT;
	if (!try_module_get(flb->ops->owner)) {
		err = -ENODEV;
		goto err_unuse;
	}
	err = luo_flb_page_get();
	if (err)
		goto err_put_module;
	err = luo_call(flb, "preserve", flb->compatible, 0,
		       flb->ops->preserve(&args));
	if (err)
		goto err_put_page;
	flb->data = args.data;
	flb->obj = args.obj;
	return 0;

err_put_page:
	luo_flb_page_put();
err_put_module:
	module_put(flb->ops->owner);
err_unuse:
	luo_format_unuse(flb->format);
	return err;
}

static void undo_object(struct liveupdate_flb *flb)
{
	struct liveupdate_flb_op_args args = {
		.flb = flb,
		.data = flb->data,
		.obj = flb->obj,
	};

	luo_call_void(flb, "unpreserve", flb->compatible, 0,
		      flb->ops->unpreserve(&args));
	flb->obj = NULL;
	luo_flb_page_put();
	luo_format_unuse(flb->format);
	unlist_flb(flb);
	module_put(flb->ops->owner);
}

static int preserve_for_file(struct liveupdate_flb *flb)
{
	int err = 0;

	if (!flb->files && !flb->users)
		err = make_object(flb);
	if (!err)
		flb->files++;
	return err;
}

static void unpreserve_for_file(struct liveupdate_flb *flb)
{
	flb->files--;
	if (!flb->files && !flb->users)
		undo_object(flb);
}

/*
 * Called before a file of the handler is preserved: creates the objects that it
 * depends on, all or none.
 */
int luo_flbs_preserve(struct liveupdate_file_handler *handler)
{
	struct flb_link *link;
	int err;

	guard(mutex)(&luo_flbs_lock);
	list_for_each_entry(link, &handler->flbs, list) {
		err = preserve_for_file(link->flb);
		if (err) {
			list_for_each_entry_continue_reverse(link,
							     &handler->flbs,
							     list)
				unpreserve_for_file(link->flb);
			return err;
		}
	}
	handler->preserved++;
	return 0;
}

/* Undoes one luo_flbs_preserve(). */
void luo_flbs_unpreserve(struct liveupdate_file_handler *handler)
{
	struct flb_link *link;

	guard(mutex)(&luo_flbs_lock);
	if (WARN_ON_ONCE(!handler->preserved))
		return;
	handler->preserved--;
	list_for_each_entry_reverse(link, &handler->flbs, list)
		unpreserve_for_file(link->flb);
}

/* Calls a function for each object that files of the handler depend on. */
void luo_flbs_for_each(struct liveupdate_file_handler *handler,
		       void (*fn)(struct liveupdate_flb *flb))
{
	struct flb_link *link;

	lockdep_assert_held(&luo_flbs_lock);

	list_for_each_entry(link, &handler->flbs, list)
		fn(link->flb);
}

/**
 * liveupdate_flb_get_outgoing - get a reference on an outgoing object
 * @flb: the object's description
 * @obj: output: the object, from preserve()
 *
 * The object exists until liveupdate_flb_put_outgoing(), but is not handed over
 * once no preserved file depends on it.
 *
 * Context: Process context, may sleep. Not from a callback of an FLB.
 * Return: 0; -ENODATA if no preserved file depends on the object.
 */
int liveupdate_flb_get_outgoing(struct liveupdate_flb *flb, void **obj)
{
	guard(mutex)(&luo_flbs_lock);
	if (!flb->files && !flb->users)
		return -ENODATA;
	flb->users++;
	*obj = flb->obj;
	return 0;
}
EXPORT_SYMBOL_GPL(liveupdate_flb_get_outgoing);

/**
 * liveupdate_flb_put_outgoing - undo liveupdate_flb_get_outgoing()
 * @flb: the object's description
 *
 * Context: Process context, may sleep. Not from a callback of an FLB.
 */
void liveupdate_flb_put_outgoing(struct liveupdate_flb *flb)
{
	guard(mutex)(&luo_flbs_lock);
	if (WARN_ON_ONCE(!flb->users))
		return;
	flb->users--;
	if (!flb->files && !flb->users)
		undo_object(flb);
}
EXPORT_SYMBOL_GPL(liveupdate_flb_put_outgoing);

/* Appends a record for the next kernel. */
void luo_flb_page_add(const char *name, u64 data, u64 files)
{
	struct luo_flb_ser *ser = &page->flbs[page->count++];

	lockdep_assert_held(&luo_flbs_lock);

	strscpy_pad(ser->name, name);
	ser->data = data;
	ser->files = files;
}

/*
 * Serializes all objects. Cannot fail: the page is reserved. Returns the pa of
 * the page, 0 if there are no objects.
 */
u64 luo_flbs_write(void)
{
	struct liveupdate_flb *flb;

	guard(mutex)(&luo_flbs_lock);
	if (!page_users)
		return 0;
	memset(page, 0, PAGE_SIZE);
	page->pages = 1;
	list_for_each_entry(flb, &flbs, list) {
		if (flb->files)
			luo_flb_page_add(flb->compatible, flb->data, flb->files);
	}
	luo_flbs_write_incoming();
	return page->count ? virt_to_phys(page) : 0;
}
