// SPDX-License-Identifier: GPL-2.0
/*
 * Formats of LUO's own records.
 */

#include <linux/init.h>
#include <linux/kho/abi/chain.h>
#include <linux/kho/abi/luo.h>
#include <linux/kho/abi/xluo.h>
#include <linux/module.h>

#include "kho_internal.h"
#include "luo_format.h"

#ifdef CONFIG_LIVEUPDATE_DEFAULT_ON
#define LUO_DEFAULT	""
#else
#define LUO_DEFAULT	",default-off"
#endif

LIVEUPDATE_FORMAT(chain, "container", "luo", LUO_CHAIN_FORMAT, "rw", 1, "-");
LIVEUPDATE_FORMAT(root, "core", "luo", LUO_COMPATIBLE, "rw", 1,
		  "needs:" LUO_CHAIN_FORMAT LUO_DEFAULT);
LIVEUPDATE_FORMAT(extra, "core", "x-luo", XLUO_COMPATIBLE, "rw", 1,
		  "needs:" LUO_CHAIN_FORMAT ",optional");

static struct liveupdate_format *const luo_formats[] = {
	&chain, &root, &extra, NULL
};

static int __init add_all(struct liveupdate_format *const *format)
{
	int err = 0;

	for (; *format && !err; format++)
		err = luo_format_add(*format);
	return err;
}

/* Registers the built-in formats of LUO and KHO. */
int __init luo_format_init(void)
{
	return add_all(kho_formats) ?: add_all(luo_formats);
}
