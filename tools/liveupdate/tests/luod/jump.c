// SPDX-License-Identifier: GPL-2.0
/*
 * The kexec, and messages that arrive right before it.
 */

#include <unistd.h>

#include "party.h"

#define REFUSED								\
	"{\"type\":\"ERROR\",\"command\":\"KEXEC\",\"error\":\"KERNEL\","	\
	"\"detail\":\"Invalid argument\",\"errno\":22}"
#define VETOED								\
	"{\"type\":\"ERROR\",\"id\":\"b\",\"command\":\"KEXEC\","		\
	"\"error\":\"VETO\",\"detail\":\"busy\"}"
#define VETO "{\"type\":\"VETO\",\"id\":\"b\",\"reason\":\"busy\"}"

static void begin(void)
{
	party_begin();
	party_subscribe();
	party_get_ready();
}

static void check_not_jumped(void)
{
	hear_nothing(&luod, &admin);
	CHECK_EQ(kernel_jumps(), 0);
	party_end();
}

static void refused(void)
{
	begin();
	ask(&luod, &admin, COMMAND("KEXEC"), REFUSED);
	CHECK_EQ(kernel_jumps(), 1);
	/* Clients stay ready until an administrator aborts the update. */
	CHECK_EQ(luod.phase, PHASE_COMPLETE);
	CHECK_EQ(kernel_files("luod.a"), 1);
	hear_nothing(&luod, &admin);
	CHECK_EQ(kernel_jumps(), 1);
	party_end();
}

/* A VETO that was sent before KEXEC counts, even if it is read after it. */
static void veto_was_first(void)
{
	begin();
	say(&b, VETO);
	say(&admin, COMMAND("KEXEC"));
	CHECK_TEXT(hear(&luod, &admin), VETOED);
	check_not_jumped();
}

static void veto_comes_in_between(void)
{
	begin();
	say(&admin, COMMAND("KEXEC"));
	CHECK(!luod_turn(&luod, -1, 0));
	say(&b, VETO);
	CHECK_TEXT(hear(&luod, &admin), VETOED);
	ask(&luod, &admin, COMMAND("KEXEC"), "{\"type\":\"ERROR\","
	    "\"command\":\"KEXEC\",\"error\":\"WRONG_STATE\"}");
	check_not_jumped();
}

/* The requester may have disconnected because it undid prepare. */
static void asker_has_gone(void)
{
	begin();
	say(&admin, COMMAND("KEXEC"));
	hang_up(&luod, &admin);
	dial(&luod, &admin, 0);
	check_not_jumped();
}

static void asked_twice(void)
{
	static struct end other;

	begin();
	dial(&luod, &other, 0);
	say(&admin, COMMAND("KEXEC"));
	say(&other, COMMAND("KEXEC"));
	CHECK_TEXT(hear(&luod, &other), "{\"type\":\"ERROR\","
		   "\"command\":\"KEXEC\",\"error\":\"IN_PROGRESS\"}");
	CHECK_TEXT(hear(&luod, &admin), REFUSED);
	CHECK_EQ(kernel_jumps(), 1);
	hang_up(&luod, &other);
	party_end();
}

/* The first client subscribes too late to take part. */
static void nobody_yet(void)
{
	party_begin();
	kernel_set_prepared(true);
	ask(&luod, &admin, COMMAND("UPDATE"), COMPLETE);
	ask(&luod, &a, COMMAND_OF("SUBSCRIBE", "a"), "{\"type\":\"ERROR\","
	    "\"id\":\"a\",\"command\":\"SUBSCRIBE\",\"error\":\"IN_PROGRESS\"}");
	ask(&luod, &admin, COMMAND("KEXEC"), REFUSED);
	party_end();
}

static void not_for_clients(void)
{
	begin();
	ask(&luod, &a, COMMAND("KEXEC"), "{\"type\":\"ERROR\","
	    "\"command\":\"KEXEC\",\"error\":\"NOT_ALLOWED\"}");
	check_not_jumped();
}

const struct test jump_tests[] = {
	{ "the kernel refuses", refused },
	{ "a client vetoed before", veto_was_first },
	{ "a client vetoes", veto_comes_in_between },
	{ "the requester disconnects", asker_has_gone },
	{ "two requests", asked_twice },
	{ "without clients", nobody_yet },
	{ "not for clients", not_for_clients },
	{ 0 }
};
