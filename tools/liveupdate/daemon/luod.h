/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of luod share. The words:
 *
 *  - client: somebody with an id whose session goes through the update
 *  - conn: a connection to the socket; a client has one, or none at the moment
 *  - peer: who is at the other end of a connection
 *  - session: the kernel's, named SESSION_PREFIX and the client's id
 *  - store: where fds lie that outlive the process, see sd_notify(3)
 *  - registry: what is known of clients; written into the state file
 *
 * Functions that return an int return 0 or a negative errno, unless they say
 * otherwise.
 */

#ifndef LUOD_H
#define LUOD_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "libluo.h"
#include "frame.h"
#include "protocol.h"

#define SESSION_PREFIX		"luod."
#define INTERNAL_SESSION	"luod-internal"
#define TOKEN_STATE		0
#define CGROUP_SIZE		256
#define NEVER			INT64_MAX

/* Has the compiler check the arguments of a function like printf(). */
#define LUOD_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* peer.c */

/* Who is at the other end, or was when a client subscribed. */
struct peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
	char cgroup[CGROUP_SIZE];
};

int peer_get(int fd, struct peer *peer);
/* Pure: finds the path of cgroup 2 in the text of /proc/PID/cgroup. */
void peer_parse_cgroup(const char *text, char cgroup[CGROUP_SIZE]);

/* names.c */

/* -ENOENT if there is no such name; something else if that cannot be told. */
int name_find_user(const char *name, int64_t *uid);
int name_find_group(const char *name, int64_t *gid);

/* policy.c */

/* Instead of a user or a group. NOBODY has a name that cannot be found. */
enum { ANYBODY = -1, NOBODY = -2 };

/* A rule about the ids that match @id, for peers that match the rest. */
struct rule {
	char *id;
	char *cgroup;		/* a pattern, or NULL for any */
	int64_t uid;
	int64_t gid;
	int order;		/* -1 for what the client says */
	int timeout_ms;		/* -1 for the default */
};

struct policy {
	struct rule *rules;
	size_t nr;
	int64_t admin_gid;	/* beside root; or NOBODY */
	bool forgiving;		/* of names: they are NOBODY's then */
	int timeout_ms;		/* for a client to be ready */
	int grace_ms;		/* for one that died to come back */
};

void policy_init(struct policy *policy);
/* -EINVAL with the reason in @why, of @size bytes. */
int policy_parse(struct policy *policy, const char *text, size_t len,
		 char *why, size_t size);
int policy_load(struct policy *policy, const char *path, char *why,
		size_t size);
void policy_free(struct policy *policy);
bool policy_is_admin(const struct policy *policy, const struct peer *peer);
/*
 * The rule by which a peer may be the client @id; without rules everybody may.
 * Returns whether it may; *@rule is NULL if no rule was needed.
 */
bool policy_may_be(const struct policy *policy, const char *id,
		   const struct peer *peer, const struct rule **rule);
/* Whether a peer is the one that @owner was. */
bool policy_is_owner(const struct policy *policy, const struct peer *owner,
		     const struct peer *peer);

/* client.c */

enum client_state {
	CLIENT_SUBSCRIBED,	/* no session */
	CLIENT_PRESERVING,	/* has its session, and is not ready */
	CLIENT_READY,
	CLIENT_INCOMING,	/* its session is the kernel's */
	CLIENT_CLAIMED,		/* has its session, and has not finished it */
	CLIENT_STATES
};

/**
 * struct client - somebody whose session goes through the update
 * @node: in the registry, sorted by order
 * @id: its name
 * @owner: who it is: its peer when it subscribed
 * @order: clients of a lower order are ready before those of a higher begin
 * @timeout_ms: how long it may take to be ready
 * @state: where it is
 * @told: PRESERVE was sent over @conn
 * @shared: it has an fd of @session, too
 * @full: @session could not be emptied yet
 * @in_update: it knows of the update, and has to hear how that ends
 * @ready_by: when it has to be ready, in CLIENT_PRESERVING
 * @back_by: when it has to have a connection again
 * @session: luod's own fd of its session, or NULL
 * @conn: its connection, or NULL
 */
