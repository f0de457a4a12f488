// SPDX-License-Identifier: GPL-2.0
/*
 * luoctl kexec with clients of luod: there is no update unless all of them are
 * ready, and an aborted update is undone.
 */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_luod.h"
#include "luo_util.h"

#define CONFIG								\
	"{\"clients\": [{\"id\": \"slow\", \"timeout\": 1},"		\
	" {\"id\": \"*\", \"uid\": \"tester\", \"timeout\": 600}]}"

#define SIZE 65536
#define TOKEN 3
#define USER 7
#define HANGS "/tmp/hangs"
#define MAX_TRIES 10000

/* luod resolves the users of its clients. */
#define PASSWD "/etc/passwd"
#define USERS "root:x:0:0::/:\ntester:x:7:7::/:\n"

static struct luod_client good, bad;
static int file;

static void subscribe(struct luod_client *client, const char *id)
{
	client_dial(client, USER);
	client_say(client, "{\"type\":\"SUBSCRIBE\",\"id\":\"%s\"}\n", id);
	client_expect(client, "\"OK\"", id);
}

static void unsubscribe(struct luod_client *client, const char *id)
{
	client_say(client, "{\"type\":\"UNSUBSCRIBE\",\"id\":\"%s\"}\n", id);
	client_expect(client, "\"OK\"", id);
	client_hang_up(client);
}

/* Resizing the file fails while it is preserved. */
static bool is_held_as_it_is(void)
{
	return ftruncate(file, SIZE + 1);
}

static void get_ready(void)
{
	client_expect(&good, "PRESERVE", "good");
	luo_check_eq(luo_preserve_fd(good.session, file, TOKEN), 0);
	luo_check(is_held_as_it_is());
	client_say(&good, "{\"type\":\"READY\",\"id\":\"%s\"}\n", "good");
	client_expect(&good, "\"OK\"", "READY");
}

/* luod retries until it can empty the session. */
static void wait_until_let_go(void)
{
	int tries = MAX_TRIES;

	while (is_held_as_it_is()) {
		luo_check(--tries);
		usleep(10000);
	}
	luo_check_eq(ftruncate(file, SIZE), 0);
}

/* Checks that the update was undone, and that another one can begin. */
static void check_taken_back(const char *error)
{
	int dev;

	client_expect(&good, "ABORT", error);
	luo_check(!is_held_as_it_is());
	luo_check_eq(ftruncate(file, SIZE), 0);
	dev = luo_get(open(LUO_DEVICE, O_RDONLY | O_CLOEXEC));
	luo_check_eq(luo_state(dev), LIVEUPDATE_STATE_NORMAL);
	close(dev);
}

/* Obstacles are found before clients are asked. */
static void obstacles(void)
{
	subscribe(&good, "good");
	luoctl_tell("kexec", 1, "no kernel is loaded");
	luoctl_tell("kexec --dry-run", 1, "luod       1 client: good\n");
	luo_check_eq(luo_kexec_load(NULL, luo_next_stage()), 0);
	luoctl_tell("kexec --dry-run", 0, "step 1     luod: its clients");
	luoctl_tell("kexec --no-luod", 4, "nothing is preserved");
	luoctl_tell("kexec --luod /nowhere", 1, "luod does not answer");
	client_say(&good, "{\"type\":\"STATUS\"}\n", "");
	client_expect(&good, "\"phase\":\"idle\"", "\"good\"");
}

static void veto(void)
{
	subscribe(&bad, "bad");
	luoctl_start("kexec");
	get_ready();
	client_expect(&bad, "PRESERVE", "bad");
	client_say(&bad, "{\"type\":\"VETO\",\"id\":\"%s\",\"reason\":\"not now\"}\n",
		   "bad");
	luoctl_expect(7, "luoctl: kexec: luod: VETO by bad: not now\n");
	check_taken_back("VETO");
	client_expect(&bad, "ABORT", "VETO");
	client_expect(&bad, "\"OK\"", "VETO");
	unsubscribe(&bad, "bad");
}

static void too_late(void)
{
	subscribe(&bad, "slow");
	luoctl_start("kexec");
	/* Do no more: on a slow machine the client times out. */
	client_expect(&good, "PRESERVE", "good");
	luoctl_expect(6, "luoctl: kexec: luod: TIMEOUT by slow\n");
	check_taken_back("TIMEOUT");
	client_hang_up(&bad);
}

static void signalled(void)
{
	subscribe(&bad, "waits");
	luoctl_start("kexec");
	get_ready();
	luoctl_interrupt();
	luoctl_expect(1, "luoctl: kexec: interrupted\n");
	check_taken_back("ABORTED");
	client_hang_up(&bad);
}

