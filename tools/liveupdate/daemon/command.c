// SPDX-License-Identifier: GPL-2.0
/*
 * Handlers of the commands from clients and administrators.
 */

#include "luod.h"

/* LUOD_OK if the peer of @conn may act for an existing client. */
static enum luod_error check_owner(const struct luod *luod,
				   const struct conn *conn,
				   const struct client *client)
{
	if (!policy_is_owner(&luod->policy, &client->owner, &conn->peer))
		return LUOD_E_ID_IN_USE;
	if (client->conn && client->conn != conn && !conn_is_dead(client->conn))
		return LUOD_E_ID_IN_USE;
	return LUOD_OK;
}

/* A client whose connection was lost continues in its current state. */
static enum luod_error come_back(struct luod *luod, struct conn *conn,
				 struct client *client)
{
	enum luod_error error = check_owner(luod, conn, client);

	if (error)
		return error;
	if (client->state == CLIENT_INCOMING || client->state == CLIENT_CLAIMED)
		return LUOD_E_UNFINISHED;
	if (client->conn != conn)
		client_set_conn(luod, client, conn);
	return LUOD_OK;
}

static void apply_rule(struct client *client, const struct rule *rule)
{
	if (rule && rule->timeout_ms >= 0)
		client->timeout_ms = rule->timeout_ms;
}

static enum luod_error subscribe(struct luod *luod, struct conn *conn,
				 const struct luod_request *request)
{
	const struct rule *rule;
	struct client *client;

	if (!policy_may_be(&luod->policy, request->id, &conn->peer, &rule))
		return LUOD_E_NOT_ALLOWED;
	client = client_find(luod, request->id);
	if (client) {
		claim_check(luod, client);
		client = client_find(luod, request->id);
	}
	if (client)
		return come_back(luod, conn, client);
	if (luod->phase != PHASE_IDLE)
		return LUOD_E_IN_PROGRESS;
	if (luod->nr_clients == LUOD_CLIENTS_MAX)
		return LUOD_E_TOO_MANY;
	client = client_add(luod, request->id, rule && rule->order >= 0 ?
			    rule->order : request->order);
	if (!client)
		return LUOD_E_TOO_MANY;
	client->owner = conn->peer;
	apply_rule(client, rule);
	client_set_conn(luod, client, conn);
	return LUOD_OK;
}

static enum luod_error unsubscribe(struct luod *luod, struct client *client,
				   const struct luod_request *request)
{
	(void)request;
	if (client->state != CLIENT_SUBSCRIBED || luod->phase != PHASE_IDLE)
		return LUOD_E_WRONG_STATE;
	client_remove(luod, client);
	return LUOD_OK;
}

static enum luod_error ready(struct luod *luod, struct client *client,
			     const struct luod_request *request)
{
	(void)request;
	if (client->state != CLIENT_PRESERVING || !client->told)
		return LUOD_E_WRONG_STATE;
	update_ready(luod, client);
	return LUOD_OK;
}

static enum luod_error veto(struct luod *luod, struct client *client,
			    const struct luod_request *request)
{
	if (client->state == CLIENT_INCOMING ||
	    client->state == CLIENT_CLAIMED || luod->phase == PHASE_IDLE)
		return LUOD_E_WRONG_STATE;
	update_abort(luod, LUOD_E_VETO, request->id, request->reason);
	return LUOD_OK;
}

static enum luod_error claim(struct luod *luod, struct conn *conn,
			     const struct luod_request *request)
{
	struct client *client = client_find(luod, request->id);

	if (client)
		claim_check(luod, client);
	return claim_start(luod, conn, request->id);
}

static enum luod_error status(struct luod *luod, struct conn *conn,
			      const struct luod_request *request)
{
	(void)request;
	reply_status(luod, conn);
	return LUOD_OK;
}

static enum luod_error update(struct luod *luod, struct conn *conn,
			      const struct luod_request *request)
{
	(void)request;
	return update_start(luod, conn);
}

static enum luod_error abort_update(struct luod *luod, struct conn *conn,
				    const struct luod_request *request)
{
	(void)conn;
	if (luod->phase == PHASE_IDLE)
		return LUOD_E_WRONG_STATE;
	update_abort(luod, LUOD_E_ABORTED, NULL, request->reason);
	return LUOD_OK;
}

static enum luod_error jump(struct luod *luod, struct conn *conn,
			    const struct luod_request *request)
{
	(void)request;
	return jump_start(luod, conn);
}

/**
 * struct handler - handler of a command
 * @run: runs the command
 * @run_own: runs a command that requires to act for the client
 * @admin: the command is for administrators only
 * @replies: the handler sends the reply itself, possibly later
 */
struct handler {
	enum luod_error (*run)(struct luod *luod, struct conn *conn,
			       const struct luod_request *request);
	enum luod_error (*run_own)(struct luod *luod, struct client *client,
				   const struct luod_request *request);
	bool admin;
	bool replies;
};

static const struct handler handlers[LUOD_COMMANDS] = {
	[LUOD_SUBSCRIBE]	= { .run = subscribe },
	[LUOD_UNSUBSCRIBE]	= { .run_own = unsubscribe },
	[LUOD_READY]		= { .run_own = ready },
	[LUOD_VETO]		= { .run_own = veto },
	[LUOD_CLAIM]		= { .run = claim, .replies = true },
	[LUOD_STATUS]		= { .run = status, .replies = true },
	[LUOD_UPDATE]		= { .run = update, .admin = true, .replies = true },
	[LUOD_ABORT]		= { .run = abort_update, .admin = true },
	[LUOD_KEXEC]		= { .run = jump, .admin = true, .replies = true },
};

static enum luod_error run_own(struct luod *luod, struct conn *conn,
			       const struct handler *handler,
			       const struct luod_request *request)
{
	struct client *client = client_find(luod, request->id);

	if (!client)
		return LUOD_E_UNKNOWN_ID;
	if (client->conn != conn)
		return LUOD_E_NOT_ALLOWED;
	return handler->run_own(luod, client, request);
}

static enum luod_error run(struct luod *luod, struct conn *conn,
			   const struct luod_request *request)
{
	const struct handler *handler = &handlers[request->command];

	if (handler->admin && !policy_is_admin(&luod->policy, &conn->peer))
		return LUOD_E_NOT_ALLOWED;
	if (handler->run_own)
		return run_own(luod, conn, handler, request);
	return handler->run(luod, conn, request);
}

void command_run(struct luod *luod, struct conn *conn, const char *line,
		 size_t len)
{
	struct luod_request request;
	enum luod_error error;

	error = luod_parse(line, len, &request);
	if (error) {
		reply_error(conn, NULL, error, NULL, NULL);
		return;
	}
	error = run(luod, conn, &request);
	if (error)
		reply_error(conn, luod_command_name(request.command), error,
			    request.id[0] ? request.id : NULL, NULL);
	else if (!handlers[request.command].replies)
		reply_ok(conn, request.command, request.id);
}
