// SPDX-License-Identifier: GPL-2.0
/*
 * The formats of what goes to the next kernel, and comes from the previous one.
 *
 * Whoever has something to hand over adds its formats here when it registers,
 * and takes one into use for as long as something is preserved in it.
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

/* Protects the list. Formats are added before LUO itself comes up. */
static DEFINE_MUTEX(luo_formats_lock);
static LIST_HEAD(formats);

/*
 * Protects what is in use and what is switched off: somebody may wait for those
 * who switch while he holds the other lock.
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

/* Can it be written as a line that others understand? */
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
 * From here on the format is known; luo_format_remove() takes it back. -EEXIST
 * if the name is taken, -EINVAL if the format is not well-formed, -ENOMEM.
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

/* Nothing is preserved in it any more. */
void luo_format_remove(struct liveupdate_format *format)
{
	guard(mutex)(&luo_formats_lock);
	WARN_ON_ONCE(format->in_use);
	list_del(&format->list);
	luo_format_sysfs_remove(format);
}

/*
 * Something is going to be preserved in the format, until luo_format_unuse().
 * False if it is switched off; one that is not written at all is.
 */
bool luo_format_use(struct liveupdate_format *format)
{
	guard(spinlock)(&use_lock);
	if (format->off)
		return false;
	format->in_use++;
	return true;
}

/* Takes back luo_format_use(). */
void luo_format_unuse(struct liveupdate_format *format)
{
	guard(spinlock)(&use_lock);
	WARN_ON_ONCE(!format->in_use);
	format->in_use--;
}

/* Would it be written? */
bool luo_format_is_on(const struct liveupdate_format *format)
{
	return !READ_ONCE(format->off);
}

/* In how many places. */
unsigned long luo_format_in_use(const struct liveupdate_format *format)
{
	return READ_ONCE(format->in_use);
}

/* What everything is built on is written always. */
static bool is_fixed(const struct liveupdate_format *format)
{
	static const char *const kinds[] = { "kho", "container", "core" };

	return match_string(kinds, ARRAY_SIZE(kinds), format->kind) >= 0;
}

/*
 * Lets the format be written, or not. -EBUSY if something is preserved in it,
 * -EOPNOTSUPP if there is nothing to choose.
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

/* Is it among the attributes? */
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

/* Calls @fn for each format until it returns something else than 0. */
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
 * All formats as lines of text, in a page for sysfs. If there are too many the
 * last line is missing, and the reader knows.
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

/* Counts one more of a format, if there is room for it. */
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

/* A line for each format, in a page for sysfs. */
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
 * Makes the directory of formats in @parent, with those that were added before
 * there was any.
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
