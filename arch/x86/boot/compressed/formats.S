/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's format catalog, see <linux/liveupdate_format.h>, in the
 * uncompressed part of the image so that tools can read it without
 * decompressing anything. No code refers to it.
 */

	.section .rodata, "a", @progbits
	.incbin "vmlinux.formats"
