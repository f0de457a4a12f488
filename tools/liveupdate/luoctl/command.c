// SPDX-License-Identifier: GPL-2.0
/*
 * The verbs: what is run, what is said of them, and what they take.
 */

#include "../check/check.h"
#include "luoctl.h"

/* It has options and a help of its own. */
static int cmd_check(int argc, char **argv)
{
	argv[0] = "luoctl check";
	return luo_check(argc, argv);
}

#define HAS_WAIT	(HAS(WAIT) | HAS(TIMEOUT))

const struct command commands[] = {
	{ "status", "", "tell the state of live update, and what is left of the last one",
	  0, 0, HAS(JSON), cmd_status, NULL },
	{ "list", "", "list sessions",
	  0, 0, HAS(JSON) | HAS(NO_LEGEND) | HAS(INCOMING) | HAS(OUTGOING),
	  cmd_list, NULL },
	{ "show", "SESSION", "tell everything of a session: who holds it, its files",
	  1, 1, HAS(JSON) | HAS(INCOMING) | HAS(OUTGOING) | HAS(FILES) |
		HAS_WAIT, cmd_show, NULL },
	{ "wait", "STATE", "wait until live update is in a state",
	  1, 1, HAS(TIMEOUT), cmd_wait, NULL },
	{ "prepare", "", "close the set of sessions, and do what can be done ahead",
	  0, 0, HAS_WAIT, cmd_prepare, NULL },
	{ "cancel", "", "take that back",
	  0, 0, HAS_WAIT, cmd_cancel, NULL },
	{ "finish", "[SESSION]", "end the update, or one session of it",
	  0, 1, HAS_WAIT, cmd_finish, NULL },
	{ "discard", "SESSION", "free a session of the previous kernel that nobody holds",
	  1, 1, HAS_WAIT, cmd_discard, NULL },
	{ "formats", "", "list what this kernel can write and read",
	  0, 0, HAS(JSON) | HAS(NO_LEGEND), cmd_formats, NULL },
	{ "check", "OLD NEW", "tell whether a kernel reads what another one writes",
	  2, 2, HAS(JSON) | HAS(BACK), NULL, cmd_check },
	{ "load", "KERNEL", "load the next kernel",
	  1, 1, HAS(INITRD) | HAS(CMDLINE) | HAS(REUSE_CMDLINE), cmd_load, NULL },
	{ "ready", "", "have luod's clients get ready, for a kexec that comes next",
	  0, 0, HAS(LUOD) | HAS(TIMEOUT) | HAS(ABORT), cmd_ready, NULL },
	{ "kexec", "", "update: get everybody ready, and jump into the kernel that is loaded",
	  0, 0, HAS(JSON) | HAS(DRY_RUN) | HAS(EMPTY) | HAS(LUOD) |
		HAS(NO_LUOD) | HAS_WAIT, cmd_kexec, NULL },
	{ "timeline", "", "tell how long the last update took, and which part of it",
	  0, 0, HAS(JSON) | HAS(SVG), cmd_timeline, NULL },
	{ "keep", "SESSION FILE...", "preserve copies of files, in a process in the background",
	  1, 1000, HAS_WAIT, cmd_keep, NULL },
	{ "cat", "SESSION TOKEN", "print a file of a session of the previous kernel",
	  2, 2, HAS_WAIT, cmd_cat, NULL },
};

const size_t command_count = ARRAY_SIZE(commands);
