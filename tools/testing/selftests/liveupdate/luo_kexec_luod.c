// SPDX-License-Identifier: GPL-2.0
/*
 * luod and its clients through an update: clients that are late or veto, a busy
 * device, a hundred clients, luod killed and restarted, access by other users,
 * and memcg charges afterwards.
 *
 * With the argument "charges" memory is checked, too, which needs CONFIG_MEMCG.
 */

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../liveupdate/tests/luod/manager.h"
#include "../kselftest.h"
#include "luo_luod.h"
#include "luo_util.h"

#define CGROUPS "/tmp/cgroups"
#define CONFIG								\
	"{\"clients\": [{\"id\": \"slow\", \"timeout\": 1},"		\
	" {\"id\": \"*\", \"timeout\": 600}]}"

#define NR_CLIENTS 100
#define BIG_SIZE (16L << 20)
#define SMALL_SIZE 65536
#define USER 7

#define COMPLETE "{\"type\":\"COMPLETE\"}"
#define MAX_TRIES 10000

static bool charges;
static struct luod_client admin;

static void be_in_cgroup(const char *name)
{
	char path[128], pid[16];

	snprintf(path, sizeof(path), CGROUPS "/%s/cgroup.procs", name);
	snprintf(pid, sizeof(pid), "%d", getpid());
	luo_check_eq(luo_write_file(path, pid), 0);
}

static void be_luod(void)
{
	be_in_cgroup("luod");
}

static void start_luod(void)
{
	luod_start(charges && !access(CGROUPS, F_OK) ? be_luod : NULL);
}

static void start_all(void)
{
	luod_serve(CONFIG);
	start_luod();
}

static void subscribe(struct luod_client *client, const char *id)
{
	client_say(client, "{\"type\":\"SUBSCRIBE\",\"id\":\"%s\"}\n", id);
	client_expect(client, "\"OK\"", id);
}

static void ready(struct luod_client *client, const char *id)
{
	client_say(client, "{\"type\":\"READY\",\"id\":\"%s\"}\n", id);
	client_expect(client, "\"OK\"", "READY");
}

static void update(void)
{
	client_say(&admin, "{\"type\":\"UPDATE\"}\n", "");
}

static void ask_status(void)
{
	client_say(&admin, "{\"type\":\"STATUS\"}\n", "");
	client_hear(&admin);
}

/* Waits until luod has noticed that its clients have disconnected. */
static void wait_until_gone(void)
{
	int tries = MAX_TRIES;

	for (ask_status(); !strstr(admin.line, "\"clients\":[]"); ask_status()) {
		luo_check(--tries);
		usleep(10000);
	}
	luo_check(strstr(admin.line, "\"phase\":\"idle\""));
}

/* Checks that no session has preserved files any more. */
static void check_all_back(struct luod_client *client, int file)
{
	struct liveupdate_session_info info[8];
	uint64_t cursor = 0;
	int dev;

	luo_check_eq(ftruncate(file, 2 * SMALL_SIZE), 0);
	close(file);
	client_hang_up(client);
	wait_until_gone();
	dev = luo_get(open(LUO_DEVICE, O_RDONLY | O_CLOEXEC));
	luo_check_eq(luo_list(dev, 0, &cursor, info, ARRAY_SIZE(info)), 0);
	close(dev);
}

/* Two clients: the first one is ready, the second one makes the update fail. */
static int two_clients(struct luod_client *good, struct luod_client *bad, const char *id)
{
	int file = luo_get(luo_memfd_filled("file", SMALL_SIZE, 1));

	client_dial(good, USER);
	client_dial(bad, USER);
	subscribe(good, "good");
	subscribe(bad, id);
	update();
	client_expect(good, "PRESERVE", "good");
	client_expect(bad, "PRESERVE", id);
	luo_check_eq(luo_preserve_fd(good->session, file, 1), 0);
	luo_check_eq(ftruncate(file, 2 * SMALL_SIZE), -1);
	ready(good, "good");
	return file;
}

