/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a command line says of what live update depends on.
 */

#ifndef _LINUX_LIVEUPDATE_LUO_CMDLINE_H
#define _LINUX_LIVEUPDATE_LUO_CMDLINE_H

/* What a command line says of something that is on or off. */
enum luo_choice {
	LUO_UNSAID,
	LUO_SAID_ON,
	LUO_SAID_OFF,
};

/**
 * struct luo_cmdline - what a command line says
 * @kho: of KHO
 * @luo: of live update
 * @memory: its parameters that change which memory the kernel has, in their
 *	    order, with a space after each one; allocated
 */
struct luo_cmdline {
	enum luo_choice kho;
	enum luo_choice luo;
	char *memory;
};

int luo_cmdline_read(struct luo_cmdline *said, const char *cmdline);
void luo_cmdline_free(struct luo_cmdline *said);

#endif /* _LINUX_LIVEUPDATE_LUO_CMDLINE_H */
