/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The protocol between luod and its clients, see luod-protocol(7): JSON
 * objects, one per line, over a Unix stream socket. Sessions are attached to
 * the first byte of a line.
 *
 * Exceeding one of these limits ends the connection.
 */

#ifndef LUOD_PROTOCOL_H
#define LUOD_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>

#define LUOD_LINE_MAX	4096		/* line of a client, without newline */
#define LUOD_DEPTH_MAX	4		/* nesting of its JSON */
#define LUOD_ID_SIZE	49		/* including the NUL */
#define LUOD_REASON_SIZE 129
#define LUOD_ORDER_MAX	1000000
#define LUOD_CONNS_MAX	1024
#define LUOD_CONNS_ADMIN 16		/* reserved for administrators */
#define LUOD_CLIENTS_MAX 1024
#define LUOD_OUTPUT_MAX	1048576		/* bytes that a client has not read */

enum luod_command {
	LUOD_SUBSCRIBE,
	LUOD_UNSUBSCRIBE,
	LUOD_READY,
	LUOD_VETO,
	LUOD_CLAIM,
	LUOD_STATUS,
	/* Commands of administrators. */
	LUOD_UPDATE,
	LUOD_ABORT,
	LUOD_KEXEC,
	LUOD_COMMANDS
};

/* Errors of commands and updates; their names are part of the protocol. */
enum luod_error {
	LUOD_OK,
	LUOD_E_BAD_MESSAGE,
	LUOD_E_UNKNOWN_COMMAND,
	LUOD_E_BAD_ID,
	LUOD_E_NOT_ALLOWED,
	LUOD_E_ID_IN_USE,
	LUOD_E_UNKNOWN_ID,
	LUOD_E_WRONG_STATE,
	LUOD_E_IN_PROGRESS,
	LUOD_E_UNFINISHED,
	LUOD_E_TOO_MANY,
	LUOD_E_TIMEOUT,
	LUOD_E_VETO,
	LUOD_E_GONE,
	LUOD_E_ABORTED,
	LUOD_E_DEVICE_BUSY,
	LUOD_E_KERNEL,
	LUOD_ERRORS
};

/**
 * struct luod_request - a valid line of a client
 * @command: the command
 * @id: the client that it is about, or empty
 * @reason: reason of a VETO or an ABORT, or empty
 * @order: order of the client
 * @has_order: the line has an order
 */
struct luod_request {
	enum luod_command command;
	char id[LUOD_ID_SIZE];
	char reason[LUOD_REASON_SIZE];
	int order;
	bool has_order;
};

const char *luod_command_name(enum luod_command command);
const char *luod_error_name(enum luod_error error);

/* Parses @len bytes without newline into @request. Has no side effects. */
enum luod_error luod_parse(const char *line, size_t len,
			   struct luod_request *request);

/*
 * 1 to 48 letters, digits, '.', '_' and '-', the first one a letter or digit.
 */
bool luod_id_is_valid(const char *id);

#endif /* LUOD_PROTOCOL_H */
