// SPDX-License-Identifier: GPL-2.0
/*
 * Splitting and parsing lines.
 */

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "suite.h"

#define ID49 "1234567890123456789012345678901234567890123456789"

static enum luod_error parse(const char *line, struct luod_request *request)
{
	return luod_parse(line, strlen(line), request);
}

static void good_lines(void)
{
	struct luod_request r;

	CHECK_EQ(parse("{\"type\":\"SUBSCRIBE\",\"id\":\"vm-1\"}", &r), LUOD_OK);
	CHECK_EQ(r.command, LUOD_SUBSCRIBE);
	CHECK_TEXT(r.id, "vm-1");
	CHECK(!r.has_order);
	CHECK_EQ(parse("{ \"type\":\"SUBSCRIBE\", \"id\" : \"a.b_c-9\" ,\"order\":7,\"new\":[1] }",
		       &r), LUOD_OK);
	CHECK(r.has_order);
	CHECK_EQ(r.order, 7);
	CHECK_EQ(parse("{\"type\":\"VETO\",\"id\":\"x\",\"reason\":\"\\u00e4\"}", &r),
		 LUOD_OK);
	CHECK_TEXT(r.reason, "\xc3\xa4");
	CHECK_EQ(parse(" {\"type\":\"UPDATE\"} \t\r", &r), LUOD_OK);
	CHECK_EQ(r.command, LUOD_UPDATE);
	CHECK_TEXT(r.id, "");
}

static void bad_lines(void)
{
	static const struct {
		const char *line;
		enum luod_error want;
	} bad[] = {
		{ "", LUOD_E_BAD_MESSAGE },
		{ "7", LUOD_E_BAD_MESSAGE },
		{ "null", LUOD_E_BAD_MESSAGE },
		{ "[]", LUOD_E_BAD_MESSAGE },
		{ "{}", LUOD_E_BAD_MESSAGE },
		{ " \r", LUOD_E_BAD_MESSAGE },
		{ "{\"type\":7}", LUOD_E_BAD_MESSAGE },
		{ "{\"type\":\"READY\",\"id\":\"x\"", LUOD_E_BAD_MESSAGE },
		{ "{\"type\":\"READY\",\"id\":\"x\"}}", LUOD_E_BAD_MESSAGE },
		{ "{\"type\":\"READY\",\"id\":\"x\"} {}", LUOD_E_BAD_MESSAGE },
		{ "{'type':'READY','id':'x'}", LUOD_E_BAD_MESSAGE },
		{ "{\"type\":\"READY\",\"id\":7}", LUOD_E_BAD_MESSAGE },
		{ "{\"type\":\"READY\",\"id\":\"a\\u0000b\"}", LUOD_E_BAD_MESSAGE },
		{ "{\"type\":\"STATUS\",\"reason\":\"\xff\"}", LUOD_E_BAD_MESSAGE },
		{ "{\"type\":\"STATUS\",\"a\":[[[[[[1]]]]]]}", LUOD_E_BAD_MESSAGE },
		{ "{\"type\":\"ready\",\"id\":\"x\"}", LUOD_E_UNKNOWN_COMMAND },
		{ "{\"type\":\"JUMP\"}", LUOD_E_UNKNOWN_COMMAND },
		{ "{\"type\":\"READY\"}", LUOD_E_BAD_ID },
		{ "{\"type\":\"READY\",\"id\":\"\"}", LUOD_E_BAD_ID },
		{ "{\"type\":\"READY\",\"id\":\"-x\"}", LUOD_E_BAD_ID },
		{ "{\"type\":\"READY\",\"id\":\"a/b\"}", LUOD_E_BAD_ID },
		{ "{\"type\":\"STATUS\",\"id\":\"a b\"}", LUOD_E_BAD_ID },
		{ "{\"type\":\"READY\",\"id\":\"" ID49 "\"}",
		  LUOD_E_BAD_ID },
		{ "{\"type\":\"SUBSCRIBE\",\"id\":\"x\",\"order\":-1}",
		  LUOD_E_BAD_MESSAGE },
		{ "{\"type\":\"SUBSCRIBE\",\"id\":\"x\",\"order\":1000001}",
		  LUOD_E_BAD_MESSAGE },
		{ "{\"type\":\"SUBSCRIBE\",\"id\":\"x\",\"order\":1.5}",
		  LUOD_E_BAD_MESSAGE },
		{ "{\"type\":\"SUBSCRIBE\",\"id\":\"x\",\"order\":99999999999999999999999}",
		  LUOD_E_BAD_MESSAGE },
	};
	struct luod_request r;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		if (parse(bad[i].line, &r) != bad[i].want)
			fprintf(stderr, "line: %s\n", bad[i].line);
		CHECK_EQ(parse(bad[i].line, &r), bad[i].want);
	}
}

