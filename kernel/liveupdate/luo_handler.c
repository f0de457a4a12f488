// SPDX-License-Identifier: GPL-2.0
/*
 * The types of files that can be preserved.
 *
 * A handler that a file has counts as used, and its module is pinned; it can be
 * unregistered when no file has it.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/string.h>

#include "luo_flb.h"
#include "luo_internal.h"

static DECLARE_RWSEM(handlers_lock);
static LIST_HEAD(handlers);

static struct liveupdate_file_handler *find_handler(const char *compatible)
{
	struct liveupdate_file_handler *handler;

	lockdep_assert_held(&handlers_lock);

	list_for_each_entry(handler, &handlers, list) {
		if (!strcmp(handler->compatible, compatible))
			return handler;
	}
	return NULL;
}

/* False if the module is about to go. luo_handler_put() takes it back. */
static bool use_handler(struct liveupdate_file_handler *handler)
{
	if (!try_module_get(handler->ops->owner))
		return false;
	atomic_inc(&handler->users);
	return true;
}

/*
 * The handler for a file, to be given back by luo_handler_put(). -ENOENT if
 * nobody knows such files, or the errno of the one who does and cannot.
 */
struct liveupdate_file_handler *luo_handler_get_for(struct file *file)
{
	struct liveupdate_file_handler *handler;
	int err;

	guard(rwsem_read)(&handlers_lock);
	list_for_each_entry(handler, &handlers, list) {
		err = handler->ops->can_preserve(handler, file);
		if (err == -ENOENT)
			continue;
		if (err)
			return ERR_PTR(err);
		if (use_handler(handler))
			return handler;
	}
	return ERR_PTR(-ENOENT);
}

/* The handler for a format, to be given back by luo_handler_put(), or NULL. */
struct liveupdate_file_handler *luo_handler_get(const char *compatible)
{
	struct liveupdate_file_handler *handler;

	guard(rwsem_read)(&handlers_lock);
	handler = find_handler(compatible);
	return handler && use_handler(handler) ? handler : NULL;
}

/* Takes back luo_handler_get() and luo_handler_get_for(). */
void luo_handler_put(struct liveupdate_file_handler *handler)
{
	struct module *owner = handler->ops->owner;

	/* The module may go, and the handler with it, as soon as both are done. */
	atomic_dec(&handler->users);
	module_put(owner);
}

static bool handler_is_valid(const struct liveupdate_file_handler *handler)
{
	const struct liveupdate_file_ops *ops = handler->ops;

	return ops->can_preserve && ops->preserve && ops->unpreserve &&
	       ops->retrieve && ops->finish && *handler->compatible &&
	       strlen(handler->compatible) < LUO_FORMAT_SIZE;
}

/**
 * liveupdate_register_file_handler - offer a type of files to preserve
 * @handler: the type; stays where it is until it is unregistered
 *
 * Files of the type that the previous kernel preserved can be retrieved from
 * then on. A handler may come from a module.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EEXIST if the format has a handler, -EINVAL if a callback or the
 *	   name is missing, -EOPNOTSUPP if live update is off.
 */
int liveupdate_register_file_handler(struct liveupdate_file_handler *handler)
{
	if (!liveupdate_enabled())
		return -EOPNOTSUPP;
	if (WARN_ON_ONCE(!handler_is_valid(handler)))
		return -EINVAL;

	guard(rwsem_write)(&handlers_lock);
	if (find_handler(handler->compatible))
		return -EEXIST;
	atomic_set(&handler->users, 0);
	list_add_tail(&handler->list, &handlers);
	luo_flbs_add_handler(handler);
	return 0;
}
EXPORT_SYMBOL_GPL(liveupdate_register_file_handler);

/**
 * liveupdate_unregister_file_handler - take back the registration
 * @handler: the type
 *
 * What liveupdate_register_flb() has registered for it is unregistered, too.
 *
 * For the exit function of a module, which is not called as long as a file of
 * the type is preserved or retrieved, so there it cannot fail.
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOENT if the handler is not registered, -EBUSY if a file of the
 *	   type is preserved, or retrieved and not finished.
 */
int liveupdate_unregister_file_handler(struct liveupdate_file_handler *handler)
{
	guard(rwsem_write)(&handlers_lock);
	if (find_handler(handler->compatible) != handler)
		return -ENOENT;
	if (atomic_read(&handler->users))
		return -EBUSY;
	luo_flbs_remove_handler(handler);
	list_del_init(&handler->list);
	return 0;
}
EXPORT_SYMBOL_GPL(liveupdate_unregister_file_handler);
