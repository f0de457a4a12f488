/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An administrator and two clients, @a and @b, connected to a luod.
 */

#ifndef LUOD_TESTS_PARTY_H
#define LUOD_TESTS_PARTY_H

#include "suite.h"

extern struct luod luod;
extern struct end admin, a, b;

#define COMMAND(type) "{\"type\":\"" type "\"}"
#define COMMAND_OF(type, id) "{\"type\":\"" type "\",\"id\":\"" id "\"}"
#define OK_OF(command, id) \
	"{\"type\":\"OK\",\"id\":\"" id "\",\"command\":\"" command "\"}"
#define PRESERVE_OF(id, ms) \
	"{\"type\":\"PRESERVE\",\"id\":\"" id "\",\"timeout_ms\":" ms "}"
#define COMPLETE COMMAND("COMPLETE")
#define ABORTED "{\"type\":\"OK\",\"command\":\"ABORT\"}"

void party_begin(void);
void party_end(void);
void party_subscribe(void);
/* The client preserves a file in the session that it has received. */
void party_preserve(struct end *client);
/* Begins an update; both clients have preserved a file, but are not ready. */
void party_start(void);
/* Makes both clients ready, so that the update is complete. */
void party_get_ready(void);

#endif /* LUOD_TESTS_PARTY_H */
