// SPDX-License-Identifier: GPL-2.0
/*
 * The configuration: which peer may be which client, and timeouts. See
 * luod.conf(5).
 */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "luod.h"

#define CONFIG_MAX	1048576L
#define DEPTH_MAX	8
#define SECONDS_MAX	86400
#define RULES_MAX	1024

#define TIMEOUT_MS	30000
#define GRACE_MS	60000

/* Context of an error message: @text is the configuration. */
struct complaint {
	char *why;
	size_t size;
	const char *text;
	size_t len;
	bool forgiving;
};

static LUOD_PRINTF(2, 3) int complain(const struct complaint *complaint,
				      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(complaint->why, complaint->size, format, args);
	va_end(args);
	return -EINVAL;
}

static size_t line_at(const struct complaint *complaint, size_t at)
{
	size_t line = 1, i;

	for (i = 0; i < at && i < complaint->len; i++)
		line += complaint->text[i] == '\n';
	return line;
}

/* Skips the quoted @word and spaces around it; NULL if @p is something else. */
static const char *skip(const char *p, const char *end, const char *word)
{
	const size_t len = strlen(word);

	while (p < end && isspace(*p))
		p++;
	if ((size_t)(end - p) < len + 2 || p[0] != '"' ||
	    memcmp(p + 1, word, len) || p[len + 1] != '"')
		return NULL;
	for (p += len + 2; p < end && isspace(*p); p++)
		;
	return p;
}

/*
 * The line where @key has the string @value, which json-c does not report. It
 * is the first match, as parsing stops at the first error.
 */
static size_t line_of(const struct complaint *complaint, const char *key,
		      const char *value)
{
	const char *end = complaint->text + complaint->len, *p, *colon;

	for (p = complaint->text; p < end; p++) {
		colon = *p == '"' ? skip(p, end, key) : NULL;
		if (colon && colon < end && *colon == ':' &&
		    skip(colon + 1, end, value))
			break;
	}
	return line_at(complaint, p - complaint->text);
}

void policy_init(struct policy *policy)
{
	*policy = (struct policy) {
		.admin_gid = NOBODY,
		.timeout_ms = TIMEOUT_MS,
		.grace_ms = GRACE_MS,
	};
}

static int get_number(struct json_object *value, const char *key, int64_t max,
		      int64_t *number, const struct complaint *complaint)
{
	int64_t n = json_object_get_int64(value);

	if (!json_object_is_type(value, json_type_int) || n < 0 || n > max)
		return complain(complaint, "\"%s\" is not a number from 0 to %lld",
				key, (long long)max);
	*number = n;
	return 0;
}

static int complain_of_name(const char *key, const char *name, int err,
			    const struct complaint *complaint)
{
	const char *kind = !strcmp(key, "uid") ? "user" : "group";

	if (err == -ENOENT)
		return complain(complaint, "line %zu: \"%s\": there is no %s \"%s\"",
				line_of(complaint, key, name), key, kind, name);
	return complain(complaint, "line %zu: \"%s\": the %s \"%s\" cannot be looked up: %s",
			line_of(complaint, key, name), key, kind, name,
			strerror(-err));
}

static int find_name(const char *key, const char *name, int64_t *id,
		     const struct complaint *complaint)
{
	int err = !strcmp(key, "uid") ? name_find_user(name, id) :
					name_find_group(name, id);

	if (!err)
		return 0;
	err = complain_of_name(key, name, err, complaint);
	if (!complaint->forgiving)
		return err;
	luod_log("%s; the name is ignored until the next start",
		 complaint->why);
	complaint->why[0] = '\0';
	*id = NOBODY;
	return 0;
}

/* A number, or the name of a user or a group. */
static int get_id(struct json_object *value, const char *key, int64_t *id,
		  const struct complaint *complaint)
{
	const char *name;

	if (!json_object_is_type(value, json_type_string))
		return get_number(value, key, UINT32_MAX - 1, id, complaint);
	name = json_object_get_string(value);
	if (strlen(name) != (size_t)json_object_get_string_len(value))
		return complain(complaint,
				"\"%s\" is neither a number nor a name",
				key);
	return find_name(key, name, id, complaint);
}

static int get_int(struct json_object *value, const char *key, int max,
		   int scale, int *number, const struct complaint *complaint)
{
	int64_t n = 0;
	int err = get_number(value, key, max, &n, complaint);

	if (!err)
		*number = n * scale;
	return err;
}

static int get_text(struct json_object *value, const char *key, char **text,
		    const struct complaint *complaint)
{
	if (!json_object_is_type(value, json_type_string) || *text)
		return complain(complaint, "\"%s\" is not a string", key);
	*text = strdup(json_object_get_string(value));
	return *text ? 0 : -ENOMEM;
}

static int rule_key(struct rule *rule, const char *key,
		    struct json_object *value, const struct complaint *c)
{
	if (!strcmp(key, "id"))
		return get_text(value, key, &rule->id, c);
	if (!strcmp(key, "cgroup"))
		return get_text(value, key, &rule->cgroup, c);
	if (!strcmp(key, "uid"))
		return get_id(value, key, &rule->uid, c);
	if (!strcmp(key, "gid"))
		return get_id(value, key, &rule->gid, c);
	if (!strcmp(key, "order"))
		return get_int(value, key, LUOD_ORDER_MAX, 1, &rule->order, c);
	if (!strcmp(key, "timeout"))
		return get_int(value, key, SECONDS_MAX, 1000, &rule->timeout_ms,
			       c);
	return complain(c, "unknown key \"%s\" in \"clients\"", key);
}

