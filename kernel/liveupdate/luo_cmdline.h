/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parameters of a kernel command line that live update depends on.
 */

#ifndef _LINUX_LIVEUPDATE_LUO_CMDLINE_H
#define _LINUX_LIVEUPDATE_LUO_CMDLINE_H

#include <linux/types.h>

/* Whether a command line enables or disables a feature. */
enum luo_choice {
	LUO_UNSAID,
	LUO_SAID_ON,
	LUO_SAID_OFF,
};

/**
 * struct luo_cmdline - relevant parameters of a command line
 * @kho: whether it enables KHO
 * @luo: whether it enables live update
 * @memory: its parameters that change which memory the kernel has, in their
 *	    order, with a space after each one; allocated
 */
struct luo_cmdline {
	enum luo_choice kho;
	enum luo_choice luo;
	char *memory;
};

int luo_cmdline_read(struct luo_cmdline *said, const char *cmdline);
bool luo_cmdline_keeps_memory(const struct luo_cmdline *next,
			      const struct luo_cmdline *own);
void luo_cmdline_free(struct luo_cmdline *said);

#endif /* _LINUX_LIVEUPDATE_LUO_CMDLINE_H */
