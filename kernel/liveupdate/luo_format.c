// SPDX-License-Identifier: GPL-2.0
/*
 * Formats of handed-over data.
 *
 * Producers register their formats and hold a reference on the one in use while
 * anything is preserved in it.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/cleanup.h>
#include <linux/ctype.h>
#include <linux/kho/abi/luo.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "luo_format.h"

/* Protects formats, which are added before LUO is initialised. */
static DEFINE_MUTEX(luo_formats_lock);
static LIST_HEAD(formats);

/*
 * Protects ->in_use and ->off. Not luo_formats_lock: sysfs removal waits for
 * writers of enable_write while that lock is held.
 */
static DEFINE_SPINLOCK(use_lock);

static bool is_word(const char *word)
{
	const char *c;

	for (c = word; *c; c++) {
		if (!islower(*c) && !isdigit(*c) && !strchr("._:,-", *c))
			return false;
	}
	return c > word && c < word + LUO_FORMAT_SIZE;
}

bool luo_format_reads(const struct liveupdate_format *format)
{
	return strchr(format->dir, 'r');
}

bool luo_format_writes(const struct liveupdate_format *format)
{
	return strchr(format->dir, 'w');
}

/* True if all fields are valid in a line of the catalog. */
bool luo_format_is_valid(const struct liveupdate_format *format)
{
	return is_word(format->kind) && is_word(format->owner) &&
	       is_word(format->name) && is_word(format->attrs) &&
	       format->rank && (!strcmp(format->dir, "rw") ||
				!strcmp(format->dir, "r") ||
				!strcmp(format->dir, "w"));
}

static bool is_taken(const struct liveupdate_format *format)
{
	const struct liveupdate_format *other;

	lockdep_assert_held(&luo_formats_lock);

	list_for_each_entry(other, &formats, list) {
		if (!strcmp(other->kind, format->kind) &&
		    !strcmp(other->name, format->name))
			return true;
	}
	return false;
}

/*
 * Registers a format; undone by luo_format_remove(). Fails with -EEXIST if the
 * name is in use, -EINVAL if a field is invalid, or -ENOMEM.
 */
int luo_format_add(struct liveupdate_format *format)
{
	int err;

	if (!luo_format_is_valid(format))
		return -EINVAL;

	guard(mutex)(&luo_formats_lock);
	if (is_taken(format))
		return -EEXIST;
	format->in_use = 0;
	format->off = !luo_format_writes(format);
	err = luo_format_sysfs_add(format);
	if (err)
		return err;
	list_add_tail(&format->list, &formats);
	return 0;
}

/* Unregisters a format, which must not be in use. */
void luo_format_remove(struct liveupdate_format *format)
{
	guard(mutex)(&luo_formats_lock);
	WARN_ON_ONCE(format->in_use);
	list_del(&format->list);
	luo_format_sysfs_remove(format);
}

/*
 * Takes a reference on a format before something is preserved in it; dropped by
 * luo_format_unuse(). Returns false if the format is disabled or read-only.
 */
bool luo_format_use(struct liveupdate_format *format)
{
	guard(spinlock)(&use_lock);
	if (format->off)
		return false;
	format->in_use++;
	return true;
}

/* Undoes luo_format_use(). */
void luo_format_unuse(struct liveupdate_format *format)
{
	guard(spinlock)(&use_lock);
	WARN_ON_ONCE(!format->in_use);
	format->in_use--;
}

/* True if the format is enabled for writing. */
bool luo_format_is_on(const struct liveupdate_format *format)
{
	return !READ_ONCE(format->off);
}

/* Number of references from luo_format_use(). */
unsigned long luo_format_in_use(const struct liveupdate_format *format)
{
	return READ_ONCE(format->in_use);
}

/* Formats that all others depend on cannot be disabled. */
static bool is_fixed(const struct liveupdate_format *format)
{
	static const char *const kinds[] = { "kho", "container", "core" };

	return match_string(kinds, ARRAY_SIZE(kinds), format->kind) >= 0;
}

