// SPDX-License-Identifier: GPL-2.0
/*
 * Look up names of users and groups.
 */

#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include "luod.h"

/* getpwnam(3) reports a missing name in one of these ways. */
static int not_found(int err)
{
	switch (err) {
	case 0:
	case ENOENT:
	case ESRCH:
	case EBADF:
	case EPERM:
		return -ENOENT;
	default:
		return -err;
	}
}

int name_find_user(const char *name, int64_t *uid)
{
	const struct passwd *user;

	errno = 0;
	user = getpwnam(name);
	if (!user)
		return not_found(errno);
	*uid = user->pw_uid;
	return 0;
}

int name_find_group(const char *name, int64_t *gid)
{
	const struct group *group;

	errno = 0;
	group = getgrnam(name);
	if (!group)
		return not_found(errno);
	*gid = group->gr_gid;
	return 0;
}
