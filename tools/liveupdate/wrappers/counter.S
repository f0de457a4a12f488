/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A boot sector that counts: on each timer tick it writes the next number to
 * the serial port. It counts in a register and in memory; if the two differ, it
 * writes a '!' and stops.
 */

#define SERIAL_PORT 0x3f8

	.code16
	.text
	.globl _start
_start:
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %ss
	movw	$0x7000, %sp
	xorl	%ecx, %ecx
	ljmp	$0, $next

next:	sti
	hlt
	incl	%ecx
	incl	counter
	cmpl	%ecx, counter
	jne	wrong

	/* Push the digits of the number, least significant digit first. */
	movl	%ecx, %eax
	movl	$10, %ebx
	xorw	%si, %si
1:	xorl	%edx, %edx
	divl	%ebx
	pushw	%dx
	incw	%si
	testl	%eax, %eax
	jnz	1b

	movw	$SERIAL_PORT, %dx
2:	popw	%ax
	addb	$'0', %al
	outb	%al, %dx
	decw	%si
	jnz	2b
	movb	$'\n', %al
	outb	%al, %dx
	jmp	next

wrong:
	movw	$SERIAL_PORT, %dx
	movb	$'!', %al
	outb	%al, %dx
	cli
	hlt

counter:
	.long	0

	.org	510
	.word	0xaa55
