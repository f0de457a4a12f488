// SPDX-License-Identifier: GPL-2.0
/*
 * The Live Update Orchestrator as a whole: the record that leads the next
 * kernel to the sessions, and the hook in reboot(2).
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/init.h>
#include <linux/kexec.h>
#include <linux/kexec_handover.h>
#include <linux/liveupdate.h>
#include <linux/panic.h>
#include <linux/string.h>

#include "luo_extra.h"
#include "luo_flb.h"
#include "luo_format.h"
#include "luo_image.h"
#include "luo_internal.h"
#include "luo_read.h"
#include "luo_subsystem.h"
#include "luo_sysfs.h"
#include "luo_timeline.h"

/* What the next kernel is told; its address never changes. */
static struct luo_ser *outgoing __ro_after_init;

/* Number of live updates so far. */
static u64 update_count __ro_after_init;

/* Why nothing of the previous kernel can be taken over, or 0. */
static int takeover_err __ro_after_init;

/* Why the device cannot be opened, or 0. */
int luo_error(void)
{
	return takeover_err;
}

/* The number of this live update, 0 if this kernel came up without one. */
u64 luo_update_count(void)
{
	return update_count;
}

/* Gets everything ready for the jump, if there is anything to carry. */
static int freeze(const struct kimage *image)
{
	u64 sessions;
	int err;

	if (!luo_event_pending()) {
		luo_event_close();
		return 0;
	}
	if (!kho_image_takes_over(image)) {
		pr_err("the loaded kexec image cannot take over memory, load it with kexec_file_load(2)\n");
		return -ENOEXEC;
	}
	err = luo_image_check(image);
	if (err)
		return err;
	err = luo_event_reboot(&sessions);
	if (err)
		return err;
	outgoing->sessions = sessions;
	outgoing->flbs = luo_flbs_write();
	luo_extra_write();
	luo_timeline_mark(LUO_POINT_FREEZE_END);
	return 0;
}

/**
 * liveupdate_reboot - get ready for the jump into another kernel
 * @image: the loaded kexec image, which cannot be replaced any more
 *
 * Called by reboot(2) when nothing else can fail any more. Does what PREPARE
 * and FREEZE do, as far as it has not been done. After an error everything is
 * as it was before, and the caller must not jump.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EBUSY if somebody holds an incoming session that is not finished,
 *	   or a file of one is retrieved and could not be finished,
 *	   -EEXIST if an incoming session that has to go on has the name of an
 *	   outgoing one, -ENOEXEC if there are sessions and @image cannot take
 *	   them over, -EPROTONOSUPPORT if its kernel does not read the format of
 *	   one of their files, -EINTR if the process is being killed, or what a file's
 *	   handler failed with.
 */
int liveupdate_reboot(const struct kimage *image)
{
	int err;

	if (!liveupdate_enabled() || takeover_err)
		return 0;
	if (luo_enter_event())
		return -EINTR;
	err = freeze(image);
	luo_event_leave();
	return err;
}

static int __init create_outgoing(void)
{
	struct luo_ser *ser = kho_alloc_preserve(PAGE_SIZE);
	int err;

	if (IS_ERR(ser))
		return PTR_ERR(ser);
	strscpy_pad(ser->compatible, LUO_COMPATIBLE);
	ser->liveupdate_num = update_count + 1;
	err = kho_add_subtree(LUO_SUBTREE, ser, sizeof(*ser));
	if (err) {
		kho_unpreserve_free(ser);
		return err;
	}
	outgoing = ser;
	return 0;
}

static int __init read_root(struct luo_ser *ser)
{
	int err;

	err = luo_sessions_read(ser->sessions);
	if (err)
		return err;
	err = luo_flbs_read(ser->flbs);
	if (err)
		pr_err("what files of the previous kernel had in common cannot be read: %d\n",
		       err);
	update_count = ser->liveupdate_num;
	kho_restore_free(ser);
	return 0;
}

static int __init read_incoming(void)
{
	struct luo_ser *ser = luo_root_incoming();

	if (IS_ERR(ser))
		return PTR_ERR(ser) == -ENOENT ? 0 : PTR_ERR(ser);
	/* Subsystems come before files, and none of them harms any file. */
	luo_extra_read();
	return read_root(ser);
}

/*
 * The previous kernel's record may turn out to be unreadable. What it preserved
 * stays reserved then, so nothing of it leaks to others, and it can be looked
 * at.
 */
static void __init take_over(void)
{
	int err = read_incoming();

	if (!err)
		return;
	if (luo_is_strict())
		panic("LUO: what the previous kernel left cannot be read: %d\n",
		      err);
	pr_err("what the previous kernel left cannot be read: %d; live update is off, its memory stays reserved\n",
	       err);
	takeover_err = err;
}

static enum liveupdate_state __init first_state(void)
{
	if (takeover_err)
		return LIVEUPDATE_STATE_UNDEFINED;
	if (luo_sessions_incoming() || luo_subsystems_incoming())
		return LIVEUPDATE_STATE_UPDATED;
	return LIVEUPDATE_STATE_NORMAL;
}

static int __init start(void)
{
	int err;

	err = luo_file_init();
	if (!err)
		err = luo_format_init();
	if (!err)
		err = luo_session_init();
	if (err)
		return err;
	take_over();
	err = create_outgoing();
	if (!err)
		err = luo_extra_init();
	if (err)
		return err;
	luo_state_boot(first_state());
	luo_timeline_mark(LUO_POINT_INIT);
	err = luo_sysfs_init(update_count, takeover_err);
	if (!err)
		err = luo_session_sysfs_init();
	if (!err)
		err = luo_format_show_all(luo_sysfs_kobj());
	if (!err)
		err = luo_image_init();
	if (err)
		return err;
	return luo_device_init();
}

static int __init luo_init(void)
{
	int err;

	if (!luo_is_wanted())
		return 0;
	if (!kho_is_enabled()) {
		pr_warn("live update needs kho=on\n");
		return 0;
	}
	err = start();
	if (err) {
		pr_err("disabled: %d\n", err);
		luo_disable();
	}
	return err;
}

/* After KHO, before the handlers of files register. */
fs_initcall_sync(luo_init);
