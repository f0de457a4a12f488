/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What luoctl kexec is going to do.
 */

#ifndef LUOCTL_PLAN_H
#define LUOCTL_PLAN_H

#include "luoctl.h"

/* Of the sessions of one direction. */
struct sum {
	uint64_t sessions;
	uint64_t files;
	uint64_t bytes;
	uint64_t held;
};

/**
 * struct plan - what is going to happen
 * @state: of the whole
 * @loaded: there is a kernel to jump into
 * @outgoing: what programs have preserved
 * @incoming: what goes on as it came from the previous kernel; held ones stand
 *	      in the way
 * @luod: what luod says of itself; NULL if it is not there, or left out
 * @clients: how many it has
 * @idle: it does no update yet
 * @ready: all of its clients are ready for an update
 */
struct plan {
	enum luo_state state;
	bool loaded;
	struct sum outgoing;
	struct sum incoming;
	struct json_object *luod;
	size_t clients;
	bool idle;
	bool ready;
};

/* Looks at the kernel; 0 or a negative errno. */
int plan_make(struct plan *plan, struct luo_device *device);
/* Takes the reference to what luod says; -EBADMSG if it makes no sense. */
int plan_add_luod(struct plan *plan, struct json_object *luod);
void plan_free(struct plan *plan);

/* Luod has something to do: it has clients, and they are not all ready. */
bool plan_asks_clients(const struct plan *plan);
bool plan_prepares(const struct plan *plan);

/* 0 if nothing stands in the way; otherwise why not, and the exit status. */
int plan_obstacle(const struct plan *plan, const struct options *options,
		  const char **why);

void plan_print(const struct plan *plan);
/* @why may be NULL. */
void plan_print_json(const struct plan *plan, const char *why);

#endif /* LUOCTL_PLAN_H */
