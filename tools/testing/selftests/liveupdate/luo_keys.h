/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Many keys of a memcached, over a socket. A failure ends the test.
 */

#ifndef LUO_KEYS_H
#define LUO_KEYS_H

#define NR_KEYS 10000

void keys_set(int fd);
/* Checks that every key exists, and has its value. */
void keys_check(int fd);

#endif /* LUO_KEYS_H */
