// SPDX-License-Identifier: GPL-2.0
/*
 * Live updates of a machine whose init process is systemd. One is by "systemctl
 * kexec", which stops services, and hands over their fd stores. The other one
 * is by "luoctl kexec", which boots the next kernel at once. Clients of luod
 * survive both.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest.h"
#include "luo_luod.h"
#include "luo_util.h"

#define SIZE 65536
#define TOKEN 3

/* Limit for the exposure of luod, from 0 (none) to 100 (full access). */
#define EXPOSED "30"

static struct luod_client client;
static int file;

/* Last line of output of a command, whose status has to be 0. */
static const char *say(const char *command)
{
	static char line[1024];
	char shell[1024];
	FILE *pipe;
	int status;

	line[0] = '\0';
	snprintf(shell, sizeof(shell), "{ %s; } 2>&1", command);
	fflush(stdout);
	pipe = popen(shell, "re");
	luo_check(pipe);
	while (fgets(line, sizeof(line), pipe)) {
		line[strcspn(line, "\n")] = '\0';
		ksft_print_msg("%s\n", line);
	}
	status = pclose(pipe);
	if (status)
		ksft_print_msg("%s: status %x\n", command, status);
	luo_check_eq(status, 0);
	return line;
}

static void expect(const char *command, const char *want)
{
	luo_check(!strcmp(say(command), want));
}

static void check_units(void)
{
	say("systemctl start luod-update");
	expect("systemctl is-active luo-keeper luod.socket luod-update.service"
	       " luod.service | grep -cx active", "4");
	expect("systemd-analyze verify --man=no luod.socket luod-update.service"
	       " luod.service", "");
	say("systemd-analyze security --no-pager --threshold=" EXPOSED
	    " luod.service | tail -n 1");
}

/* The status of the keeper says if it got files of the previous kernel. */
static void check_keeper(const char *want)
{
	expect("systemctl is-active luo-keeper", "active");
	expect("systemctl show -P StatusText luo-keeper", want);
}

static void subscribe(void)
{
	client_dial(&client, 0);
	client_say(&client, "{\"type\":\"SUBSCRIBE\",\"id\":\"%s\"}\n", "vm");
	client_expect(&client, "\"OK\"", "vm");
}

static void preserve(void)
{
	luo_check_eq(luo_preserve_fd(client.session, file, TOKEN), 0);
	client_say(&client, "{\"type\":\"READY\",\"id\":\"%s\"}\n", "vm");
	client_expect(&client, "\"OK\"", "READY");
}

static void get_ready(void)
{
	client_expect(&client, "PRESERVE", "vm");
	preserve();
}

static void claim(void)
{
	client_dial(&client, 0);
	client_say(&client, "{\"type\":\"CLAIM\",\"id\":\"%s\"}\n", "vm");
	client_expect(&client, "\"SESSION\"", "vm");
	file = luo_get(luo_retrieve_fd(client.session, TOKEN));
	luo_check(luo_matches(file, 0, SIZE, 1));
	luo_check_eq(luo_finish(client.session), 0);
	client_hang_up(&client);
}

/* Only luod and systemd hold the session. */
static void kill_luod(void)
{
	char byte;

	close(client.session);
	client.session = -1;
	say("systemctl kill --signal=KILL luod");
	luo_check_eq(read(client.fd, &byte, 1), 0);
	client_hang_up(&client);
}

static void check_after_kill(void)
{
	subscribe();
	client_say(&client, "{\"type\":\"STATUS\"}\n", "");
	client_expect(&client, "\"phase\":\"complete\"", "\"state\":\"ready\"");
	expect("systemctl show -P NRestarts luod", "1");
	expect("luoctl list --outgoing --no-legend | grep -c '^luod.vm .* 1 '",
	       "1");
}

/* luod is killed when all clients are ready, continues, and aborts. */
static void crash(void)
{
	subscribe();
	luoctl_start("ready");
	get_ready();
	luoctl_expect(0, "");
	kill_luod();
	check_after_kill();
	luoctl_tell("ready --abort", 0, "");
	client_expect(&client, "ABORT", "ABORTED");
	luo_check_eq(ftruncate(file, SIZE), 0);
}

static void load_kernel(void)
{
	char words[256];

	snprintf(words, sizeof(words),
		 "load /boot/kernel --initrd /sys/firmware/initrd"
		 " --cmdline \"$(cat /proc/cmdline) luo.test=%s luo.stage=%d\"",
		 getenv("LUO_TEST"), luo_next_stage());
	luoctl_tell(words, 0, "");
}

/* systemd has luod ask its clients before it stops any service. */
static int jump_orderly(void)
{
	say("systemctl kexec --no-block");
	client_expect(&client, "PRESERVE", "vm");
	expect("systemctl is-active luo-keeper luo-test | grep -cx active",
	       "2");
	preserve();
	pause();
	return -1;
}

static int jump_at_once(void)
{
	luoctl_start("kexec");
	get_ready();
	luoctl_expect(-1, "");
	return -1;
}

static void before(void)
{
	luod_be_client_only();
	file = luo_get(luo_memfd_filled("file", SIZE, 1));
	check_units();
	check_keeper("made");
	crash();
	load_kernel();
	luo_jump_by(jump_orderly);
}

static void between(void)
{
	luod_be_client_only();
	check_keeper("taken");
	expect("systemctl show -P KExecCount", "1");
	claim();
	subscribe();
	load_kernel();
	luo_jump_by(jump_at_once);
}

static void after(void)
{
	luod_be_client_only();
	check_keeper("made");
	claim();
}

static const struct luo_stage stages[] = {
	{ "services and clients have files; luod survives a crash", before },
	{ "files are retrieved after systemctl kexec", between },
	{ "files of clients are retrieved after luoctl kexec", after },
};

int main(void)
{
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
