/* SPDX-License-Identifier: GPL-2.0 */
/* Interfaces between the files of the KHO test across several kernels. */

#ifndef _LINUX_LIVEUPDATE_KHO_KEXEC_TEST_H
#define _LINUX_LIVEUPDATE_KHO_KEXEC_TEST_H

#include <linux/types.h>

/* kho_kexec_test.c */
void kho_test_fill(u64 *words, size_t size, u64 seed);
int kho_test_compare(const u64 *words, size_t size, u64 seed);

/* kho_kexec_nodes.c */
int kho_test_nodes_preserve(void);
int kho_test_nodes_restore(void);

/* kho_kexec_damage.c */
int kho_test_damage_nowhere(void);
int kho_test_damage_page(void);
int kho_test_damage_node(void);
int kho_test_damage_overlap(void);

#endif /* _LINUX_LIVEUPDATE_KHO_KEXEC_TEST_H */
