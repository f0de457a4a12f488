/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What luod and its clients say to each other, see luod-protocol(7): JSON
 * objects, one a line, over a Unix stream socket. Sessions come along with the
 * first byte of a line.
 *
 * Limits first: what is beyond them ends the connection.
 */

#ifndef LUOD_PROTOCOL_H
#define LUOD_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>

#define LUOD_LINE_MAX	4096		/* of a client, without end of line */
#define LUOD_DEPTH_MAX	4		/* of its JSON */
#define LUOD_ID_SIZE	49		/* with the final NUL */
#define LUOD_REASON_SIZE 129
#define LUOD_ORDER_MAX	1000000
#define LUOD_CONNS_MAX	1024
#define LUOD_CONNS_ADMIN 16		/* of them, for administrators only */
#define LUOD_CLIENTS_MAX 1024
#define LUOD_OUTPUT_MAX	1048576		/* bytes that a client has not read */

enum luod_command {
	LUOD_SUBSCRIBE,
	LUOD_UNSUBSCRIBE,
	LUOD_READY,
	LUOD_VETO,
	LUOD_CLAIM,
	LUOD_STATUS,
	/* Those of administrators. */
	LUOD_UPDATE,
	LUOD_ABORT,
	LUOD_KEXEC,
	LUOD_COMMANDS
};

/* Why a command, or an update, failed; the names are part of the protocol. */
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
 * struct luod_request - a line of a client, checked
 * @command: what it wants
 * @id: whom it is about, empty if nobody
 * @reason: of a VETO or an ABORT, or empty
 * @order: place in the order of clients
 * @has_order: the client gave one
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

/* Pure: takes @len bytes without end of line, and fills @request. */
enum luod_error luod_parse(const char *line, size_t len,
			   struct luod_request *request);

/* 1 to 48 letters, digits, '.', '_' and '-', the first one a letter or digit. */
bool luod_id_is_valid(const char *id);

#endif /* LUOD_PROTOCOL_H */
