// SPDX-License-Identifier: GPL-2.0
/*
 * Registration of subsystems that hand over data.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/kho/abi/xluo.h>
#include <linux/string.h>

#include "luo_format.h"
#include "luo_subsystem.h"

/* Initialised statically: subsystems register before LUO is initialised. */
static struct luo_subsystem_set subsystems = {
	.lock = __MUTEX_INITIALIZER(subsystems.lock),
	.list = LIST_HEAD_INIT(subsystems.list),
	.incoming = LIST_HEAD_INIT(subsystems.incoming),
	.chain = {
		.blocks = LIST_HEAD_INIT(subsystems.chain.blocks),
		.entry_size = sizeof(struct xluo_subsystem_ser),
	},
};

static struct liveupdate_format *
make_format(struct liveupdate_subsystem *subsystem)
{
	subsystem->own_format = (struct liveupdate_format) {
		.kind = "subsystem",
		.owner = subsystem->name,
		.name = subsystem->name,
		.dir = "rw",
		.rank = 1,
		.attrs = "needs:" XLUO_COMPATIBLE,
		.modular = true,
	};
	return &subsystem->own_format;
}

static bool is_valid(const struct liveupdate_subsystem *subsystem)
{
	return subsystem->ops && subsystem->name && *subsystem->name &&
	       strlen(subsystem->name) < XLUO_SUBSYSTEM_SIZE;
}

/**
 * liveupdate_register_subsystem - register a subsystem that hands over data
 * @subsystem: the subsystem; must stay allocated until it is unregistered
 *
 * If the previous kernel handed over data for a subsystem of that name and the
 * update is not finished, boot() is called before this function returns. Data
 * for subsystems that are not registered is kept until the update is finished.
 *
 * Context: Process context, may sleep. Not from a subsystem's callback.
 * Return: 0; -EBUSY while an update is prepared, -EEXIST if a subsystem of that
 *	   name is registered, -EINVAL if the name is empty or too long,
 *	   -ENOMEM, -EOPNOTSUPP if live update is off.
 */
int liveupdate_register_subsystem(struct liveupdate_subsystem *subsystem)
{
	int err;

	if (!liveupdate_enabled())
		return -EOPNOTSUPP;
	if (WARN_ON_ONCE(!is_valid(subsystem)))
		return -EINVAL;
	if (!subsystem->format)
		subsystem->format = make_format(subsystem);
	err = luo_format_add(subsystem->format);
	if (err)
		return err;
	err = luo_subsystem_set_add(&subsystems, subsystem);
	if (err)
		luo_format_remove(subsystem->format);
	return err;
}
EXPORT_SYMBOL_GPL(liveupdate_register_subsystem);

/**
 * liveupdate_unregister_subsystem - undo liveupdate_register_subsystem()
 * @subsystem: the subsystem
 *
 * For module exit functions, which do not run while the subsystem takes part in
 * a prepared update. Data of the previous kernel is kept for the next subsystem
 * that registers with that name.
 *
 * Context: Process context, may sleep. Not from a subsystem's callback.
 * Return: 0; -EBUSY while an update is prepared, -ENOENT if the subsystem is not
 *	   registered.
 */
int liveupdate_unregister_subsystem(struct liveupdate_subsystem *subsystem)
{
	int err = luo_subsystem_set_remove(&subsystems, subsystem);

	if (!err)
		luo_format_remove(subsystem->format);
	return err;
}
EXPORT_SYMBOL_GPL(liveupdate_unregister_subsystem);

/* Prepares all subsystems, or none; carries forward incoming data. */
int luo_subsystems_prepare(void)
{
	return luo_subsystem_set_prepare(&subsystems);
}

/* Undoes luo_subsystems_prepare(). */
void luo_subsystems_cancel(void)
{
	luo_subsystem_set_cancel(&subsystems);
}

/* Freezes all subsystems, or none. */
int luo_subsystems_freeze(void)
{
	return luo_subsystem_set_freeze(&subsystems);
}

/* Undoes luo_subsystems_freeze(). */
void luo_subsystems_unfreeze(void)
{
	luo_subsystem_set_unfreeze(&subsystems);
}

/* Serializes all data; returns the pa of the records, or 0. Cannot fail. */
u64 luo_subsystems_write(void)
{
	return luo_subsystem_set_write(&subsystems);
}

/* Fails with the errors of luo_subsystem_set_read(). */
int __init luo_subsystems_read(u64 pa)
{
	return luo_subsystem_set_read(&subsystems, pa);
}

/* True if there is unfinished data of the previous kernel. */
bool luo_subsystems_incoming(void)
{
	guard(mutex)(&subsystems.lock);
	return !list_empty(&subsystems.incoming);
}

/* Finishes the update for all subsystems. */
void luo_subsystems_finish(void)
{
	luo_subsystem_set_finish(&subsystems);
}

/* Shows the names of unfinished data in a sysfs page. */
int luo_subsystems_show_incoming(char *buf)
{
	return luo_subsystem_set_show_incoming(&subsystems, buf);
}
