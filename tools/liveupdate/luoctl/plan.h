/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The plan of luoctl kexec.
 */

#ifndef LUOCTL_PLAN_H
#define LUOCTL_PLAN_H

#include "luoctl.h"

/* Totals over the sessions of one direction. */
struct sum {
	uint64_t sessions;
	uint64_t files;
	uint64_t bytes;
	uint64_t held;
};

/**
 * struct plan - the plan of an update
 * @state: the global state
 * @loaded: a kernel is loaded for kexec
 * @outgoing: outgoing sessions
 * @incoming: incoming sessions, which are handed over unchanged; held ones
 *	      block the update
 * @luod: STATUS of luod; NULL if it does not run, or with --no-luod
 * @clients: number of luod's clients
 * @idle: luod has no update in progress
 * @ready: all of luod's clients are ready
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

/* Gathers the facts from the kernel. Returns 0 or a negative errno. */
int plan_make(struct plan *plan, struct luo_device *device);
/* Takes the caller's reference to @luod; -EBADMSG if it is malformed. */
int plan_add_luod(struct plan *plan, struct json_object *luod);
void plan_free(struct plan *plan);

/* luod has clients that are not ready yet. */
bool plan_asks_clients(const struct plan *plan);
bool plan_prepares(const struct plan *plan);

/* Returns 0, or an exit status with the obstacle in @why. */
int plan_obstacle(const struct plan *plan, const struct options *options,
		  const char **why);

void plan_print(const struct plan *plan);
/* @why is the obstacle, or NULL. */
void plan_print_json(const struct plan *plan, const char *why);

#endif /* LUOCTL_PLAN_H */
