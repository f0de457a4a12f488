// SPDX-License-Identifier: GPL-2.0
/*
 * Error messages, and the exit statuses that belong to errors.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/text.h"
#include "luoctl.h"

/* Messages collected between say_hold() and say_release(). */
static FILE *held;
static char *held_text;
static size_t held_size;

/* Collects messages from now on; prints them at once if memory is short. */
void say_hold(void)
{
	held = open_memstream(&held_text, &held_size);
}

/* Prints the collected messages; later ones are printed at once. */
void say_release(void)
{
	if (!held)
		return;
	/* The text is NULL if memory ran out. */
	if (!fclose(held) && held_text)
		fputs(held_text, stderr);
	held = NULL;
	free(held_text);
	held_text = NULL;
}

/**
 * fail_with() - print an error message
 * @status: exit status
 * @format: printf() format of the message
 *
 * Return: @status.
 */
int fail_with(int status, const char *format, ...)
{
	FILE *out = held ? held : stderr;
	va_list args;

	if (!held)
		fflush(stdout);
	fputs("luoctl: ", out);
	va_start(args, format);
	text_vprintf(out, format, args);
	va_end(args);
	fputc('\n', out);
	return status;
}

/**
 * fail() - print the message for an errno
 * @err: negative errno
 * @what: the object or command that failed
 *
 * Return: the exit status.
 */
int fail(int err, const char *what)
{
	switch (err) {
	case -ENODEV:
		return fail_with(STATUS_NO_LUO,
				 "this kernel has no live update");
	case -ENOTTY:
		return fail_with(STATUS_FAILED,
				 "%s: not supported by this kernel",
				 what);
	case -EBUSY:
		return fail_with(STATUS_BUSY, "%s: %s", what, strerror(EBUSY));
	case -ENOENT:
		return fail_with(STATUS_NOTHING, "%s: does not exist", what);
	default:
		return fail_with(STATUS_FAILED, "%s: %s", what,
				 strerror(-err));
	}
}

/**
 * fail_session() - report why an incoming session cannot be retrieved
 * @err: negative errno; the kernel returns -EINVAL for a session that is held
 * @name: name of the session
 *
 * Return: the exit status.
 */
int fail_session(int err, const char *name)
{
	switch (err) {
	case -ENOENT:
		return fail_with(STATUS_NOTHING,
				 "there is no incoming session %s",
				 name);
	case -EINVAL:
	case -EBUSY:
		return fail_with(STATUS_BUSY,
				 "%s: a process holds the session, see luoctl show",
				 name);
	default:
		return fail(err, name);
	}
}

/* Errors of this process or its permissions, not of live update. */
static bool is_ours(int err)
{
	switch (err) {
	case -ENODEV:
	case -EACCES:
	case -EPERM:
	case -EMFILE:
	case -ENFILE:
	case -ENOMEM:
	case -EINTR:
		return true;
	default:
		return false;
	}
}

int fail_interrupted(const struct options *options)
{
	return fail_with(STATUS_FAILED, "%s: interrupted", options->verb);
}

/**
 * open_device() - open the device, waiting for it with --wait
 * @options: has the time to wait
 * @flags: flags of luo_device_open()
 * @device: returns the device
 *
 * Return: 0, or the exit status after a message.
 */
int open_device(const struct options *options, unsigned int flags,
		struct luo_device **device)
{
	int err;

	err = luo_device_open_wait(device, flags, options->timeout_ms);
	if (!err)
		return STATUS_OK;
	if (err == -EBUSY && options->timeout_ms)
		return fail_with(STATUS_TIMEOUT,
				 "another process still has the device open");
	if (err == -EBUSY)
		return fail_with(STATUS_BUSY,
				 "another process has the device open, use --wait to wait for it");
	if (is_ours(err))
		return fail(err, "/dev/liveupdate");
	return fail_with(STATUS_NO_LUO, "live update is off: %s",
			 strerror(-err));
}
