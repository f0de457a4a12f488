// SPDX-License-Identifier: GPL-2.0
/*
 * The plan of luoctl kexec: gather the facts, find obstacles, print the steps.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plan.h"

static void add_to_sum(const struct luo_session_info *info, void *data)
{
	struct sum *sum = data;

	/* Skip incoming sessions that are finished but still held. */
	if (luo_session_info_is_incoming(info) &&
	    luo_session_info_state(info) != LUO_STATE_UPDATED &&
	    luo_session_info_state(info) != LUO_STATE_PREPARED)
		return;
	sum->sessions++;
	sum->files += luo_session_info_files(info);
	sum->bytes += luo_session_info_bytes(info);
	sum->held += luo_session_info_is_held(info);
}

int plan_make(struct plan *plan, struct luo_device *device)
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

static struct json_object *clients_of(const struct plan *plan)
{
	struct json_object *clients;

	if (!json_object_object_get_ex(plan->luod, "clients", &clients) ||
	    !json_object_is_type(clients, json_type_array))
		return NULL;
	return clients;
}

int plan_add_luod(struct plan *plan, struct json_object *luod)
{
	const char *phase = luod_text(luod, "phase");

	plan->luod = luod;
	if (!luod_is(luod, "STATUS") || !phase || !clients_of(plan))
		return -EBADMSG;
	plan->clients = json_object_array_length(clients_of(plan));
	plan->idle = !strcmp(phase, "idle");
	plan->ready = !strcmp(phase, "complete");
	return 0;
}

void plan_free(struct plan *plan)
{
	json_object_put(plan->luod);
}

bool plan_asks_clients(const struct plan *plan)
{
	return plan->clients && !plan->ready;
}

bool plan_prepares(const struct plan *plan)
{
	return plan->state != LUO_STATE_PREPARED;
}

int plan_obstacle(const struct plan *plan, const struct options *options,
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
		*why = "an incoming session is held and not finished, see luoctl list";
		return STATUS_BUSY;
	}
	if (plan_asks_clients(plan) && !plan_prepares(plan)) {
		*why = "prepared without luod's clients, use luoctl cancel first";
		return STATUS_BUSY;
	}
	if (!plan->outgoing.sessions && !plan->incoming.sessions &&
	    !plan->clients && !given(options, OPTION_EMPTY)) {
		*why = "nothing is preserved, use --empty to update anyway";
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

static void print_clients(const struct plan *plan)
{
	const char *id;
	size_t i;

	printf("luod       %zu client%s", plan->clients,
	       plan->clients == 1 ? "" : "s");
	for (i = 0; i < plan->clients; i++) {
		id = luod_text(json_object_array_get_idx(clients_of(plan), i),
			       "id");
		print_text(i ? ", " : ": ", id ? id : "?");
	}
	putchar('\n');
}

void plan_print(const struct plan *plan)
{
	int step = 1;

	printf("preserved  ");
	print_sum(&plan->outgoing);
	if (plan->incoming.sessions) {
		printf("unchanged  ");
		print_sum(&plan->incoming);
	}
	if (plan->luod)
		print_clients(plan);
	if (plan_asks_clients(plan))
		printf("step %d     luod: its clients preserve; each of them can veto the update\n",
		       step++);
	if (plan_prepares(plan))
		printf("step %d     prepare: close the set of sessions, while everything runs\n",
		       step++);
	printf("step %d     freeze: serialize what has changed; the blackout begins\n",
	       step);
	printf("step %d     boot the loaded kernel; everything that is not preserved is lost\n",
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

/* luod's STATUS without the message type. */
static struct json_object *luod_json(const struct plan *plan)
{
	struct json_object *object;

	if (!plan->luod)
		return NULL;
	object = json_object_new_object();
	add_string(object, "phase", luod_text(plan->luod, "phase"));
	json_object_object_add(object, "clients",
			       json_object_get(clients_of(plan)));
	return object;
}

static void add_step(struct json_object *steps, const char *name)
{
	json_object_array_add(steps, json_object_new_string(name));
}

void plan_print_json(const struct plan *plan, const char *why)
{
	struct json_object *object = json_object_new_object();
	struct json_object *steps = json_object_new_array();

	add_string(object, "state", state_text(plan->state));
	add_bool(object, "kernel_loaded", plan->loaded);
	json_object_object_add(object, "outgoing", sum_json(&plan->outgoing));
	json_object_object_add(object, "incoming", sum_json(&plan->incoming));
	json_object_object_add(object, "luod", luod_json(plan));
	if (plan_asks_clients(plan))
		add_step(steps, "luod");
	if (plan_prepares(plan))
		add_step(steps, "prepare");
	add_step(steps, "freeze");
	add_step(steps, "jump");
	json_object_object_add(object, "steps", steps);
	if (why)
		add_string(object, "obstacle", why);
	else
		json_object_object_add(object, "obstacle", NULL);
	print_json(object);
}
