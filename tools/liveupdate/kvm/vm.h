/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The virtual machine of kvm-mini: memory from the caller, one CPU, and a
 * serial port for output.
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
 * @kvm: fd of /dev/kvm
 * @fd: fd of the virtual machine
 * @cpu: fd of its CPU
 * @run: the kvm_run structure, shared with KVM
 * @run_size: its size
 * @ram: guest memory
 * @line: output of the guest since the last end of line
 * @used: number of characters in @line
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
 * struct vm_state - state that is preserved in addition to memory
 * @magic: VM_STATE_MAGIC
 * @version: VM_STATE_VERSION; changes with any change of this struct
 * @size: sizeof(struct vm_state)
 * @regs: general purpose registers
 * @sregs: segment and control registers
 * @fpu: FPU registers
 * @events: pending interrupts and exceptions
 * @line: output of the guest since the last end of line, NUL-terminated
 *
 * A VMM for arbitrary guests would also save MSRs, XSAVE areas, interrupt
 * controllers and devices here.
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

/* All functions return 0 or a negative errno, unless documented otherwise. */

/* Creates a machine whose memory is @ram_fd, of VM_RAM_SIZE bytes. */
int vm_open(struct vm *vm, int ram_fd);

/* Copies the guest code into memory, and resets the CPU to its start. */
int vm_boot(struct vm *vm);

/* Runs until the guest has written @line (returns 1), or @stop is set (0). */
int vm_run(struct vm *vm, char line[VM_LINE_SIZE]);

/* Makes vm_run() return; may be called from a signal handler. */
void vm_stop(struct vm *vm);

int vm_save(struct vm *vm, struct vm_state *state);

/* -EBADMSG if @state was not saved by this version of the program. */
int vm_load(struct vm *vm, const struct vm_state *state);

/* Memory is kept in @ram_fd. */
void vm_close(struct vm *vm);

#endif /* KVM_MINI_VM_H */
