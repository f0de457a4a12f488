/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_COMMON_H
#define _KHO_TEST_COMMON_H

/* Included before everything else, as kconfig.h in the kernel. */
#define CONFIG_KEXEC_HANDOVER		1
#define CONFIG_PHYS_ADDR_T_64BIT	1
#define CONFIG_TRANSPARENT_HUGEPAGE	1

#define __init
#define __initdata
#define __ro_after_init

#define __cleanup(function)						\
	__attribute__((__unused__, __cleanup__(function)))
#define __UNIQUE_ID(prefix)	__PASTE(__PASTE(unique_, prefix), __COUNTER__)

/* From the C library; <linux/args.h> defines some of these macros, too. */
#include <sys/cdefs.h>
#undef __CONCAT

#include <asm/bug.h>
#include <linux/bitmap.h>
#include <linux/container_of.h>
#include <linux/kernel.h>
#include <linux/printk.h>

#endif /* _KHO_TEST_COMMON_H */
