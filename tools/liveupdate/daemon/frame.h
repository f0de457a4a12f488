/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Split a byte stream into lines.
 */

#ifndef LUOD_FRAME_H
#define LUOD_FRAME_H

#include <stddef.h>

#include "protocol.h"

/**
 * struct luod_frame - buffer of received bytes
 * @buf: the bytes: the last line, its newline, and what was received after it
 * @used: number of bytes in @buf
 * @line: length of the line that was returned last, including its newline
 */
struct luod_frame {
	char buf[LUOD_LINE_MAX + 1];
	size_t used;
	size_t line;
};

/* Where to receive the next bytes, and the room there, which is at least 1. */
char *luod_frame_room(struct luod_frame *frame, size_t *room);

/* Accounts for @len bytes that were stored in the room. */
void luod_frame_add(struct luod_frame *frame, size_t len);

/*
 * Returns the next line without its newline, and its length. It is valid until
 * the next call of one of these functions. Returns NULL if there is no complete
 * line; *@len is then 0 if more bytes are needed, and not 0 if the line is too
 * long.
 */
const char *luod_frame_next(struct luod_frame *frame, size_t *len);

#endif /* LUOD_FRAME_H */
