// SPDX-License-Identifier: GPL-2.0
/*
 * Lists of sessions and of files, which the kernel returns in several pieces.
 */

#include <errno.h>
#include <linux/liveupdate.h>
#include <string.h>

#include "fake.h"
#include "libluo.h"
#include "test.h"

#define MANY 1000

/* Number of entries, number of entries per call, index of the failing call. */
static unsigned int total, piece, fail_at;

static int list_sessions(unsigned long cmd, void *arg)
{
	struct liveupdate_ioctl_list_sessions *list = arg;
	struct liveupdate_session_info *info;
	unsigned int n = 0;

	CHECK_EQ(cmd, LIVEUPDATE_IOCTL_LIST_SESSIONS);
	CHECK_EQ(list->size, sizeof(*list));
	CHECK_EQ(list->entry_size, sizeof(*info));
	CHECK_EQ(list->flags, LIVEUPDATE_LIST_INCOMING);
	if (fail_at && list->cursor >= fail_at)
		return -EINTR;
	info = (void *)(uintptr_t)list->buffer;
	for (; n < piece && n < list->count && list->cursor < total; n++) {
		memset(info, 0, sizeof(*info));
		snprintf((char *)info->name, sizeof(info->name), "s%u",
			 (unsigned int)list->cursor);
		info->state = LIVEUPDATE_STATE_UPDATED;
		info->flags = list->cursor & 7;
		info->files = list->cursor + 1;
		info->bytes = list->cursor << 32;
		info->retrieved = list->cursor;
		list->cursor++;
		info++;
	}
	list->count = n;
	return 0;
}

static void check_session(const struct luo_session_info *info, unsigned int i)
{
	char name[LUO_SESSION_NAME_SIZE];
	const int in = i & LIVEUPDATE_SESSION_INCOMING;

	snprintf(name, sizeof(name), "s%u", i);
	CHECK(!strcmp(luo_session_info_name(info), name));
	CHECK_EQ(luo_session_info_state(info), LUO_STATE_UPDATED);
	CHECK_EQ(luo_session_info_is_incoming(info), !!in);
	CHECK_EQ(luo_session_info_is_held(info),
		 !in || (i & LIVEUPDATE_SESSION_HELD));
	CHECK_EQ(luo_session_info_is_damaged(info),
		 !!(i & LIVEUPDATE_SESSION_DAMAGED));
	CHECK_EQ(luo_session_info_files(info), i + 1);
	CHECK_EQ(luo_session_info_bytes(info), (uint64_t)i << 32);
	CHECK_EQ(luo_session_info_retrieved(info), i);
}

static void sessions(void)
{
	static const unsigned int pieces[] = { 1, 63, 64, 65, MANY };
	struct luo_session_list *list;
	struct luo_device *device;
	unsigned int p, i;

	fake_reset(list_sessions);
	fail_at = 0;
	CHECK_EQ(luo_device_open(&device, LUO_OPEN_QUERY), 0);
	for (p = 0; p < ARRAY_SIZE(pieces); p++) {
		piece = pieces[p];
		for (total = 0; total <= MANY; total += 200) {
			CHECK_EQ(luo_device_list_sessions(device,
							  LUO_LIST_INCOMING,
							  &list), 0);
			CHECK_EQ(luo_session_list_count(list), total);
			for (i = 0; i < total; i++)
				check_session(luo_session_list_get(list, i), i);
			CHECK(!luo_session_list_get(list, total));
			luo_session_list_free(list);
		}
	}
	luo_session_list_free(NULL);
	luo_device_close(device);
}

static void session_list_fails(void)
{
	struct luo_session_list *list = (void *)&total;
	struct luo_device *device;

	fake_reset(list_sessions);
	CHECK_EQ(luo_device_open(&device, LUO_OPEN_QUERY), 0);
	total = MANY;
	piece = 100;
	fail_at = 300;
	CHECK_EQ(luo_device_list_sessions(device, LUO_LIST_INCOMING, &list),
		 -EINTR);
	CHECK(list == (void *)&total);
	luo_device_close(device);
}

