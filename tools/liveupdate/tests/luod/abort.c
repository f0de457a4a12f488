// SPDX-License-Identifier: GPL-2.0
/*
 * Clean-up after an aborted update: sessions that could not be emptied at once,
 * and clients without a connection.
 */

#include <unistd.h>

#include "party.h"

#define ABORT_OF(id) \
	"{\"type\":\"ABORT\",\"id\":\"" id "\",\"error\":\"ABORTED\"}"
#define ABORT_AFTER(id) \
	"{\"type\":\"ABORT\",\"id\":\"" id "\",\"error\":\"ABORTED\"," \
	"\"detail\":\"while the client had no connection\"}"
#define BUSY_OF(id) \
	"{\"type\":\"ERROR\",\"id\":\"" id "\",\"command\":\"UPDATE\"," \
	"\"error\":\"KERNEL\",\"detail\":\"Device or resource busy\"}"

/* Aborts an update while the kernel does not allow files to be unpreserved. */
static void abort_while_prepared(void)
{
	party_begin();
	party_subscribe();
	party_get_ready();
	kernel_set_prepared(true);
	ask(&luod, &admin, COMMAND("ABORT"), ABORTED);
	CHECK_TEXT(hear(&luod, &a), ABORT_OF("a"));
	CHECK_TEXT(hear(&luod, &b), ABORT_OF("b"));
	CHECK_EQ(kernel_files("luod.a"), 1);
	CHECK_EQ(kernel_files("luod.b"), 1);
}

/* Cancels prepare in the kernel, and lets luod empty the sessions. */
static void cancel(void)
{
	int64_t late = luod_clock() + 10000;

	kernel_set_prepared(false);
	while (kernel_files("luod.a") > 0 || kernel_files("luod.b") > 0) {
		CHECK(!luod_turn(&luod, -1, 15000));
		CHECK(luod_clock() < late);
	}
}

static void emptied_later(void)
{
	abort_while_prepared();
	cancel();
	/* The same sessions are used again. */
	party_get_ready();
	party_end();
}

static void update_too_early(void)
{
	abort_while_prepared();
	ask(&luod, &admin, COMMAND("UPDATE"), BUSY_OF("a"));
	hear_nothing(&luod, &a);
	/* Before the next update. */
	kernel_set_prepared(false);
	party_get_ready();
	party_end();
}

/* Returns over another connection, with the session that the client has. */
static void come_back(struct end *client, const char *command, const char *ok)
{
	struct luo_session *session = client->session;

	dial(&luod, client, 7);
	client->session = session;
	ask(&luod, client, command, ok);
}

/* Both clients lose their connections, but keep their sessions. */
static void away(void)
{
	party_begin();
	party_subscribe();
	party_start();
	ask(&luod, &a, COMMAND_OF("READY", "a"), OK_OF("READY", "a"));
	close(a.fd);
	close(b.fd);
	CHECK(!luod_turn(&luod, -1, 0));
	ask(&luod, &admin, COMMAND("ABORT"), "{\"type\":\"ERROR\","
	    "\"command\":\"UPDATE\",\"error\":\"ABORTED\"}");
	CHECK_TEXT(hear(&luod, &admin), ABORTED);
	CHECK_EQ(kernel_files("luod.a"), 0);
	come_back(&a, COMMAND_OF("SUBSCRIBE", "a"), OK_OF("SUBSCRIBE", "a"));
	CHECK_TEXT(hear(&luod, &a), ABORT_AFTER("a"));
	come_back(&b, COMMAND_OF("SUBSCRIBE", "b"), OK_OF("SUBSCRIBE", "b"));
	CHECK_TEXT(hear(&luod, &b), ABORT_AFTER("b"));
	hear_nothing(&luod, &b);
	/* With the sessions that they still hold. */
	party_get_ready();
	party_end();
}

/* Clients are told only how the update ended that they took part in. */
static void back_in_time(void)
{
	party_begin();
	party_subscribe();
	party_get_ready();
	close(a.fd);
	CHECK(!luod_turn(&luod, -1, 0));
	come_back(&a, COMMAND_OF("SUBSCRIBE", "a"), OK_OF("SUBSCRIBE", "a"));
	hear_nothing(&luod, &a);
	ask(&luod, &admin, COMMAND("ABORT"), ABORTED);
	CHECK_TEXT(hear(&luod, &a), ABORT_OF("a"));
	party_end();
}

const struct test abort_tests[] = {
	{ "sessions are emptied later", emptied_later },
	{ "the next update comes too early", update_too_early },
	{ "clients return after the abort", away },
	{ "a client returns before the abort", back_in_time },
	{ 0 }
};
