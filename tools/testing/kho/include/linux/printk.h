/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_LINUX_PRINTK_H
#define _KHO_TEST_LINUX_PRINTK_H

#define pr_info(fmt, ...)	sim_printk(fmt, ##__VA_ARGS__)
#define pr_warn(fmt, ...)	sim_printk(fmt, ##__VA_ARGS__)
#define pr_err(fmt, ...)	sim_printk(fmt, ##__VA_ARGS__)

/* Prints into a buffer, so that ASan sees reads of the arguments. */
void sim_printk(const char *fmt, ...);

#endif /* _KHO_TEST_LINUX_PRINTK_H */
