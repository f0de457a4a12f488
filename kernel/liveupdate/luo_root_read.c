// SPDX-License-Identifier: GPL-2.0
/*
 * Finding the root record of the previous kernel's LUO.
 *
 * The format is in <linux/kho/abi/luo.h>.
 */

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kexec_handover.h>
#include <linux/string.h>

#include "luo_read.h"

/*
 * Returns the record; ERR_PTR(-ENOENT) if there is none, -EPROTONOSUPPORT if it
 * has another format, -EIO or -EINVAL if it is malformed. Can be called as
 * early as kho_incoming_data(), until the record is restored.
 */
struct luo_ser *luo_root_incoming(void)
{
	struct luo_ser *ser;
	phys_addr_t phys;
	size_t size;
	int err;

	err = kho_retrieve_subtree(LUO_SUBTREE, &phys, &size);
	if (err)
		return ERR_PTR(err);
	ser = kho_incoming_data(phys, sizeof(*ser));
	if (!ser || size < sizeof(*ser))
		return ERR_PTR(-EIO);
	if (strncmp(ser->compatible, LUO_COMPATIBLE, sizeof(ser->compatible)))
		return ERR_PTR(-EPROTONOSUPPORT);
	return ser;
}
