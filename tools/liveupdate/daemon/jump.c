// SPDX-License-Identifier: GPL-2.0
/*
 * The jump into the next kernel: that everybody is ready, that nobody has
 * objected, and the jump itself are one step.
 */

#include "luod.h"

enum luod_error jump_start(struct luod *luod, struct conn *conn)
{
	if (luod->phase != PHASE_COMPLETE)
		return LUOD_E_WRONG_STATE;
	if (luod->jumper)
		return LUOD_E_IN_PROGRESS;
	luod->jumper = conn;
	luod->jump_is_next = false;
	return LUOD_OK;
}

void jump_abort(struct luod *luod, enum luod_error error, const char *id,
		const char *detail)
{
	struct conn *conn = luod->jumper;

	luod->jumper = NULL;
	if (conn)
		reply_error(conn, luod_command_name(LUOD_KEXEC), error, id,
			    detail);
}

/*
 * What clients had said before somebody asked for the jump may not have been
 * heard yet: it is in the turn after that one, and so is the end of whoever has
 * asked.
 */
void jump_tick(struct luod *luod)
{
	struct conn *conn = luod->jumper;

	if (!conn)
		return;
	if (!luod->jump_is_next) {
		luod->jump_is_next = true;
		return;
	}
	luod->jumper = NULL;
	luod_log("the jump");
	reply_refused(conn, LUOD_KEXEC, kernel_kexec());
}
