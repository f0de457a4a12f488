// SPDX-License-Identifier: GPL-2.0
/*
 * File handlers: the registered file types and their formats.
 *
 * A preserved or retrieved file holds a reference on its handler and pins its
 * module; the handler can be unregistered when no file refers to it.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/string.h>

#include "luo_flb.h"
#include "luo_format.h"
#include "luo_internal.h"

static DECLARE_RWSEM(handlers_lock);
static LIST_HEAD(handlers);

static bool is_registered(const struct liveupdate_file_handler *handler)
{
	const struct liveupdate_file_handler *other;

	lockdep_assert_held(&handlers_lock);

	list_for_each_entry(other, &handlers, list) {
		if (other == handler)
			return true;
	}
	return false;
}

static const struct liveupdate_file_format *
find_reader(const struct liveupdate_file_handler *handler, const char *name)
{
	unsigned int i;

	for (i = 0; i < handler->nr_formats; i++) {
		const struct liveupdate_file_format *format =
			&handler->formats[i];

		if (format->ops->retrieve && !strcmp(format->format->name, name))
			return format;
	}
	return NULL;
}

/*
 * Takes a reference on the handler, dropped by luo_handler_put(). Returns false
 * if the module is being unloaded.
 */
static bool use_handler(struct liveupdate_file_handler *handler)
{
	if (!try_module_get(handler->ops->owner))
		return false;
	atomic_inc(&handler->users);
	return true;
}

static int can_write(struct liveupdate_file_handler *handler,
		     const struct liveupdate_file_format *format,
		     struct file *file)
{
	return format->ops->can_write ? format->ops->can_write(handler, file) :
					0;
}

/*
 * Chooses the format to write a file in, and takes a reference on it. If no
 * format can be used, returns the errno of the first can_write() that failed,
 * or -EPROTONOSUPPORT if all formats are disabled.
 */
static const struct liveupdate_file_format *
use_writer(struct liveupdate_file_handler *handler, struct file *file)
{
	int err, first_err = -EPROTONOSUPPORT;
	unsigned int i;

	for (i = 0; i < handler->nr_formats; i++) {
		const struct liveupdate_file_format *format =
			&handler->formats[i];

		if (!luo_format_use(format->format))
			continue;
		err = can_write(handler, format, file);
		if (!err)
			return format;
		luo_format_unuse(format->format);
		if (first_err == -EPROTONOSUPPORT)
			first_err = err;
	}
	return ERR_PTR(first_err);
}

static int get_writer(struct liveupdate_file_handler *handler,
		      struct liveupdate_file_op_args *args)
{
	const struct liveupdate_file_format *format;

	if (!use_handler(handler))
		return -ENOENT;
	format = use_writer(handler, args->file);
	if (IS_ERR(format)) {
		luo_handler_put(handler);
		return PTR_ERR(format);
	}
	args->handler = handler;
	args->format = format;
	return 0;
}

/*
 * Finds the handler and format for writing args->file; both are released by
 * luo_handler_put_writer(). Fails with -ENOENT if no handler knows the file, or
 * with the errno of the handler that knows it and cannot preserve it.
 */
int luo_handler_get_writer(struct liveupdate_file_op_args *args)
{
	struct liveupdate_file_handler *handler;
	int err;

	guard(rwsem_read)(&handlers_lock);
	list_for_each_entry(handler, &handlers, list) {
		err = handler->ops->can_preserve(handler, args->file);
		if (!err)
			err = get_writer(handler, args);
		if (err != -ENOENT)
			return err;
	}
	return -ENOENT;
}

/* Undoes luo_handler_get_writer(). */
void luo_handler_put_writer(struct liveupdate_file_op_args *args)
{
	luo_format_unuse(args->format->format);
	luo_handler_put(args->handler);
}

/*
 * Finds the handler that reads the format called @name; released by
 * luo_handler_put(). Fails with -ENOENT if there is none.
 */
int luo_handler_get_reader(const char *name,
			   struct liveupdate_file_op_args *args)
{
	const struct liveupdate_file_format *format;
	struct liveupdate_file_handler *handler;

