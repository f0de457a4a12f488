/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Declarations shared by the files of luoctl.
 */

#ifndef LUOCTL_H
#define LUOCTL_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "libluo.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Exit statuses, documented in luoctl(8). */
enum {
	STATUS_OK = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_NO_LUO = 3,
	STATUS_NOTHING = 4,
	STATUS_BUSY = 5,
	STATUS_TIMEOUT = 6,
	STATUS_REFUSED = 7,
};

/* options.c: the options of verbs. */

enum opt {
	OPTION_JSON,
	OPTION_WAIT,
	OPTION_TIMEOUT,
	OPTION_NO_LEGEND,
	OPTION_INCOMING,
	OPTION_OUTGOING,
	OPTION_FILES,
	OPTION_INITRD,
	OPTION_CMDLINE,
	OPTION_REUSE_CMDLINE,
	OPTION_DRY_RUN,
	OPTION_EMPTY,
	OPTION_LUOD,
	OPTION_NO_LUOD,
	OPTION_SVG,
	OPTION_BACK,
	OPTION_ABORT,
	OPTION_HELP,
	OPTION_COUNT,
};

#define HAS(option)	(1u << OPTION_##option)

/**
 * struct options - the parsed command line
 * @verb: the verb
 * @given: bit mask of the options that were given
 * @timeout_ms: how long to wait for the device: --timeout, -1 for no limit, 0
 *		without --wait
 * @initrd: argument of --initrd
 * @cmdline: argument of --cmdline
 * @luod: argument of --luod
 * @argc: number of arguments after the verb
 * @argv: the arguments
 */
struct options {
	const char *verb;
	unsigned int given;
	int timeout_ms;
	const char *initrd;
	const char *cmdline;
	const char *luod;
	int argc;
	char **argv;
};

int options_parse(struct options *options, unsigned int allowed, int argc,
		  char **argv);
void options_help(unsigned int allowed);
void options_names(unsigned int allowed);

static inline bool given(const struct options *options, enum opt option)
{
	return options->given & (1u << option);
}

/* command.c: the verbs. */

/**
 * struct command - a verb
 * @name: its name
 * @args: its arguments, for the help text
 * @help: what it does, in one line
 * @min_args: minimum number of arguments
 * @max_args: maximum number of arguments
 * @options: bit mask of the options that it accepts
 * @run: runs it with parsed options; returns the exit status
 * @run_words: runs it with the unparsed arguments, the verb first; returns the
 *	       exit status
 */
struct command {
	const char *name;
	const char *args;
	const char *help;
	int min_args;
	int max_args;
	unsigned int options;
	int (*run)(const struct options *options);
	int (*run_words)(int argc, char **argv);
};

extern const struct command commands[];
extern const size_t command_count;

int cmd_status(const struct options *options);
int cmd_list(const struct options *options);
int cmd_show(const struct options *options);
int cmd_wait(const struct options *options);
int cmd_prepare(const struct options *options);
int cmd_cancel(const struct options *options);
int cmd_finish(const struct options *options);
int cmd_discard(const struct options *options);
int cmd_formats(const struct options *options);
int cmd_load(const struct options *options);
int cmd_ready(const struct options *options);
int cmd_kexec(const struct options *options);
int cmd_timeline(const struct options *options);
int cmd_keep(const struct options *options);
int cmd_cat(const struct options *options);

/* say.c: error messages and exit statuses. */

int fail(int err, const char *what);
int fail_session(int err, const char *name);
int fail_with(int status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void say_hold(void);
void say_release(void);
int fail_interrupted(const struct options *options);
int open_device(const struct options *options, unsigned int flags,
		struct luo_device **device);

/* output.c: tables, sizes, colours, JSON. */

#define SIZE_TEXT 32

/* Columns of a table; each is as wide as its longest text. */
#define MAX_COLUMNS 8

struct table;

struct table *table_new(const char * const *heads, size_t columns);
void table_add(struct table *table, const char * const *texts);
void table_print(const struct table *table, bool legend);
void table_free(struct table *table);

/* Output of a verb as a table or as a JSON array; the other one is NULL. */
struct listing {
	struct table *table;
	struct json_object *array;
	bool legend;
};

void listing_begin(struct listing *listing, const struct options *options,
		   const char * const *heads, size_t columns);
void listing_end(struct listing *listing, int err);

const char *size_text(uint64_t bytes, char *buf);
const char *state_text(int state);
void print_state(int state, const char *text);
void print_text(const char *before, const char *text);
void add_string(struct json_object *object, const char *key, const char *text);
void add_number(struct json_object *object, const char *key, uint64_t number);
void add_bool(struct json_object *object, const char *key, bool value);
int print_json(struct json_object *object);

/* sysfs.c: /sys/kernel/liveupdate, and other files with one value. */

#define SYSFS_DIR "/sys/kernel/liveupdate/"

/* A sysfs file has at most a page. */
#define SYSFS_TEXT 4097

int sysfs_text(const char *path, char *buf, size_t size);
int sysfs_number(const char *path, uint64_t *number);

/* sessions.c: lists of sessions. */

typedef void (*session_visit)(const struct luo_session_info *info, void *data);

int each_session(struct luo_device *device, unsigned int flags,
		 session_visit visit, void *data);
struct json_object *session_json(const struct luo_session_info *info);
int find_session(struct luo_device *device, const char *name, bool incoming,
		 struct luo_session_list **list,
		 const struct luo_session_info **info);

/* holders.c: processes that hold a session. */

struct holder {
	pid_t pid;
	int fd;
	char comm[17];
};

int holders_find(const char *name, bool incoming, struct holder **holders,
		 size_t *count);
int holder_session(const struct holder *holder, struct luo_session **session);

/* progress.c: messages that a long operation is still running. */

int64_t now_ms(void);

void progress_begin(const char *what);
void progress_end(void);

/* signals.c: signals that end an operation. */

/* Returns an fd that is readable after a signal, or -1 with errno set. */
int signals_watch(void);
bool signals_came(int signals);

/* timeline.c: the points of the last update. */

#define MAX_POINTS 32

struct point {
	char name[24];
	uint64_t us;
};

struct timeline {
	struct point points[MAX_POINTS];
	size_t count;
};

/* A phase of an update, from one point of the timeline to another. */
struct phase {
	const char *name;
	const char *from;
	const char *to;
	bool blackout;
};

extern const struct phase phases[];
extern const size_t phase_count;

int timeline_parse(struct timeline *timeline, char *text);
bool timeline_phase(const struct timeline *timeline, const struct phase *phase,
		    uint64_t *begin, uint64_t *end);
bool timeline_blackout(const struct timeline *timeline, uint64_t *begin,
		       uint64_t *end);
void timeline_svg(const struct timeline *timeline);

/* luod.c: commands to luod, and its answers. */

int luod_ask(const char *path, const char *command, int signals,
	     int timeout_ms, struct json_object **answer);
const char *luod_text(struct json_object *answer, const char *key);
bool luod_is(struct json_object *answer, const char *type);
int luod_errno(struct json_object *answer);

/* machine.c: access to the machine; tests replace this file. */

const char *machine_path(const char *path, char *buf, size_t size);
int machine_kexec_load(int kernel, int initrd, const char *cmdline);
void machine_sync(void);
int machine_kexec(void);
int machine_fd_of(pid_t pid, int fd);
int machine_connect(const char *path);

#endif /* LUOCTL_H */
