/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Print untrusted text on a terminal or into a log.
 */

#ifndef LUO_TOOLS_TEXT_H
#define LUO_TOOLS_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Prints @len bytes. Characters that are not printable in the program's locale
 * are written as \xHH, so that untrusted text cannot send escape sequences to
 * the terminal or forge lines of a log.
 */
void text_print(FILE *out, const char *text, size_t len);

/* Formats as vprintf() does, and prints the result as text_print() does. */
void text_vprintf(FILE *out, const char *format, va_list args);

#endif /* LUO_TOOLS_TEXT_H */