struct client {
	TAILQ_ENTRY(client) node;
	char id[LUOD_ID_SIZE];
	struct peer owner;
	int order;
	int timeout_ms;
	enum client_state state;
	bool told;
	bool shared;
	bool full;
	bool in_update;
	int64_t ready_by;
	int64_t back_by;
	struct luo_session *session;
	struct conn *conn;
};

TAILQ_HEAD(client_list, client);

struct luod;

const char *client_state_name(enum client_state state);
struct client *client_find(struct luod *luod, const char *id);
/* NULL: there is no memory. */
struct client *client_add(struct luod *luod, const char *id, int order);
void client_remove(struct luod *luod, struct client *client);
void client_session_name(const char *id, char name[LUO_SESSION_NAME_SIZE]);
/* Takes a session, and has it stored. */
void client_set_session(struct client *client, struct luo_session *session);
void client_drop_session(struct client *client);
void client_set_conn(struct luod *luod, struct client *client,
		     struct conn *conn);

/* conn.c */

struct message;
TAILQ_HEAD(message_list, message);

/**
 * struct conn - a connection
 * @node: in luod's list
 * @fd: the socket
 * @peer: who it was that connected
 * @in: what was received
 * @out: what is to be sent
 * @out_bytes: how much that is
 * @claims: the id of the session that it waits for, or empty
 * @claim_deadline: when it has waited for too long
 * @waits: for the end of the update
 * @ending: it is to be closed when everything is sent
 * @broken: it is to be closed
 */
struct conn {
	TAILQ_ENTRY(conn) node;
	int fd;
	struct peer peer;
	struct luod_frame in;
	struct message_list out;
	size_t out_bytes;
	char claims[LUOD_ID_SIZE];
	int64_t claim_deadline;
	bool waits;
	bool ending;
	bool broken;
};

TAILQ_HEAD(conn_list, conn);

void conn_accept(struct luod *luod);
/* Whether there is room for one more, of a peer. */
bool conn_fits(const struct luod *luod, const struct peer *peer);
/* Takes a connected socket. */
struct conn *conn_add(struct luod *luod, int fd);
void conn_remove(struct luod *luod, struct conn *conn);
/* Receives once, and has all commands run that came. */
void conn_receive(struct luod *luod, struct conn *conn);
/* Sends what can be sent without waiting. */
void conn_flush(struct conn *conn);
/* True if its other end is closed. */
bool conn_is_dead(const struct conn *conn);
/* Takes the reference to @object. @session may be NULL, and stays the caller's. */
void conn_send(struct conn *conn, struct json_object *object,
	       const struct luo_session *session);

/* json.c */

/*
 * Add something to @object and return it. If there is no memory they free it
 * and return NULL, which the next one takes, too. A text that is NULL is left
 * out.
 */
struct json_object *json_add_text(struct json_object *object, const char *key,
				  const char *text);
struct json_object *json_add_number(struct json_object *object, const char *key,
				    int64_t number);

/* reply.c */

void reply_ok(struct conn *conn, enum luod_command command, const char *id);
/* @id and @detail may be NULL. */
void reply_error(struct conn *conn, const char *command, enum luod_error error,
		 const char *id, const char *detail);
/* The kernel refuses, with a negative errno. */
void reply_refused(struct conn *conn, enum luod_command command, int err);
void reply_session(struct conn *conn, const struct client *client);
void event_preserve(struct client *client);
/* The update is off: to a client. */
void event_abort(struct client *client, enum luod_error error, const char *id,
		 const char *detail);
/* Everybody is ready: to who waits. */
void event_complete(struct conn *conn);
void reply_status(struct luod *luod, struct conn *conn);

/* command.c */

void command_run(struct luod *luod, struct conn *conn, const char *line,
		 size_t len);

/* update.c */

enum phase {
	PHASE_IDLE,
	PHASE_STARTING,		/* sessions are to be made */
	PHASE_PRESERVING,	/* clients preserve */
	PHASE_COMPLETE,		/* everybody is ready */
	PHASES
};

const char *phase_name(enum phase phase);
/* Begins an update. On LUOD_OK @conn, which may be NULL, is told the end. */
enum luod_error update_start(struct luod *luod, struct conn *conn);
/* A client has become ready. */
void update_ready(struct luod *luod, struct client *client);
/* @id and @detail may be NULL. */
void update_abort(struct luod *luod, enum luod_error error, const char *id,
		  const char *detail);
