/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MEMBLOCK_LINUX_KEXEC_HANDOVER_H
#define _MEMBLOCK_LINUX_KEXEC_HANDOVER_H

static inline void kho_scratch_hide(void)
{
}

static inline void kho_scratch_show(void)
{
}

#endif
