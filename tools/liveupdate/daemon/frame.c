// SPDX-License-Identifier: GPL-2.0
/*
 * Split a byte stream into lines, see frame.h.
 */

#include <string.h>

#include "frame.h"

static void drop_line(struct luod_frame *frame)
{
	frame->used -= frame->line;
	memmove(frame->buf, frame->buf + frame->line, frame->used);
	frame->line = 0;
}

char *luod_frame_room(struct luod_frame *frame, size_t *room)
{
	drop_line(frame);
	*room = sizeof(frame->buf) - frame->used;
	return frame->buf + frame->used;
}

void luod_frame_add(struct luod_frame *frame, size_t len)
{
	frame->used += len;
}

const char *luod_frame_next(struct luod_frame *frame, size_t *len)
{
	const char *end;

	drop_line(frame);
	end = memchr(frame->buf, '\n', frame->used);
	if (!end) {
		*len = frame->used == sizeof(frame->buf) ? frame->used : 0;
		return NULL;
	}
	*len = end - frame->buf;
	frame->line = *len + 1;
	return frame->buf;
}
