// SPDX-License-Identifier: GPL-2.0
/*
 * The virtual machine of kvm-mini, see vm.h.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vm.h"

#define SERIAL_PORT	0x3f8
#define STACK_TOP	0x8000

static int vm_ioctl(int fd, unsigned long command, const void *arg)
{
	int value = ioctl(fd, command, arg);

	return value < 0 ? -errno : value;
}

static int map_ram(struct vm *vm, int ram_fd)
{
	struct kvm_userspace_memory_region region = {
		.memory_size = VM_RAM_SIZE,
	};

	vm->ram = mmap(NULL, VM_RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		       ram_fd, 0);
	if (vm->ram == MAP_FAILED) {
		vm->ram = NULL;
		return -errno;
	}
	region.userspace_addr = (uintptr_t)vm->ram;
	return vm_ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region);
}

static int make_cpu(struct vm *vm)
{
	int size;

	vm->cpu = vm_ioctl(vm->fd, KVM_CREATE_VCPU, NULL);
	if (vm->cpu < 0)
		return vm->cpu;
	size = vm_ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, NULL);
	if (size < 0)
		return size;
	vm->run_size = size;
	vm->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vm->cpu,
		       0);
	if (vm->run == MAP_FAILED) {
		vm->run = NULL;
		return -errno;
	}
	return 0;
}

static int make_machine(struct vm *vm, int ram_fd)
{
	int err;

	vm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm->kvm < 0)
		return -errno;
	if (vm_ioctl(vm->kvm, KVM_GET_API_VERSION, NULL) != KVM_API_VERSION ||
	    vm_ioctl(vm->kvm, KVM_CHECK_EXTENSION,
		     (void *)KVM_CAP_IMMEDIATE_EXIT) <= 0)
		return -EPROTO;
	vm->fd = vm_ioctl(vm->kvm, KVM_CREATE_VM, NULL);
	if (vm->fd < 0)
		return vm->fd;
	err = map_ram(vm, ram_fd);
	return err ?: make_cpu(vm);
}

int vm_open(struct vm *vm, int ram_fd)
{
	int err;

	memset(vm, 0, sizeof(*vm));
	vm->kvm = -1;
	vm->fd = -1;
	vm->cpu = -1;
	err = make_machine(vm, ram_fd);
	if (err)
		vm_close(vm);
	return err;
}

int vm_boot(struct vm *vm)
{
	struct kvm_regs regs = { .rflags = 2, .rsp = STACK_TOP };
	struct kvm_sregs sregs;
	int err;

	memcpy(vm->ram, guest_start, guest_end - guest_start);
	err = vm_ioctl(vm->cpu, KVM_GET_SREGS, &sregs);
	if (err)
		return err;
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	err = vm_ioctl(vm->cpu, KVM_SET_SREGS, &sregs);
	return err ?: vm_ioctl(vm->cpu, KVM_SET_REGS, &regs);
}

/* True at the end of a line; a line that is too long is split. */
static int put_char(struct vm *vm, char c)
{
	if (c != '\n' && vm->used < VM_LINE_SIZE - 1) {
		vm->line[vm->used++] = c;
		return 0;
	}
	vm->line[vm->used] = '\0';
	return 1;
}

static int serial_write(struct vm *vm, char line[VM_LINE_SIZE])
{
	const struct kvm_run *run = vm->run;

	if (run->io.port != SERIAL_PORT || run->io.size != 1 ||
	    run->io.count != 1 || run->io.direction != KVM_EXIT_IO_OUT)
		return -EOPNOTSUPP;
	if (!put_char(vm, ((const char *)run)[run->io.data_offset]))
		return 0;
	memcpy(line, vm->line, vm->used + 1);
	vm->used = 0;
	return 1;
}

int vm_run(struct vm *vm, char line[VM_LINE_SIZE])
{
	int value;

	for (;;) {
		value = vm_ioctl(vm->cpu, KVM_RUN, NULL);
		if (value == -EINTR && vm->run->immediate_exit)
			return 0;
		if (value == -EINTR || value == -EAGAIN)
			continue;
		if (value < 0)
			return value;
		if (vm->run->exit_reason == KVM_EXIT_HLT)
			return -ESHUTDOWN;
		if (vm->run->exit_reason != KVM_EXIT_IO)
			return -EPROTO;
		value = serial_write(vm, line);
		if (value)
			return value;
	}
}

void vm_stop(struct vm *vm)
{
	vm->run->immediate_exit = 1;
}

/*
 * Registers are valid after an I/O exit only when KVM_RUN was called again,
 * which completes the instruction. It must not run the guest any further.
 */
static int settle(struct vm *vm)
{
	int err;

	vm_stop(vm);
	err = vm_ioctl(vm->cpu, KVM_RUN, NULL);
	return err == -EINTR ? 0 : err ?: -EPROTO;
}

int vm_save(struct vm *vm, struct vm_state *state)
{
	int err = settle(vm);

	memset(state, 0, sizeof(*state));
	state->magic = VM_STATE_MAGIC;
	state->version = VM_STATE_VERSION;
	state->size = sizeof(*state);
	memcpy(state->line, vm->line, vm->used);
	err = err ?: vm_ioctl(vm->cpu, KVM_GET_REGS, &state->regs);
	err = err ?: vm_ioctl(vm->cpu, KVM_GET_SREGS, &state->sregs);
	err = err ?: vm_ioctl(vm->cpu, KVM_GET_FPU, &state->fpu);
	return err ?: vm_ioctl(vm->cpu, KVM_GET_VCPU_EVENTS, &state->events);
}

int vm_load(struct vm *vm, const struct vm_state *state)
{
	int err;

	if (state->magic != VM_STATE_MAGIC ||
	    state->version != VM_STATE_VERSION ||
	    state->size != sizeof(*state) ||
	    !memchr(state->line, '\0', sizeof(state->line)))
		return -EBADMSG;
	vm->used = strlen(state->line);
	memcpy(vm->line, state->line, vm->used);
	err = vm_ioctl(vm->cpu, KVM_SET_SREGS, &state->sregs);
	err = err ?: vm_ioctl(vm->cpu, KVM_SET_REGS, &state->regs);
	err = err ?: vm_ioctl(vm->cpu, KVM_SET_FPU, &state->fpu);
	return err ?: vm_ioctl(vm->cpu, KVM_SET_VCPU_EVENTS, &state->events);
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void vm_close(struct vm *vm)
{
	if (vm->run)
		munmap(vm->run, vm->run_size);
	if (vm->ram)
		munmap(vm->ram, VM_RAM_SIZE);
	close_fd(vm->cpu);
	close_fd(vm->fd);
	close_fd(vm->kvm);
}
