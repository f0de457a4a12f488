/* SPDX-License-Identifier: GPL-2.0 */
/* What the compiled files need of mm/internal.h is in <linux/vmalloc.h>. */
