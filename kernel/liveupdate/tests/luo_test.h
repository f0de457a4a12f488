/* SPDX-License-Identifier: GPL-2.0 */
/* Interfaces between the files of the module luo_test. */

#ifndef _LINUX_LIVEUPDATE_TESTS_LUO_TEST_H
#define _LINUX_LIVEUPDATE_TESTS_LUO_TEST_H

#include <linux/types.h>

struct dentry;

/* luo_test_control.c */
int luo_test_call(const char *callback, const char *who);
int luo_test_call_nr(const char *callback, u64 value);
void luo_test_control_init(struct dentry *dir);

/* luo_test_record.c */
int luo_test_record(u64 value, u64 *data);
void luo_test_record_update(u64 data, u64 value);
int luo_test_record_read(u64 data, u64 *value);
void luo_test_record_drop(u64 data);
int luo_test_record_finish(u64 data);

/* luo_test_file.c */
int luo_test_file_init(struct dentry *dir);
void luo_test_file_exit(void);

/* luo_test_subsystem.c */
void luo_test_subsystem_init(struct dentry *dir);
void luo_test_subsystem_exit(void);

#endif /* _LINUX_LIVEUPDATE_TESTS_LUO_TEST_H */
