// SPDX-License-Identifier: GPL-2.0
/*
 * Encoding and decoding the registry.
 */

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"

#define CLIENT(id, rest) \
	"{\"id\":\"" id "\",\"state\":\"ready\",\"order\":1,\"timeout_ms\":2," \
	"\"uid\":3,\"gid\":4,\"cgroup\":\"/c\",\"shared\":1" rest "}"
#define STATE(clients) \
	"{\"version\":1,\"phase\":\"complete\",\"order\":1,\"clients\":[" clients "]}"

static int decode(struct luod *luod, const char *text)
{
	return state_decode(luod, text, strlen(text));
}

static void there_and_back(void)
{
	static struct luod luod, copy;
	struct json_object *object;
	struct client *client;
	const char *text;

	start(&luod);
	luod_init(&copy);
	client = client_add(&luod, "b", 5);
	client->state = CLIENT_READY;
	client->owner.uid = 4294967294u;
	client->shared = true;
	strcpy(client->owner.cgroup, "/\"\\\n");
	CHECK(client_add(&luod, "a", 7));
	CHECK(client_add(&luod, "c", 5));
	luod.phase = PHASE_PRESERVING;
	luod.order = 5;
	object = state_encode(&luod);
	text = json_object_to_json_string(object);
	CHECK_EQ(decode(&copy, text), 0);
	CHECK_EQ(copy.phase, PHASE_PRESERVING);
	CHECK_EQ(copy.order, 5);
	CHECK_EQ(copy.nr_clients, 3);
	client = TAILQ_FIRST(&copy.clients);
	CHECK_TEXT(client->id, "b");
	CHECK_EQ(client->state, CLIENT_READY);
	CHECK_EQ(client->owner.uid, 4294967294u);
	CHECK(client->shared);
	CHECK_TEXT(client->owner.cgroup, "/\"\\\n");
	client = TAILQ_NEXT(client, node);
	CHECK_TEXT(client->id, "c");
	CHECK_EQ(client->state, CLIENT_SUBSCRIBED);
	CHECK_TEXT(TAILQ_NEXT(client, node)->id, "a");
	json_object_put(object);
	luod_free(&copy);
	stop(&luod);
}

static void damaged(void)
{
	static const char * const bad[] = {
		"", "{}", "[]", "null", STATE("") "x", "{" STATE(""),
		"{\"version\":2,\"phase\":\"idle\",\"order\":0,\"clients\":[]}",
		"{\"version\":1,\"phase\":\"other\",\"order\":0,\"clients\":[]}",
		"{\"version\":1,\"phase\":\"idle\",\"order\":-1,\"clients\":[]}",
		"{\"version\":1,\"phase\":\"idle\",\"order\":0,\"clients\":{}}",
		"{\"version\":1,\"phase\":\"idle\",\"order\":0}",
		STATE("7"), STATE("{}"), STATE(CLIENT("a", "") ",{}"),
		STATE(CLIENT("a", "") "," CLIENT("a", "")),
		STATE(CLIENT("", "")), STATE(CLIENT("../x", "")),
		STATE(CLIENT("a", ",\"state\":\"dead\"")),
		STATE(CLIENT("a", ",\"order\":1000001")),
		STATE(CLIENT("a", ",\"uid\":4294967296")),
		STATE(CLIENT("a", ",\"gid\":-1")),
		STATE(CLIENT("a", ",\"timeout_ms\":4294967296")),
		STATE(CLIENT("a", ",\"shared\":2")),
		STATE(CLIENT("a", ",\"cgroup\":\"\\u0000\"")),
	};
	static struct luod luod;
	size_t i;

	luod_init(&luod);
	CHECK_EQ(decode(&luod, STATE(CLIENT("a", "") "," CLIENT("b", ""))), 0);
	CHECK_EQ(luod.nr_clients, 2);
	luod_free(&luod);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		luod_init(&luod);
		CHECK_EQ(decode(&luod, bad[i]), -EBADMSG);
		CHECK_EQ(luod.nr_clients, 0);
		CHECK_EQ(luod.phase, PHASE_IDLE);
	}
}

static void too_many(void)
{
	static char text[LUOD_CLIENTS_MAX * 200 + 1000];
	static struct luod luod;
	size_t used, i;

	for (i = LUOD_CLIENTS_MAX; i <= LUOD_CLIENTS_MAX + 1; i++) {
		size_t n;

		used = sprintf(text, "{\"version\":1,\"phase\":\"idle\",\"order\":0,\"clients\":[");
		for (n = 0; n < i; n++)
			used += sprintf(text + used, "%s" CLIENT("c%zu", ""),
					n ? "," : "", n);
		strcpy(text + used, "]}");
		luod_init(&luod);
		CHECK_EQ(decode(&luod, text),
			 i == LUOD_CLIENTS_MAX ? 0 : -EBADMSG);
		luod_free(&luod);
	}
}

