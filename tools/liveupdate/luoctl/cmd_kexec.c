// SPDX-License-Identifier: GPL-2.0
/*
 * luoctl kexec: the update itself, after a look at what is going to happen.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "luoctl.h"

/* Of the sessions of one direction. */
struct sum {
	uint64_t sessions;
	uint64_t files;
	uint64_t bytes;
	uint64_t held;
};

/**
 * struct plan - what is going to happen
 * @state: of the whole
 * @loaded: there is a kernel to jump into
 * @outgoing: what programs have preserved
 * @incoming: what goes on as it came from the previous kernel; held ones stand
 *	      in the way
 */
struct plan {
	enum luo_state state;
	bool loaded;
	struct sum outgoing;
	struct sum incoming;
};

static void add_to_sum(const struct luo_session_info *info, void *data)
{
	struct sum *sum = data;

	/* Finished, and only held still. */
	if (luo_session_info_is_incoming(info) &&
	    luo_session_info_state(info) != LUO_STATE_UPDATED &&
	    luo_session_info_state(info) != LUO_STATE_PREPARED)
		return;
	sum->sessions++;
	sum->files += luo_session_info_files(info);
	sum->bytes += luo_session_info_bytes(info);
	sum->held += luo_session_info_is_held(info);
}

static int make_plan(struct luo_device *device, struct plan *plan)
{
	uint64_t loaded = 0;
	int err = sysfs_number("/sys/kernel/kexec_loaded", &loaded);

	if (err == -ENOENT)
		err = 0;
	plan->loaded = loaded;
	if (!err)
		err = luo_device_get_state(device, &plan->state, NULL);
	if (!err)
		err = each_session(device, 0, add_to_sum, &plan->outgoing);
	if (!err)
		err = each_session(device, LUO_LIST_INCOMING, add_to_sum,
				   &plan->incoming);
	return err;
}

/* 0 if nothing stands in the way; otherwise why not, and the exit status. */
static int obstacle(const struct options *options, const struct plan *plan,
		    const char **why)
{
	*why = NULL;
	if (plan->state == LUO_STATE_UNDEFINED) {
		*why = "live update is off";
		return STATUS_NO_LUO;
	}
	if (!plan->loaded) {
		*why = "no kernel is loaded; see luoctl load";
		return STATUS_FAILED;
	}
	if (plan->incoming.held) {
		*why = "somebody holds a session of the previous kernel that is not finished";
		return STATUS_BUSY;
	}
	if (!plan->outgoing.sessions && !plan->incoming.sessions &&
	    !given(options, OPTION_EMPTY)) {
		*why = "nothing is preserved; --empty goes nevertheless";
		return STATUS_NOTHING;
	}
	return STATUS_OK;
}

static void print_sum(const struct sum *sum)
{
	char size[SIZE_TEXT];

	printf("%" PRIu64 " session%s, %" PRIu64 " file%s, %s\n",
	       sum->sessions, sum->sessions == 1 ? "" : "s", sum->files,
	       sum->files == 1 ? "" : "s", size_text(sum->bytes, size));
}

static void print_plan(const struct plan *plan)
{
	int step = 1;

	printf("preserved  ");
	print_sum(&plan->outgoing);
	if (plan->incoming.sessions) {
		printf("goes on    ");
		print_sum(&plan->incoming);
	}
	if (plan->state != LUO_STATE_PREPARED)
		printf("step %d     prepare: close the set of sessions, while everything runs\n",
		       step++);
	printf("step %d     freeze: record what has changed; the black-out begins\n",
	       step);
	printf("step %d     jump into the kernel that is loaded; everything else is lost\n",
	       step + 1);
}

static struct json_object *sum_json(const struct sum *sum)
{
	struct json_object *object = json_object_new_object();

	add_number(object, "sessions", sum->sessions);
	add_number(object, "files", sum->files);
	add_number(object, "bytes", sum->bytes);
	add_number(object, "held", sum->held);
	return object;
}

static void print_plan_json(const struct plan *plan, const char *why)
{
	struct json_object *object = json_object_new_object();
	struct json_object *steps = json_object_new_array();

	add_string(object, "state", state_text(plan->state));
	add_bool(object, "kernel_loaded", plan->loaded);
	json_object_object_add(object, "outgoing", sum_json(&plan->outgoing));
	json_object_object_add(object, "incoming", sum_json(&plan->incoming));
	if (plan->state != LUO_STATE_PREPARED)
		json_object_array_add(steps, json_object_new_string("prepare"));
	json_object_array_add(steps, json_object_new_string("freeze"));
	json_object_array_add(steps, json_object_new_string("jump"));
	json_object_object_add(object, "steps", steps);
	if (why)
		add_string(object, "obstacle", why);
	else
		json_object_object_add(object, "obstacle", NULL);
	print_json(object);
}

static int fail_jump(int err)
{
	switch (err) {
	case -ENOEXEC:
		return fail_with(STATUS_FAILED,
				 "kexec: the loaded kernel would take nothing over; it wants kho=on liveupdate=on, and to be loaded by luoctl load");
	case -EPROTONOSUPPORT:
		return fail_with(STATUS_FAILED,
				 "kexec: the loaded kernel does not read what is preserved; see luoctl check");
	default:
		return fail(err, "kexec");
	}
}

/* What was prepared here is taken back when the jump fails. */
static int jump(struct luo_device *device, bool prepare)
{
	int err, status;

	if (prepare) {
		progress_begin("prepare");
		err = luo_device_set_event(device, LUO_EVENT_PREPARE);
		progress_end();
		if (err)
			return fail(err, "prepare");
	}
	fflush(stdout);
	progress_begin("freeze");
	err = machine_kexec();
	progress_end();
	status = fail_jump(err);
	if (prepare && luo_device_set_event(device, LUO_EVENT_CANCEL))
		return fail_with(STATUS_FAILED,
				 "and what was prepared cannot be taken back");
	return status;
}

static int update(const struct options *options, struct luo_device *device)
{
	struct plan plan = { .loaded = false };
	int err = make_plan(device, &plan), status;
	const char *why;

	if (err)
		return fail(err, "kexec");
	status = obstacle(options, &plan, &why);
	if (given(options, OPTION_JSON))
		print_plan_json(&plan, why);
	else
		print_plan(&plan);
	if (status)
		return fail_with(status, "kexec: %s", why);
	if (given(options, OPTION_DRY_RUN))
		return STATUS_OK;
	return jump(device, plan.state != LUO_STATE_PREPARED);
}

/* To look is possible while somebody else has the device. */
int cmd_kexec(const struct options *options)
{
	const unsigned int flags =
		given(options, OPTION_DRY_RUN) ? LUO_OPEN_QUERY : 0;
	struct luo_device *device;
	int status = open_device(options, flags, &device);

	if (status)
		return status;
	status = update(options, device);
	luo_device_close(device);
	return status;
}
