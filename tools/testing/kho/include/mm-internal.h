/* SPDX-License-Identifier: GPL-2.0 */
/* Declarations that the compiled files need are in <linux/vmalloc.h>. */
