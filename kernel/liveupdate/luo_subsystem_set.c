// SPDX-License-Identifier: GPL-2.0
/*
 * Sets of subsystems: executes each step of an update for all subsystems of a
 * set.
 *
 * The kernel has one set, see luo_subsystem.c; tests create their own.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/cleanup.h>
#include <linux/kho/abi/xluo.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "luo_format.h"
#include "luo_read.h"
#include "luo_subsystem.h"
#include "luo_trace.h"

/**
 * struct luo_subsystem_data - data of a subsystem of the previous kernel
 * @list: entry in luo_subsystem_set.incoming
 * @name: name of the subsystem; immutable
 * @data: value from the previous kernel; immutable
 */
struct luo_subsystem_data {
	struct list_head list;
	char name[XLUO_SUBSYSTEM_SIZE];
	u64 data;
};

void luo_subsystem_set_init(struct luo_subsystem_set *set)
{
	mutex_init(&set->lock);
	INIT_LIST_HEAD(&set->list);
	INIT_LIST_HEAD(&set->incoming);
	luo_chain_init(&set->chain, sizeof(struct xluo_subsystem_ser));
	set->handed_on = 0;
	set->closed = false;
}

static struct luo_subsystem_data *find_data(struct luo_subsystem_set *set,
					    const char *name)
{
	struct luo_subsystem_data *data;

	lockdep_assert_held(&set->lock);

	list_for_each_entry(data, &set->incoming, list) {
		if (!strcmp(data->name, name))
			return data;
	}
	return NULL;
}

static void drop_data(struct luo_subsystem_data *data)
{
	list_del(&data->list);
	kfree(data);
}

/* Frees the entries of incoming data, but not the memory they refer to. */
void luo_subsystem_set_destroy(struct luo_subsystem_set *set)
{
	struct luo_subsystem_data *data, *tmp;

	list_for_each_entry_safe(data, tmp, &set->incoming, list)
		drop_data(data);
	mutex_destroy(&set->lock);
}

static struct liveupdate_subsystem *
find_subsystem(struct luo_subsystem_set *set, const char *name)
{
	struct liveupdate_subsystem *subsystem;

	lockdep_assert_held(&set->lock);

	list_for_each_entry(subsystem, &set->list, list) {
		if (!strcmp(subsystem->name, name))
			return subsystem;
	}
	return NULL;
}

static void boot(struct liveupdate_subsystem *subsystem, u64 data)
{
	const struct liveupdate_subsystem_ops *ops = subsystem->ops;

	if (ops->boot)
		luo_call_void(subsystem, "boot", subsystem->name, 0,
			      ops->boot(subsystem, data));
}

/* Fails with the errors of liveupdate_register_subsystem(). */
int luo_subsystem_set_add(struct luo_subsystem_set *set,
			  struct liveupdate_subsystem *subsystem)
{
	struct luo_subsystem_data *data;

	guard(mutex)(&set->lock);
	if (set->closed)
		return -EBUSY;
	if (find_subsystem(set, subsystem->name))
		return -EEXIST;
	if (!subsystem->format)
		subsystem->format = &subsystem->own_format;
	subsystem->pinned = false;
	subsystem->prepared = false;
	list_add_tail(&subsystem->list, &set->list);
	data = find_data(set, subsystem->name);
	if (data)
		boot(subsystem, data->data);
	return 0;
}

/*
 * Fails with the errors of liveupdate_unregister_subsystem(). A subsystem that
 * is not pinned takes no part in the update, because its module was already
 * being unloaded when the set was closed, so it may be removed.
 */
int luo_subsystem_set_remove(struct luo_subsystem_set *set,
			     struct liveupdate_subsystem *subsystem)
{
	guard(mutex)(&set->lock);
	if (find_subsystem(set, subsystem->name) != subsystem)
		return -ENOENT;
	if (subsystem->pinned)
		return -EBUSY;
	list_del_init(&subsystem->list);
	return 0;
}

static int prepare_data(struct liveupdate_subsystem *subsystem)
{
	const struct liveupdate_subsystem_ops *ops = subsystem->ops;
	u64 data = 0;
	int err = 0;

	if (ops->prepare)
		err = luo_call(subsystem, "prepare", subsystem->name, 0,
			       ops->prepare(subsystem, &data));
	if (err)
		return err;
	subsystem->data = data;
	subsystem->frozen_data = data;
	subsystem->prepared = true;
	return 0;
}

static void unpin(struct liveupdate_subsystem *subsystem)
{
	subsystem->pinned = false;
	module_put(subsystem->ops->owner);
}

/* Prepares a subsystem, unless its incoming data is carried forward. */
static int prepare_one(struct luo_subsystem_set *set,
		       struct liveupdate_subsystem *subsystem)
{
	int err;

