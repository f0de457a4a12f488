/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When an update reached which point.
 */

#ifndef _LINUX_LIVEUPDATE_LUO_TIMELINE_H
#define _LINUX_LIVEUPDATE_LUO_TIMELINE_H

#include <linux/init.h>
#include <linux/kho/abi/xluo.h>
#include <linux/types.h>

/**
 * enum luo_point - points of an update, in their order
 * @LUO_POINT_PREPARE_BEGIN: the whole begins to be prepared; forgets all later
 *			     points of an update that did not come to the jump
 * @LUO_POINT_PREPARE_END: the whole is prepared
 * @LUO_POINT_FREEZE_BEGIN: the black-out begins
 * @LUO_POINT_FREEZE_END: what the next kernel gets is final
 * @LUO_POINT_JUMP: devices are shut down, all that is left is the jump
 * @LUO_POINT_KHO_BOOT: the next kernel looks at what is preserved
 * @LUO_POINT_INIT: LUO is up, handlers may register
 * @LUO_POINT_FIRST_RETRIEVE: the first file is retrieved; is marked by the one
 *			      that follows
 * @LUO_POINT_RETRIEVE: the last file is retrieved, so far
 * @LUO_POINT_FINISH: the update is finished
 * @LUO_POINTS: number of points
 *
 * The first ones are marked in the old kernel, the others in the new one.
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

/* What luo_timeline_show() is made of, apart from this machine. */
void luo_timeline_set(struct xluo_timeline_ser *ser, enum luo_point point,
		      u64 now);
int luo_timeline_print(const u64 *points, u64 hz, char *buf);

#endif /* _LINUX_LIVEUPDATE_LUO_TIMELINE_H */
