/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Declarations shared by the files of luod. Terms:
 *
 *  - client: a program with an id, whose session is handed over
 *  - conn: a connection to the socket; a client has at most one
 *  - peer: the process at the other end of a connection
 *  - session: a session of the kernel, named SESSION_PREFIX and the client's id
 *  - store: the fd store of the service manager, see sd_notify(3)
 *  - registry: the list of clients, which is saved in the state file
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

/* Makes the compiler check format arguments. */
#define LUOD_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* peer.c */

/* Credentials of the process at the other end, at the time it connected. */
struct peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
	char cgroup[CGROUP_SIZE];
};

int peer_get(int fd, struct peer *peer);
/*
 * Finds the cgroup v2 path in the text of /proc/PID/cgroup. Has no side
 * effects.
 */
void peer_parse_cgroup(const char *text, char cgroup[CGROUP_SIZE]);

/* names.c */

/* -ENOENT if the name does not exist; another error if the lookup failed. */
int name_find_user(const char *name, int64_t *uid);
int name_find_group(const char *name, int64_t *gid);

/* policy.c */

/* Special users and groups. NOBODY stands for a name that was not resolved. */
enum { ANYBODY = -1, NOBODY = -2 };

/* A rule for ids that match @id, and for peers that match the other fields. */
struct rule {
	char *id;
	char *cgroup;		/* pattern, or NULL for any */
	int64_t uid;
	int64_t gid;
	int order;		/* -1: use the order that the client sends */
	int timeout_ms;		/* -1: use the default */
};

struct policy {
	struct rule *rules;
	size_t nr;
	int64_t admin_gid;	/* besides root; or NOBODY */
	bool forgiving;		/* replace unresolved names by NOBODY */
	int timeout_ms;		/* for a client to get ready */
	int grace_ms;		/* for a client to return */
};

void policy_init(struct policy *policy);
/* -EINVAL with the reason in @why, a buffer of @size bytes. */
int policy_parse(struct policy *policy, const char *text, size_t len,
		 char *why, size_t size);
int policy_load(struct policy *policy, const char *path, char *why,
		size_t size);
void policy_free(struct policy *policy);
bool policy_is_admin(const struct policy *policy, const struct peer *peer);
/*
 * Whether a peer may be the client @id. Without rules, any peer may. *@rule is
 * the matching rule, or NULL if none was needed.
 */
bool policy_may_be(const struct policy *policy, const char *id,
		   const struct peer *peer, const struct rule **rule);
/* Whether @peer is the same user as @owner, or an administrator. */
bool policy_is_owner(const struct policy *policy, const struct peer *owner,
		     const struct peer *peer);

/* client.c */

enum client_state {
	CLIENT_SUBSCRIBED,	/* has no session */
	CLIENT_PRESERVING,	/* has its session, but is not ready */
	CLIENT_READY,
	CLIENT_INCOMING,	/* its incoming session is not claimed */
	CLIENT_CLAIMED,		/* its incoming session is not finished */
	CLIENT_STATES
};

/**
 * struct client - a program whose session is handed over
 * @node: entry of the registry, which is sorted by order
 * @id: its id
 * @owner: the peer that subscribed
 * @order: clients with a lower order are ready before it begins
 * @timeout_ms: how long it may take to get ready
 * @state: its state
 * @told: PRESERVE was sent over @conn
 * @shared: the client has an fd of @session, too
 * @full: @session could not be emptied yet
 * @in_update: it takes part in the update, and is told how that ends
 * @ready_by: deadline to be ready, in CLIENT_PRESERVING
 * @back_by: deadline to have a connection again
 * @session: luod's fd of its session, or NULL
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
/* Returns NULL if memory is short. */
struct client *client_add(struct luod *luod, const char *id, int order);
void client_remove(struct luod *luod, struct client *client);
void client_session_name(const char *id, char name[LUO_SESSION_NAME_SIZE]);
/* Takes ownership of a session, and adds it to the fd store. */
void client_set_session(struct client *client, struct luo_session *session);
void client_drop_session(struct client *client);
void client_set_conn(struct luod *luod, struct client *client,
		     struct conn *conn);

/* conn.c */

struct message;
TAILQ_HEAD(message_list, message);

/**
 * struct conn - a connection
 * @node: entry of luod's list
 * @fd: the socket
 * @peer: the process that connected
 * @in: received bytes
 * @out: lines to send
 * @out_bytes: their total length
 * @claims: id of the session that it waits for, or empty
 * @claim_deadline: when the claim fails
 * @waits: it waits for the end of the update
 * @ending: close it when everything is sent
 * @broken: close it
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
/* Whether another connection of a peer is below the limit. */
bool conn_fits(const struct luod *luod, const struct peer *peer);
/* Takes ownership of a connected socket. */
struct conn *conn_add(struct luod *luod, int fd);
void conn_remove(struct luod *luod, struct conn *conn);
/* Receives once, and runs all complete commands. */
void conn_receive(struct luod *luod, struct conn *conn);
/* Sends as much as possible without blocking. */
void conn_flush(struct conn *conn);
/* True if the peer has closed the connection. */
bool conn_is_dead(const struct conn *conn);
/* Takes the reference to @object. @session may be NULL; it is duplicated. */
void conn_send(struct conn *conn, struct json_object *object,
	       const struct luo_session *session);