	guard(rwsem_read)(&handlers_lock);
	list_for_each_entry(handler, &handlers, list) {
		format = find_reader(handler, name);
		if (!format || !use_handler(handler))
			continue;
		args->handler = handler;
		args->format = format;
		return 0;
	}
	return -ENOENT;
}

/* Undoes luo_handler_get_reader(). */
void luo_handler_put(struct liveupdate_file_handler *handler)
{
	struct module *owner = handler->ops->owner;

	/* Afterwards the module, and with it the handler, may be unloaded. */
	atomic_dec(&handler->users);
	module_put(owner);
}

/* The callbacks of a format must match its "rw", "r" or "w". */
static bool format_is_valid(const struct liveupdate_file_format *format)
{
	const struct liveupdate_file_format_ops *ops = format->ops;
	const bool reads = ops->retrieve && ops->finish;
	const bool writes = ops->preserve && ops->unpreserve;

	return luo_format_is_valid(format->format) &&
	       !strcmp(format->format->kind, "file") &&
	       luo_format_reads(format->format) == reads &&
	       luo_format_writes(format->format) == writes;
}

static bool handler_is_valid(const struct liveupdate_file_handler *handler)
{
	unsigned int i;

	for (i = 0; i < handler->nr_formats; i++) {
		if (!format_is_valid(&handler->formats[i]))
			return false;
	}
	return handler->ops->can_preserve && handler->nr_formats;
}

static void remove_formats(struct liveupdate_file_handler *handler,
			   unsigned int nr)
{
	while (nr--)
		luo_format_remove(handler->formats[nr].format);
}

static int add_formats(struct liveupdate_file_handler *handler)
{
	unsigned int i;
	int err;

	for (i = 0; i < handler->nr_formats; i++) {
		err = luo_format_add(handler->formats[i].format);
		if (err) {
			remove_formats(handler, i);
			return err;
		}
	}
	return 0;
}

/**
 * liveupdate_register_file_handler - register a handler for a file type
 * @handler: the handler; must stay allocated until it is unregistered
 *
 * From then on, files of the type can be preserved, and files that the previous
 * kernel preserved can be retrieved. The handler may be in a module.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EEXIST if another handler has one of the formats, -EINVAL if a
 *	   callback is missing or a format is invalid, -ENOMEM, -EOPNOTSUPP if
 *	   live update is off.
 */
int liveupdate_register_file_handler(struct liveupdate_file_handler *handler)
{
	int err;

	if (!liveupdate_enabled())
		return -EOPNOTSUPP;
	if (WARN_ON_ONCE(!handler_is_valid(handler)))
		return -EINVAL;

	guard(rwsem_write)(&handlers_lock);
	err = add_formats(handler);
	if (err)
		return err;
	atomic_set(&handler->users, 0);
	list_add_tail(&handler->list, &handlers);
	luo_flbs_add_handler(handler);
	return 0;
}
EXPORT_SYMBOL_GPL(liveupdate_register_file_handler);

/**
 * liveupdate_unregister_file_handler - undo liveupdate_register_file_handler()
 * @handler: the handler
 *
 * Also unregisters the objects that liveupdate_register_flb() registered for
 * the handler.
 *
 * For module exit functions, where it cannot fail: they do not run while a file
 * of the type is preserved or retrieved.
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOENT if the handler is not registered, -EBUSY if a file of the
 *	   type is preserved, or retrieved and not finished.
 */
int liveupdate_unregister_file_handler(struct liveupdate_file_handler *handler)
{
	guard(rwsem_write)(&handlers_lock);
	if (!is_registered(handler))
		return -ENOENT;
	if (atomic_read(&handler->users))
		return -EBUSY;
	luo_flbs_remove_handler(handler);
	list_del_init(&handler->list);
	remove_formats(handler, handler->nr_formats);
	return 0;
}
EXPORT_SYMBOL_GPL(liveupdate_unregister_file_handler);
