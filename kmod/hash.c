// SPDX-License-Identifier: GPL-2.0
/*
 * wgmark: changes of a hash, while packets read it
 *
 * When the size changes, each member is linked anew by the other one of its two
 * links. Packets that began with the old buckets still go by the old links,
 * which nobody touches until the kernel has waited for them.
 */

#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "hash.h"

#define WGMARK_HASH_MIN_BITS 4

/* With as many places as members one place in some billions has more, unless the
 * keys are regular in a way that the numbers do not suit.
 */
#define WGMARK_HASH_LONG_CHAIN 16

#define wgmark_hash_deref(h, p) \
	rcu_dereference_protected(p, lockdep_is_held((h)->lock))

static struct wgmark_buckets *wgmark_buckets_new(unsigned int bits)
{
	struct wgmark_buckets *b;
	int i;

	b = kvzalloc(struct_size(b, head, 1UL << bits), GFP_KERNEL_ACCOUNT);
	if (!b)
		return NULL;
	get_random_bytes(b->mul, sizeof(b->mul));
	for (i = 0; i < ARRAY_SIZE(b->mul); i++)
		b->mul[i] |= 1;
	b->shift = 64 - bits;
	return b;
}

/* With a second word of 0 both sorts of keys have the place that packets use. */
static struct wgmark_node __rcu **wgmark_hash_head(struct wgmark_buckets *b,
						   const struct wgmark_key *key)
{
	return &b->head[wgmark_hash_place(b, key, true)];
}

static bool wgmark_key_equal(const struct wgmark_key *a,
			     const struct wgmark_key *b)
{
	return a->word[0] == b->word[0] && a->word[1] == b->word[1];
}

/* The link that leads to the first member with a key, or the last one, to NULL */
static struct wgmark_node __rcu **
wgmark_hash_link(struct wgmark_hash *h, struct wgmark_buckets *b,
		 const struct wgmark_key *key)
{
	struct wgmark_node __rcu **link = wgmark_hash_head(b, key);
	unsigned int steps = 0;
	struct wgmark_node *n;

	while ((n = wgmark_hash_deref(h, *link)) &&
	       !wgmark_key_equal(&n->key, key)) {
		link = &n->next[b->parity];
		steps++;
	}
	if (steps > WGMARK_HASH_LONG_CHAIN && !b->again)
		h->uneven = true;
	return link;
}

/**
 * wgmark_hash_init() - an empty hash
 * @h: the hash
 * @lock: what will be held at each change
 * @resize: to be queued when it should have another size
 *
 * Return: 0 or -ENOMEM
 */
int wgmark_hash_init(struct wgmark_hash *h, spinlock_t *lock,
		     struct work_struct *resize)
{
	struct wgmark_buckets *b = wgmark_buckets_new(WGMARK_HASH_MIN_BITS);

	if (!b)
		return -ENOMEM;
	RCU_INIT_POINTER(h->buckets, b);
	h->len = 0;
	h->uneven = false;
	h->lock = lock;
	h->resize = resize;
	return 0;
}

/** wgmark_hash_exit() - free the hash, which nobody reads any more */
void wgmark_hash_exit(struct wgmark_hash *h)
{
	kvfree(rcu_dereference_protected(h->buckets, true));
}

static unsigned int wgmark_hash_bits(unsigned int len)
{
	return max_t(unsigned int, WGMARK_HASH_MIN_BITS, order_base_2(len + 1));
}

/* Should it have another size, or other numbers? Between one member for a place and
 * one for eight places it stays.
 */
static bool wgmark_hash_unfit(const struct wgmark_hash *h)
{
	unsigned int now = 64 - wgmark_hash_deref(h, h->buckets)->shift;
	unsigned int fit = wgmark_hash_bits(h->len);

	return h->uneven || fit > now || fit + 2 < now;
}

static void wgmark_hash_changed(struct wgmark_hash *h)
{
	if (wgmark_hash_unfit(h))
		schedule_work(h->resize);
}

/**
 * wgmark_hash_add() - take on a member
 * @h: the hash
 * @n: the member, with its key
 *
 * Context: the hash's lock.
 */
