// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzes the parsers of luod: the byte stream of clients, split into pieces of
 * any size, the state file of the previous kernel, and the configuration. The
 * first byte selects one.
 */

#include "suite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Checks what the rest of luod relies on. */
static void check_request(const struct luod_request *request)
{
	CHECK(request->command >= 0 && request->command < LUOD_COMMANDS);
	CHECK(!request->id[0] || luod_id_is_valid(request->id));
	CHECK(strlen(request->id) < LUOD_ID_SIZE);
	CHECK(strlen(request->reason) < LUOD_REASON_SIZE);
	CHECK(request->order >= 0 && request->order <= LUOD_ORDER_MAX);
}

static void feed_lines(const uint8_t *data, size_t size)
{
	struct luod_frame frame = { 0 };
	struct luod_request request;
	size_t room, len, step;
	const char *line;
	char *buf;

	step = size ? data[0] % 64 + 1 : 1;
	while (size) {
		buf = luod_frame_room(&frame, &room);
		len = step < size ? step : size;
		len = len < room ? len : room;
		memcpy(buf, data, len);
		luod_frame_add(&frame, len);
		data += len;
		size -= len;
		while ((line = luod_frame_next(&frame, &len))) {
			CHECK(!memchr(line, '\n', len));
			if (luod_parse(line, len, &request) == LUOD_OK)
				check_request(&request);
		}
		if (len)
			return;
	}
}

/* A state that was accepted can be encoded and decoded again. */
static void feed_state(const char *text, size_t size)
{
	static struct luod luod, copy;
	struct json_object *object;
	const char *again;

	luod_init(&luod);
	luod_init(&copy);
	if (!state_decode(&luod, text, size)) {
		object = state_encode(&luod);
		again = json_object_to_json_string(object);
		CHECK_EQ(state_decode(&copy, again, strlen(again)), 0);
		CHECK_EQ(copy.nr_clients, luod.nr_clients);
		json_object_put(object);
	}
	luod_free(&luod);
	luod_free(&copy);
}

static void feed_policy(const char *text, size_t size)
{
	const struct peer peer = { .uid = 7 };
	const struct rule *rule;
	struct policy policy;
	char why[128];

	policy_init(&policy);
	if (!policy_parse(&policy, text, size, why, sizeof(why)))
		policy_may_be(&policy, "client", &peer, &rule);
	policy_free(&policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char cgroup[CGROUP_SIZE], *text;

	if (!size)
		return 0;
	/* A buffer of the exact size, so that ASan detects reads beyond it. */
	text = malloc(size);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	switch (data[0] % 4) {
	case 0:
		feed_lines(data + 1, size - 1);
		break;
	case 1:
		feed_state(text, size - 1);
		break;
	case 2:
		feed_policy(text, size - 1);
		break;
	default:
		peer_parse_cgroup(text, cgroup);
		CHECK(strlen(cgroup) < CGROUP_SIZE);
	}
	free(text);
	return 0;
}
