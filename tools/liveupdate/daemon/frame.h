/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cuts what comes over a stream into lines.
 */

#ifndef LUOD_FRAME_H
#define LUOD_FRAME_H

#include <stddef.h>

#include "protocol.h"

/**
 * struct luod_frame - bytes that were received, and not used yet
 * @buf: the bytes; a line, its end, and what came behind it
 * @used: how many there are
 * @line: length of the line that was returned last, its end included
 */
struct luod_frame {
	char buf[LUOD_LINE_MAX + 1];
	size_t used;
	size_t line;
};

/* Where the next bytes go, and how many there is room for: one at least. */
char *luod_frame_room(struct luod_frame *frame, size_t *room);

/* So many bytes were put there. */
void luod_frame_add(struct luod_frame *frame, size_t len);

/*
 * The next line, without its end, and its length: valid until the next call of
 * a function of these. NULL if there is none: *@len is 0 if more bytes are to
 * come, and not 0 if the line is too long.
 */
const char *luod_frame_next(struct luod_frame *frame, size_t *len);

#endif /* LUOD_FRAME_H */
