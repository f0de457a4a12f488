// SPDX-License-Identifier: GPL-2.0
/*
 * The jump, and what is said right before it.
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
	/* Clients are as they were until somebody takes it back. */
	CHECK_EQ(luod.phase, PHASE_COMPLETE);
	CHECK_EQ(kernel_files("luod.a"), 1);
	hear_nothing(&luod, &admin);
	CHECK_EQ(kernel_jumps(), 1);
	party_end();
}

/* Of what has come at once, the objection counts, although it is heard later. */
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

/* Whoever asked for it may have taken back the half of it. */
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

/* The first client comes too late, and nothing is left without being asked. */
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
	{ "a client had objected", veto_was_first },
	{ "a client objects", veto_comes_in_between },
	{ "whoever asked has gone", asker_has_gone },
	{ "two have asked", asked_twice },
	{ "without clients", nobody_yet },
	{ "not for clients", not_for_clients },
	{ 0 }
};
