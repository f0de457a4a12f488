/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The timeline of an update.
 */

#ifndef _LINUX_LIVEUPDATE_LUO_TIMELINE_H
#define _LINUX_LIVEUPDATE_LUO_TIMELINE_H

#include <linux/init.h>
#include <linux/kho/abi/xluo.h>
#include <linux/types.h>

/**
 * enum luo_point - points of an update, in chronological order
 * @LUO_POINT_PREPARE_BEGIN: global PREPARE begins; clears later points of an
 *			     update that did not reach the kexec
 * @LUO_POINT_PREPARE_END: global PREPARE ends
 * @LUO_POINT_FREEZE_BEGIN: global FREEZE begins, and with it the blackout
 * @LUO_POINT_FREEZE_END: the records for the next kernel are complete
 * @LUO_POINT_JUMP: devices are shut down, only the kexec remains
 * @LUO_POINT_KHO_BOOT: the next kernel begins to read the preserved memory
 * @LUO_POINT_INIT: LUO is initialised, file handlers may register
 * @LUO_POINT_FIRST_RETRIEVE: the first file is retrieved; recorded by
 *			      %LUO_POINT_RETRIEVE
 * @LUO_POINT_RETRIEVE: the last file so far is retrieved
 * @LUO_POINT_FINISH: the update is finished
 * @LUO_POINTS: number of points
 *
 * Points up to %LUO_POINT_JUMP are recorded in the previous kernel, the others
 * in the next kernel.
 */
enum luo_point {
	LUO_POINT_PREPARE_BEGIN = XLUO_POINT_PREPARE_BEGIN,
	LUO_POINT_PREPARE_END = XLUO_POINT_PREPARE_END,
	LUO_POINT_FREEZE_BEGIN = XLUO_POINT_FREEZE_BEGIN,
	LUO_POINT_FREEZE_END = XLUO_POINT_FREEZE_END,
	LUO_POINT_JUMP = XLUO_POINT_JUMP,
	LUO_POINT_KHO_BOOT = XLUO_POINTS,
	LUO_POINT_INIT,
	LUO_POINT_FIRST_RETRIEVE,
	LUO_POINT_RETRIEVE,
	LUO_POINT_FINISH,
	LUO_POINTS
};

void __init luo_timeline_init(void);
void luo_timeline_mark(enum luo_point point);
void luo_timeline_reset(void);
void __init luo_timeline_read(const struct xluo_timeline_ser *ser);
int luo_timeline_show(char *buf);

/* Parts of luo_timeline_show() and luo_timeline_mark() that tests can call. */
void luo_timeline_set(struct xluo_timeline_ser *ser, enum luo_point point,
		      u64 now);
int luo_timeline_print(const u64 *points, u64 hz, char *buf);

#endif /* _LINUX_LIVEUPDATE_LUO_TIMELINE_H */
