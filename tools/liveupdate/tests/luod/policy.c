// SPDX-License-Identifier: GPL-2.0
/*
 * The configuration and its effects.
 */

#include <errno.h>

#include "suite.h"

static int parse(struct policy *policy, const char *text)
{
	char why[256] = "";
	int err = policy_parse(policy, text, strlen(text), why, sizeof(why));

	CHECK(!why[0] == (err != -EINVAL));
	return err;
}

static struct peer peer_of(uid_t uid, gid_t gid, const char *cgroup)
{
	struct peer peer = { .uid = uid, .gid = gid };

	strcpy(peer.cgroup, cgroup);
	return peer;
}

static void nothing_said(void)
{
	const struct peer root = peer_of(0, 0, ""), user = peer_of(7, 8, "/x");
	const struct rule *rule;
	struct policy policy;

	policy_init(&policy);
	CHECK(policy_is_admin(&policy, &root));
	CHECK(!policy_is_admin(&policy, &user));
	CHECK(policy_may_be(&policy, "any", &user, &rule));
	CHECK(!rule);
	CHECK(policy_is_owner(&policy, &user, &root));
	CHECK(!policy_is_owner(&policy, &root, &user));
	CHECK(policy_is_owner(&policy, &user, &user));
}

static void rules(void)
{
	const struct peer vmm = peer_of(7, 8, "/machine.slice/a.scope");
	const struct peer other = peer_of(7, 8, "/user.slice");
	const struct peer cache = peer_of(9, 10, "");
	const struct peer root = peer_of(0, 0, "");
	const struct rule *rule;
	struct policy policy;

	policy_init(&policy);
	CHECK_EQ(parse(&policy,
		       "{\"timeout\": 5, \"grace\": 6, \"admin_gid\": 10,"
		       " \"clients\": ["
		       "  {\"id\": \"vm-*\", \"uid\": 7, \"cgroup\": \"/machine.slice/*\","
		       "   \"order\": 3, \"timeout\": 0},"
		       "  {\"id\": \"cache\", \"gid\": 10}]}"), 0);
	CHECK_EQ(policy.timeout_ms, 5000);
	CHECK_EQ(policy.grace_ms, 6000);
	CHECK(policy_is_admin(&policy, &cache));
	CHECK(policy_may_be(&policy, "vm-1", &vmm, &rule));
	CHECK_EQ(rule->order, 3);
	CHECK_EQ(rule->timeout_ms, 0);
	CHECK(!policy_may_be(&policy, "vm1", &vmm, &rule));
	CHECK(!policy_may_be(&policy, "vm-1", &other, &rule));
	CHECK(!policy_may_be(&policy, "vm-1", &cache, &rule));
	CHECK(policy_may_be(&policy, "cache", &cache, &rule));
	CHECK_EQ(rule->order, -1);
	CHECK(!policy_may_be(&policy, "cache", &vmm, &rule));
	CHECK(policy_may_be(&policy, "whatever", &root, &rule));
	CHECK(!rule);
	/* An empty array allows root only. */
	CHECK_EQ(parse(&policy, "{\"clients\": []}"), 0);
	CHECK_EQ(policy.timeout_ms, 30000);
	CHECK(!policy_may_be(&policy, "cache", &cache, &rule));
	policy_free(&policy);
}