void wgmark_hash_add(struct wgmark_hash *h, struct wgmark_node *n)
{
	struct wgmark_buckets *b = wgmark_hash_deref(h, h->buckets);
	struct wgmark_node __rcu **link = wgmark_hash_link(h, b, &n->key);
	struct wgmark_node *first = wgmark_hash_deref(h, *link);

	RCU_INIT_POINTER(n->next[0], NULL);
	RCU_INIT_POINTER(n->next[1], NULL);
	RCU_INIT_POINTER(n->same, NULL);
	if (first) {
		RCU_INIT_POINTER(n->same, wgmark_hash_deref(h, first->same));
		rcu_assign_pointer(first->same, n);
	} else {
		rcu_assign_pointer(*link, n);
		WRITE_ONCE(h->len, h->len + 1);
	}
	wgmark_hash_changed(h);
}

/**
 * wgmark_hash_del() - let go of a member
 * @h: the hash
 * @n: the member; packets may read it until a grace period has passed
 *
 * Context: the hash's lock.
 */
void wgmark_hash_del(struct wgmark_hash *h, struct wgmark_node *n)
{
	struct wgmark_buckets *b = wgmark_hash_deref(h, h->buckets);
	struct wgmark_node __rcu **link = wgmark_hash_link(h, b, &n->key);
	struct wgmark_node *at = wgmark_hash_deref(h, *link);
	struct wgmark_node *same = wgmark_hash_deref(h, n->same);
	struct wgmark_node *next;

	if (at != n) {
		for (; at != n; at = wgmark_hash_deref(h, *link))
			link = &at->same;
		rcu_assign_pointer(*link, same);
		return;
	}
	next = wgmark_hash_deref(h, n->next[b->parity]);
	if (same) {
		RCU_INIT_POINTER(same->next[b->parity], next);
		rcu_assign_pointer(*link, same);
	} else {
		rcu_assign_pointer(*link, next);
		WRITE_ONCE(h->len, h->len - 1);
	}
	wgmark_hash_changed(h);
}

static void wgmark_hash_move(struct wgmark_hash *h, struct wgmark_buckets *to,
			     const struct wgmark_buckets *from)
{
	struct wgmark_node __rcu **head;
	struct wgmark_node *n;
	size_t i;

	for (i = 0; i < 1UL << (64 - from->shift); i++) {
		for (n = wgmark_hash_deref(h, from->head[i]); n;
		     n = wgmark_hash_deref(h, n->next[from->parity])) {
			head = wgmark_hash_head(to, &n->key);
			RCU_INIT_POINTER(n->next[to->parity],
					 wgmark_hash_deref(h, *head));
			RCU_INIT_POINTER(*head, n);
		}
	}
}

/**
 * wgmark_hash_resize() - give it the size that fits
 * @h: the hash
 *
 * Without memory it keeps the size that it has. All members are linked anew in one
 * go, in which who adds an address waits: about a millisecond for 10,000.
 *
 * Context: sleeps; nobody else resizes @h meanwhile; takes the hash's lock.
 * Return: whether it has another one now, so that it may have become unfit again
 */
bool wgmark_hash_resize(struct wgmark_hash *h)
{
	struct wgmark_buckets *old, *new;
	unsigned int bits;
	bool unfit;

	spin_lock_bh(h->lock);
	unfit = wgmark_hash_unfit(h);
	bits = wgmark_hash_bits(h->len);
	spin_unlock_bh(h->lock);
	if (!unfit)
		return false;
	new = wgmark_buckets_new(bits);
	if (!new)
		return false;

	spin_lock_bh(h->lock);
	old = wgmark_hash_deref(h, h->buckets);
	new->parity = !old->parity;
	new->again = h->uneven && new->shift == old->shift;
	h->uneven = false;
	wgmark_hash_move(h, new, old);
	rcu_assign_pointer(h->buckets, new);
	spin_unlock_bh(h->lock);

	/* the old links are used by the next size */
	synchronize_rcu();
	kvfree(old);
	return true;
}

/**
 * wgmark_filter_add() - let packets for a key pass, before it is in the hash
 * @f: the hash's filter
 * @word: the word of the key that the filter is for
 * @first: the hash is empty
 *
 * Context: the hash's lock.
 */
void wgmark_filter_add(struct wgmark_filter *f, u64 word, bool first)
{
	if (first) {
		WRITE_ONCE(f->base, word);
		WRITE_ONCE(f->mask, ~0ULL);
	} else if ((f->base ^ word) & f->mask) {
		WRITE_ONCE(f->mask, f->mask & ~(f->base ^ word));
	}
}
