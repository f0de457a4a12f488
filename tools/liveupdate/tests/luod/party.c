// SPDX-License-Identifier: GPL-2.0
/*
 * An administrator and two clients, see party.h.
 */

#include <sys/mman.h>
#include <unistd.h>

#include "party.h"

struct luod luod;
struct end admin, a, b;

void party_begin(void)
{
	start(&luod);
	dial(&luod, &admin, 0);
	dial(&luod, &a, 7);
	dial(&luod, &b, 7);
}

void party_end(void)
{
	hang_up(&luod, &a);
	hang_up(&luod, &b);
	hang_up(&luod, &admin);
	CHECK_EQ(luod.nr_conns, 0);
	stop(&luod);
}

void party_subscribe(void)
{
	ask(&luod, &a, "{\"type\":\"SUBSCRIBE\",\"id\":\"a\",\"order\":1}",
	    OK_OF("SUBSCRIBE", "a"));
	ask(&luod, &b, "{\"type\":\"SUBSCRIBE\",\"id\":\"b\",\"order\":1}",
	    OK_OF("SUBSCRIBE", "b"));
}

void party_preserve(struct end *client)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	CHECK(client->session);
	CHECK_EQ(luo_session_preserve_fd(client->session, fd, 1), 0);
	close(fd);
}

void party_start(void)
{
	say(&admin, COMMAND("UPDATE"));
	CHECK_TEXT(hear(&luod, &a), PRESERVE_OF("a", "30000"));
	CHECK_TEXT(hear(&luod, &b), PRESERVE_OF("b", "30000"));
	CHECK_TEXT(luo_session_name(a.session), "luod.a");
	CHECK_TEXT(luo_session_name(b.session), "luod.b");
	party_preserve(&a);
	party_preserve(&b);
	CHECK_EQ(kernel_files("luod.a"), 1);
}

void party_get_ready(void)
{
	party_start();
	ask(&luod, &a, COMMAND_OF("READY", "a"), OK_OF("READY", "a"));
	ask(&luod, &b, COMMAND_OF("READY", "b"), OK_OF("READY", "b"));
	CHECK_TEXT(hear(&luod, &admin), COMPLETE);
}
