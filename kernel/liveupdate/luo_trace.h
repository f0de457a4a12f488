/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Wrappers that call registered callbacks and emit trace events.
 */

#ifndef _LINUX_LIVEUPDATE_LUO_TRACE_H
#define _LINUX_LIVEUPDATE_LUO_TRACE_H

#include <linux/sched/clock.h>
#include <trace/events/liveupdate.h>

/* Start time of a state change; 0 if the event is not traced. */
static inline u64 luo_trace_start(void)
{
	return trace_liveupdate_state_enabled() ? local_clock() : 0;
}

/* Emits the trace event; @session is empty for the global state. */
static inline void luo_trace_state(const char *session, unsigned int event,
				   unsigned int from, unsigned int to, int err,
				   u64 start)
{
	if (start)
		trace_liveupdate_state(session, event, from, to, err,
				       local_clock() - start);
}

/*
 * Evaluates @_call, a callback that returns an errno, emits a trace event, and
 * returns the errno. @_kind is file, subsystem or flb; @_op is the name of the
 * callback; @_token is 0 except for files.
 *
 *	err = luo_call(file, "freeze", lf->compatible, lf->token,
 *		       ops->freeze(&lf->args));
 */
#define luo_call(_kind, _op, _name, _token, _call)			\
({									\
	const bool _traced = trace_liveupdate_##_kind##_enabled();	\
	const u64 _start = _traced ? local_clock() : 0;			\
	const int _call_err = (_call);					\
									\
	if (_traced)							\
		trace_liveupdate_##_kind(_op, _name, _token, _call_err,	\
					 local_clock() - _start);	\
	_call_err;							\
})

/* Like luo_call(), for callbacks without a return value. */
#define luo_call_void(_kind, _op, _name, _token, _call)			\
	((void)luo_call(_kind, _op, _name, _token, ((_call), 0)))

#endif /* _LINUX_LIVEUPDATE_LUO_TRACE_H */
