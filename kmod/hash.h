/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wgmark: the hash that packets look into
 *
 * The kernel's rhashtable serves the same purpose at about five times the
 * instructions for a look-up, which is what a packet pays; so this is less
 * general. A key is one word, or two for IPv6. Each half of a word is multiplied by
 * a random number of its own, and the highest bits of the sum are the place
 * (vector multiply-shift: Thorup, "High Speed Hashing for Integers and Strings",
 * 2015), so nobody can choose keys that collide. Where regular ones do all the
 * same, other numbers are drawn.
 *
 * Readers hold RCU. Whoever changes holds the lock that the hash was made with.
 * The hash grows and shrinks in process context, later; adding never fails.
 */
#ifndef _WGMARK_HASH_H
#define _WGMARK_HASH_H

#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

/**
 * struct wgmark_key - what is looked for
 * @word: the second is 0 for all keys of a hash, or used by it
 */
struct wgmark_key {
	u64 word[2];
};

/**
 * struct wgmark_node - a member of a hash, a part of what is found
 * @next: in the same place, with another key; for buckets of either parity
 * @same: with the same key
 * @key: its key, not to be changed while it is in the hash
 */
struct wgmark_node {
	struct wgmark_node __rcu *next[2];
	struct wgmark_node __rcu *same;
	struct wgmark_key key;
};

/**
 * struct wgmark_buckets - one size of a hash
 * @mul: random and odd, for each half of each word of the key
 * @shift: 64 - the bits of a place
 * @parity: which of wgmark_node.next is theirs; never that of the size before
 * @again: drawn because the ones before had a long chain; that is done once
 * @head: 1 << (64 - @shift) places
 */
struct wgmark_buckets {
	u64 mul[4];
	u8 shift;
	u8 parity;
	bool again;
	struct wgmark_node __rcu *head[];
};

/**
 * struct wgmark_hash - a hash
 * @buckets: the size that is in use; RCU
 * @len: members, those of the same key counted once
 * @uneven: there is a long chain
 * @lock: held by whoever changes anything
 * @resize: queued when it should have another size; calls wgmark_hash_resize()
 */
struct wgmark_hash {
	struct wgmark_buckets __rcu *buckets;
	unsigned int len;
	bool uneven;
	spinlock_t *lock;	/* the namespace's, not taken here but to resize */
	struct work_struct *resize;
};

/**
 * struct wgmark_filter - bits that all keys of a hash have alike in one word
 * @base: the word of one of them
 * @mask: the bits. While there are keys it only loses some, also when one
 *	goes, and @base stays; so a reader that sees half of a change turns away none
 *	that was there.
 */
struct wgmark_filter {
	u64 base;
	u64 mask;
};

int wgmark_hash_init(struct wgmark_hash *h, spinlock_t *lock,
		     struct work_struct *resize);
void wgmark_hash_exit(struct wgmark_hash *h);
void wgmark_hash_add(struct wgmark_hash *h, struct wgmark_node *n);
void wgmark_hash_del(struct wgmark_hash *h, struct wgmark_node *n);
bool wgmark_hash_resize(struct wgmark_hash *h);
void wgmark_filter_add(struct wgmark_filter *f, u64 word, bool first);

/** wgmark_hash_place() - the place of a key; @wide: it has two words */
static __always_inline u64 wgmark_hash_place(const struct wgmark_buckets *b,
					     const struct wgmark_key *key,
					     bool wide)
{
	u64 sum = (u32)key->word[0] * b->mul[0] +
		  (key->word[0] >> 32) * b->mul[1];

	if (wide)
		sum += (u32)key->word[1] * b->mul[2] +
		       (key->word[1] >> 32) * b->mul[3];
	return sum >> b->shift;
}

/**
 * wgmark_hash_find() - the first member with a key
 * @h: the hash
 * @key: the key
 * @wide: the hash's keys have two words; a constant
 *
 * Context: packet path, RCU.
 * Return: it, whose @same is the next one; or NULL
 */
static __always_inline struct wgmark_node *
wgmark_hash_find(const struct wgmark_hash *h, const struct wgmark_key *key,
		 bool wide)
{
	const struct wgmark_buckets *b = rcu_dereference(h->buckets);
	struct wgmark_node *n;

	n = rcu_dereference(b->head[wgmark_hash_place(b, key, wide)]);
	while (n && (n->key.word[0] != key->word[0] ||
		     (wide && n->key.word[1] != key->word[1])))
		n = rcu_dereference(n->next[b->parity]);
	return n;
}

/** wgmark_filter_passes() - may there be a key with this word? Context: packet path */
static __always_inline bool wgmark_filter_passes(const struct wgmark_filter *f,
						 u64 word)
{
	return !((word ^ READ_ONCE(f->base)) & READ_ONCE(f->mask));
}

#endif
