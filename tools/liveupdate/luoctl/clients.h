/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What luoctl says to clients of luod, and what it says of them. Functions that
 * return an int return an exit status, after a message if it is not 0.
 */

#ifndef LUOCTL_CLIENTS_H
#define LUOCTL_CLIENTS_H

#include "plan.h"

/* For answers that take no time, and for the device when clients wait. */
#define ANSWER_MS 10000

/* Where luod listens, for luod_ask(). */
const char *clients_socket(const struct options *options);
/* It has said nothing, or that it does not do what was asked. */
int clients_fail_socket(const struct options *options, int err);
int clients_fail(const struct options *options, struct json_object *answer);

/* Puts into @plan what luod says, if it is there, and not left out. */
int clients_look(const struct options *options, struct plan *plan);

/* 0 when all clients of luod are ready; if not, nothing is left of it. */
int clients_ask(const struct options *options, const struct plan *plan,
		int signals);
/* Lets them go on; quietly, if luod has done so before. */
void clients_take_back(const struct options *options);
int clients_abort(const struct options *options);

#endif /* LUOCTL_CLIENTS_H */
