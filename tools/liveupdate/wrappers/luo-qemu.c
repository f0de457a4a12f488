// SPDX-License-Identifier: GPL-2.0
/*
 * luo-qemu - run QEMU so that its guest survives a live update of the host
 *
 * usage: luo-qemu [--luod SOCKET] --name NAME --memory MIB [--] QEMU
 * ARGUMENT...
 *
 * Guest memory is a memfd that QEMU maps, and stays in place. When luod or
 * SIGUSR1 announces an update, the guest is stopped, QEMU writes the state of
 * its devices into a second memfd, and both memfds are preserved. The same
 * command in the next kernel retrieves them, and resumes the guest.
 *
 * QEMU 7.2 and later works unmodified, as it can leave shared memory out of a
 * migration. The arguments must contain neither -m nor -incoming.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper.h"
#include "qmp.h"
#include "wrapper.h"

enum { TOKEN_RAM, TOKEN_STATE, TOKENS };

#define MAX_EXTRA 20
#define MAX_MIB 1048576

struct vm {
	struct keeper keeper;
	long mib;
	char **argv;
	int fds[TOKENS];
	int qmp;
	pid_t pid;
};

static int make_memfd(const char *name)
{
	return checked(memfd_create(name, MFD_CLOEXEC), name);
}

/* Duplicates an fd so that QEMU inherits it. */
static int inherit(int fd)
{
	return checked(fcntl(fd, F_DUPFD, 3), "fcntl");
}

static _Noreturn void exec_qemu(const struct vm *vm, int sock, bool incoming)
{
	char size[32], object[128], chardev[64];
	char *argv[MAX_EXTRA + 256];
	int argc = 0, i;

	snprintf(size, sizeof(size), "%ldM", vm->mib);
	snprintf(object, sizeof(object),
		 "memory-backend-file,id=luo-ram,size=%s,share=on,mem-path=/proc/self/fd/%d",
		 size, inherit(vm->fds[TOKEN_RAM]));
	snprintf(chardev, sizeof(chardev), "socket,id=luo-qmp,fd=%d",
		 inherit(sock));
	for (i = 0; vm->argv[i] && i < 255; i++)
		argv[argc++] = vm->argv[i];
	for (char *const *arg = (char *[]) {
		"-m", size, "-object", object,
		"-machine", "memory-backend=luo-ram",
		"-chardev", chardev, "-mon", "chardev=luo-qmp,mode=control",
		incoming ? "-incoming" : NULL, "defer", NULL }; *arg; arg++)
		argv[argc++] = *arg;
	argv[argc] = NULL;
	sigprocmask(SIG_SETMASK, &vm->keeper.old_mask, NULL);
	execvp(argv[0], argv);
	die(argv[0], -errno);
}

static void start_qemu(struct vm *vm, bool incoming)
{
	int socks[2];

	checked(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks),
		"socketpair");
	vm->pid = checked(fork(), "fork");
	if (!vm->pid)
		exec_qemu(vm, socks[1], incoming);
	close(socks[1]);
	vm->qmp = socks[0];
	get(qmp_open(vm->qmp), "QEMU's monitor");
	get(qmp_run(vm->qmp, "migrate-set-capabilities",
		    "{\"capabilities\":[{\"capability\":\"x-ignore-shared\",\"state\":true}]}",
		    -1), "QEMU cannot leave memory out of a migration");
}

static void boot(struct vm *vm)
{
	vm->fds[TOKEN_RAM] = make_memfd("luo-qemu-ram");
	vm->fds[TOKEN_STATE] = make_memfd("luo-qemu-state");
	checked(ftruncate(vm->fds[TOKEN_RAM], vm->mib << 20),
		"resize guest memory");
	start_qemu(vm, false);
}

/* The session is finished last, so that a failure can be retried. */
static void resume(struct vm *vm)
{
	struct stat st;
	int i;

	for (i = 0; i < TOKENS; i++)
		vm->fds[i] = get(keeper_retrieve(&vm->keeper, i), "retrieve");
	if (fstat(vm->fds[TOKEN_RAM], &st) || st.st_size != vm->mib << 20)
		die("--memory differs from the preserved guest", -EINVAL);
	start_qemu(vm, true);
	checked(lseek(vm->fds[TOKEN_STATE], 0, SEEK_SET), "seek");
	get(qmp_run(vm->qmp, "getfd", "{\"fdname\":\"state\"}",
		    vm->fds[TOKEN_STATE]), "pass the state");
	get(qmp_run(vm->qmp, "migrate-incoming", "{\"uri\":\"fd:state\"}", -1),
	    "load the state");
	get(qmp_wait_migrated(vm->qmp), "load the state");
	get(keeper_finish(&vm->keeper), "finish the session");
	get(qmp_run(vm->qmp, "cont", NULL, -1), "resume the guest");
}

static void preserve(struct vm *vm)
{
	get(qmp_run(vm->qmp, "stop", NULL, -1), "stop the guest");
	checked(ftruncate(vm->fds[TOKEN_STATE], 0), "truncate the state memfd");
	checked(lseek(vm->fds[TOKEN_STATE], 0, SEEK_SET), "seek");
	get(qmp_run(vm->qmp, "getfd", "{\"fdname\":\"state\"}",
		    vm->fds[TOKEN_STATE]), "pass the state");
	get(qmp_run(vm->qmp, "migrate", "{\"uri\":\"fd:state\"}", -1),
	    "save the state");
	get(qmp_wait_migrated(vm->qmp), "save the state");
	get(keeper_preserve(&vm->keeper, vm->fds, TOKENS), "preserve");
	fprintf(stderr, "luo-qemu: %s is preserved\n", vm->keeper.name);
}

static int ended(const struct vm *vm)
{
	int status;

	waitpid(vm->pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int serve(struct vm *vm)
{
	for (;;) {
		switch (get(keeper_wait(&vm->keeper), "wait")) {
		case KEEPER_PRESERVE:
			preserve(vm);
			break;
		case KEEPER_ABORT:
			get(qmp_run(vm->qmp, "cont", NULL, -1),
			    "resume the guest");
			break;
		case KEEPER_STOP:
			kill(vm->pid, SIGTERM);
			break;
		case KEEPER_CHILD:
			return ended(vm);
		}
	}
}

static long parse_mib(const char *text)
{
	char *end;
	long mib = strtol(text, &end, 10);

	if (*end || mib < 1 || mib > MAX_MIB)
		show_usage();
	return mib;
}

int main(int argc, char **argv)
{
	static struct options options;
	static struct vm vm;

	parse_options(&options, argc, argv, "memory", "MIB");
	vm.mib = parse_mib(options.extra);
	vm.argv = options.argv;
	get(keeper_open(&vm.keeper, options.name, options.luod),
	    "open a session");
	if (vm.keeper.session)
		resume(&vm);
	else
		boot(&vm);
	return serve(&vm);
}
