/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Live Update Orchestrator: format of the extension record. It holds the data
 * that has no field in the record of <linux/kho/abi/luo.h>.
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
 * All fields are in native endianness. "pa" is a physical address; 0 stands for
 * "none". All records lie in preserved folios.
 *
 * A kernel that does not know the sub-tree loses its contents, and nothing
 * else. A newer writer may append fields and increase @xluo_ser.size. It sets a
 * bit in @xluo_ser.incompat if readers that do not know the fields must reject
 * the record, and a bit in @xluo_ser.compat if they may ignore the fields. Any
 * other change requires a new %XLUO_COMPATIBLE.
 */

#ifndef _LINUX_KHO_ABI_XLUO_H
#define _LINUX_KHO_ABI_XLUO_H

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/* Name of the KHO sub-tree. */
#define XLUO_SUBTREE		"x-luo"

/* Value of &xluo_ser.compatible, including the NUL. */
#define XLUO_COMPATIBLE		"x-luo-1"

#define XLUO_COMPATIBLE_SIZE	8
#define XLUO_SUBSYSTEM_SIZE	48

/* Bits of &xluo_ser.incompat that this kernel knows. */
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
 * struct xluo_timeline_ser - times at which the update reached each point
 * @counter: %XLUO_COUNTER_*, the CPU counter that was read for @points; it
 *	     keeps running across the kexec
 * @hz: frequency of the counter
 * @points: counter readings, indexed by %XLUO_POINT_*; 0 for a point that was
 *	    not reached. The other readings ascend
 */
struct xluo_timeline_ser {
	u64 counter;
	u64 hz;
	u64 points[XLUO_POINTS];
};

/**
 * struct xluo_ser - extension record of LUO
 * @compatible: %XLUO_COMPATIBLE
 * @size: size of this record in bytes, at least the size of this struct
 * @subsystems: pa of the chain of struct xluo_subsystem_ser, 0 if there are
 *		none
 * @compat: features that a reader may ignore
 * @incompat: features that a reader must know
 * @timeline: times at which the update reached each point
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
 * struct xluo_subsystem_ser - data of one subsystem
 * @name: name of the subsystem, NUL-terminated and zero-filled, not empty,
 *	  unique
 * @data: value for the subsystem of the same name in the next kernel
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
