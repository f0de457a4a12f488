/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_TEST_LINUX_ATOMIC_H
#define _KHO_TEST_LINUX_ATOMIC_H

#include <asm/atomic.h>
#include <linux/types.h>

static inline void atomic_long_set(atomic_long_t *v, long i)
{
	v->counter = i;
}

static inline long atomic_long_read(const atomic_long_t *v)
{
	return v->counter;
}

static inline long atomic_long_sub_return(long i, atomic_long_t *v)
{
	return v->counter -= i;
}

static inline void atomic_long_add(long i, atomic_long_t *v)
{
	v->counter += i;
}

static inline void atomic_long_sub(long i, atomic_long_t *v)
{
	v->counter -= i;
}

static inline void atomic_long_inc(atomic_long_t *v)
{
	v->counter++;
}

static inline void atomic_long_dec(atomic_long_t *v)
{
	v->counter--;
}

static inline bool atomic_long_dec_and_test(atomic_long_t *v)
{
	return !--v->counter;
}

#define xchg(ptr, new)	__atomic_exchange_n(ptr, new, __ATOMIC_SEQ_CST)

#endif /* _KHO_TEST_LINUX_ATOMIC_H */