/*
 * Enables or disables writing the format. Fails with -EBUSY if something is
 * preserved in it, and with -EOPNOTSUPP if the format cannot be switched.
 */
int luo_format_switch(struct liveupdate_format *format, bool on)
{
	guard(spinlock)(&use_lock);
	if (!luo_format_writes(format) || is_fixed(format))
		return -EOPNOTSUPP;
	if (!on && format->in_use)
		return -EBUSY;
	format->off = !on;
	return 0;
}

/* True if @attr is in the format's list of attributes. */
bool luo_format_has(const struct liveupdate_format *format, const char *attr)
{
	const size_t len = strlen(attr);
	const char *at;

	for (at = format->attrs; at; at = strchrnul(at, ',')) {
		at += *at == ',';
		if (!*at)
			break;
		if (!strncmp(at, attr, len) && (!at[len] || at[len] == ','))
			return true;
	}
	return false;
}

/* Calls @fn for each format, until it returns an error. */
int luo_format_for_each(int (*fn)(const struct liveupdate_format *format,
				  void *arg), void *arg)
{
	const struct liveupdate_format *format;
	int err = 0;

	guard(mutex)(&luo_formats_lock);
	list_for_each_entry(format, &formats, list) {
		err = fn(format, arg);
		if (err)
			break;
	}
	return err;
}

static int show_one(const struct liveupdate_format *format, char *buf, int len)
{
	len += sysfs_emit_at(buf, len, LIVEUPDATE_FORMAT_LINE "%s %s %s %s %u %s",
			     format->kind, format->owner, format->name,
			     format->dir, format->rank, format->attrs);
	if (luo_format_writes(format) && !luo_format_is_on(format))
		len += sysfs_emit_at(buf, len, ",off");
	if (luo_format_in_use(format))
		len += sysfs_emit_at(buf, len, ",in-use:%lu",
				     luo_format_in_use(format));
	return len + sysfs_emit_at(buf, len, "\n");
}

/*
 * Shows the format catalog in a sysfs page. If it does not fit, the "end" line
 * is missing, so the reader can tell.
 */
int luo_format_show(char *buf)
{
	const struct liveupdate_format *format;
	int len = 0;

	guard(mutex)(&luo_formats_lock);
	list_for_each_entry(format, &formats, list)
		len = show_one(format, buf, len);
	return len + sysfs_emit_at(buf, len, LIVEUPDATE_FORMAT_LINE "end\n");
}

/* Counts one more file of a format, if there is room for the entry. */
void luo_tally_add(struct luo_tally *tally, const char *name)
{
	unsigned int i;

	for (i = 0; i < tally->count; i++) {
		if (!strcmp(tally->entry[i].name, name))
			break;
	}
	if (i == ARRAY_SIZE(tally->entry))
		return;
	if (i == tally->count) {
		strscpy(tally->entry[i].name, name);
		tally->count++;
	}
	tally->entry[i].nr++;
}

/* Shows one line per format in a sysfs page. */
int luo_tally_show(const struct luo_tally *tally, char *buf)
{
	unsigned int i;
	int len = 0;

	for (i = 0; i < tally->count; i++)
		len += sysfs_emit_at(buf, len, "%s %lu\n", tally->entry[i].name,
				     tally->entry[i].nr);
	return len;
}

/*
 * Creates the directory of formats in @parent, including the formats that were
 * added before.
 */
int __init luo_format_show_all(struct kobject *parent)
{
	struct liveupdate_format *format;
	int err;

	guard(mutex)(&luo_formats_lock);
	err = luo_format_sysfs_init(parent);
	if (err)
		return err;
	list_for_each_entry(format, &formats, list) {
		err = luo_format_sysfs_add(format);
		if (err)
			return err;
	}
	return 0;
}
