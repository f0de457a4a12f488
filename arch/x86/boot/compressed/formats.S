/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel says of its formats, see <linux/liveupdate_format.h>, where it
 * can be read without decompressing anything. Nothing refers to it.
 */

	.section .rodata, "a", @progbits
	.incbin "vmlinux.formats"
