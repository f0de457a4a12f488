// SPDX-License-Identifier: GPL-2.0
/*
 * Tracepoints of live update.
 */

#define CREATE_TRACE_POINTS
#include <trace/events/liveupdate.h>