	/* A subsystem whose module is being unloaded takes no part. */
	if (!try_module_get(subsystem->ops->owner))
		return 0;
	subsystem->pinned = true;
	if (find_data(set, subsystem->name))
		return 0;
	/* A subsystem whose format is disabled takes no part. */
	if (!luo_format_use(subsystem->format))
		return 0;
	err = luo_chain_reserve(&set->chain);
	if (err)
		goto err_unuse;
	err = prepare_data(subsystem);
	if (err)
		goto err_unreserve;
	return 0;

err_unreserve:
	luo_chain_unreserve(&set->chain);
err_unuse:
	luo_format_unuse(subsystem->format);
	unpin(subsystem);
	return err;
}

static void cancel_one(struct luo_subsystem_set *set,
		       struct liveupdate_subsystem *subsystem)
{
	const struct liveupdate_subsystem_ops *ops = subsystem->ops;

	if (subsystem->prepared) {
		if (ops->cancel)
			luo_call_void(subsystem, "cancel", subsystem->name, 0,
				      ops->cancel(subsystem, subsystem->data));
		luo_chain_unreserve(&set->chain);
		luo_format_unuse(subsystem->format);
		subsystem->prepared = false;
	}
	if (subsystem->pinned)
		unpin(subsystem);
}

static int prepare_all(struct luo_subsystem_set *set)
{
	struct liveupdate_subsystem *subsystem;
	int err;

	list_for_each_entry(subsystem, &set->list, list) {
		err = prepare_one(set, subsystem);
		if (err) {
			list_for_each_entry_continue_reverse(subsystem,
							     &set->list, list)
				cancel_one(set, subsystem);
			return err;
		}
	}
	return 0;
}

static void take_back(struct luo_subsystem_set *set)
{
	for (; set->handed_on; set->handed_on--)
		luo_chain_unreserve(&set->chain);
}

static int hand_on(struct luo_subsystem_set *set)
{
	struct luo_subsystem_data *data;
	int err;

	list_for_each_entry(data, &set->incoming, list) {
		err = luo_chain_reserve(&set->chain);
		if (err) {
			take_back(set);
			return err;
		}
		set->handed_on++;
	}
	return 0;
}

/* Prepares all subsystems, or none, and closes the set. */
int luo_subsystem_set_prepare(struct luo_subsystem_set *set)
{
	int err;

	guard(mutex)(&set->lock);
	if (WARN_ON_ONCE(set->closed))
		return -EBUSY;
	err = hand_on(set);
	if (err)
		return err;
	err = prepare_all(set);
	if (err) {
		take_back(set);
		return err;
	}
	set->closed = true;
	return 0;
}

/* Undoes luo_subsystem_set_prepare(). */
void luo_subsystem_set_cancel(struct luo_subsystem_set *set)
{
	struct liveupdate_subsystem *subsystem;

	guard(mutex)(&set->lock);
	if (WARN_ON_ONCE(!set->closed))
		return;
	list_for_each_entry_reverse(subsystem, &set->list, list)
		cancel_one(set, subsystem);
	take_back(set);
	set->closed = false;
}

static int freeze_one(struct liveupdate_subsystem *subsystem)
{
	const struct liveupdate_subsystem_ops *ops = subsystem->ops;
	u64 data = subsystem->data;
	int err = 0;

	if (!subsystem->prepared)
		return 0;
	if (ops->freeze)
		err = luo_call(subsystem, "freeze", subsystem->name, 0,
			       ops->freeze(subsystem, &data));
	if (!err)
		subsystem->frozen_data = data;
	return err;
}

static void unfreeze_one(struct liveupdate_subsystem *subsystem)
{
	const struct liveupdate_subsystem_ops *ops = subsystem->ops;

	if (!subsystem->prepared)
		return;
	if (ops->unfreeze)
		luo_call_void(subsystem, "unfreeze", subsystem->name, 0,
			      ops->unfreeze(subsystem, subsystem->frozen_data));
	subsystem->frozen_data = subsystem->data;
}

/* Freezes all prepared subsystems, or none. */
int luo_subsystem_set_freeze(struct luo_subsystem_set *set)
{
	struct liveupdate_subsystem *subsystem;
	int err;

	guard(mutex)(&set->lock);
	list_for_each_entry(subsystem, &set->list, list) {
		err = freeze_one(subsystem);
		if (err) {
			list_for_each_entry_continue_reverse(subsystem,
							     &set->list, list)
				unfreeze_one(subsystem);
			return err;
		}
	}
	return 0;
}