static void never_ready(void)
{
	static struct luod_client good, slow;
	int file = two_clients(&good, &slow, "slow");

	client_expect(&admin, "TIMEOUT", "slow");
	client_expect(&good, "ABORT", "TIMEOUT");
	client_expect(&slow, "ABORT", "TIMEOUT");
	client_hang_up(&slow);
	check_all_back(&good, file);
}

static void veto(void)
{
	static struct luod_client good, bad;
	int file = two_clients(&good, &bad, "unwilling");

	client_say(&bad, "{\"type\":\"VETO\",\"id\":\"%s\",\"reason\":\"no\"}\n",
		   "unwilling");
	client_expect(&admin, "VETO", "unwilling");
	client_expect(&good, "ABORT", "VETO");
	client_hang_up(&bad);
	check_all_back(&good, file);
}

/*
 * Another process has the device open; luod waits, without holding it itself.
 */
static void device_busy(void)
{
	static struct luod_client client;
	int dev = luo_get(luo_open());

	client_dial(&client, USER);
	subscribe(&client, "waits");
	update();
	client_say(&admin, "{\"type\":\"STATUS\"}\n", "");
	client_expect(&admin, "\"phase\":\"starting\"", "waits");
	close(dev);
	client_expect(&client, "PRESERVE", "waits");
	dev = luo_get(luo_open());
	close(dev);
	client_say(&admin, "{\"type\":\"ABORT\"}\n", "");
	client_expect(&admin, "ABORTED", "UPDATE");
	client_expect(&admin, "\"OK\"", "ABORT");
	client_hang_up(&client);
}

static struct luod_client clients[NR_CLIENTS];

static const char *id_of(int i)
{
	static char id[16];

	snprintf(id, sizeof(id), "client-%d", i);
	return id;
}

static size_t size_of(int i)
{
	return i ? SMALL_SIZE : BIG_SIZE;
}

static void preserve(int i)
{
	int file = luo_get(luo_memfd_filled("file", size_of(i), i));

	luo_check_eq(luo_preserve_fd(clients[i].session, file, i), 0);
	close(file);
	ready(&clients[i], id_of(i));
}

static void connect_from(int first)
{
	int i;

	for (i = first; i < NR_CLIENTS; i++) {
		client_dial(&clients[i], USER);
		subscribe(&clients[i], id_of(i));
	}
}

/* luod is killed when half of the clients are ready, and when all are. */
static void a_hundred(void)
{
	int i;

	connect_from(0);
	update();
	for (i = 0; i < NR_CLIENTS; i++) {
		client_expect(&clients[i], "PRESERVE", id_of(i));
		if (i < NR_CLIENTS / 2)
			preserve(i);
	}
	luod_kill();
	for (i = 0; i < NR_CLIENTS; i++)
		client_hang_up(&clients[i]);
	close(admin.fd);
	start_luod();
	client_dial(&admin, 0);
	update();
	connect_from(NR_CLIENTS / 2);
	for (i = NR_CLIENTS / 2; i < NR_CLIENTS; i++) {
		client_expect(&clients[i], "PRESERVE", id_of(i));
		preserve(i);
	}
	luo_check(!strcmp(client_hear(&admin), COMPLETE));
	luod_kill();
	for (i = NR_CLIENTS / 2; i < NR_CLIENTS; i++)
		client_hang_up(&clients[i]);
	close(admin.fd);
	start_luod();
	client_dial(&admin, 0);
	update();
	luo_check(!strcmp(client_hear(&admin), COMPLETE));
}

static void before(void)
{
	start_all();
	client_dial(&admin, 0);
	never_ready();
	veto();
	device_busy();
	a_hundred();
	/* No kernel is loaded. */
	client_say(&admin, "{\"type\":\"KEXEC\"}\n", "");
	client_expect(&admin, "\"KERNEL\"", "Invalid argument");
	luo_next_kernel();
}

