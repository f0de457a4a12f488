// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Lists that the kernel returns in several pieces.
 */

#include <errno.h>
#include <stdlib.h>

#include "private.h"

#define FIRST_ROOM	64

/* The kernel does not return more entries in one call. */
#define MAX_ASK		(1u << 16)

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Doubles the room, and makes room for at least one more entry. */
static int grow(struct luo_array *array, size_t *room)
{
	const size_t more = *room ? *room * 2 : FIRST_ROOM;
	void *entries;

	if (array->count < *room)
		return 0;
	entries = reallocarray(array->entries, more, array->entry_size);
	if (!entries)
		return -ENOMEM;
	array->entries = entries;
	*room = more;
	return 0;
}

/**
 * luo_array_fill() - read all entries of a list
 * @array: has its entry_size set and is zero otherwise; the caller frees its
 *	   entries
 * @fd: the fd to query
 * @more: stores up to the given number of entries, and their number; returns 1
 *	  at the end of the list, 0 if there may be more, or a negative errno
 * @state: state of @more between calls
 *
 * Return: 0, or a negative errno, and then there is nothing to free.
 */
int luo_array_fill(struct luo_array *array, int fd, luo_array_more more,
		   void *state)
{
	uint32_t written;
	size_t room = 0;
	char *end;
	int ret;

	do {
		ret = grow(array, &room);
		if (ret)
			break;
		end = (char *)array->entries + array->count * array->entry_size;
		written = 0;
		ret = more(fd, state, end, min_size(room - array->count, MAX_ASK),
			   &written);
		array->count += written;
	} while (!ret);
	if (ret > 0)
		return 0;
	free(array->entries);
	array->entries = NULL;
	array->count = 0;
	return ret;
}

void *luo_array_get(const struct luo_array *array, size_t index)
{
	if (index >= array->count)
		return NULL;
	return (char *)array->entries + index * array->entry_size;
}
