// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Lists of files of a session, and properties of a file.
 */

#include <errno.h>
#include <stdlib.h>

#include "private.h"

struct luo_file_list {
	struct luo_array array;
};

static int more_files(int fd, void *state, void *buffer, uint32_t room,
		      uint32_t *written)
{
	uint64_t *cursor = state;
	struct liveupdate_session_list_fds arg = {
		.size = sizeof(arg),
		.cursor = *cursor,
		.buffer = (uintptr_t)buffer,
		.count = room,
		.entry_size = sizeof(struct luo_file_info),
	};
	int err = luo_ioctl(fd, LIVEUPDATE_SESSION_LIST_FDS, &arg);

	if (err)
		return err;
	*cursor = arg.cursor;
	*written = arg.count;
	/* The cursor wraps to zero after the highest possible token. */
	return !arg.count || !arg.cursor;
}

int luo_session_list_files(struct luo_session *session,
			   struct luo_file_list **list)
{
	struct luo_file_list *l = calloc(1, sizeof(*l));
	uint64_t cursor = 0;
	int err;

	if (!l)
		return -ENOMEM;
	l->array.entry_size = sizeof(struct luo_file_info);
	err = luo_array_fill(&l->array, session->fd, more_files, &cursor);
	if (err) {
		free(l);
		return err;
	}
	*list = l;
	return 0;
}

void luo_file_list_free(struct luo_file_list *list)
{
	if (!list)
		return;
	free(list->array.entries);
	free(list);
}

size_t luo_file_list_count(const struct luo_file_list *list)
{
	return list->array.count;
}

const struct luo_file_info *luo_file_list_get(const struct luo_file_list *list,
					      size_t index)
{
	return luo_array_get(&list->array, index);
}

uint64_t luo_file_info_token(const struct luo_file_info *info)
{
	return info->info.token;
}

uint64_t luo_file_info_bytes(const struct luo_file_info *info)
{
	return info->info.bytes;
}

bool luo_file_info_is_open(const struct luo_file_info *info)
{
	return info->info.flags & LIVEUPDATE_FILE_OPEN;
}

const char *luo_file_info_format(const struct luo_file_info *info)
{
	return (const char *)info->info.format;
}
