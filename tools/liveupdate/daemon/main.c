// SPDX-License-Identifier: GPL-2.0
/*
 * luod - live update daemon, see luod(8)
 */

#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "luod.h"

#define DEFAULT_SOCKET	"/run/luod/liveupdate.sock"
#define DEFAULT_CONFIG	"/etc/luod.conf"
#define BACKLOG		128

enum { EXIT_USAGE = 2, EXIT_NO_LUO = 3 };

struct options {
	const char *socket;
	const char *config;
};

static void print_help(FILE *out)
{
	fprintf(out,
		"usage: luod [--socket PATH] [--config PATH]\n"
		"\n"
		"Live update daemon: passes sessions to clients over a Unix socket.\n"
		"\n"
		"  --socket PATH   listen on PATH unless a socket is passed (default %s)\n"
		"  --config PATH   configuration file (default %s, if it exists)\n"
		"  --help          print this help\n"
		"\n"
		"Exit status: 0 after SIGTERM or SIGINT, 1 after an error, 2 for invalid\n"
		"arguments, 3 if the kernel has no live update. See luod(8).\n",
		DEFAULT_SOCKET, DEFAULT_CONFIG);
}

static void parse_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "config", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 's':
			options->socket = optarg;
			break;
		case 'c':
			options->config = optarg;
			break;
		case 'h':
			print_help(stdout);
			exit(EXIT_SUCCESS);
		default:
			print_help(stderr);
			exit(EXIT_USAGE);
		}
	}
	if (optind == argc)
		return;
	print_help(stderr);
	exit(EXIT_USAGE);
}

/*
 * Removes a stale socket. A file of another type, or a socket with a listener,
 * is left alone.
 */
static int make_way(int fd, const struct sockaddr_un *addr)
{
	struct stat st;

	if (lstat(addr->sun_path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	if (!connect(fd, (const struct sockaddr *)addr, sizeof(*addr)))
		return -EADDRINUSE;
	return unlink(addr->sun_path) ? -errno : 0;
}

static int make_socket(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, err;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	err = make_way(fd, &addr);
	if (!err && (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
		     chmod(path, 0660) || listen(fd, BACKLOG)))
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

static int load_config(struct luod *luod, const struct options *options)
{
	const char *path = options->config ?: DEFAULT_CONFIG;
	char why[256] = "";
	int err;

	/*
	 * After a crash, starting with fewer rules is better than not at all.
	 */
	luod->policy.forgiving = restore_has_state();
	err = policy_load(&luod->policy, path, why, sizeof(why));
	if (err == -ENOENT && !options->config)
		return 0;
	if (err)
		luod_log("%s: %s", path, why);
	return err;
}

static int block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int run(struct luod *luod, const struct options *options)
{
	int signal_fd = block_signals(), err;

	err = restore(luod);
	if (err) {
		luod_log("cannot start: %s", strerror(-err));
		return err;
	}
	if (luod->listen_fd < 0)
		luod->listen_fd = make_socket(options->socket);
	if (luod->listen_fd < 0) {
		luod_log("%s: %s", options->socket,
			 strerror(-luod->listen_fd));
		return luod->listen_fd;
	}
	luod_commit(luod);
	store_notify("READY=1\nSTATUS=serving clients");
	while (!err && !luod->stop)
		err = luod_turn(luod, signal_fd, -1);
	store_notify("STOPPING=1");
	return err;
}

/* Each client takes up to three fds. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static bool has_live_update(void)
{
	struct luo_device *device;
	int err = luo_device_open(&device, LUO_OPEN_QUERY);

	if (!err)
		luo_device_close(device);
	return err != -ENODEV;
}

int main(int argc, char **argv)
{
	struct options options = { .socket = DEFAULT_SOCKET };
	static struct luod luod;
	int err;

	/* text_print() needs to know which characters are printable. */
	setlocale(LC_CTYPE, "");
	parse_options(argc, argv, &options);
	luod_init(&luod);
	if (load_config(&luod, &options))
		return EXIT_FAILURE;
	if (!has_live_update()) {
		luod_log("no live update: it needs CONFIG_LIVEUPDATE, kho=on and liveupdate=on");
		return EXIT_NO_LUO;
	}
	raise_limit();
	/* Exempts luod from the final kill(2) of systemd before 255. */
	argv[0][0] = '@';
	err = run(&luod, &options);
	luod_free(&luod);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