/* A configuration that is rejected does not change the current one. */
static void bad_ones(void)
{
	static const char * const bad[] = {
		"", "{", "[]", "7",
		"{\"timeout\": -1}", "{\"timeout\": \"7\"}",
		"{\"timeout\": 1.5}", "{\"timeout\": 86401}",
		"{\"timeouts\": 1}", "{\"clients\": {}}", "{\"clients\": [7]}",
		"{\"clients\": [{}]}", "{\"clients\": [{\"id\": 7}]}",
		"{\"clients\": [{\"id\": \"a\", \"user\": 7}]}",
		"{\"clients\": [{\"id\": \"a\", \"uid\": \"root\"}]}",
		"{\"clients\": [{\"id\": \"a\", \"uid\": 4294967295}]}",
		"{\"clients\": [{\"id\": \"a\"}, {\"uid\": 1}]}",
	};
	struct policy policy;
	size_t i;

	policy_init(&policy);
	CHECK_EQ(parse(&policy, "{\"timeout\": 7, /* why */ \"clients\": [{\"id\": \"a\"}]}"),
		 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(parse(&policy, bad[i]), -EINVAL);
	CHECK_EQ(policy.timeout_ms, 7000);
	CHECK_EQ(policy.nr, 1);
	policy_free(&policy);
}

static void names(void)
{
	const struct peer vmm = peer_of(7, 8, ""), other = peer_of(8, 10, "");
	const struct rule *rule;
	struct policy policy;

	policy_init(&policy);
	CHECK_EQ(parse(&policy,
		       "{\"admin_gid\": \"kvm\", \"clients\": ["
		       "  {\"id\": \"a\", \"uid\": \"vmm\"},"
		       "  {\"id\": \"b\", \"gid\": \"kvm\"}]}"), 0);
	CHECK_EQ(policy.admin_gid, 10);
	CHECK(policy_may_be(&policy, "a", &vmm, &rule));
	CHECK(!policy_may_be(&policy, "a", &other, &rule));
	CHECK(policy_may_be(&policy, "b", &other, &rule));
	CHECK(!policy_may_be(&policy, "b", &vmm, &rule));
	policy_free(&policy);
}

/* Unresolved names are ignored if luod restarts while it has clients. */
static void names_forgotten(void)
{
	const struct peer vmm = peer_of(7, 10, ""), root = peer_of(0, 0, "");
	const struct rule *rule;
	struct policy policy;

	policy_init(&policy);
	policy.forgiving = true;
	CHECK_EQ(parse(&policy,
		       "{\"admin_gid\": \"sick\", \"clients\": ["
		       "  {\"id\": \"a\", \"uid\": \"gone\"},"
		       "  {\"id\": \"b\", \"gid\": \"sick\"},"
		       "  {\"id\": \"c\", \"uid\": \"vmm\"}]}"), 0);
	CHECK(!policy_is_admin(&policy, &vmm));
	CHECK(policy_is_admin(&policy, &root));
	CHECK(!policy_may_be(&policy, "a", &vmm, &rule));
	CHECK(!policy_may_be(&policy, "b", &vmm, &rule));
	CHECK(policy_may_be(&policy, "c", &vmm, &rule));
	/* Other errors are still fatal. */
	CHECK_EQ(parse(&policy, "{\"clients\": [{\"id\": 7}]}"), -EINVAL);
	CHECK_EQ(policy.nr, 3);
	policy_free(&policy);
}

/* Error messages name the right line, and tell users from groups. */
static void names_of_nobody(void)
{
	static const struct {
		const char *text;
		const char *why;
	} bad[] = {
		{ "{\"admin_gid\":\"vmm\"}",
		  "line 1: \"admin_gid\": there is no group \"vmm\"" },
		{ "{\n\"clients\": [\n {\"id\": \"kvm\", \"uid\": \"vmm\"},\n"
		  " {\"id\": \"x\",\n  \"uid\" :\t\"kvm\"}]}",
		  "line 5: \"uid\": there is no user \"kvm\"" },
		{ "{\n\"admin_gid\": \"sick\"}",
		  "line 2: \"admin_gid\": the group \"sick\" cannot be looked up: "
		  "Input/output error" },
		{ "{\"clients\": [{\"id\": \"x\",\n \"uid\": \"sick\"}]}",
		  "line 2: \"uid\": the user \"sick\" cannot be looked up: Input/output error" },
		{ "{\"clients\": [{\"id\": \"x\", \"uid\": \"vmm\\u0000\"}]}",
		  "\"uid\" is neither a number nor a name" },
		{ "{\"clients\": [{\"id\": \"x\", \"uid\": \"\"}]}",
		  "line 1: \"uid\": there is no user \"\"" },
		{ "{\n\"timeout\": 7\n\"grace\": 7}\n", "line 3: invalid JSON" },
	};
	struct policy policy;
	char why[128];
	size_t i;

	policy_init(&policy);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		CHECK_EQ(policy_parse(&policy, bad[i].text, strlen(bad[i].text),
				      why, sizeof(why)), -EINVAL);
		CHECK_TEXT(why, bad[i].why);
	}
	policy_free(&policy);
}

static void cgroups(void)
{
	static char path[CGROUP_SIZE + 10];
	char cgroup[CGROUP_SIZE];

	peer_parse_cgroup("0::/a.slice/b\n", cgroup);
	CHECK_TEXT(cgroup, "/a.slice/b");
	peer_parse_cgroup("12:cpu:/x\n1:name=systemd:/y\n0::/z\n", cgroup);
	CHECK_TEXT(cgroup, "/z");
	peer_parse_cgroup("12:cpu:/x\n", cgroup);
	CHECK_TEXT(cgroup, "");
	peer_parse_cgroup("", cgroup);
	CHECK_TEXT(cgroup, "");
	peer_parse_cgroup("0::/", cgroup);
	CHECK_TEXT(cgroup, "/");
	peer_parse_cgroup("0::/a\\x2d.slice/~ \"\n", cgroup);
	CHECK_TEXT(cgroup, "/a\\x2d.slice/~ \"");
	peer_parse_cgroup("0::/a\x1b\n", cgroup);
	CHECK_TEXT(cgroup, "");
	peer_parse_cgroup("0::/\xc3\xa4\n", cgroup);
	CHECK_TEXT(cgroup, "");
	memset(path, 'x', sizeof(path) - 1);
	memcpy(path, "0::", 3);
	peer_parse_cgroup(path, cgroup);
	CHECK_TEXT(cgroup, "");
}

const struct test policy_tests[] = {
	{ "no configuration", nothing_said },
	{ "rules", rules },
	{ "invalid configurations", bad_ones },
	{ "names", names },
	{ "names that are not resolved any more", names_forgotten },
	{ "names that do not exist", names_of_nobody },
	{ "cgroups", cgroups },
	{ 0 }
};
