/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Declarations shared by the files that preserve memfds in extents.
 */

#ifndef _MM_MEMFD_EXTENTS_H
#define _MM_MEMFD_EXTENTS_H

#include <linux/kho/abi/memfd_extents.h>
#include <linux/types.h>

struct address_space;
struct file;
struct liveupdate_file_format_ops;
struct liveupdate_file_op_args;

/**
 * struct memfd_extents - list of extents, in serialized form
 * @first: the first chunk, in preserved memory; NULL if the list is empty
 * @last: the last chunk
 * @chunks: number of chunks
 * @nr: number of extents
 * @pages: number of pages in all extents
 */
struct memfd_extents {
	struct memfd_extents_chunk *first;
	struct memfd_extents_chunk *last;
	u64 chunks;
	u64 nr;
	u64 pages;
};

/* Position in a list that this kernel made. */
struct memfd_extents_iter {
	const struct memfd_extents_chunk *chunk;
	unsigned int index;
};

/**
 * struct memfd_extents_reader - position in a list of the previous kernel
 * @chunk: the current chunk; NULL at the start
 * @next: physical address of the next chunk, 0 if there is none
 * @position: sequence number of the next chunk
 * @left: number of extents that are still to be read
 * @index: index of the next extent in @chunk
 * @again: the chunks were read before, see memfd_extents_read_again()
 */
struct memfd_extents_reader {
	const struct memfd_extents_chunk *chunk;
	u64 next;
	u64 position;
	u64 left;
	unsigned int index;
	bool again;
};

/* memfd_extents.c */
extern const struct liveupdate_file_format_ops memfd_extents_format_ops;

/* memfd_extents_list.c */
void *memfd_extents_alloc_page(void);
int memfd_extents_append(struct memfd_extents *list,
			 const struct memfd_extent *extent);
void memfd_extents_seal(struct memfd_extents *list);
const struct memfd_extent *memfd_extents_iterate(struct memfd_extents_iter *iter);
bool memfd_extents_is_poisoned(const struct memfd_extents *list);
void memfd_extents_put_pages(const struct memfd_extent *extent);
void memfd_extents_free(struct memfd_extents *list);
void memfd_extents_release(struct memfd_extents *list,
			   const struct memfd_extents *keep);

static inline struct memfd_extents_iter
memfd_extents_start(const struct memfd_extents *list)
{
	return (struct memfd_extents_iter) { .chunk = list->first };
}

/* memfd_extents_walk.c */
bool memfd_extents_is_whole(const struct file *file, u64 pages);
int memfd_extents_preserve(struct memfd_extents *list, struct file *file);
int memfd_extents_extend(struct memfd_extents *list, struct file *file,
			 const struct memfd_extents *old);

/* memfd_extents_work.c */
int memfd_extents_make_ready(struct address_space *mapping, pgoff_t index,
			     unsigned int *retries);

/* memfd_extents_file.c */
int memfd_extents_describe(struct memfd_extents_ser *ser, struct file *file);
struct file *memfd_extents_make_file(const struct memfd_extents_ser *ser);

/* memfd_extents_read.c */
u64 memfd_extents_sum(const struct memfd_extents_ser *ser);
u64 memfd_extents_chunk_sum(const struct memfd_extents_chunk *chunk,
			    u64 position);
struct memfd_extents_ser *memfd_extents_get(u64 pa);
void memfd_extents_read(struct memfd_extents_reader *reader,
			const struct memfd_extents_ser *ser);
void memfd_extents_read_again(struct memfd_extents_reader *reader,
			      const struct memfd_extents_ser *ser);
const struct memfd_extent *memfd_extents_next(struct memfd_extents_reader *reader);
int memfd_extents_check(const struct memfd_extents_ser *ser);

/* memfd_extents_retrieve.c */
int memfd_extents_retrieve(struct liveupdate_file_op_args *args);
void memfd_extents_finish(struct liveupdate_file_op_args *args);

#endif /* _MM_MEMFD_EXTENTS_H */
