// SPDX-License-Identifier: GPL-2.0
/*
 * Print untrusted text, see text.h.
 */

#include <stdbool.h>
#include <stdlib.h>
#include <wchar.h>
#include <wctype.h>

#include "text.h"

static void print_escaped(FILE *out, const char *text, size_t len)
{
	while (len--)
		fprintf(out, "\\x%02x", (unsigned char)*text++);
}

/* Length in bytes of the character at @text; 1 for an invalid sequence. */
static size_t length(const char *text, size_t len, bool *printable)
{
	mbstate_t state = { 0 };
	wchar_t c;
	size_t n = mbrtowc(&c, text, len, &state);

	*printable = n && n <= len && iswprint(c);
	return n && n <= len ? n : 1;
}

void text_print(FILE *out, const char *text, size_t len)
{
	bool printable;
	size_t n;

	for (; len; text += n, len -= n) {
		n = length(text, len, &printable);
		if (printable)
			fwrite(text, 1, n, out);
		else
			print_escaped(out, text, n);
	}
}

void text_vprintf(FILE *out, const char *format, va_list args)
{
	char *text;
	int len = vasprintf(&text, format, args);

	if (len < 0)
		return;
	text_print(out, text, len);
	free(text);
}
