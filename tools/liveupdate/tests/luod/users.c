// SPDX-License-Identifier: GPL-2.0
/*
 * Fake users and groups; the lookup of "sick" fails.
 */

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>

struct passwd *getpwnam(const char *name)
{
	static struct passwd vmm = { .pw_name = "vmm", .pw_uid = 7 };

	errno = strcmp(name, "sick") ? 0 : EIO;
	return strcmp(name, vmm.pw_name) ? NULL : &vmm;
}

struct group *getgrnam(const char *name)
{
	static struct group kvm = { .gr_name = "kvm", .gr_gid = 10 };

	errno = strcmp(name, "sick") ? ENOENT : EIO;
	return strcmp(name, kvm.gr_name) ? NULL : &kvm;
}