static int parse_rule(struct rule *rule, struct json_object *object,
		      const struct complaint *c)
{
	struct json_object_iterator i, end;
	int err = 0;

	*rule = (struct rule) {
		.uid = ANYBODY, .gid = ANYBODY, .order = -1, .timeout_ms = -1,
	};
	if (!json_object_is_type(object, json_type_object))
		return complain(c, "an entry of \"clients\" is not an object");
	i = json_object_iter_begin(object);
	end = json_object_iter_end(object);
	for (; !err && !json_object_iter_equal(&i, &end);
	     json_object_iter_next(&i))
		err = rule_key(rule, json_object_iter_peek_name(&i),
			       json_object_iter_peek_value(&i), c);
	if (!err && !rule->id)
		err = complain(c, "an entry of \"clients\" has no \"id\"");
	return err;
}

static int parse_rules(struct policy *policy, struct json_object *array,
		       const struct complaint *c)
{
	size_t nr, i;
	int err = 0;

	if (!json_object_is_type(array, json_type_array))
		return complain(c, "\"clients\" is not an array");
	nr = json_object_array_length(array);
	if (nr > RULES_MAX)
		return complain(c, "\"clients\" has more than %d entries",
				RULES_MAX);
	policy->rules = calloc(nr + 1, sizeof(*policy->rules));
	if (!policy->rules)
		return -ENOMEM;
	for (i = 0; !err && i < nr; i++) {
		policy->nr = i + 1;
		err = parse_rule(&policy->rules[i],
				 json_object_array_get_idx(array, i), c);
	}
	return err;
}

static int policy_key(struct policy *policy, const char *key,
		      struct json_object *value, const struct complaint *c)
{
	if (!strcmp(key, "timeout"))
		return get_int(value, key, SECONDS_MAX, 1000,
			       &policy->timeout_ms, c);
	if (!strcmp(key, "grace"))
		return get_int(value, key, SECONDS_MAX, 1000, &policy->grace_ms,
			       c);
	if (!strcmp(key, "admin_gid"))
		return get_id(value, key, &policy->admin_gid, c);
	if (!strcmp(key, "clients") && !policy->rules)
		return parse_rules(policy, value, c);
	return complain(c, "unknown key \"%s\"", key);
}

static int parse_object(struct policy *policy, struct json_object *object,
			const struct complaint *c)
{
	struct json_object_iterator i, end;
	int err = 0;

	if (!json_object_is_type(object, json_type_object))
		return complain(c, "the configuration is not an object");
	i = json_object_iter_begin(object);
	end = json_object_iter_end(object);
	for (; !err && !json_object_iter_equal(&i, &end);
	     json_object_iter_next(&i))
		err = policy_key(policy, json_object_iter_peek_name(&i),
				 json_object_iter_peek_value(&i), c);
	return err;
}

int policy_parse(struct policy *policy, const char *text, size_t len, char *why,
		 size_t size)
{
	const struct complaint c = {
		.why = why, .size = size, .text = text, .len = len,
		.forgiving = policy->forgiving,
	};
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *object;
	struct policy new;
	int err;

	if (!tokener)
		return -ENOMEM;
	object = json_tokener_parse_ex(tokener, text, len);
	policy_init(&new);
	if (json_tokener_get_error(tokener) != json_tokener_success)
		err = complain(&c, "line %zu: invalid JSON",
			       line_at(&c, json_tokener_get_parse_end(tokener)));
	else
		err = parse_object(&new, object, &c);
	json_object_put(object);
	json_tokener_free(tokener);
	if (err) {
		policy_free(&new);
		return err;
	}
	new.forgiving = policy->forgiving;
	policy_free(policy);
	*policy = new;
	return 0;
}

static int read_all(const char *path, char **text, size_t *len)
{
	struct stat st;
	ssize_t n;
	int fd, err = -EIO;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > CONFIG_MAX)
		goto close_fd;
	err = -ENOMEM;
	*text = malloc(st.st_size + 1);
	if (!*text)
		goto close_fd;
	n = read(fd, *text, st.st_size);
	err = n < 0 ? -errno : 0;
	*len = n < 0 ? 0 : n;
close_fd:
	close(fd);
	return err;
}

int policy_load(struct policy *policy, const char *path, char *why, size_t size)
{
	char *text = NULL;
	size_t len = 0;
	int err;

	err = read_all(path, &text, &len);
	if (!err)
		err = policy_parse(policy, text, len, why, size);
	else
		snprintf(why, size, "%s", strerror(-err));
	free(text);
	return err;
}

void policy_free(struct policy *policy)
{
	size_t i;

	for (i = 0; i < policy->nr; i++) {
		free(policy->rules[i].id);
		free(policy->rules[i].cgroup);
	}
	free(policy->rules);
	policy_init(policy);
}

bool policy_is_admin(const struct policy *policy, const struct peer *peer)
{
	return peer->uid == 0 ||
	       peer->gid == policy->admin_gid;
}

static bool rule_matches(const struct rule *rule, const char *id,
			 const struct peer *peer)
{
	return !fnmatch(rule->id, id, 0) &&
	       (rule->uid == ANYBODY || rule->uid == peer->uid) &&
	       (rule->gid == ANYBODY || rule->gid == peer->gid) &&
	       (!rule->cgroup || !fnmatch(rule->cgroup, peer->cgroup, 0));
}

bool policy_may_be(const struct policy *policy, const char *id,
		   const struct peer *peer, const struct rule **rule)
{
	size_t i;

	*rule = NULL;
	for (i = 0; i < policy->nr; i++) {
		if (rule_matches(&policy->rules[i], id, peer)) {
			*rule = &policy->rules[i];
			return true;
		}
	}
	return !policy->rules || peer->uid == 0;
}

bool policy_is_owner(const struct policy *policy, const struct peer *owner,
		     const struct peer *peer)
{
	return owner->uid == peer->uid || policy_is_admin(policy, peer);
}