static void longest_id(void)
{
	char id[LUOD_ID_SIZE + 1], name[LUO_SESSION_NAME_SIZE];

	memset(id, 'a', LUOD_ID_SIZE);
	id[LUOD_ID_SIZE] = '\0';
	CHECK(!luod_id_is_valid(id));
	id[LUOD_ID_SIZE - 1] = '\0';
	CHECK(luod_id_is_valid(id));
	client_session_name(id, name);
	CHECK_EQ(strlen(name), strlen(SESSION_PREFIX) + LUOD_ID_SIZE - 1);
}

static void names_are_all_there(void)
{
	int i;

	for (i = 0; i < LUOD_COMMANDS; i++)
		CHECK(luod_command_name(i));
	for (i = 0; i < LUOD_ERRORS; i++)
		CHECK(luod_error_name(i));
	for (i = 0; i < CLIENT_STATES; i++)
		CHECK(client_state_name(i));
	for (i = 0; i < PHASES; i++)
		CHECK(phase_name(i));
}

static void put(struct luod_frame *frame, const char *text, size_t len)
{
	size_t room;
	char *to = luod_frame_room(frame, &room);

	CHECK(len <= room);
	memcpy(to, text, len);
	luod_frame_add(frame, len);
}

static void pieces(void)
{
	static const char text[] = "one\n\nthree\r\nfo";
	struct luod_frame frame = { 0 };
	const char *line;
	size_t i, len;

	for (i = 0; i < sizeof(text) - 1; i++) {
		put(&frame, text + i, 1);
		line = luod_frame_next(&frame, &len);
		CHECK(!line == (text[i] != '\n'));
		if (i == 3)
			CHECK(len == 3 && !memcmp(line, "one", 3));
		if (i == 4)
			CHECK_EQ(len, 0);
	}
	put(&frame, "ur\nfive\nsix", 11);
	line = luod_frame_next(&frame, &len);
	CHECK(len == 4 && !memcmp(line, "four", 4));
	line = luod_frame_next(&frame, &len);
	CHECK(len == 4 && !memcmp(line, "five", 4));
	CHECK(!luod_frame_next(&frame, &len));
	CHECK_EQ(len, 0);
}

static void longest_line(void)
{
	static char text[LUOD_LINE_MAX + 1];
	struct luod_frame frame = { 0 };
	size_t len;

	memset(text, 'x', sizeof(text));
	text[LUOD_LINE_MAX] = '\n';
	put(&frame, text, sizeof(text));
	CHECK(luod_frame_next(&frame, &len));
	CHECK_EQ(len, LUOD_LINE_MAX);
	text[LUOD_LINE_MAX] = 'x';
	put(&frame, text, sizeof(text));
	CHECK(!luod_frame_next(&frame, &len));
	CHECK(len);
}

/* Untrusted text in a log message is escaped, and cannot forge a line. */
static void logged(void)
{
	FILE *before = stderr;
	char *text;
	size_t size;

	stderr = open_memstream(&text, &size);
	CHECK(stderr);
	luod_log("%s by %s", "\x1b[2J\xc2\x9b\xff\n", "vm-a\\");
	fclose(stderr);
	stderr = before;
	CHECK_TEXT(text, "luod: \\x1b[2J\\xc2\\x9b\\xff\\x0a by vm-a\\\n");
	free(text);
}

/* Several lines at once, and one line in pieces, over a connection. */
static void over_a_socket(void)
{
	static struct luod luod;
	static struct end end;

	start(&luod);
	dial(&luod, &end, 0);
	say(&end, "nonsense\n{\"type\":\"SUBSCRIBE\",\"id\":\"a\"}\n{\"type\":\"RE");
	CHECK_TEXT(hear(&luod, &end),
		   "{\"type\":\"ERROR\",\"error\":\"BAD_MESSAGE\"}");
	CHECK_TEXT(hear(&luod, &end),
		   "{\"type\":\"OK\",\"id\":\"a\",\"command\":\"SUBSCRIBE\"}");
	CHECK_TEXT(hear(&luod, &end),
		   "{\"type\":\"ERROR\",\"error\":\"BAD_MESSAGE\"}");
	hang_up(&luod, &end);
	CHECK_EQ(luod.nr_conns, 0);
	stop(&luod);
}

static void line_without_end(void)
{
	static char text[LUOD_LINE_MAX + 2];
	static struct luod luod;
	static struct end end;

	start(&luod);
	dial(&luod, &end, 0);
	memset(text, 'x', sizeof(text) - 1);
	say(&end, text);
	CHECK_TEXT(hear(&luod, &end), "{\"type\":\"ERROR\",\"error\":"
		   "\"BAD_MESSAGE\",\"detail\":\"the line is too long\"}");
	CHECK_EQ(luod.nr_conns, 0);
	hang_up(&luod, &end);
	stop(&luod);
}

