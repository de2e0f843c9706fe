/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of the kernel as kmod/hash.c needs, for one thread
 */
#ifndef WGMARK_TEST_KERNEL_H
#define WGMARK_TEST_KERNEL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;
typedef struct { int unused; } spinlock_t;

/** struct work_struct - work; what it would do is up to the test */
struct work_struct {
	bool is_queued;
};

#define __rcu
#define GFP_KERNEL_ACCOUNT 0
#define ARRAY_SIZE(array) (int)(sizeof(array) / sizeof((array)[0]))
#define READ_ONCE(x) (x)
#define WRITE_ONCE(x, value) ((x) = (value))
#define rcu_dereference(p) (p)
#define rcu_dereference_protected(p, held) ((void)sizeof(held), (p))
#define rcu_assign_pointer(p, value) ((p) = (value))
#define RCU_INIT_POINTER(p, value) ((p) = (value))
#define lockdep_is_held(lock) ((lock) != NULL)
#define spin_lock_bh(lock) ((void)(lock))
#define spin_unlock_bh(lock) ((void)(lock))
#define struct_size(p, member, n) (sizeof(*(p)) + (n) * sizeof((p)->member[0]))
#define kvzalloc(size, gfp) calloc(1, size)
#define kvfree(p) free(p)
#define max_t(type, a, b) ((type)(a) > (type)(b) ? (type)(a) : (type)(b))

static inline void synchronize_rcu(void)
{
}

static inline bool schedule_work(struct work_struct *work)
{
	bool was = work->is_queued;

	work->is_queued = true;
	return !was;
}

static inline unsigned int order_base_2(unsigned long n)
{
	unsigned int bits = 0;

	while (1UL << bits < n)
		bits++;
	return bits;
}

/** get_random_bytes() - by the test, which knows how random they have to be */
void get_random_bytes(void *buf, size_t len);

#endif
