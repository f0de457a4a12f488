// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Lists that the kernel writes in pieces.
 */

#include <errno.h>
#include <stdlib.h>

#include "private.h"

#define FIRST_ROOM	64

/* More at a time the kernel does not give either. */
#define MAX_ASK		(1u << 16)

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Room for another entry at least, and twice as much as before. */
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
 * luo_array_fill() - collect entries until there are no more
 * @array: its entry_size is set, the rest is zero; its entries are to be freed
 * @fd: what to ask
 * @more: writes up to so many entries, and says how many; 1 if there are no
 *	  more, 0 if there may be, or a negative errno
 * @state: what @more keeps between calls
 *
 * Return: 0, or a negative errno; then there is nothing to be freed.
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