static void check_file(int fd, const char *want)
{
	char *text;
	size_t len;

	CHECK_EQ(statefile_read(fd, &text, &len), 0);
	CHECK_EQ(len, strlen(want));
	CHECK_TEXT(text, want);
	free(text);
}

static void files(void)
{
	int fd = statefile_make();
	size_t len;
	char *text;

	CHECK(fd >= 0);
	CHECK_EQ(statefile_read(fd, &text, &len), -EBADMSG);
	CHECK_EQ(statefile_write(fd, "first", 5), 0);
	check_file(fd, "first");
	CHECK_EQ(statefile_write(fd, "2", 1), 0);
	check_file(fd, "2");
	CHECK_EQ(statefile_write(fd, "third", 5), 0);
	check_file(fd, "third");
	CHECK_EQ(statefile_write(fd, "", STATE_SLOT_SIZE + 1), -E2BIG);
	check_file(fd, "third");
	close(fd);
}

/* luod is killed before the header is written: the old text is valid. */
static void torn(void)
{
	char header[64], text[64];
	int fd = statefile_make();

	CHECK_EQ(statefile_write(fd, "old", 3), 0);
	CHECK_EQ(pread(fd, header, sizeof(header), 0), sizeof(header));
	CHECK_EQ(statefile_write(fd, "newer", 5), 0);
	CHECK_EQ(pwrite(fd, header, sizeof(header), 0), sizeof(header));
	check_file(fd, "old");
	CHECK_EQ(statefile_write(fd, "newest", 6), 0);
	memset(text, 0, sizeof(text));
	check_file(fd, "newest");
	close(fd);
}

/* Each byte of the header is set to any value. */
static void damaged_file(void)
{
	int fd = statefile_make(), byte, err;
	unsigned char good, bad;
	char *text;
	size_t len;

	CHECK_EQ(statefile_write(fd, "text", 4), 0);
	for (byte = 0; byte < 24; byte++) {
		CHECK_EQ(pread(fd, &good, 1, byte), 1);
		bad = good ^ 0x80;
		CHECK_EQ(pwrite(fd, &bad, 1, byte), 1);
		err = statefile_read(fd, &text, &len);
		/* A wrong length within the file cannot be detected. */
		CHECK(err == -EBADMSG || (byte >= 16 && !err));
		if (!err)
			free(text);
		CHECK_EQ(pwrite(fd, &good, 1, byte), 1);
	}
	check_file(fd, "text");
	CHECK_EQ(ftruncate(fd, 4096), 0);
	CHECK_EQ(statefile_read(fd, &text, &len), -EBADMSG);
	close(fd);
}

/* The maximum number of clients, with fields of maximum length. */
static void largest(void)
{
	static struct luod luod, copy;
	char id[LUOD_ID_SIZE], *text;
	struct client *client;
	size_t len;
	int i;

	start(&luod);
	luod_init(&copy);
	for (i = 0; i < LUOD_CLIENTS_MAX; i++) {
		snprintf(id, sizeof(id), "%048d", i);
		client = client_add(&luod, id, LUOD_ORDER_MAX);
		client->state = CLIENT_PRESERVING;
		client->timeout_ms = INT32_MAX;
		client->owner.uid = UINT32_MAX;
		client->owner.gid = UINT32_MAX;
		memset(client->owner.cgroup, '\\', CGROUP_SIZE - 1);
	}
	luod_commit(&luod);
	CHECK(!luod.dirty);
	CHECK_EQ(statefile_read(luod.state_fd, &text, &len), 0);
	CHECK(len < LUOD_OUTPUT_MAX - 65536);
	CHECK_EQ(state_decode(&copy, text, len), 0);
	CHECK_EQ(copy.nr_clients, LUOD_CLIENTS_MAX);
	free(text);
	luod_free(&copy);
	stop(&luod);
}

const struct test state_tests[] = {
	{ "the registry there and back", there_and_back },
	{ "a damaged registry", damaged },
	{ "too many clients", too_many },
	{ "files", files },
	{ "a file that was not written to the end", torn },
	{ "a damaged file", damaged_file },
	{ "the largest", largest },
	{ 0 }
};
