/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Formats of handed-over data.
 */

#ifndef _LINUX_LIVEUPDATE_LUO_FORMAT_H
#define _LINUX_LIVEUPDATE_LUO_FORMAT_H

#include <linux/init.h>
#include <linux/kho/abi/luo.h>
#include <linux/liveupdate_format.h>
#include <linux/types.h>

/**
 * struct luo_tally - number of files per format
 * @count: number of entries in use
 * @entry: names and numbers, in order of first occurrence
 */
struct luo_tally {
	unsigned int count;
	struct {
		char name[LUO_FORMAT_SIZE];
		unsigned long nr;
	} entry[32];
};

/* luo_format.c */
bool luo_format_is_valid(const struct liveupdate_format *format);
bool luo_format_reads(const struct liveupdate_format *format);
bool luo_format_writes(const struct liveupdate_format *format);
int luo_format_add(struct liveupdate_format *format);
void luo_format_remove(struct liveupdate_format *format);
bool luo_format_use(struct liveupdate_format *format);
void luo_format_unuse(struct liveupdate_format *format);
bool luo_format_is_on(const struct liveupdate_format *format);
unsigned long luo_format_in_use(const struct liveupdate_format *format);
int luo_format_switch(struct liveupdate_format *format, bool on);
bool luo_format_has(const struct liveupdate_format *format, const char *attr);
int luo_format_for_each(int (*fn)(const struct liveupdate_format *format,
				  void *arg), void *arg);
int luo_format_show(char *buf);
void luo_tally_add(struct luo_tally *tally, const char *name);
int luo_tally_show(const struct luo_tally *tally, char *buf);
int __init luo_format_show_all(struct kobject *parent);

/* luo_format_core.c */
int __init luo_format_init(void);

/* luo_format_sysfs.c */
int luo_format_sysfs_add(struct liveupdate_format *format);
void luo_format_sysfs_remove(struct liveupdate_format *format);
int __init luo_format_sysfs_init(struct kobject *parent);

#endif /* _LINUX_LIVEUPDATE_LUO_FORMAT_H */