/* Undoes luo_subsystem_set_freeze(). */
void luo_subsystem_set_unfreeze(struct luo_subsystem_set *set)
{
	struct liveupdate_subsystem *subsystem;

	guard(mutex)(&set->lock);
	list_for_each_entry_reverse(subsystem, &set->list, list)
		unfreeze_one(subsystem);
}

static void write_record(struct luo_chain_writer *writer, const char *name,
			 u64 data)
{
	struct xluo_subsystem_ser *ser = luo_chain_add(writer);

	strscpy_pad(ser->name, name);
	ser->data = data;
}

/*
 * Serializes the data that is carried forward and the data of frozen
 * subsystems. Cannot fail: the room is reserved. Returns the pa of the records
 * for the next kernel, or 0.
 */
u64 luo_subsystem_set_write(struct luo_subsystem_set *set)
{
	struct liveupdate_subsystem *subsystem;
	struct luo_subsystem_data *data;
	struct luo_chain_writer writer;

	guard(mutex)(&set->lock);
	if (!set->closed)
		return 0;
	luo_chain_write(&writer, &set->chain);
	list_for_each_entry(data, &set->incoming, list)
		write_record(&writer, data->name, data->data);
	list_for_each_entry(subsystem, &set->list, list) {
		if (subsystem->prepared)
			write_record(&writer, subsystem->name,
				     subsystem->frozen_data);
	}
	return luo_chain_pa(&set->chain);
}

static int add_data(struct luo_subsystem_set *set, const char *name, u64 value)
{
	struct liveupdate_subsystem *subsystem;
	struct luo_subsystem_data *data;

	lockdep_assert_held(&set->lock);

	if (find_data(set, name))
		return -EEXIST;
	data = kzalloc(sizeof(*data), GFP_KERNEL);
	if (!data)
		return -ENOMEM;
	strscpy_pad(data->name, name);
	data->data = value;
	list_add_tail(&data->list, &set->incoming);
	subsystem = find_subsystem(set, name);
	if (subsystem)
		boot(subsystem, value);
	return 0;
}

/* Adds incoming data; fails with -EEXIST if the subsystem already has some. */
int luo_subsystem_set_leave(struct luo_subsystem_set *set, const char *name,
			    u64 data)
{
	guard(mutex)(&set->lock);
	return add_data(set, name, data);
}

static int read_all(struct luo_subsystem_set *set, u64 pa)
{
	const struct xluo_subsystem_ser *ser;
	struct luo_chain_reader reader;
	int err;

	luo_chain_read(&reader, pa, sizeof(*ser));
	while ((ser = luo_chain_next(&reader))) {
		if (IS_ERR(ser))
			return PTR_ERR(ser);
		err = luo_extra_subsystem_check(ser);
		if (!err)
			err = add_data(set, ser->name, ser->data);
		if (err)
			pr_err("ignoring a subsystem record of the previous kernel: %d\n",
			       err);
	}
	return 0;
}

/*
 * Deserializes the data of the previous kernel's subsystems. A malformed record
 * does not affect the others; an error means that the list is malformed.
 */
int luo_subsystem_set_read(struct luo_subsystem_set *set, u64 pa)
{
	int err;

	guard(mutex)(&set->lock);
	err = read_all(set, pa);
	if (!err)
		luo_chain_free_incoming(pa);
	return err;
}

static void finish_one(struct luo_subsystem_set *set,
		       struct luo_subsystem_data *data)
{
	struct liveupdate_subsystem *subsystem = find_subsystem(set, data->name);

	if (!subsystem)
		pr_info("subsystem \"%s\": not registered, discarding its data\n",
			data->name);
	else if (subsystem->ops->finish)
		luo_call_void(subsystem, "finish", subsystem->name, 0,
			      subsystem->ops->finish(subsystem, data->data));
	drop_data(data);
}

/* Finishes the update, in registration order. */
void luo_subsystem_set_finish(struct luo_subsystem_set *set)
{
	struct liveupdate_subsystem *subsystem;
	struct luo_subsystem_data *data, *tmp;

	guard(mutex)(&set->lock);
	if (WARN_ON_ONCE(set->closed))
		return;
	list_for_each_entry(subsystem, &set->list, list) {
		data = find_data(set, subsystem->name);
		if (data)
			finish_one(set, data);
	}
	list_for_each_entry_safe(data, tmp, &set->incoming, list)
		finish_one(set, data);
}

/* Shows the names of unfinished data in a sysfs page. */
int luo_subsystem_set_show_incoming(struct luo_subsystem_set *set, char *buf)
{
	struct luo_subsystem_data *data;
	int len = 0;

	guard(mutex)(&set->lock);
	list_for_each_entry(data, &set->incoming, list)
		len += sysfs_emit_at(buf, len, "%s\n", data->name);
	return len;
}
