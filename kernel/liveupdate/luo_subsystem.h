/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Subsystems: kernel code that hands over data that belongs to no file.
 */

#ifndef _LINUX_LIVEUPDATE_LUO_SUBSYSTEM_H
#define _LINUX_LIVEUPDATE_LUO_SUBSYSTEM_H

#include <linux/init.h>
#include <linux/list.h>
#include <linux/liveupdate.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include "luo_chain.h"

/**
 * struct luo_subsystem_set - a set of subsystems and the previous kernel's data
 * @lock: protects everything in here, and serializes the callbacks
 * @list: the subsystems, in registration order
 * @incoming: unfinished data of the previous kernel's subsystems
 * @chain: room for the records of the next kernel
 * @handed_on: number of entries of @incoming that are carried forward
 * @closed: prepared, so registration and unregistration fail with -EBUSY
 */
struct luo_subsystem_set {
	struct mutex lock;
	struct list_head list;
	struct list_head incoming;
	struct luo_chain chain;
	unsigned long handed_on;
	bool closed;
};

void luo_subsystem_set_init(struct luo_subsystem_set *set);
void luo_subsystem_set_destroy(struct luo_subsystem_set *set);
int luo_subsystem_set_add(struct luo_subsystem_set *set,
			  struct liveupdate_subsystem *subsystem);
int luo_subsystem_set_remove(struct luo_subsystem_set *set,
			     struct liveupdate_subsystem *subsystem);
int luo_subsystem_set_prepare(struct luo_subsystem_set *set);
void luo_subsystem_set_cancel(struct luo_subsystem_set *set);
int luo_subsystem_set_freeze(struct luo_subsystem_set *set);
void luo_subsystem_set_unfreeze(struct luo_subsystem_set *set);
u64 luo_subsystem_set_write(struct luo_subsystem_set *set);
int luo_subsystem_set_leave(struct luo_subsystem_set *set, const char *name,
			    u64 data);
int luo_subsystem_set_read(struct luo_subsystem_set *set, u64 pa);
void luo_subsystem_set_finish(struct luo_subsystem_set *set);
int luo_subsystem_set_show_incoming(struct luo_subsystem_set *set, char *buf);

int luo_subsystems_prepare(void);
void luo_subsystems_cancel(void);
int luo_subsystems_freeze(void);
void luo_subsystems_unfreeze(void);
u64 luo_subsystems_write(void);
int __init luo_subsystems_read(u64 pa);
bool luo_subsystems_incoming(void);
void luo_subsystems_finish(void);
int luo_subsystems_show_incoming(char *buf);

#endif /* _LINUX_LIVEUPDATE_LUO_SUBSYSTEM_H */
