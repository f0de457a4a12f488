// SPDX-License-Identifier: GPL-2.0
/*
 * System calls of luod that libluo does not cover.
 */

#include <errno.h>
#include <sys/reboot.h>

#include "luod.h"

int session_empty(struct luo_session *session)
{
	struct luo_file_list *list;
	uint64_t token;
	size_t i;
	int err;

	err = luo_session_list_files(session, &list);
	if (err)
		return err;
	for (i = 0; !err && i < luo_file_list_count(list); i++) {
		token = luo_file_info_token(luo_file_list_get(list, i));
		err = luo_session_unpreserve_fd(session, token);
	}
	luo_file_list_free(list);
	return err;
}

int kernel_kexec(void)
{
	reboot(RB_KEXEC);
	return -errno;
}
