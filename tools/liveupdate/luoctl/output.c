// SPDX-License-Identifier: GPL-2.0
/*
 * Tables, sizes, colours, JSON.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../common/text.h"
#include "luoctl.h"

struct table {
	size_t columns;
	size_t rows;
	char **texts;
};

/* Exiting is safe: no caller has anything to undo when memory runs out. */
static void *need(void *memory)
{
	if (!memory)
		exit(fail_with(STATUS_FAILED, "out of memory"));
	return memory;
}

/* Row 0 is the header. */
struct table *table_new(const char * const *heads, size_t columns)
{
	struct table *table = need(calloc(1, sizeof(*table)));

	table->columns = columns;
	table_add(table, heads);
	return table;
}

static char *printable(const char *text)
{
	char *copy;
	size_t size;
	FILE *stream = need(open_memstream(&copy, &size));

	text_print(stream, text, strlen(text));
	fclose(stream);
	return need(copy);
}

void table_add(struct table *table, const char * const *texts)
{
	const size_t begin = table->rows * table->columns;
	size_t i;

	table->texts = need(reallocarray(table->texts, begin + table->columns,
					 sizeof(*table->texts)));
	for (i = 0; i < table->columns; i++)
		table->texts[begin + i] = printable(texts[i]);
	table->rows++;
}

/* Width of a column, counting the rows from @first on. */
static int width_of(const struct table *table, size_t first, size_t column)
{
	size_t row, len, width = 0;

	for (row = first; row < table->rows; row++) {
		len = strlen(table->texts[row * table->columns + column]);
		if (len > width)
			width = len;
	}
	return (int)width;
}

static void print_row(const struct table *table, size_t row, const int *widths)
{
	char **texts = table->texts + row * table->columns;
	size_t i, last;

	for (last = table->columns; last > 1 && !*texts[last - 1]; last--)
		;
	for (i = 0; i + 1 < last; i++)
		printf("%-*s  ", widths[i], texts[i]);
	puts(texts[i]);
}

void table_print(const struct table *table, bool legend)
{
	const size_t first = legend ? 0 : 1;
	int widths[MAX_COLUMNS];
	size_t i;

	for (i = 0; i < table->columns; i++)
		widths[i] = width_of(table, first, i);
	for (i = first; i < table->rows; i++)
		print_row(table, i, widths);
}

/* @table may be NULL. */
void table_free(struct table *table)
{
	size_t i;

	if (!table)
		return;
	for (i = 0; i < table->rows * table->columns; i++)
		free(table->texts[i]);
	free(table->texts);
	free(table);
}

void listing_begin(struct listing *listing, const struct options *options,
		   const char * const *heads, size_t columns)
{
	listing->table = NULL;
	listing->array = NULL;
	listing->legend = !given(options, OPTION_NO_LEGEND);
	if (given(options, OPTION_JSON))
		listing->array = need(json_object_new_array());
	else
		listing->table = table_new(heads, columns);
}

/* Prints the listing unless @err is set, and frees it. */
void listing_end(struct listing *listing, int err)
{
	if (!err && listing->array)
		print_json(json_object_get(listing->array));
	else if (!err)
		table_print(listing->table, listing->legend);
	table_free(listing->table);
	json_object_put(listing->array);
}

/**
 * size_text() - format a number of bytes for humans
 * @bytes: the number
 * @buf: buffer of %SIZE_TEXT bytes
 *
 * Return: @buf.
 */
const char *size_text(uint64_t bytes, char *buf)
{
	static const char * const units[] = {
		"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB",
	};
	uint64_t whole = bytes, part = 0;
	size_t unit = 0;

	while (whole >= 1024 && unit + 1 < ARRAY_SIZE(units)) {
		part = whole % 1024 * 10 / 1024;
		whole /= 1024;
		unit++;
	}
	if (part)
		snprintf(buf, SIZE_TEXT, "%" PRIu64 ".%" PRIu64 " %s", whole,
			 part, units[unit]);
	else
		snprintf(buf, SIZE_TEXT, "%" PRIu64 " %s", whole, units[unit]);
	return buf;
}

/* A newer kernel may have states that luoctl does not know. */
const char *state_text(int state)
{
	const char *name = luo_state_name(state);

	return name ? name : "unknown";
}

static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no && *no);
}

/* Prints a state and a newline, coloured if the output is a terminal. */
void print_state(int state, const char *text)
{
	static const char * const colours[] = {
		[LUO_STATE_UNDEFINED] = "31",
		[LUO_STATE_NORMAL] = "32",
		[LUO_STATE_PREPARED] = "33",
		[LUO_STATE_FROZEN] = "33",
		[LUO_STATE_UPDATED] = "36",
	};

	if (wants_colour() && luo_state_name(state))
		printf("\033[%sm%s\033[0m\n", colours[state], text);
	else
		puts(text);
}

/* Prints untrusted text after a label of luoctl. */
void print_text(const char *before, const char *text)
{
	fputs(before, stdout);
	text_print(stdout, text, strlen(text));
}

void add_string(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

void add_number(struct json_object *object, const char *key, uint64_t number)
{
	json_object_object_add(object, key, json_object_new_uint64(number));
}

void add_bool(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

/* Frees @object. Returns the exit status. */
int print_json(struct json_object *object)
{
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
					    JSON_C_TO_STRING_SPACED |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
	return STATUS_OK;
}
