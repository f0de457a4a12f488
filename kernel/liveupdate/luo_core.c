// SPDX-License-Identifier: GPL-2.0
/*
 * Core of the Live Update Orchestrator: the root record and the hook in
 * reboot(2).
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

/* Root record for the next kernel; its address never changes. */
static struct luo_ser *outgoing __ro_after_init;

/* Number of consecutive live updates that led to this kernel. */
static u64 update_count __ro_after_init;

/* Error from reading the previous kernel's records, or 0. */
static int takeover_err __ro_after_init;

/* The error that opening /dev/liveupdate fails with, or 0. */
int luo_error(void)
{
	return takeover_err;
}

/* Number of this live update, 0 if this kernel was not booted by one. */
u64 luo_update_count(void)
{
	return update_count;
}

/* Freezes and serializes everything, if there is anything to hand over. */
static int freeze(const struct kimage *image)
{
	u64 sessions;
	int err;

	if (!luo_event_pending()) {
		luo_event_close();
		return 0;
	}
	if (!kho_image_takes_over(image)) {
		pr_err("the loaded kexec image cannot take over memory; load it with kexec_file_load(2)\n");
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
 * liveupdate_reboot - freeze and serialize everything before a kexec
 * @image: the loaded kexec image, which cannot be replaced any more
 *
 * Called by reboot(2) when nothing else can fail. Performs PREPARE, unless the
 * global state is already PREPARED, and FREEZE. After an error all states are
 * as before, and the caller must not start the next kernel.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EBUSY if an incoming session is held and not finished, or has a
 *	   retrieved file that could not be finished, -EEXIST if an incoming
 *	   session that has to be handed over unchanged has the name of an
 *	   outgoing one, -ENOEXEC if there is anything to hand over and @image
 *	   does not support KHO, -EPROTONOSUPPORT if its kernel cannot read a
 *	   format in use, -EINTR if the process is being killed, or any error of
 *	   a callback.
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
		pr_err("cannot read the shared objects of the previous kernel: %d; their memory stays reserved\n",
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
	/* Subsystem data comes first; its errors do not affect sessions. */
	luo_extra_read();
	return read_root(ser);
}

/*
 * If the previous kernel's root record is unreadable, live update stays
 * unusable and preserved memory stays reserved, so that it does not leak and
 * can be examined.
 */
static void __init take_over(void)
{
	int err = read_incoming();

	if (!err)
		return;
	if (luo_is_strict())
		panic("LUO: cannot read the previous kernel's records: %d\n",
		      err);
	pr_err("cannot read the previous kernel's records: %d; live update is disabled and preserved memory stays reserved\n",
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
		pr_warn("live update requires kho=on and is disabled\n");
		return 0;
	}
	err = start();
	if (err) {
		pr_err("initialisation failed: %d; live update is disabled\n", err);
		luo_disable();
	}
	return err;
}

/* After KHO, before file handlers register. */
fs_initcall_sync(luo_init);