/* Tokens are 0, 3, 6 and so on, and the highest possible one. */
static int list_files(unsigned long cmd, void *arg)
{
	struct liveupdate_session_list_fds *list = arg;
	struct liveupdate_session_get_state *state = arg;
	struct liveupdate_file_info *info;
	unsigned int n = 0;
	uint64_t token;

	if (cmd == LIVEUPDATE_SESSION_GET_NAME)
		return 0;
	if (cmd == LIVEUPDATE_SESSION_GET_STATE) {
		state->state = LIVEUPDATE_STATE_UPDATED;
		state->flags = LIVEUPDATE_SESSION_INCOMING;
		state->files = total;
		state->bytes = 5;
		return 0;
	}
	CHECK_EQ(cmd, LIVEUPDATE_SESSION_LIST_FDS);
	CHECK_EQ(list->size, sizeof(*list));
	CHECK_EQ(list->entry_size, sizeof(*info));
	CHECK_EQ(list->flags, 0);
	info = (void *)(uintptr_t)list->buffer;
	for (token = list->cursor; n < piece && n < list->count; n++) {
		token = (token + 2) / 3 * 3;
		if (token / 3 + 1 >= total)
			token = UINT64_MAX;
		memset(info, 0, sizeof(*info));
		info->token = token;
		info->bytes = 4096;
		info->flags = token & LIVEUPDATE_FILE_OPEN;
		memcpy(info->format, "memfd-v2", 9);
		info++;
		if (!++token) {
			n++;
			break;
		}
	}
	list->cursor = token;
	list->count = n;
	return 0;
}

static void check_files(struct luo_session *session)
{
	const struct luo_file_info *info;
	struct luo_file_list *list;
	unsigned int i;
	uint64_t token;

	CHECK_EQ(luo_session_list_files(session, &list), 0);
	CHECK_EQ(luo_file_list_count(list), total);
	for (i = 0; i < total; i++) {
		info = luo_file_list_get(list, i);
		token = i + 1 == total ? UINT64_MAX : i * 3;
		CHECK(luo_file_info_token(info) == token);
		CHECK_EQ(luo_file_info_is_open(info), token & 1);
		CHECK_EQ(luo_file_info_bytes(info), 4096);
		CHECK(!strcmp(luo_file_info_format(info), "memfd-v2"));
	}
	CHECK(!luo_file_list_get(list, total));
	luo_file_list_free(list);
}

static void files(void)
{
	static const unsigned int pieces[] = { 1, 63, 64, MANY };
	struct luo_session *session;
	unsigned int p;

	fake_reset(list_files);
	CHECK_EQ(luo_session_from_fd(&session, fake_fd()), 0);
	for (p = 0; p < ARRAY_SIZE(pieces); p++) {
		piece = pieces[p];
		for (total = 1; total <= MANY; total += 111)
			check_files(session);
	}
	luo_file_list_free(NULL);
	luo_session_close(session);
}

static void info_of_one(void)
{
	struct luo_session_info *info;
	struct luo_session *session;

	fake_reset(list_files);
	total = 9;
	piece = MANY;
	CHECK_EQ(luo_session_from_fd(&session, fake_fd()), 0);
	CHECK_EQ(luo_session_get_info(session, &info), 0);
	CHECK_EQ(luo_session_info_state(info), LUO_STATE_UPDATED);
	CHECK(luo_session_info_is_incoming(info));
	CHECK_EQ(luo_session_info_files(info), 9);
	CHECK_EQ(luo_session_info_bytes(info), 5);
	/* Tokens 3, 9, 15, 21, and the highest one. */
	CHECK_EQ(luo_session_info_retrieved(info), 5);
	luo_session_info_free(info);
	luo_session_info_free(NULL);
	luo_session_close(session);
}

const struct test list_tests[] = {
	{ "sessions in pieces of any size", sessions },
	{ "a list that fails in the middle", session_list_fails },
	{ "files up to the highest token", files },
	{ "properties of one session", info_of_one },
	{ NULL, NULL },
};
