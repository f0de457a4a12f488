// SPDX-License-Identifier: GPL-2.0
/*
 * Messages, and the exit status that goes with an error.
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/text.h"
#include "luoctl.h"

/* Where messages go while nothing may wait for who reads them. */
static FILE *held;
static char *held_text;
static size_t held_size;

/* From now on messages are kept, if there is memory for that. */
void say_hold(void)
{
	held = open_memstream(&held_text, &held_size);
}

/* They are said now, and others at once. */
void say_release(void)
{
	if (!held)
		return;
	/* Without memory there may be no text. */
	if (!fclose(held) && held_text)
		fputs(held_text, stderr);
	held = NULL;
	free(held_text);
	held_text = NULL;
}

/**
 * fail_with() - say why it did not work
 * @status: exit status
 * @format: what to say, as of printf()
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
 * fail() - say what failed with an error
 * @err: negative errno
 * @what: what it was about
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
		return fail_with(STATUS_FAILED, "%s: this kernel cannot do that",
				 what);
	case -EBUSY:
		return fail_with(STATUS_BUSY, "%s: %s", what, strerror(EBUSY));
	case -ENOENT:
		return fail_with(STATUS_NOTHING, "%s: there is none", what);
	default:
		return fail_with(STATUS_FAILED, "%s: %s", what,
				 strerror(-err));
	}
}

/**
 * fail_session() - say why a session of the previous kernel cannot be had
 * @err: negative errno; -EINVAL is what the kernel says if somebody has it
 * @name: its name
 *
 * Return: the exit status.
 */
int fail_session(int err, const char *name)
{
	switch (err) {
	case -ENOENT:
		return fail_with(STATUS_NOTHING,
				 "there is no session %s of the previous kernel",
				 name);
	case -EINVAL:
	case -EBUSY:
		return fail_with(STATUS_BUSY, "%s: somebody holds the session",
				 name);
	default:
		return fail(err, name);
	}
}

/* Nothing that the kernel's live update would be to blame for. */
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
 * open_device() - open the device, wait for it if that is wanted
 * @options: --wait and --timeout
 * @flags: as of luo_device_open()
 * @device: where it goes
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
				 "somebody else still has the device");
	if (err == -EBUSY)
		return fail_with(STATUS_BUSY,
				 "somebody else has the device; --wait waits for it");
	if (is_ours(err))
		return fail(err, "/dev/liveupdate");
	return fail_with(STATUS_NO_LUO, "live update is off: %s",
			 strerror(-err));
}
