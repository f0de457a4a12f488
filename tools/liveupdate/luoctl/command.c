// SPDX-License-Identifier: GPL-2.0
/*
 * The table of verbs.
 */

#include "../check/check.h"
#include "luoctl.h"

/* luo_check() parses its own options and prints its own help. */
static int cmd_check(int argc, char **argv)
{
	argv[0] = "luoctl check";
	return luo_check(argc, argv);
}

#define HAS_WAIT	(HAS(WAIT) | HAS(TIMEOUT))

const struct command commands[] = {
	{ "status", "", "show the state of live update, and what is not retrieved yet",
	  0, 0, HAS(JSON), cmd_status, NULL },
	{ "list", "", "list sessions",
	  0, 0, HAS(JSON) | HAS(NO_LEGEND) | HAS(INCOMING) | HAS(OUTGOING),
	  cmd_list, NULL },
	{ "show", "SESSION", "show one session: the processes that hold it, its files",
	  1, 1, HAS(JSON) | HAS(INCOMING) | HAS(OUTGOING) | HAS(FILES) |
		HAS_WAIT, cmd_show, NULL },
	{ "wait", "STATE", "wait until live update is in a state",
	  1, 1, HAS(TIMEOUT), cmd_wait, NULL },
	{ "prepare", "", "close the set of sessions, do the work that can be done early",
	  0, 0, HAS_WAIT, cmd_prepare, NULL },
	{ "cancel", "", "undo prepare",
	  0, 0, HAS_WAIT, cmd_cancel, NULL },
	{ "finish", "[SESSION]", "end the update, or one session of it",
	  0, 1, HAS_WAIT, cmd_finish, NULL },
	{ "discard", "SESSION", "discard an incoming session that no process holds",
	  1, 1, HAS_WAIT, cmd_discard, NULL },
	{ "formats", "", "list the formats that this kernel reads and writes",
	  0, 0, HAS(JSON) | HAS(NO_LEGEND), cmd_formats, NULL },
	{ "check", "OLD NEW", "check whether a kernel reads what another one writes",
	  2, 2, HAS(JSON) | HAS(BACK), NULL, cmd_check },
	{ "load", "KERNEL", "load the next kernel",
	  1, 1, HAS(INITRD) | HAS(CMDLINE) | HAS(REUSE_CMDLINE), cmd_load, NULL },
	{ "ready", "", "ask luod's clients to get ready for a kexec by another program",
	  0, 0, HAS(LUOD) | HAS(TIMEOUT) | HAS(ABORT), cmd_ready, NULL },
	{ "kexec", "", "update: get all clients ready, prepare, and boot the loaded kernel",
	  0, 0, HAS(JSON) | HAS(DRY_RUN) | HAS(EMPTY) | HAS(LUOD) |
		HAS(NO_LUOD) | HAS_WAIT, cmd_kexec, NULL },
	{ "timeline", "", "show how long the last update took, by phase",
	  0, 0, HAS(JSON) | HAS(SVG), cmd_timeline, NULL },
	{ "keep", "SESSION FILE...", "preserve copies of files by a background process",
	  1, 1000, HAS_WAIT, cmd_keep, NULL },
	{ "cat", "SESSION TOKEN", "print a file of an incoming session",
	  2, 2, HAS_WAIT, cmd_cat, NULL },
};

const size_t command_count = ARRAY_SIZE(commands);
