// SPDX-License-Identifier: GPL-2.0
/*
 * The subsystems of the kernel that have a number to hand over.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/kho/abi/xluo.h>
#include <linux/string.h>

#include "luo_format.h"
#include "luo_subsystem.h"

/* Subsystems register before LUO itself comes up, so it needs no init. */
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
 * liveupdate_register_subsystem - take part in live updates
 * @subsystem: what wants to hand over a number; stays where it is until it is
 *	       unregistered
 *
 * If the previous kernel left data for a subsystem of that name, and the update
 * is not finished, its boot() is called before this returns. Data for which
 * nobody registers waits, too.
 *
 * Context: Process context, may sleep. Not from a subsystem's callback.
 * Return: 0; -EBUSY while an update is prepared, -EEXIST if there is a subsystem
 *	   of that name, -EINVAL if the name is empty or too long, -EOPNOTSUPP if
 *	   live update is off.
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
 * liveupdate_unregister_subsystem - take back the registration
 * @subsystem: what does not take part any more
 *
 * For the exit function of a module, which is not called while an update is
 * prepared that the subsystem is part of. Data of the previous kernel waits for
 * the next one of that name.
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

/* Prepares all, or none; hands on what the previous kernel's left. */
int luo_subsystems_prepare(void)
{
	return luo_subsystem_set_prepare(&subsystems);
}

/* Takes back luo_subsystems_prepare(). */
void luo_subsystems_cancel(void)
{
	luo_subsystem_set_cancel(&subsystems);
}

/* Freezes all, or none. */
int luo_subsystems_freeze(void)
{
	return luo_subsystem_set_freeze(&subsystems);
}

/* Takes back luo_subsystems_freeze(). */
void luo_subsystems_unfreeze(void)
{
	luo_subsystem_set_unfreeze(&subsystems);
}

/* What the next kernel has to be told; 0 for nothing. Cannot fail. */
u64 luo_subsystems_write(void)
{
	return luo_subsystem_set_write(&subsystems);
}

/* Errors as luo_subsystem_set_read(). */
int __init luo_subsystems_read(u64 pa)
{
	return luo_subsystem_set_read(&subsystems, pa);
}

/* True as long as there is data of the previous kernel that is not finished. */
bool luo_subsystems_incoming(void)
{
	guard(mutex)(&subsystems.lock);
	return !list_empty(&subsystems.incoming);
}

/* Ends the update for all. */
void luo_subsystems_finish(void)
{
	luo_subsystem_set_finish(&subsystems);
}

/* Names of those whose data waits, in a page for sysfs. */
int luo_subsystems_show_incoming(char *buf)
{
	return luo_subsystem_set_show_incoming(&subsystems, buf);
}
