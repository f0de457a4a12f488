/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live update of memfds on tmpfs: format "memfd-v2" of the handover records.
 *
 * .. code-block:: none
 *
 *	struct memfd_luo_ser      vmalloc() area, sorted by index
 *	+---------------------+   +---------------------------------+
 *	| pos, size, seals    |   | struct memfd_luo_folio_ser      | --> folio
 *	| nr_folios           |   | struct memfd_luo_folio_ser      | --> folio
 *	| folios  ------------|-->| ...                             |
 *	+---------------------+   +---------------------------------+
 *
 * Each folio is preserved with its order. File offsets without an entry in the
 * area are holes.
 *
 * All fields are in native endianness. Any change to this file requires a new
 * %MEMFD_LUO_COMPATIBLE.
 */

#ifndef _LINUX_KHO_ABI_MEMFD_H
#define _LINUX_KHO_ABI_MEMFD_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/kho/abi/vmalloc.h>
#include <linux/stddef.h>
#include <linux/types.h>

/* Name of the format. */
#define MEMFD_LUO_COMPATIBLE	"memfd-v2"

/* Fields of &memfd_luo_folio_ser.desc. */
#define MEMFD_LUO_FOLIO_PFN	GENMASK_ULL(51, 0)
#define MEMFD_LUO_FOLIO_FLAGS	GENMASK_ULL(63, 52)

/* Bits of %MEMFD_LUO_FOLIO_FLAGS. */
#define MEMFD_LUO_FOLIO_DIRTY		BIT(0)
#define MEMFD_LUO_FOLIO_UPTODATE	BIT(1)

/* Bits of &memfd_luo_ser.seals, the same as the F_SEAL_* of fcntl(2). */
#define MEMFD_LUO_SEAL_SEAL		BIT(0)
#define MEMFD_LUO_SEAL_SHRINK		BIT(1)
#define MEMFD_LUO_SEAL_GROW		BIT(2)
#define MEMFD_LUO_SEAL_WRITE		BIT(3)
#define MEMFD_LUO_SEAL_FUTURE_WRITE	BIT(4)
#define MEMFD_LUO_SEAL_EXEC		BIT(5)
#define MEMFD_LUO_ALL_SEALS		GENMASK(5, 0)

/**
 * struct memfd_luo_ser - one memfd
 * @pos: file position in bytes
 * @size: size of the file in bytes
 * @seals: %MEMFD_LUO_SEAL_*; a reader rejects unknown bits
 * @flags: 0; a reader rejects any bit
 * @nr_folios: number of entries in @folios
 * @folios: vmalloc() area with the entries; all zero if there are none
 */
struct memfd_luo_ser {
	u64 pos;
	u64 size;
	u32 seals;
	u32 flags;
	u64 nr_folios;
	struct kho_vmalloc folios;
};

/**
 * struct memfd_luo_folio_ser - one folio of a memfd
 * @desc: %MEMFD_LUO_FOLIO_PFN is the frame number of the folio, 0 if there is
 *	  none; %MEMFD_LUO_FOLIO_FLAGS is the state of its contents
 * @index: offset of the folio in the file in pages, a multiple of its size
 */
struct memfd_luo_folio_ser {
	u64 desc;
	u64 index;
};

static_assert(sizeof(struct memfd_luo_ser) == 48);
static_assert(offsetof(struct memfd_luo_ser, size) == 8);
static_assert(offsetof(struct memfd_luo_ser, seals) == 16);
static_assert(offsetof(struct memfd_luo_ser, flags) == 20);
static_assert(offsetof(struct memfd_luo_ser, nr_folios) == 24);
static_assert(offsetof(struct memfd_luo_ser, folios) == 32);
static_assert(sizeof(struct memfd_luo_folio_ser) == 16);

#endif /* _LINUX_KHO_ABI_MEMFD_H */