/* json.c */

/*
 * Add a value to @object and return @object. If memory is short, free @object
 * and return NULL, which these functions also accept as @object. A NULL string
 * is skipped.
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
/* Reports an error of the kernel, a negative errno. */
void reply_refused(struct conn *conn, enum luod_command command, int err);
void reply_session(struct conn *conn, const struct client *client);
void event_preserve(struct client *client);
/* Tells a client that the update was aborted. */
void event_abort(struct client *client, enum luod_error error, const char *id,
		 const char *detail);
/* Tells a waiting connection that all clients are ready. */
void event_complete(struct conn *conn);
void reply_status(struct luod *luod, struct conn *conn);

/* command.c */

void command_run(struct luod *luod, struct conn *conn, const char *line,
		 size_t len);

/* update.c */

enum phase {
	PHASE_IDLE,
	PHASE_STARTING,		/* sessions are created */
	PHASE_PRESERVING,	/* clients preserve their files */
	PHASE_COMPLETE,		/* all clients are ready */
	PHASES
};

const char *phase_name(enum phase phase);
/* Begins an update. On LUOD_OK, @conn (or NULL) is told how it ends. */
enum luod_error update_start(struct luod *luod, struct conn *conn);
/* Records that a client is ready. */
void update_ready(struct luod *luod, struct client *client);
/* @id and @detail may be NULL. */
void update_abort(struct luod *luod, enum luod_error error, const char *id,
		  const char *detail);
/* Handles expired timeouts and pending work. */
void update_tick(struct luod *luod);

/* jump.c */

/* The update has to be complete. On LUOD_OK a reply is sent only on failure. */
enum luod_error jump_start(struct luod *luod, struct conn *conn);
/* Tells the connection that asked for the kexec that it will not happen. */
void jump_abort(struct luod *luod, enum luod_error error, const char *id,
		const char *detail);
void jump_tick(struct luod *luod);

/* claim.c */

/* Passes a session to @conn, now or later. LUOD_OK: no reply was sent yet. */
enum luod_error claim_start(struct luod *luod, struct conn *conn,
			    const char *id);
/* Whether a claim waits for the device. */
bool claim_is_pending(const struct luod *luod);
void claim_tick(struct luod *luod);
/* Checks whether the session of a client is finished. */
void claim_check(struct luod *luod, struct client *client);

/* state.c */

/* A client, and the registry, as JSON; NULL if memory is short. */
struct json_object *client_describe(const struct client *client);
struct json_object *state_encode(const struct luod *luod);
/* Fills @luod's registry, which has to be empty. -EBADMSG, -ENOMEM. */
int state_decode(struct luod *luod, const char *text, size_t len);

/* statefile.c */

#define STATE_SLOT_SIZE	1048576L

/* Returns an fd or a negative errno. */
int statefile_make(void);
int statefile_write(int fd, const char *text, size_t len);
/* Returns a copy of the text, which the caller frees; -EBADMSG if invalid. */
int statefile_read(int fd, char **text, size_t *len);

/* store.c */

/* Notifies the service manager; does nothing if there is none. */
void store_notify(const char *text);
void store_add(const char *name, int fd);
void store_remove(const char *name);
/* Whether an fd of that name was passed. Only valid before store_take(). */
bool store_has(const char *name);
/* Calls @take, which takes ownership, for each fd passed to this process. */
void store_take(void (*take)(void *data, const char *name, int fd), void *data);

/* restore.c */

/* True if the store has a state file: clients may be waiting for luod. */
bool restore_has_state(void);
/* Restores the state from the store, or from the previous kernel. */
int restore(struct luod *luod);

/* kernel.c */

/* Unpreserves all files of an outgoing session. */
int session_empty(struct luo_session *session);
/* Returns only if the kernel refuses. */
int kernel_kexec(void);

/* loop.c */

/**
 * struct luod - the state of the daemon
 * @clients: the registry, sorted by order
 * @nr_clients: number of clients
 * @conns: all connections
 * @nr_conns: number of connections
 * @policy: the configuration
 * @phase: phase of the update
 * @order: order of the clients that preserve now
 * @deadline: when to give up waiting for the device
 * @jumper: the connection that asked for the kexec, or NULL
 * @jump_is_next: messages sent before the request have been processed
 * @internal: the session with the state file, or NULL
 * @state_fd: the state file
 * @listen_fd: the socket, or -1
 * @accept_at: when to accept connections again
 * @now: current time in ms, updated by the loop
 * @dirty: the registry differs from the state file
 * @stop: leave the loop
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

/* How often and for how long to retry opening a busy device. */
#define RETRY_MS	20
#define DEVICE_WAIT_MS	5000

/* How often to retry emptying a session. */
#define EMPTY_MS	500

/* When to retry accept() after a failure: fds may be free by then. */
#define ACCEPT_MS	1000

void luod_init(struct luod *luod);
void luod_free(struct luod *luod);
/* One turn of the loop: waits for at most @timeout_ms, and handles events. */
int luod_turn(struct luod *luod, int signal_fd, int timeout_ms);
/* Writes the state file, then sends the queued replies, in this order. */
void luod_commit(struct luod *luod);
int64_t luod_clock(void);
void luod_log(const char *format, ...) LUOD_PRINTF(1, 2);

#endif /* LUOD_H */
