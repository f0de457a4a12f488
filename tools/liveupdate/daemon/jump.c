// SPDX-License-Identifier: GPL-2.0
/*
 * The kexec. It happens in one step with the check that all clients are ready
 * and that none has vetoed.
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
 * The kexec waits for one more turn of the loop after the one that received
 * KEXEC. In that turn, messages that clients sent before KEXEC are processed,
 * and a closed connection of the requester is noticed.
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
	luod_log("calling reboot(LINUX_REBOOT_CMD_KEXEC)");
	reply_refused(conn, LUOD_KEXEC, kernel_kexec());
}