/* What is due by now. */
void update_tick(struct luod *luod);

/* jump.c */

/* The update has to be complete; on LUOD_OK the reply comes later, or never. */
enum luod_error jump_start(struct luod *luod, struct conn *conn);
/* Whoever waits for the jump is told that there is none. */
void jump_abort(struct luod *luod, enum luod_error error, const char *id,
		const char *detail);
void jump_tick(struct luod *luod);

/* claim.c */

/* Gives a session to @conn, now or later; LUOD_OK is no reply yet. */
enum luod_error claim_start(struct luod *luod, struct conn *conn,
			    const char *id);
/* Whether somebody waits for a session. */
bool claim_is_pending(const struct luod *luod);
void claim_tick(struct luod *luod);
/* Looks whether the session of a client is finished. */
void claim_check(struct luod *luod, struct client *client);

/* state.c */

/* A client, and the registry, as JSON; NULL: there is no memory. */
struct json_object *client_describe(const struct client *client);
struct json_object *state_encode(const struct luod *luod);
/* Pure but for @luod's registry, which has to be empty. -EBADMSG, -ENOMEM. */
int state_decode(struct luod *luod, const char *text, size_t len);

/* statefile.c */

#define STATE_SLOT_SIZE	1048576L

/* An fd, or a negative errno. */
int statefile_make(void);
int statefile_write(int fd, const char *text, size_t len);
/* Gives a copy of the text, to be freed, or NULL and -EBADMSG. */
int statefile_read(int fd, char **text, size_t *len);

/* store.c */

/* What the service manager says; nothing happens without one. */
void store_notify(const char *text);
void store_add(const char *name, int fd);
void store_remove(const char *name);
/* Only before store_take(): whether something was passed under that name. */
bool store_has(const char *name);
/* Calls @take for each fd that was passed to this process; it owns them. */
void store_take(void (*take)(void *data, const char *name, int fd), void *data);

/* restore.c */

/* True if there is something in the store, so clients wait for us. */
bool restore_has_state(void);
/* What the store or the previous kernel has for us. */
int restore(struct luod *luod);

/* kernel.c */

/* Takes all files out of an outgoing session. */
int session_empty(struct luo_session *session);
/* Comes back only if the kernel refuses. */
int kernel_kexec(void);

/* loop.c */

/**
 * struct luod - all there is
 * @clients: sorted by order
 * @nr_clients: number of them
 * @conns: all connections
 * @nr_conns: number of them
 * @policy: who may what
 * @phase: of the update
 * @order: of the clients that preserve now
 * @deadline: when the device has been busy for too long
 * @jumper: who has asked for the jump, or NULL
 * @jump_is_next: everybody was heard who had something to say before that
 * @internal: the session with the state file, or NULL
 * @state_fd: the state file
 * @listen_fd: the socket, or -1
 * @accept_at: when connections are taken again
 * @now: ms of the clock; the loop advances it
 * @dirty: the registry differs from the state file
 * @stop: the loop ends
 */
struct luod {
	struct client_list clients;
	size_t nr_clients;
	struct conn_list conns;
	size_t nr_conns;
	struct policy policy;
	enum phase phase;
	int order;
	int64_t deadline;
	struct conn *jumper;
	bool jump_is_next;
	struct luo_session *internal;
	int state_fd;
	int listen_fd;
	int64_t accept_at;
	int64_t now;
	bool dirty;
	bool stop;
};

/* How often the device is tried that somebody else has open, and how long. */
#define RETRY_MS	20
#define DEVICE_WAIT_MS	5000

/* How often a session is tried that cannot be emptied. */
#define EMPTY_MS	500

/* When connections are taken again if one could not be: fds may be free then. */
#define ACCEPT_MS	1000

void luod_init(struct luod *luod);
void luod_free(struct luod *luod);
/* One turn: waits for @timeout_ms at most, and does what there is to do. */
int luod_turn(struct luod *luod, int signal_fd, int timeout_ms);
/* Writes the registry, then sends what waits: in this order. */
void luod_commit(struct luod *luod);
int64_t luod_clock(void);
void luod_log(const char *format, ...) LUOD_PRINTF(1, 2);

#endif /* LUOD_H */
