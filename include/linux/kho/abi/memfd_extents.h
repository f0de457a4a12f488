/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live update of memfds on tmpfs: format "x-memfd-extents-v1" of the handover
 * records.
 *
 * .. code-block:: none
 *
 *	struct memfd_extents_ser   struct memfd_extents_chunk
 *	+--------------------+     +------------------+     +--------------+
 *	| length, sum        |     | sum              |     | sum          |
 *	| attributes         |     | next  -----------|---->| next = 0     |
 *	| nr_extents         |     | nr               |     | nr           |
 *	| chunks  -----------|---->| index, pfn, nr --|-->  | ...          |
 *	| name               |     | ...              |pages|              |
 *	+--------------------+     +------------------+     +--------------+
 *
 * The record and each chunk are preserved folios. The pages of an extent are
 * preserved as one or more adjacent ranges of single pages, regardless of the
 * folios that they belonged to. File offsets without an extent are holes.
 *
 * All fields are in native endianness. A new field is appended to the record,
 * whose @length grows. If older readers may ignore it, it gets a bit in @compat
 * where its presence has to be signalled; if they must not, it gets a bit in
 * @incompat. Any other change requires a new %MEMFD_EXTENTS_COMPATIBLE.
 */

#ifndef _LINUX_KHO_ABI_MEMFD_EXTENTS_H
#define _LINUX_KHO_ABI_MEMFD_EXTENTS_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <vdso/page.h>

/* Name of the format. */
#define MEMFD_EXTENTS_COMPATIBLE	"x-memfd-extents-v1"

/* Incompatible features known to this kernel: none yet. */
#define MEMFD_EXTENTS_INCOMPAT		0ULL

/* Bits of &memfd_extents_ser.seals, the same as the F_SEAL_* of fcntl(2). */
#define MEMFD_EXTENTS_ALL_SEALS		GENMASK(5, 0)

/* Bits of &memfd_extents_ser.mode, the same as those of chmod(2). */
#define MEMFD_EXTENTS_ALL_MODES		07777

/* Bits of &memfd_extents_ser.flags: access mode and file status flags. */
#define MEMFD_EXTENTS_READ		BIT(0)
#define MEMFD_EXTENTS_WRITE		BIT(1)
#define MEMFD_EXTENTS_APPEND		BIT(2)
#define MEMFD_EXTENTS_ALL_FLAGS		GENMASK(2, 0)

/* Size of a name, including the NUL. */
#define MEMFD_EXTENTS_NAME_SIZE		256

/**
 * struct memfd_extents_time - a time stamp
 * @sec: seconds since the epoch
 * @nsec: nanoseconds, less than a second
 * @reserved: 0
 */
struct memfd_extents_time {
	s64 sec;
	u32 nsec;
	u32 reserved;
};

/**
 * struct memfd_extents_ser - one memfd
 * @length: size of the record in bytes, at least the size of this struct and at
 *	    most one page
 * @page_size: size of a page in bytes; a reader with another page size rejects
 *	       the record
 * @sum: xxh64 of the bytes after @sum up to @length; the seed has @page_size in
 *	 the upper and @length in the lower half
 * @incompat: features that a reader must know; 0
 * @compat: features that a reader may ignore
 * @size: size of the file in bytes; extents may lie beyond EOF
 * @pos: file position in bytes
 * @seals: F_SEAL_*; a reader rejects unknown bits
 * @mode: permission bits
 * @uid: owner in the initial user namespace; never the invalid uid, -1
 * @gid: group, likewise
 * @flags: %MEMFD_EXTENTS_READ or %MEMFD_EXTENTS_WRITE or both, and
 *	   %MEMFD_EXTENTS_APPEND
 * @reserved: 0
 * @atime: time of the last access
 * @mtime: time of the last change of the contents
 * @ctime: time of the last change of the attributes
 * @btime: time of the creation
 * @nr_extents: number of extents in all chunks
 * @nr_pages: number of pages in all extents
 * @chunks: pa of the first chunk, 0 if there are no extents
 * @name: name passed to memfd_create(2), NUL-terminated
 */
