// SPDX-License-Identifier: GPL-2.0
/*
 * Handover records of luo_test: a number in a page of its own.
 */

#include <linux/errno.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>

#include "luo_test.h"

#define MAGIC	0x6c756f2d74657374ULL

struct record {
	u64 magic;
	u64 value;
};

/*
 * Creates a preserved record of @value; @data is set to its physical address.
 */
int luo_test_record(u64 value, u64 *data)
{
	struct record *record = kho_alloc_preserve(sizeof(*record));

	if (IS_ERR(record))
		return PTR_ERR(record);
	record->magic = MAGIC;
	record->value = value;
	*data = virt_to_phys(record);
	return 0;
}

void luo_test_record_update(u64 data, u64 value)
{
	struct record *record = phys_to_virt(data);

	record->value = value;
}

/* Undoes luo_test_record(). */
void luo_test_record_drop(u64 data)
{
	kho_unpreserve_free(phys_to_virt(data));
}

/* Reads the record in the next kernel. */
int luo_test_record_read(u64 data, u64 *value)
{
	struct record *record = kho_incoming_data(data, sizeof(*record));

	if (!record || record->magic != MAGIC)
		return -EIO;
	*value = record->value;
	return 0;
}

/* Frees the record in the next kernel. */
int luo_test_record_finish(u64 data)
{
	u64 value;
	int err = luo_test_record_read(data, &value);

	if (!err)
		kho_restore_free(phys_to_virt(data));
	return err;
}
