/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The clients of luod, as luoctl sees them. Functions that return an int print
 * a message and return an exit status, or return 0.
 */

#ifndef LUOCTL_CLIENTS_H
#define LUOCTL_CLIENTS_H

#include "plan.h"

/*
 * For answers that luod gives at once, and for the device, which luod shares.
 */
#define ANSWER_MS 10000

/* Path of luod's socket, for luod_ask(). */
const char *clients_socket(const struct options *options);
/* luod did not answer, or its answer does not fit the command. */
int clients_fail_socket(const struct options *options, int err);
int clients_fail(const struct options *options, struct json_object *answer);

/* Puts luod's STATUS into @plan; nothing if luod does not run or --no-luod. */
int clients_look(const struct options *options, struct plan *plan);

/* Returns 0 when all clients are ready; aborts the update on failure. */
int clients_ask(const struct options *options, const struct plan *plan,
		int signals);
/* Aborts the update, so that clients resume; an error of luod is ignored. */
void clients_take_back(const struct options *options);
int clients_abort(const struct options *options);

#endif /* LUOCTL_CLIENTS_H */
