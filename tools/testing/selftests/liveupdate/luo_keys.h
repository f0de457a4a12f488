/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Many keys of a memcached at the other end of a socket. What fails ends the test.
 */

#ifndef LUO_KEYS_H
#define LUO_KEYS_H

#define NR_KEYS 10000

void keys_set(int fd);
/* Every key is there, and has its value. */
void keys_check(int fd);

#endif /* LUO_KEYS_H */
