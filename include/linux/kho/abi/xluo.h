/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live Update Orchestrator: the bytes that one kernel leaves for the next, as
 * far as the record in <linux/kho/abi/luo.h> has no room for them.
 *
 * .. code-block:: none
 *
 *	KHO sub-tree "x-luo"
 *	+-----------------------+
 *	| struct xluo_ser       |    chain of blocks, see <linux/kho/abi/chain.h>
 *	|   subsystems  --------|--> +----------------------------+
 *	|   timeline            |    | struct xluo_subsystem_ser  |
 *	+-----------------------+    |   name, data               |
 *	                             +----------------------------+
 *	                             | ...                        |
 *	                             +----------------------------+
 *
 * Everything is in native endianness. "pa" is a physical address; 0 stands for
 * "none". All of it lies in preserved folios.
 *
 * A kernel that does not know the sub-tree loses what is in it, and nothing
 * else. A later writer can append fields: @xluo_ser.size tells. It sets a bit
 * in @xluo_ser.incompat if a reader that does not know them must not read the
 * record, and a bit in @xluo_ser.compat if that does no harm. A change of
 * anything else takes a new %XLUO_COMPATIBLE.
 */

#ifndef _LINUX_KHO_ABI_XLUO_H
#define _LINUX_KHO_ABI_XLUO_H

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/* Name of the KHO sub-tree. */
#define XLUO_SUBTREE		"x-luo"

/* What &xluo_ser.compatible says, its NUL included. */
#define XLUO_COMPATIBLE		"x-luo-1"

#define XLUO_COMPATIBLE_SIZE	8
#define XLUO_SUBSYSTEM_SIZE	48

/* Bits of &xluo_ser.incompat that are defined. */
#define XLUO_INCOMPAT_KNOWN	0

/* Values of &xluo_timeline_ser.counter. */
#define XLUO_COUNTER_NONE	0
#define XLUO_COUNTER_TSC	1	/* x86: the time stamp counter */
#define XLUO_COUNTER_ARM64	2	/* arm64: the virtual counter */

/* Index into &xluo_timeline_ser.points. */
#define XLUO_POINT_PREPARE_BEGIN	0
#define XLUO_POINT_PREPARE_END		1
#define XLUO_POINT_FREEZE_BEGIN		2
#define XLUO_POINT_FREEZE_END		3
#define XLUO_POINT_JUMP			4
#define XLUO_POINTS			5

/**
 * struct xluo_timeline_ser - when the update reached which point
 * @counter: %XLUO_COUNTER_*, the counter of the processor that @points are
 *	     readings of; it runs on across the kexec
 * @hz: how often it counts in a second
 * @points: readings, by %XLUO_POINT_*; 0 where a point was not reached. Those
 *	    that were reached ascend
 */
struct xluo_timeline_ser {
	u64 counter;
	u64 hz;
	u64 points[XLUO_POINTS];
};

/**
 * struct xluo_ser - what else LUO hands over
 * @compatible: %XLUO_COMPATIBLE
 * @size: size of this record in bytes, at least that of this struct
 * @subsystems: pa of the chain of struct xluo_subsystem_ser, 0 if there is none
 * @compat: features that a reader may ignore
 * @incompat: features that a reader has to know
 * @timeline: when the update reached which point
 */
struct xluo_ser {
	char compatible[XLUO_COMPATIBLE_SIZE];
	u64 size;
	u64 subsystems;
	u64 compat;
	u64 incompat;
	struct xluo_timeline_ser timeline;
};

/**
 * struct xluo_subsystem_ser - what one subsystem left
 * @name: its name, NUL-terminated and zero-filled, not empty, unique
 * @data: for the subsystem of that name in the next kernel
 * @reserved: 0
 */
struct xluo_subsystem_ser {
	char name[XLUO_SUBSYSTEM_SIZE];
	u64 data;
	u64 reserved;
};

static_assert(sizeof(XLUO_COMPATIBLE) == XLUO_COMPATIBLE_SIZE);

static_assert(sizeof(struct xluo_timeline_ser) == 56);
static_assert(offsetof(struct xluo_timeline_ser, hz) == 8);
static_assert(offsetof(struct xluo_timeline_ser, points) == 16);

static_assert(sizeof(struct xluo_ser) == 96);
static_assert(offsetof(struct xluo_ser, size) == 8);
static_assert(offsetof(struct xluo_ser, subsystems) == 16);
static_assert(offsetof(struct xluo_ser, compat) == 24);
static_assert(offsetof(struct xluo_ser, incompat) == 32);
static_assert(offsetof(struct xluo_ser, timeline) == 40);

static_assert(sizeof(struct xluo_subsystem_ser) == 64);
static_assert(offsetof(struct xluo_subsystem_ser, data) == 48);
static_assert(offsetof(struct xluo_subsystem_ser, reserved) == 56);

#endif /* _LINUX_KHO_ABI_XLUO_H */
