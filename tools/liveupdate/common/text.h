/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Texts that come from others, for a terminal or a log.
 */

#ifndef LUO_TOOLS_TEXT_H
#define LUO_TOOLS_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Prints @len bytes. What is no printable character in the locale of the program
 * is written as \xHH: it could tell the terminal what to do, or look like another
 * line of a log.
 */
void text_print(FILE *out, const char *text, size_t len);

/* The same for a text that is made as by vprintf(). */
void text_vprintf(FILE *out, const char *format, va_list args);

#endif /* LUO_TOOLS_TEXT_H */
