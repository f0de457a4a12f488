/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest of kvm-mini: real mode code at address 0. It counts in a register
 * and in memory, and writes each number to the serial port. If the two differ,
 * it writes a '!' and halts.
 */

#define SERIAL_PORT 0x3f8

	.section .rodata
	.code16
	.globl guest_start, guest_end

guest_start:
	incl	%ecx
	incl	(counter - guest_start)
	cmpl	%ecx, (counter - guest_start)
	jne	wrong

	/* Push the digits of the number, least significant digit first. */
	movw	$SERIAL_PORT, %dx
	movl	%ecx, %eax
	movl	$10, %ebx
	xorw	%si, %si
1:	pushw	%dx
	xorl	%edx, %edx
	divl	%ebx
	movw	%dx, %di
	popw	%dx
	pushw	%di
	incw	%si
	testl	%eax, %eax
	jnz	1b

2:	popw	%ax
	addb	$'0', %al
	outb	%al, %dx
	decw	%si
	jnz	2b
	movb	$'\n', %al
	outb	%al, %dx
	jmp	guest_start

wrong:
	movw	$SERIAL_PORT, %dx
	movb	$'!', %al
	outb	%al, %dx
	movb	$'\n', %al
	outb	%al, %dx
	hlt

counter:
	.long	0
guest_end:

	.section .note.GNU-stack, "", @progbits
