// SPDX-License-Identifier: GPL-2.0
/*
 * What is left of an update that is off: sessions that could not be emptied, and
 * clients that were away.
 */

#include <unistd.h>

#include "party.h"

#define ABORT_OF(id) \
	"{\"type\":\"ABORT\",\"id\":\"" id "\",\"error\":\"ABORTED\"}"
#define ABORT_AFTER(id) \
	"{\"type\":\"ABORT\",\"id\":\"" id "\",\"error\":\"ABORTED\"," \
	"\"detail\":\"while it was away\"}"
#define BUSY_OF(id) \
	"{\"type\":\"ERROR\",\"id\":\"" id "\",\"command\":\"UPDATE\"," \
	"\"error\":\"KERNEL\",\"detail\":\"Device or resource busy\"}"

/* The update is off while the kernel lets no file out of a session. */
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

/* When the kernel is itself again, and luod has had its turn. */
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
	/* The same sessions. */
	party_get_ready();
	party_end();
}

static void update_too_early(void)
{
	abort_while_prepared();
	ask(&luod, &admin, COMMAND("UPDATE"), BUSY_OF("a"));
	hear_nothing(&luod, &a);
	/* In time for the next one. */
	kernel_set_prepared(false);
	party_get_ready();
	party_end();
}

/* Over another connection, and with the session that it has. */
static void come_back(struct end *client, const char *command, const char *ok)
{
	struct luo_session *session = client->session;

	dial(&luod, client, 7);
	client->session = session;
	ask(&luod, client, command, ok);
}

/* Both have lost their connections only. */
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
	/* With the sessions that they still have. */
	party_get_ready();
	party_end();
}

/* They are not told of another update than the one that they were in. */
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
	{ "clients come back when it is off", away },
	{ "a client comes back before it is off", back_in_time },
	{ 0 }
};
