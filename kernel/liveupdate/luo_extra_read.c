// SPDX-License-Identifier: GPL-2.0
/*
 * Reading the previous kernel's extension record.
 *
 * The format is in <linux/kho/abi/xluo.h>.
 */

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kexec_handover.h>
#include <linux/string.h>

#include "luo_read.h"

/*
 * Returns the record; ERR_PTR(-ENOENT) if there is none, -EPROTONOSUPPORT if it
 * has another format, -EIO or -EINVAL if it is malformed.
 */
struct xluo_ser *luo_extra_incoming(void)
{
	struct xluo_ser *ser;
	phys_addr_t phys;
	size_t size;
	int err;

	err = kho_retrieve_subtree(XLUO_SUBTREE, &phys, &size);
	if (err)
		return ERR_PTR(err);
	ser = kho_incoming_data(phys, size);
	if (!ser)
		return ERR_PTR(-EIO);
	if (memcmp(ser->compatible, XLUO_COMPATIBLE, XLUO_COMPATIBLE_SIZE) ||
	    ser->incompat & ~XLUO_INCOMPAT_KNOWN)
		return ERR_PTR(-EPROTONOSUPPORT);
	/*
	 * This also checks @size; any preserved folio is large enough to read
	 * ser->size.
	 */
	if (ser->size < sizeof(*ser) || ser->size > size)
		return ERR_PTR(-EIO);
	return ser;
}

/* Returns 0, or -EIO if the entry is malformed or has reserved bits set. */
int luo_extra_subsystem_check(const struct xluo_subsystem_ser *ser)
{
	const size_t length = strnlen(ser->name, sizeof(ser->name));

	if (!length || length == sizeof(ser->name) || ser->reserved)
		return -EIO;
	return 0;
}

/*
 * Returns 0; -EOPNOTSUPP if the times are not readings of @counter; -EIO if
 * they are malformed, not ascending, or later than @now.
 */
int luo_extra_timeline_check(const struct xluo_timeline_ser *ser, u64 counter,
			     u64 now)
{
	u64 last = 0;
	int i;

	if (counter == XLUO_COUNTER_NONE || ser->counter != counter)
		return -EOPNOTSUPP;
	if (ser->hz < LUO_TIMELINE_MIN_HZ)
		return -EIO;
	for (i = 0; i < XLUO_POINTS; i++) {
		if (!ser->points[i])
			continue;
		if (ser->points[i] < last || ser->points[i] > now)
			return -EIO;
		last = ser->points[i];
	}
	return 0;
}
