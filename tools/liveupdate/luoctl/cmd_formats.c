// SPDX-License-Identifier: GPL-2.0
/*
 * luoctl formats: list the formats that this kernel reads and writes, from
 * sysfs.
 */

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "luoctl.h"

#define FORMATS_DIR SYSFS_DIR "formats"

/* A format directory in sysfs; "" for files that this kernel does not have. */
struct format {
	const char *kind;
	const char *name;
	char read[16];
	char write[16];
	char enable_write[16];
	char in_use[24];
};

static int read_value(const struct format *format, const char *file, char *buf,
		      size_t size)
{
	char path[PATH_MAX];
	int err;

	snprintf(path, sizeof(path), FORMATS_DIR "/%s/%s/%s", format->kind,
		 format->name, file);
	err = sysfs_text(path, buf, size);
	if (err == -ENOENT)
		*buf = '\0';
	return err == -ENOENT ? 0 : err;
}

static int read_format(struct format *format)
{
	int err = read_value(format, "read", format->read,
			     sizeof(format->read));

	if (!err)
		err = read_value(format, "write", format->write,
				 sizeof(format->write));
	if (!err)
		err = read_value(format, "enable_write", format->enable_write,
				 sizeof(format->enable_write));
	if (!err)
		err = read_value(format, "in_use", format->in_use,
				 sizeof(format->in_use));
	return err;
}

static void add_flag(struct json_object *object, const char *key,
		     const char *text)
{
	if (*text)
		add_bool(object, key, strcmp(text, "0"));
	else
		json_object_object_add(object, key, NULL);
}

static struct json_object *format_json(const struct format *format)
{
	struct json_object *object = json_object_new_object();

	add_string(object, "kind", format->kind);
	add_string(object, "name", format->name);
	add_flag(object, "read", format->read);
	add_flag(object, "write", format->write);
	add_flag(object, "enable_write", format->enable_write);
	if (*format->in_use)
		add_number(object, "in_use",
			   strtoull(format->in_use, NULL, 10));
	else
		json_object_object_add(object, "in_use", NULL);
	return object;
}

static const char *yes_or_no(const char *text)
{
	if (!*text)
		return "?";
	return strcmp(text, "0") ? "yes" : "no";
}

static void add_row(struct table *table, const struct format *format)
{
	const char * const row[] = {
		format->kind, format->name, yes_or_no(format->read),
		yes_or_no(format->write), yes_or_no(format->enable_write),
		*format->in_use ? format->in_use : "?",
	};

	table_add(table, row);
}

static int visible(const struct dirent *entry)
{
	return *entry->d_name != '.';
}

/* Sorted, so that the output does not depend on the order of readdir(). */
static int scan(const char *path, struct dirent ***entries)
{
	char real[PATH_MAX];
	int n = scandir(machine_path(path, real, sizeof(real)), entries,
			visible, alphasort);

	return n < 0 ? -errno : n;
}

static void free_entries(struct dirent **entries, int count)
{
	while (count > 0)
		free(entries[--count]);
	free(entries);
}

static int add_kind(const char *kind, struct listing *listing)
{
	struct format format = { .kind = kind };
	struct dirent **entries;
	char path[PATH_MAX];
	int i, n, err = 0;

	snprintf(path, sizeof(path), FORMATS_DIR "/%s", kind);
	n = scan(path, &entries);
	if (n < 0)
		return n;
	for (i = 0; i < n && !err; i++) {
		format.name = entries[i]->d_name;
		err = read_format(&format);
		if (err)
			break;
		if (listing->table)
			add_row(listing->table, &format);
		else
			json_object_array_add(listing->array,
					      format_json(&format));
	}
	free_entries(entries, n);
	return err;
}

static int add_all(struct listing *listing)
{
	struct dirent **kinds;
	int i, err = 0, n = scan(FORMATS_DIR, &kinds);

	if (n < 0)
		return n;
	for (i = 0; i < n && !err; i++)
		err = add_kind(kinds[i]->d_name, listing);
	free_entries(kinds, n);
	return err;
}

/* Reports why there is no formats directory. */
static int no_formats(void)
{
	char state[16];

	if (sysfs_text(SYSFS_DIR "state", state, sizeof(state)) == -ENOENT)
		return fail(-ENODEV, "formats");
	return fail_with(STATUS_FAILED,
			 "this kernel does not list its formats in sysfs");
}

int cmd_formats(const struct options *options)
{
	static const char * const heads[] = {
		"KIND", "FORMAT", "READ", "WRITE", "ENABLED", "IN USE",
	};
	struct listing listing;
	int err;

	listing_begin(&listing, options, heads, ARRAY_SIZE(heads));
	err = add_all(&listing);
	listing_end(&listing, err);
	if (err == -ENOENT)
		return no_formats();
	return err ? fail(err, FORMATS_DIR) : STATUS_OK;
}
