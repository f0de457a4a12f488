// SPDX-License-Identifier: GPL-2.0
/*
 * Reading the page with the previous kernel's shared objects.
 *
 * The format is in <linux/kho/abi/luo.h>.
 */

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kexec_handover.h>
#include <linux/string.h>

#include "luo_read.h"

/* Returns 0, or -EIO if the header of the page is invalid. */
int luo_flb_page_check(const struct luo_flb_page *page)
{
	return page->pages == 1 && page->count <= LUO_FLB_MAX ? 0 : -EIO;
}

/* Returns the page at untrusted @pa; ERR_PTR(-EIO) if it is malformed. */
struct luo_flb_page *luo_flb_page_incoming(u64 pa)
{
	struct luo_flb_page *page = kho_incoming_data(pa, PAGE_SIZE);

	if (!page || luo_flb_page_check(page))
		return ERR_PTR(-EIO);
	return page;
}

/* Returns 0, or -EIO if the entry is malformed. */
int luo_flb_check(const struct luo_flb_ser *ser)
{
	const size_t length = strnlen(ser->name, sizeof(ser->name));

	if (!length || length == sizeof(ser->name) || !ser->files)
		return -EIO;
	return 0;
}

/*
 * Finds an entry by name. Fails with -ENODATA if there is none, and with -EIO
 * if it is malformed; other malformed entries are ignored.
 */
int luo_flb_page_find(const struct luo_flb_page *page, const char *name,
		      u64 *data)
{
	const struct luo_flb_ser *ser;

	for (ser = page->flbs; ser < page->flbs + page->count; ser++) {
		if (strncmp(ser->name, name, sizeof(ser->name)))
			continue;
		if (luo_flb_check(ser))
			return -EIO;
		*data = ser->data;
		return 0;
	}
	return -ENODATA;
}

/* Like luo_flb_page_find(), starting from the previous kernel's root record. */
int luo_flb_find_early(const char *name, u64 *data)
{
	const struct luo_ser *root = luo_root_incoming();
	const struct luo_flb_page *page;

	if (IS_ERR(root))
		return PTR_ERR(root) == -ENOENT ? -ENODATA : PTR_ERR(root);
	if (!root->flbs)
		return -ENODATA;
	page = luo_flb_page_incoming(root->flbs);
	if (IS_ERR(page))
		return PTR_ERR(page);
	return luo_flb_page_find(page, name, data);
}
