// SPDX-License-Identifier: GPL-2.0
/*
 * luoctl prepare, cancel, finish, discard: change the state.
 * luoctl wait: wait for a state.
 */

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "luoctl.h"

static int fail_event(int err, enum luo_event event)
{
	const char *name = luo_event_name(event);

	switch (err) {
	case -EINVAL:
		return fail_with(STATUS_FAILED,
				 "%s: not possible in the current state, see luoctl status",
				 name);
	case -EBUSY:
		return fail_with(STATUS_BUSY,
				 "%s: an incoming session is held and not finished, see luoctl list",
				 name);
	case -ENOENT:
		return fail_with(STATUS_NOTHING, "%s: there is nothing to %s",
				 name, name);
	case -EEXIST:
		return fail_with(STATUS_FAILED,
				 "%s: an outgoing and an incoming session have the same name, see luoctl list",
				 name);
	default:
		return fail(err, name);
	}
}

static int event(const struct options *options, enum luo_event event)
{
	struct luo_device *device;
	int err, status = open_device(options, 0, &device);

	if (status)
		return status;
	progress_begin(luo_event_name(event));
	err = luo_device_set_event(device, event);
	progress_end();
	luo_device_close(device);
	return err ? fail_event(err, event) : STATUS_OK;
}

int cmd_prepare(const struct options *options)
{
	return event(options, LUO_EVENT_PREPARE);
}

int cmd_cancel(const struct options *options)
{
	return event(options, LUO_EVENT_CANCEL);
}

static int finish_session(struct luo_device *device, const char *name)
{
	struct luo_session *session;
	int err = luo_device_retrieve_session(device, name, &session);

	if (err)
		return fail_session(err, name);
	err = luo_session_finish(session);
	luo_session_close(session);
	return err ? fail(err, name) : STATUS_OK;
}

int cmd_finish(const struct options *options)
{
	struct luo_device *device;
	int status;

	if (!options->argc)
		return event(options, LUO_EVENT_FINISH);
	status = open_device(options, 0, &device);
	if (status)
		return status;
	status = finish_session(device, options->argv[0]);
	luo_device_close(device);
	return status;
}

int cmd_discard(const struct options *options)
{
	struct luo_device *device;
	int err, status = open_device(options, 0, &device);

	if (status)
		return status;
	err = luo_device_discard_session(device, options->argv[0]);
	luo_device_close(device);
	return err ? fail_session(err, options->argv[0]) : STATUS_OK;
}

/*
 * 0 when the state is @want, or a negative errno; -ETIMEDOUT after @timeout_ms.
 */
static int wait_for(struct luo_device *device, const char *want, int timeout_ms)
{
	const int64_t end = now_ms() + timeout_ms;
	enum luo_state state;
	int64_t left = -1;
	int ret;

	for (;;) {
		ret = luo_device_get_state(device, &state, NULL);
		if (ret)
			return ret;
		if (!strcmp(state_text(state), want))
			return 0;
		if (timeout_ms >= 0)
			left = end - now_ms();
		if (timeout_ms >= 0 && left <= 0)
			return -ETIMEDOUT;
		ret = luo_device_wait(device, (int)left);
		if (ret < 0)
			return ret;
	}
}

static bool is_state(const char *name)
{
	int i;

	for (i = 0; luo_state_name(i); i++) {
		if (!strcmp(luo_state_name(i), name))
			return true;
	}
	return false;
}

int cmd_wait(const struct options *options)
{
	const int timeout_ms = given(options, OPTION_TIMEOUT) ?
				       options->timeout_ms : -1;
	const char *want = options->argv[0];
	struct luo_device *device;
	int err, status;

	if (!is_state(want))
		return fail_with(STATUS_USAGE, "unknown state %s", want);
	status = open_device(options, LUO_OPEN_QUERY, &device);
	if (status)
		return status;
	progress_begin("waiting");
	err = wait_for(device, want, timeout_ms);
	progress_end();
	luo_device_close(device);
	if (err == -ETIMEDOUT)
		return fail_with(STATUS_TIMEOUT, "the state is not %s yet",
				 want);
	return err ? fail(err, "wait") : STATUS_OK;
}