/* The reply to the line before is sent after the state file was written. */
static void end_in_one_go(void)
{
	static const char good[] = "{\"type\":\"SUBSCRIBE\",\"id\":\"a\"}\n";
	static char text[LUOD_LINE_MAX + 200];
	static struct luod luod;
	static struct end end;

	start(&luod);
	dial(&luod, &end, 0);
	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, good, sizeof(good) - 1);
	say(&end, text);
	conn_receive(&luod, end.conn);
	conn_receive(&luod, end.conn);
	CHECK(luod.dirty);
	CHECK_EQ(recv(end.fd, text, sizeof(text), MSG_DONTWAIT), -1);
	CHECK(strstr(hear(&luod, &end), "SUBSCRIBE"));
	CHECK(strstr(hear(&luod, &end), "BAD_MESSAGE"));
	CHECK_EQ(luod.nr_conns, 0);
	hang_up(&luod, &end);
	stop(&luod);
}

/* A client that sends requests, but never reads, is disconnected. */
static void does_not_read(void)
{
	static struct luod luod;
	static struct end end;
	int i;

	start(&luod);
	dial(&luod, &end, 0);
	for (i = 0; i < 1000000 && luod.nr_conns; i++) {
		conn_send(end.conn, json_object_new_string("answer"), NULL);
		if (i % 1000 == 0)
			CHECK(!luod_turn(&luod, -1, 0));
	}
	CHECK_EQ(luod.nr_conns, 0);
	hang_up(&luod, &end);
	stop(&luod);
}

/* Clients cannot use up the connections of administrators. */
static void too_many(void)
{
	const struct peer root = { .uid = 0 }, user = { .uid = 7 };
	struct luod luod;

	luod_init(&luod);
	luod.nr_conns = LUOD_CONNS_MAX - LUOD_CONNS_ADMIN - 1;
	CHECK(conn_fits(&luod, &user));
	luod.nr_conns++;
	CHECK(!conn_fits(&luod, &user));
	CHECK(conn_fits(&luod, &root));
	luod.nr_conns = LUOD_CONNS_MAX;
	CHECK(!conn_fits(&luod, &root));
	luod.nr_conns = 0;
	luod_free(&luod);
}

static int listen_somewhere(struct sockaddr_un *addr, socklen_t *len)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	CHECK(fd >= 0);
	/* Autobind: the kernel picks an abstract address. */
	CHECK(!bind(fd, (struct sockaddr *)addr, sizeof(sa_family_t)));
	CHECK(!listen(fd, 8));
	CHECK(!getsockname(fd, (struct sockaddr *)addr, len));
	return fd;
}

/* A connection that cannot be accepted does not make the loop spin. */
static void no_fds(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(addr);
	static struct luod luod;
	struct rlimit limit, none;
	int64_t late;
	struct peer peer;
	int fd;

	start(&luod);
	luod.listen_fd = listen_somewhere(&addr, &len);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(fd >= 0);
	CHECK(!connect(fd, (struct sockaddr *)&addr, len));

	CHECK(!getrlimit(RLIMIT_NOFILE, &limit));
	none = limit;
	none.rlim_cur = fd + 1;
	CHECK(!setrlimit(RLIMIT_NOFILE, &none));
	/* A lack of fds must not look like a process without a cgroup. */
	CHECK_EQ(peer_get(fd, &peer), -EMFILE);
	CHECK(!luod_turn(&luod, -1, PATIENCE_MS));
	CHECK_EQ(luod.nr_conns, 0);
	CHECK(luod.accept_at > luod.now);
	/* The next turn does not poll the socket, and times out. */
	CHECK(!luod_turn(&luod, -1, PATIENCE_MS));
	CHECK(luod.now >= luod.accept_at);
	CHECK_EQ(luod.nr_conns, 0);
	CHECK(!setrlimit(RLIMIT_NOFILE, &limit));

	late = luod_clock() + PATIENCE_MS;
	while (!luod.nr_conns) {
		CHECK(luod_clock() < late);
		CHECK(!luod_turn(&luod, -1, PATIENCE_MS));
	}
	close(fd);
	CHECK(!luod_turn(&luod, -1, PATIENCE_MS));
	CHECK_EQ(luod.nr_conns, 0);
	stop(&luod);
}

const struct test protocol_tests[] = {
	{ "good lines", good_lines },
	{ "bad lines", bad_lines },
	{ "the longest id", longest_id },
	{ "all commands and errors have names", names_are_all_there },
	{ "lines in pieces", pieces },
	{ "the longest line", longest_line },
	{ "lines of a log", logged },
	{ "lines over a socket", over_a_socket },
	{ "a line without end", line_without_end },
	{ "a line without end behind a good one", end_in_one_go },
	{ "too many connections", too_many },
	{ "no fds for a connection", no_fds },
	{ "a client that does not read", does_not_read },
	{ 0 }
};