static void make_cgroups(void)
{
	luo_check_eq(mkdir(CGROUPS, 0755), 0);
	luo_check_eq(mount("cgroup2", CGROUPS, "cgroup2", 0, NULL), 0);
	luo_check_eq(luo_write_file(CGROUPS "/cgroup.subtree_control",
				    "+memory"), 0);
	luo_check_eq(mkdir(CGROUPS "/luod", 0755), 0);
	luo_check_eq(mkdir(CGROUPS "/client", 0755), 0);
}

static long memory_of(const char *name)
{
	char path[128];
	long value = -1;
	FILE *f;

	snprintf(path, sizeof(path), CGROUPS "/%s/memory.current", name);
	f = fopen(path, "re");
	luo_check(f);
	luo_check_eq(fscanf(f, "%ld", &value), 1);
	fclose(f);
	return value;
}

static void claim(struct luod_client *client, int i)
{
	client_dial(client, USER);
	client_say(client, "{\"type\":\"CLAIM\",\"id\":\"%s\"}\n", id_of(i));
	client_expect(client, "\"SESSION\"", id_of(i));
	luo_check(client->session >= 0);
}

static int retrieve(struct luod_client *client, int i)
{
	int file = luo_get(luo_retrieve_fd(client->session, i));

	luo_check(luo_matches(file, 0, size_of(i), i));
	return file;
}

static void wrong_user(void)
{
	static struct luod_client other;

	client_dial(&other, USER + 1);
	client_say(&other, "{\"type\":\"CLAIM\",\"id\":\"%s\"}\n", id_of(0));
	client_expect(&other, "NOT_ALLOWED", id_of(0));
	luo_check_eq(other.session, -1);
	client_say(&other, "{\"type\":\"UPDATE\"}\n", "");
	client_expect(&other, "NOT_ALLOWED", "UPDATE");
	client_hang_up(&other);
}

/* A client in a cgroup of its own. */
static void retrieve_and_die(void)
{
	luod_be_client_only();
	if (charges)
		be_in_cgroup("client");
	claim(&clients[0], 0);
	retrieve(&clients[0], 0);
	if (charges) {
		luo_check(memory_of("client") >= BIG_SIZE);
		luo_check(memory_of("luod") < BIG_SIZE / 2);
	}
	raise(SIGKILL);
}

static void dies_with_its_file(void)
{
	pid_t pid = luo_get(fork());
	int status;

	if (!pid)
		retrieve_and_die();
	/* Receive fds meanwhile, as luod stores the session. */
	while (!waitpid(pid, &status, WNOHANG)) {
		struct pollfd fd = { .fd = manager_fd(), .events = POLLIN };

		poll(&fd, 1, 10);
		manager_listen();
	}
	luo_check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void finish(int i)
{
	close(retrieve(&clients[i], i));
	luo_check_eq(luo_finish(clients[i].session), 0);
	client_hang_up(&clients[i]);
}

static void after(void)
{
	int i, status;

	if (charges)
		make_cgroups();
	start_all();
	client_dial(&admin, 0);
	wrong_user();
	dies_with_its_file();
	claim(&clients[1], 1);
	luod_kill();
	client_hang_up(&clients[1]);
	close(admin.fd);
	start_luod();
	client_dial(&admin, 0);
	for (i = 0; i < NR_CLIENTS; i++) {
		claim(&clients[i], i);
		finish(i);
	}
	update();
	luo_check(!strcmp(client_hear(&admin), COMPLETE));
	client_say(&admin, "{\"type\":\"STATUS\"}\n", "");
	client_expect(&admin, "\"phase\":\"complete\"", "\"clients\":[]");
	status = luod_stop();
	luo_check(WIFEXITED(status) && !WEXITSTATUS(status));
}

static const struct luo_stage stages[] = {
	{ "clients get ready for an update", before },
	{ "clients claim their sessions", after },
};

int main(int argc, char **argv)
{
	charges = argc > 1 && !strcmp(argv[1], "charges");
	return luo_run_stages(stages, ARRAY_SIZE(stages));
}
