/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Variants of the model with one mistake each, in which spin has to find an
 * error.
 */

/* Undoing */
#define NO_TAKE_BACK			1
#define DOUBLE_UNDO			2
#define UNDO_FORWARD			3
#define SUBSYSTEM_UNDONE_FIRST		4
#define RESTORE_TO_NORMAL		5
#define FREEZE_FAIL_STAYS_FROZEN	6

/* Locks */
#define NO_SESSION_LOCK			7
#define KILL_KEEPS_LOCK			8
#define SETTLE_INSIDE			9

/* Close, retrieve and discard while the global state is PREPARED or FROZEN */
#define CLOSE_IN_FROZEN			10
#define RETRIEVE_IN_PREPARED		11
#define DISCARD_IN_PREPARED		12
#define PLAIN_KEXEC_OPEN		13

/* Handing over */
#define PLAIN_KEXEC_WITH_DATA		14
#define HAND_ON_HELD			15
#define HAND_ON_TWICE			16
#define HAND_ON_OPEN			17

/* The end of an update */
#define CLOSE_DROPS_INCOMING		18
#define ASK_TWICE			19
#define SETTLE_ONCE			20
#define SETTLE_DATA			21
#define SETTLE_GIVES_UP			22
