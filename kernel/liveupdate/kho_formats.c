// SPDX-License-Identifier: GPL-2.0
/*
 * Formats of Kexec Handover itself. All other formats depend on them.
 *
 * The page size is a format, too: kernels with different page sizes cannot read
 * each other's tree of preserved blocks.
 */

#include <linux/kho/abi/kho.h>
#include <linux/kho/abi/vmalloc.h>
#include <linux/liveupdate_format.h>
#include <linux/module.h>

#include "kho_internal.h"

#define KHO_PAGE_FORMAT	"page-shift-" __stringify(CONFIG_PAGE_SHIFT)

LIVEUPDATE_FORMAT(root, "kho", "kho", KHO_COMPATIBLE, "rw", 1, "default-off");
LIVEUPDATE_FORMAT(page, "kho", "page", KHO_PAGE_FORMAT, "rw", 1, "-");
LIVEUPDATE_FORMAT(vmalloc, "container", "kho", KHO_VMALLOC_FORMAT, "rw", 1,
		  "-");

/* Marks the catalog as complete. */
static const char format_end[] __used = LIVEUPDATE_FORMAT_LINE "end";

struct liveupdate_format *const kho_formats[] = {
	&root, &page, &vmalloc, NULL
};
