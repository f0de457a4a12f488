/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_LINUX_UTSNAME_H
#define _KHO_TEST_LINUX_UTSNAME_H

struct sim_utsname {
	char release[65];
};

static inline const struct sim_utsname *init_utsname(void)
{
	static const struct sim_utsname name = { .release = "6.18.0-test" };

	return &name;
}

#endif /* _KHO_TEST_LINUX_UTSNAME_H */
