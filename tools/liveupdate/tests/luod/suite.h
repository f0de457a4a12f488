/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Helpers of luod's tests: a luod, and clients at socket pairs.
 */

#ifndef LUOD_TESTS_SUITE_H
#define LUOD_TESTS_SUITE_H

#include <string.h>

#include "../../daemon/luod.h"
#include "../lib/test.h"
#include "kernel.h"

extern const struct test protocol_tests[];
extern const struct test policy_tests[];
extern const struct test state_tests[];
extern const struct test update_tests[];
extern const struct test abort_tests[];
extern const struct test jump_tests[];
extern const struct test claim_tests[];
extern const struct test store_tests[];

/* Fails unless @text is equal to @want. */
#define CHECK_TEXT(text, want) do {					\
	const char *text_ = (text), *want_text_ = (want);		\
									\
	if (!text_ || strcmp(text_, want_text_)) {			\
		fprintf(stderr, "%s:%d: \"%s\" is not \"%s\"\n",	\
			__FILE__, __LINE__, text_ ?: "(null)",		\
			want_text_);					\
		exit(1);						\
	}								\
} while (0)

/* Timeout in ms that expires only if a test fails. */
#define PATIENCE_MS 20000

/* Starts a luod with its state file, in a fake kernel after boot. */
void start(struct luod *luod);
void stop(struct luod *luod);
/* luod exits; only the fd store still holds its fds. */
void die(struct luod *luod);

/* A client: its end of a connection, and the last session it received. */
struct end {
	int fd;
	struct conn *conn;
	struct luo_session *session;
	char line[LUOD_OUTPUT_MAX];
};

/* Connects as the user @uid. */
void dial(struct luod *luod, struct end *end, uid_t uid);
void hang_up(struct luod *luod, struct end *end);
/* Sends a line. */
void say(struct end *end, const char *line);
/* Runs luod until a line arrives; it is in @end->line, too. */
const char *hear(struct luod *luod, struct end *end);
/* Checks that no line arrives. */
void hear_nothing(struct luod *luod, struct end *end);
/* Sends a line, and checks the answer. */
void ask(struct luod *luod, struct end *end, const char *line,
	 const char *answer);

#endif /* LUOD_TESTS_SUITE_H */
