/* SPDX-License-Identifier: GPL-2.0 */
/* A kernel warning fails the test. */
#ifndef _TOOLS_ASM_BUG_H
#define _TOOLS_ASM_BUG_H

#include <linux/compiler.h>

void sim_warn(const char *file, int line, const char *what) __noreturn;

#define WARN_ON(condition) ({						\
	int __warn = !!(condition);					\
									\
	if (__warn)							\
		sim_warn(__FILE__, __LINE__, #condition);		\
	__warn;								\
})

#define WARN_ON_ONCE(condition)	WARN_ON(condition)

#endif /* _TOOLS_ASM_BUG_H */
