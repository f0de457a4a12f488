/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM liveupdate

#if !defined(_TRACE_LIVEUPDATE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_LIVEUPDATE_H

#include <linux/tracepoint.h>
#include <linux/types.h>

/* Values of enum liveupdate_state and enum liveupdate_event. */
#define liveupdate_show_state(state)			\
	__print_symbolic(state,				\
			 { 0, "undefined" },		\
			 { 1, "normal" },		\
			 { 2, "prepared" },		\
			 { 3, "frozen" },		\
			 { 4, "updated" })

#define liveupdate_show_event(event)			\
	__print_symbolic(event,				\
			 { 0, "prepare" },		\
			 { 1, "freeze" },		\
			 { 2, "finish" },		\
			 { 3, "cancel" })

/*
 * A PREPARE, FREEZE, FINISH or CANCEL event has changed the global state or the
 * state of one session, or has failed with @err. @session is empty for the
 * global state.
 */
TRACE_EVENT(liveupdate_state,
	TP_PROTO(const char *session, unsigned int event, unsigned int from,
		 unsigned int to, int err, u64 ns),

	TP_ARGS(session, event, from, to, err, ns),

	TP_STRUCT__entry(
		__string(session, session)
		__field(unsigned int, event)
		__field(unsigned int, from)
		__field(unsigned int, to)
		__field(int, err)
		__field(u64, ns)
	),

	TP_fast_assign(
		__assign_str(session);
		__entry->event = event;
		__entry->from = from;
		__entry->to = to;
		__entry->err = err;
		__entry->ns = ns;
	),

	TP_printk("session=%s event=%s from=%s to=%s err=%d ns=%llu",
		  __get_str(session), liveupdate_show_event(__entry->event),
		  liveupdate_show_state(__entry->from),
		  liveupdate_show_state(__entry->to), __entry->err,
		  __entry->ns)
);

/* A callback has returned. @token is 0 except for files. */
DECLARE_EVENT_CLASS(liveupdate_callback,
	TP_PROTO(const char *op, const char *name, u64 token, int err, u64 ns),

	TP_ARGS(op, name, token, err, ns),

	TP_STRUCT__entry(
		__string(op, op)
		__string(name, name)
		__field(u64, token)
		__field(int, err)
		__field(u64, ns)
	),

	TP_fast_assign(
		__assign_str(op);
		__assign_str(name);
		__entry->token = token;
		__entry->err = err;
		__entry->ns = ns;
	),

	TP_printk("op=%s name=%s token=%llu err=%d ns=%llu", __get_str(op),
		  __get_str(name), __entry->token, __entry->err, __entry->ns)
);

/* @name is the name of the file's format. */
DEFINE_EVENT(liveupdate_callback, liveupdate_file,
	TP_PROTO(const char *op, const char *name, u64 token, int err, u64 ns),
	TP_ARGS(op, name, token, err, ns)
);

DEFINE_EVENT(liveupdate_callback, liveupdate_subsystem,
	TP_PROTO(const char *op, const char *name, u64 token, int err, u64 ns),
	TP_ARGS(op, name, token, err, ns)
);

DEFINE_EVENT(liveupdate_callback, liveupdate_flb,
	TP_PROTO(const char *op, const char *name, u64 token, int err, u64 ns),
	TP_ARGS(op, name, token, err, ns)
);

#endif /* _TRACE_LIVEUPDATE_H */

#include <trace/define_trace.h>