/* All clients are ready, and the kernel refuses the kexec. */
static void kernel_refuses(void)
{
	luo_check_eq(luo_kexec_load_with(NULL, "liveupdate=off",
					 luo_next_stage()), 0);
	luoctl_start("kexec");
	get_ready();
	luoctl_expect(1, "the loaded kernel would not retrieve anything");
	check_taken_back("ABORTED");
	luo_check_eq(luo_kexec_load(NULL, luo_next_stage()), 0);
}

/*
 * A client vetoes while the kernel is prepared. Files cannot be unpreserved
 * before that is cancelled.
 */
static void objects_late(void)
{
	static struct luod_client admin;

	subscribe(&bad, "bad");
	client_dial(&admin, 0);
	client_say(&admin, "{\"type\":\"UPDATE\"}\n", "");
	get_ready();
	client_expect(&bad, "PRESERVE", "bad");
	client_say(&bad, "{\"type\":\"READY\",\"id\":\"%s\"}\n", "bad");
	client_expect(&bad, "\"OK\"", "READY");
	client_expect(&admin, "COMPLETE", "");
	luoctl_tell("prepare", 0, "");
	client_say(&bad, "{\"type\":\"VETO\",\"id\":\"%s\"}\n", "bad");
	client_expect(&bad, "ABORT", "VETO");
	client_expect(&bad, "\"OK\"", "VETO");
	client_expect(&good, "ABORT", "VETO");
	luo_check(is_held_as_it_is());
	client_say(&admin, "{\"type\":\"UPDATE\"}\n", "");
	client_expect(&admin, "\"KERNEL\"", "busy");
	luoctl_tell("cancel", 0, "");
	wait_until_let_go();
	unsubscribe(&bad, "bad");
	client_hang_up(&admin);
}

static int jump(void)
{
	luoctl_start("kexec");
	get_ready();
	luoctl_expect(-1, "");
	return -1;
}

static void make_users(void)
{
	int fd = luo_get(open(PASSWD, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));

	luo_check_eq(write(fd, USERS, strlen(USERS)), strlen(USERS));
	close(fd);
}

static void serve(void)
{
	mkdir("/etc", 0755);
	make_users();
	luod_serve(CONFIG);
	luod_start(NULL);
}

static void wait_for_luod(void)
{
	client_dial(&good, 0);
	client_say(&good, "{\"type\":\"STATUS\"}\n", "");
	client_expect(&good, "\"idle\"", "");
	client_hang_up(&good);
}

/* After a restart luod ignores users that it cannot resolve any more. */
static void nameless(void)
{
	wait_for_luod();
	luo_check_eq(unlink(PASSWD), 0);
	luod_kill();
	luod_start(NULL);
	client_dial(&good, USER);
	client_say(&good, "{\"type\":\"SUBSCRIBE\",\"id\":\"%s\"}\n", "good");
	client_expect(&good, "NOT_ALLOWED", "good");
	client_hang_up(&good);
	make_users();
	luod_kill();
	luod_start(NULL);
}

/* A luod that hangs, and does not even accept connections. */
static void hangs(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = HANGS };
	int luod = luo_get(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	int first = luo_get(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));

	luo_check_eq(bind(luod, (struct sockaddr *)&addr, sizeof(addr)), 0);
	luo_check_eq(listen(luod, 0), 0);
	luoctl_tell("kexec --luod " HANGS, 1,
		    "luod does not answer: Connection timed out");
	/* Drop the connection of the first attempt. */
	close(luo_get(accept(luod, NULL, NULL)));
	luo_check_eq(connect(first, (struct sockaddr *)&addr, sizeof(addr)), 0);
	luoctl_tell("kexec --luod " HANGS, 1,
		    "luod does not answer: Connection timed out");
	close(first);
	close(luod);
}

static void before(void)
{
	serve();
	nameless();
	hangs();
	file = luo_get(luo_memfd_filled("file", SIZE, 1));
	obstacles();
	veto();
	too_late();
	signalled();
	kernel_refuses();
	objects_late();
	luo_jump_by(jump);
}

static void after(void)
{
	serve();
	client_dial(&good, USER);
	client_say(&good, "{\"type\":\"CLAIM\",\"id\":\"%s\"}\n", "good");
	client_expect(&good, "\"SESSION\"", "good");
	file = luo_get(luo_retrieve_fd(good.session, TOKEN));
	luo_check(luo_matches(file, 0, SIZE, 1));
	luo_check_eq(luo_finish(good.session), 0);
}

static const struct luo_stage stages[] = {
	{ "luoctl asks the clients of luod", before },
	{ "the clients' files are retrieved", after },
};

int main(void)
{
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
