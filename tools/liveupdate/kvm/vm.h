/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The virtual machine of kvm-mini: memory that somebody else owns, one CPU, and
 * a serial port that can only be written to.
 */

#ifndef KVM_MINI_VM_H
#define KVM_MINI_VM_H

#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>

#define VM_RAM_SIZE	(4UL << 20)
#define VM_LINE_SIZE	80

/**
 * struct vm - a virtual machine
 * @kvm: /dev/kvm
 * @fd: the machine's own fd
 * @cpu: the fd of its CPU
 * @run: what KVM and we share about the CPU
 * @run_size: its size
 * @ram: the memory of the guest
 * @line: what the guest wrote since the last end of line
 * @used: number of characters in it
 */
struct vm {
	int kvm;
	int fd;
	int cpu;
	struct kvm_run *run;
	size_t run_size;
	unsigned char *ram;
	char line[VM_LINE_SIZE];
	size_t used;
};

/**
 * struct vm_state - what is preserved beside the memory
 * @magic: VM_STATE_MAGIC
 * @version: VM_STATE_VERSION; of a struct that differs in anything
 * @size: sizeof(struct vm_state)
 * @regs: general registers
 * @sregs: segments and control registers
 * @fpu: registers of the FPU
 * @events: interrupts and exceptions that are on their way
 * @line: what the guest wrote since the last end of line, NUL-terminated
 *
 * A VMM for guests of all kinds would have MSRs, XSAVE areas, the interrupt
 * controllers and its devices here.
 */
struct vm_state {
	uint64_t magic;
	uint32_t version;
	uint32_t size;
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_fpu fpu;
	struct kvm_vcpu_events events;
	char line[VM_LINE_SIZE];
};

#define VM_STATE_MAGIC		0x4d56494e494d4d56ULL
#define VM_STATE_VERSION	1

/* guest.S */
extern const unsigned char guest_start[], guest_end[];

/* All return 0 or a negative errno, or what is said. */

/* Makes a machine out of @ram_fd, which has VM_RAM_SIZE bytes. */
int vm_open(struct vm *vm, int ram_fd);

/* Puts the guest's program into the memory, and the CPU at its beginning. */
int vm_boot(struct vm *vm);

/* Runs until the guest has written a line: 1, in @line, or @stop is set: 0. */
int vm_run(struct vm *vm, char line[VM_LINE_SIZE]);

/* Stops vm_run(), also from a signal handler. */
void vm_stop(struct vm *vm);

int vm_save(struct vm *vm, struct vm_state *state);

/* -EBADMSG: @state is not one that this program has saved. */
int vm_load(struct vm *vm, const struct vm_state *state);

/* The memory stays in @ram_fd. */
void vm_close(struct vm *vm);

#endif /* KVM_MINI_VM_H */