struct memfd_extents_ser {
	u32 length;
	u32 page_size;
	u64 sum;
	u64 incompat;
	u64 compat;
	u64 size;
	u64 pos;
	u32 seals;
	u32 mode;
	u32 uid;
	u32 gid;
	u32 flags;
	u32 reserved;
	struct memfd_extents_time atime;
	struct memfd_extents_time mtime;
	struct memfd_extents_time ctime;
	struct memfd_extents_time btime;
	u64 nr_extents;
	u64 nr_pages;
	u64 chunks;
	char name[MEMFD_EXTENTS_NAME_SIZE];
};

/**
 * struct memfd_extent - pages that are contiguous in the file and in memory
 * @index: offset of the first page in the file, in pages
 * @pfn: frame number of the first page
 * @nr: number of pages, not 0
 */
struct memfd_extent {
	u64 index;
	u64 pfn;
	u64 nr;
};

#define MEMFD_EXTENTS_PER_CHUNK						\
	((PAGE_SIZE - 3 * sizeof(u64)) / sizeof(struct memfd_extent))

/**
 * struct memfd_extents_chunk - one page of extents
 * @sum: xxh64 of the bytes after @sum up to the last extent in use; the seed is
 *	 the number of preceding chunks
 * @next: pa of the next chunk, 0 in the last one
 * @nr: number of extents in use, not 0
 * @extents: sorted by index across all chunks, not overlapping
 */
struct memfd_extents_chunk {
	u64 sum;
	u64 next;
	u64 nr;
	struct memfd_extent extents[MEMFD_EXTENTS_PER_CHUNK];
};

static_assert(sizeof(struct memfd_extents_time) == 16);
static_assert(offsetof(struct memfd_extents_time, nsec) == 8);
static_assert(sizeof(struct memfd_extents_ser) == 416);
static_assert(offsetof(struct memfd_extents_ser, page_size) == 4);
static_assert(offsetof(struct memfd_extents_ser, sum) == 8);
static_assert(offsetof(struct memfd_extents_ser, incompat) == 16);
static_assert(offsetof(struct memfd_extents_ser, compat) == 24);
static_assert(offsetof(struct memfd_extents_ser, size) == 32);
static_assert(offsetof(struct memfd_extents_ser, pos) == 40);
static_assert(offsetof(struct memfd_extents_ser, seals) == 48);
static_assert(offsetof(struct memfd_extents_ser, mode) == 52);
static_assert(offsetof(struct memfd_extents_ser, uid) == 56);
static_assert(offsetof(struct memfd_extents_ser, gid) == 60);
static_assert(offsetof(struct memfd_extents_ser, flags) == 64);
static_assert(offsetof(struct memfd_extents_ser, atime) == 72);
static_assert(offsetof(struct memfd_extents_ser, mtime) == 88);
static_assert(offsetof(struct memfd_extents_ser, ctime) == 104);
static_assert(offsetof(struct memfd_extents_ser, btime) == 120);
static_assert(offsetof(struct memfd_extents_ser, nr_extents) == 136);
static_assert(offsetof(struct memfd_extents_ser, nr_pages) == 144);
static_assert(offsetof(struct memfd_extents_ser, chunks) == 152);
static_assert(offsetof(struct memfd_extents_ser, name) == 160);
static_assert(sizeof(struct memfd_extent) == 24);
static_assert(offsetof(struct memfd_extents_chunk, next) == 8);
static_assert(offsetof(struct memfd_extents_chunk, nr) == 16);
static_assert(offsetof(struct memfd_extents_chunk, extents) == 24);
static_assert(sizeof(struct memfd_extents_chunk) <= PAGE_SIZE);

#endif /* _LINUX_KHO_ABI_MEMFD_EXTENTS_H */
