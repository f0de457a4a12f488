// SPDX-License-Identifier: GPL-2.0
/*
 * Reads and validates the records of memfds that the previous kernel preserved
 * in extents. No byte of them is trusted.
 *
 * The format is in <linux/kho/abi/memfd_extents.h>.
 */

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <linux/xxhash.h>

#include "memfd_extents.h"

/* Page index behind the end of the largest possible file. */
#define END_INDEX	(((u64)MAX_LFS_FILESIZE >> PAGE_SHIFT) + 1)

/* Pfn behind the largest physical address. */
#define END_PFN		(1ULL << (64 - PAGE_SHIFT))

/* Computes the checksum of a record. @ser->length bytes must be readable. */
u64 memfd_extents_sum(const struct memfd_extents_ser *ser)
{
	const size_t start = offsetofend(struct memfd_extents_ser, sum);

	return xxh64((const u8 *)ser + start, ser->length - start,
		     (u64)ser->page_size << 32 | ser->length);
}

/* Computes the checksum of a chunk that has @position chunks before it. */
u64 memfd_extents_chunk_sum(const struct memfd_extents_chunk *chunk,
			    u64 position)
{
	const size_t start = offsetofend(struct memfd_extents_chunk, sum);
	const size_t end = offsetof(struct memfd_extents_chunk,
				    extents[chunk->nr]);

	return xxh64((const u8 *)chunk + start, end - start, position);
}

/* Returns the record at @pa if all its length bytes are readable, or NULL. */
struct memfd_extents_ser *memfd_extents_get(u64 pa)
{
	struct memfd_extents_ser *ser = kho_incoming_data(pa, sizeof(*ser));

	if (!ser || ser->length < sizeof(*ser) || ser->length > PAGE_SIZE)
		return NULL;
	return ser;
}

/* Starts reading the extents of a record. */
void memfd_extents_read(struct memfd_extents_reader *reader,
			const struct memfd_extents_ser *ser)
{
	*reader = (struct memfd_extents_reader) {
		.next = ser->chunks,
		.left = ser->nr_extents,
	};
}

/*
 * Starts reading extents again that were read before. The chunks need not be
 * preserved any more: an invalid extent may contain the page of a chunk, which
 * was then restored with that extent.
 */
void memfd_extents_read_again(struct memfd_extents_reader *reader,
			      const struct memfd_extents_ser *ser)
{
	memfd_extents_read(reader, ser);
	reader->again = true;
}

/*
 * A cycle of chunks does not cause an endless loop: each chunk has at least one
 * extent, and the record limits the number of extents.
 */
static int read_chunk(struct memfd_extents_reader *reader)
{
	const struct memfd_extents_chunk *chunk;

	if (reader->again)
		chunk = phys_to_virt(reader->next);
	else
		chunk = kho_incoming_data(reader->next, sizeof(*chunk));
	if (!chunk || !chunk->nr || chunk->nr > MEMFD_EXTENTS_PER_CHUNK ||
	    chunk->nr > reader->left ||
	    chunk->sum != memfd_extents_chunk_sum(chunk, reader->position))
		return -EIO;
	reader->chunk = chunk;
	reader->next = chunk->next;
	reader->position++;
	reader->index = 0;
	return 0;
}

/* The next extent, NULL at the end, or ERR_PTR(-EIO) for an invalid chunk. */
const struct memfd_extent *memfd_extents_next(struct memfd_extents_reader *reader)
{
	int err;

	if (!reader->left)
		return reader->next ? ERR_PTR(-EIO) : NULL;
	if (!reader->chunk || reader->index == reader->chunk->nr) {
		err = read_chunk(reader);
		if (err)
			return ERR_PTR(err);
	}
	reader->left--;
	return &reader->chunk->extents[reader->index++];
}

static bool time_is_valid(const struct memfd_extents_time *time)
{
	return time->nsec < NSEC_PER_SEC && !time->reserved;
}

static bool attributes_are_valid(const struct memfd_extents_ser *ser)
{
	return !(ser->seals & ~MEMFD_EXTENTS_ALL_SEALS) &&
	       !(ser->mode & ~MEMFD_EXTENTS_ALL_MODES) &&
	       ser->uid != U32_MAX && ser->gid != U32_MAX &&
	       !(ser->flags & ~MEMFD_EXTENTS_ALL_FLAGS) &&
	       ser->flags & (MEMFD_EXTENTS_READ | MEMFD_EXTENTS_WRITE) &&
	       !ser->reserved &&
	       time_is_valid(&ser->atime) && time_is_valid(&ser->mtime) &&
	       time_is_valid(&ser->ctime) && time_is_valid(&ser->btime) &&
	       strnlen(ser->name, sizeof(ser->name)) < sizeof(ser->name);
}

static bool record_is_valid(const struct memfd_extents_ser *ser)
{
	return ser->page_size == PAGE_SIZE &&
	       ser->sum == memfd_extents_sum(ser) &&
	       !(ser->incompat & ~MEMFD_EXTENTS_INCOMPAT) &&
	       ser->size <= MAX_LFS_FILESIZE && ser->pos <= MAX_LFS_FILESIZE &&
	       attributes_are_valid(ser);
}

/* @next is the index behind the previous extent. */
static int check_extent(const struct memfd_extent *extent, u64 *next)
{
	u64 end, end_pfn;

	if (!extent->nr || extent->index < *next ||
	    check_add_overflow(extent->index, extent->nr, &end) ||
	    end > END_INDEX ||
	    check_add_overflow(extent->pfn, extent->nr, &end_pfn) ||
	    end_pfn > END_PFN)
		return -EIO;
	*next = end;
	return kho_range_waits(PFN_PHYS(extent->pfn), extent->nr) ? 0 : -EIO;
}

/*
 * Validates the record of a memfd and all its extents. Has no side effects.
 * -EIO if any of it is invalid, or needs a feature that this kernel lacks.
 */
int memfd_extents_check(const struct memfd_extents_ser *ser)
{
	struct memfd_extents_reader reader;
	const struct memfd_extent *extent;
	u64 next = 0, pages = 0;
	int err = 0;

	if (!record_is_valid(ser))
		return -EIO;
	memfd_extents_read(&reader, ser);
	while (!err && (extent = memfd_extents_next(&reader))) {
		err = PTR_ERR_OR_ZERO(extent);
		if (!err)
			err = check_extent(extent, &next);
		if (!err)
			pages += extent->nr;
		cond_resched();
	}
	if (!err && pages != ser->nr_pages)
		err = -EIO;
	return err;
}
