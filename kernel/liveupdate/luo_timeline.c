// SPDX-License-Identifier: GPL-2.0
/*
 * The timeline: times at which an update reached each point, to measure the
 * blackout.
 *
 * The times are readings of a CPU counter that keeps running across the kexec,
 * so readings of both kernels are comparable.
 */

#define pr_fmt(fmt) "LUO: " fmt

#include <linux/atomic.h>
#include <linux/kho/abi/xluo.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/syscore_ops.h>
#include <linux/sysfs.h>
#include <linux/time64.h>
#include <linux/timex.h>

#ifdef CONFIG_X86
#include <asm/tsc.h>
#endif
#ifdef CONFIG_ARM64
#include <clocksource/arm_arch_timer.h>
#endif

#include "kho_internal.h"
#include "luo_extra.h"
#include "luo_read.h"
#include "luo_timeline.h"

static const char * const point_names[] = {
	[LUO_POINT_PREPARE_BEGIN] = "prepare-begin",
	[LUO_POINT_PREPARE_END] = "prepare-end",
	[LUO_POINT_FREEZE_BEGIN] = "freeze-begin",
	[LUO_POINT_FREEZE_END] = "freeze-end",
	[LUO_POINT_JUMP] = "jump",
	[LUO_POINT_KHO_BOOT] = "kho-boot",
	[LUO_POINT_INIT] = "init",
	[LUO_POINT_FIRST_RETRIEVE] = "first-retrieve",
	[LUO_POINT_RETRIEVE] = "last-retrieve",
	[LUO_POINT_FINISH] = "finish",
};

static_assert(ARRAY_SIZE(point_names) == LUO_POINTS);

/* Times of the update that booted this kernel; 0 if not reached. */
static u64 points[LUO_POINTS];

#if defined(CONFIG_X86)
static const u64 counter = XLUO_COUNTER_TSC;

/* Frequency of the TSC; 0 while unknown, and refined during boot. */
static u64 counter_hz(void)
{
	return (u64)tsc_khz * MSEC_PER_SEC;
}
#elif defined(CONFIG_ARM64)
static const u64 counter = XLUO_COUNTER_ARM64;

static u64 counter_hz(void)
{
	return arch_timer_get_rate();
}
#else
static const u64 counter = XLUO_COUNTER_NONE;

static u64 counter_hz(void)
{
	return 0;
}
#endif

/* Records a point for the next kernel, and clears the later ones. */
void luo_timeline_set(struct xluo_timeline_ser *ser, enum luo_point point,
		      u64 now)
{
	ser->counter = counter;
	ser->hz = counter_hz();
	ser->points[point] = now;
	memset(&ser->points[point + 1], 0,
	       (XLUO_POINTS - point - 1) * sizeof(*ser->points));
}

/**
 * luo_timeline_mark - record the time of a point
 * @point: the point, except %LUO_POINT_FIRST_RETRIEVE, %LUO_POINT_KHO_BOOT and
 *	   %LUO_POINT_JUMP, which are recorded automatically
 *
 * Costs a few instructions. The caller serializes points for the next kernel;
 * those before luo_extra_init() are not recorded.
 *
 * Context: Any.
 */
void luo_timeline_mark(enum luo_point point)
{
	struct xluo_timeline_ser *ser = luo_extra_timeline();
	const u64 now = get_cycles();

	if (point >= XLUO_POINTS)
		WRITE_ONCE(points[point], now);
	else if (ser)
		luo_timeline_set(ser, point, now);
	if (point == LUO_POINT_RETRIEVE)
		cmpxchg64(&points[LUO_POINT_FIRST_RETRIEVE], 0, now);
}

/* Runs after the devices are shut down, and before the other CPUs are. */
static void mark_jump(void)
{
	luo_timeline_mark(LUO_POINT_JUMP);
}

static struct syscore_ops timeline_syscore_ops = {
	.shutdown = mark_jump,
};

/* Enables recording of %LUO_POINT_JUMP. */
void __init luo_timeline_init(void)
{
	register_syscore_ops(&timeline_syscore_ops);
}

/* Clears all points after the update was cancelled. */
void luo_timeline_reset(void)
{
	struct xluo_timeline_ser *ser = luo_extra_timeline();

	if (ser)
		memset(ser->points, 0, sizeof(ser->points));
}

/* Copies the points of the previous kernel if they are valid. */
void __init luo_timeline_read(const struct xluo_timeline_ser *ser)
{
	const u64 boot = kho_boot_cycles();
	int err = luo_extra_timeline_check(ser, counter, boot);

	points[LUO_POINT_KHO_BOOT] = boot;
	if (err)
		pr_warn("ignoring the previous kernel's timeline: %d\n", err);
	else
		memcpy(points, ser->points, sizeof(ser->points));
}

/* Microseconds between two readings; @hz is at least LUO_TIMELINE_MIN_HZ. */
static u64 microseconds(u64 from, u64 to, u64 hz)
{
	return to > from ? mul_u64_u64_div_u64(to - from, USEC_PER_SEC, hz) : 0;
}

/*
 * Prints one line per point that was reached: its name, and microseconds since
 * the first one. Returns the number of bytes.
 */
int luo_timeline_print(const u64 *reached, u64 hz, char *buf)
{
	u64 first = 0, point;
	int len = 0, i;

	if (hz < LUO_TIMELINE_MIN_HZ)
		return 0;
	for (i = 0; i < LUO_POINTS; i++) {
		point = READ_ONCE(reached[i]);
		if (!point)
			continue;
		first = first ?: point;
		len += sysfs_emit_at(buf, len, "%s %llu\n", point_names[i],
				     microseconds(first, point, hz));
	}
	return len;
}

/* Shows the update that booted this kernel in a sysfs page. */
int luo_timeline_show(char *buf)
{
	return luo_timeline_print(points, counter_hz(), buf);
}
