// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Lists of sessions, and properties of a session.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

struct luo_session_list {
	struct luo_array array;
};

/* Where the kernel continues the list. */
struct place {
	uint32_t flags;
	uint64_t cursor;
};

static int more_sessions(int fd, void *state, void *buffer, uint32_t room,
			 uint32_t *written)
{
	struct place *place = state;
	struct liveupdate_ioctl_list_sessions arg = {
		.size = sizeof(arg),
		.flags = place->flags,
		.cursor = place->cursor,
		.buffer = (uintptr_t)buffer,
		.count = room,
		.entry_size = sizeof(struct luo_session_info),
	};
	int err = luo_ioctl(fd, LIVEUPDATE_IOCTL_LIST_SESSIONS, &arg);

	if (err)
		return err;
	place->cursor = arg.cursor;
	*written = arg.count;
	return !arg.count;
}

int luo_device_list_sessions(struct luo_device *device, unsigned int flags,
			     struct luo_session_list **list)
{
	struct place place = { .flags = flags };
	struct luo_session_list *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	l->array.entry_size = sizeof(struct luo_session_info);
	err = luo_array_fill(&l->array, device->fd, more_sessions, &place);
	if (err) {
		free(l);
		return err;
	}
	*list = l;
	return 0;
}

void luo_session_list_free(struct luo_session_list *list)
{
	if (!list)
		return;
	free(list->array.entries);
	free(list);
}

size_t luo_session_list_count(const struct luo_session_list *list)
{
	return list->array.count;
}

const struct luo_session_info *
luo_session_list_get(const struct luo_session_list *list, size_t index)
{
	return luo_array_get(&list->array, index);
}

/*
 * Number of retrieved files; files of an outgoing session count as retrieved.
 */
static int count_open(struct luo_session *session, uint64_t *count)
{
	struct luo_file_list *files;
	size_t i;
	int err = luo_session_list_files(session, &files);

	if (err)
		return err;
	*count = 0;
	for (i = 0; i < luo_file_list_count(files); i++)
		*count += luo_file_info_is_open(luo_file_list_get(files, i));
	luo_file_list_free(files);
	return 0;
}

int luo_session_get_info(struct luo_session *session,
			 struct luo_session_info **info)
{
	struct liveupdate_session_get_state arg = { .size = sizeof(arg) };
	struct luo_session_info *i;
	uint64_t retrieved;
	int err;

	err = luo_ioctl(session->fd, LIVEUPDATE_SESSION_GET_STATE, &arg);
	if (!err)
		err = count_open(session, &retrieved);
	if (err)
		return err;
	i = calloc(1, sizeof(*i));
	if (!i)
		return -ENOMEM;
	memcpy(i->info.name, session->name, sizeof(i->info.name));
	i->info.state = arg.state;
	i->info.flags = arg.flags;
	i->info.files = arg.files;
	i->info.bytes = arg.bytes;
	i->info.retrieved = retrieved;
	*info = i;
	return 0;
}

void luo_session_info_free(struct luo_session_info *info)
{
	free(info);
}

const char *luo_session_info_name(const struct luo_session_info *info)
{
	return (const char *)info->info.name;
}

int luo_session_info_state(const struct luo_session_info *info)
{
	return info->info.state;
}

bool luo_session_info_is_incoming(const struct luo_session_info *info)
{
	return info->info.flags & LIVEUPDATE_SESSION_INCOMING;
}

bool luo_session_info_is_held(const struct luo_session_info *info)
{
	return !luo_session_info_is_incoming(info) ||
	       (info->info.flags & LIVEUPDATE_SESSION_HELD);
}

bool luo_session_info_is_damaged(const struct luo_session_info *info)
{
	return info->info.flags & LIVEUPDATE_SESSION_DAMAGED;
}

uint64_t luo_session_info_files(const struct luo_session_info *info)
{
	return info->info.files;
}

uint64_t luo_session_info_bytes(const struct luo_session_info *info)
{
	return info->info.bytes;
}

uint64_t luo_session_info_retrieved(const struct luo_session_info *info)
{
	return info->info.retrieved;
}
