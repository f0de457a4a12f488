// SPDX-License-Identifier: GPL-2.0
/*
 * The extension record: subsystem data and the timeline.
 *
 * A kernel that does not know the record, or cannot read it, retrieves sessions
 * nevertheless.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/err.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/xluo.h>
#include <linux/string.h>

#include "luo_extra.h"
#include "luo_read.h"
#include "luo_subsystem.h"
#include "luo_timeline.h"

/* Extension record for the next kernel; its address never changes. */
static struct xluo_ser *outgoing __ro_after_init;

/* Hands over an empty extension record; luo_extra_write() fills it in. */
int __init luo_extra_init(void)
{
	struct xluo_ser *ser = kho_alloc_preserve(sizeof(*ser));
	int err;

	if (IS_ERR(ser))
		return PTR_ERR(ser);
	memcpy(ser->compatible, XLUO_COMPATIBLE, sizeof(ser->compatible));
	ser->size = sizeof(*ser);
	err = kho_add_subtree(XLUO_SUBTREE, ser, sizeof(*ser));
	if (err) {
		kho_unpreserve_free(ser);
		return err;
	}
	outgoing = ser;
	luo_timeline_init();
	return 0;
}

/* Timeline in the extension record; NULL before luo_extra_init(). */
struct xluo_timeline_ser *luo_extra_timeline(void)
{
	return outgoing ? &outgoing->timeline : NULL;
}

static int __init read_incoming(void)
{
	struct xluo_ser *ser = luo_extra_incoming();
	int err;

	if (IS_ERR(ser))
		return PTR_ERR(ser) == -ENOENT ? 0 : PTR_ERR(ser);
	luo_timeline_read(&ser->timeline);
	err = luo_subsystems_read(ser->subsystems);
	if (!err)
		kho_restore_free(ser);
	return err;
}

/*
 * Reads the previous kernel's extension record; a malformed one stays
 * preserved. An error means that subsystem data is lost; sessions are not
 * affected.
 */
int __init luo_extra_read(void)
{
	int err = read_incoming();

	if (err)
		pr_err("cannot read the previous kernel's extension record: %d; subsystem data is lost\n",
		       err);
	return err;
}

/* Fills in the record right before the kexec. Cannot fail. */
void luo_extra_write(void)
{
	outgoing->subsystems = luo_subsystems_write();
}
