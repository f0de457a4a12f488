// SPDX-License-Identifier: GPL-2.0
/*
 * What LUO hands over beside its root record: the data of subsystems, and when
 * the update reached which point.
 *
 * A kernel that does not know it, or cannot read it, takes over sessions all
 * the same.
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

/* What the next kernel is told; its address never changes. */
static struct xluo_ser *outgoing __ro_after_init;

/* Leaves an empty record for the next kernel, to be filled in later. */
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

/* Where points of the update are marked; NULL before luo_extra_init(). */
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
 * Reads what the previous kernel left; what is damaged stays where it is. An
 * error means that data of subsystems is lost, which may not harm anybody.
 */
int __init luo_extra_read(void)
{
	int err = read_incoming();

	if (err)
		pr_err("what subsystems of the previous kernel left cannot be read: %d\n",
		       err);
	return err;
}

/* Fills in the record, right before the jump. Cannot fail. */
void luo_extra_write(void)
{
	outgoing->subsystems = luo_subsystems_write();
}
