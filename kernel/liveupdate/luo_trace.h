/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calling what others registered, with trace events.
 */

#ifndef _LINUX_LIVEUPDATE_LUO_TRACE_H
#define _LINUX_LIVEUPDATE_LUO_TRACE_H

#include <linux/sched/clock.h>
#include <trace/events/liveupdate.h>

/* When a change of state began; 0 if nobody traces it. */
static inline u64 luo_trace_start(void)
{
	return trace_liveupdate_state_enabled() ? local_clock() : 0;
}

/* Ends what luo_trace_start() began; @session is empty for the whole. */
static inline void luo_trace_state(const char *session, unsigned int event,
				   unsigned int from, unsigned int to, int err,
				   u64 start)
{
	if (start)
		trace_liveupdate_state(session, event, from, to, err,
				       local_clock() - start);
}

/*
 * Evaluates @_call, which is an errno, and so is the value. @_kind is file,
 * subsystem or flb; @_op a string; @_token 0 for what has none.
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

/* The same for what returns nothing. */
#define luo_call_void(_kind, _op, _name, _token, _call)			\
	((void)luo_call(_kind, _op, _name, _token, ((_call), 0)))

#endif /* _LINUX_LIVEUPDATE_LUO_TRACE_H */
