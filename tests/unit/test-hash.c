// SPDX-License-Identifier: GPL-2.0
/*
 * The module's hash: that it stays even, whichever keys it has and numbers it draws.
 * tests/netns and tests/stress have it under packets.
 */
#include "../../kmod/hash.c"
#include "tap.h"

#define KEYS 4096

static struct wgmark_node nodes[KEYS];
static struct work_struct resize;
static struct wgmark_hash hash;
static spinlock_t lock;

/* Draws of numbers so far, and which of them, from the lowest bit on, are useless: with 1 for
 * each, small keys all have the place 0
 */
static unsigned int draws;
static unsigned int useless;

void get_random_bytes(void *buf, size_t len)
{
	bool is_useless = draws < 32 && useless >> draws & 1;
	uint32_t *word = buf;
	size_t i;

	draws++;
	for (i = 0; i < len / sizeof(*word); i++)
		word[i] = is_useless ? 0 : tap_random();
}

static void begin(unsigned int which)
{
	draws = 0;
	useless = which;
	resize.is_queued = false;
	if (wgmark_hash_init(&hash, &lock, &resize))
		abort();
}

static void end(void)
{
	wgmark_hash_exit(&hash);
}

static void add(size_t i, u64 first, u64 second)
{
	nodes[i].key = (struct wgmark_key){ { first, second } };
	wgmark_hash_add(&hash, &nodes[i]);
}

/* The work, once it was queued */
static void run_resize(void)
{
	while (resize.is_queued && wgmark_hash_resize(&hash))
		;
	resize.is_queued = false;
}

static size_t longest(void)
{
	const struct wgmark_buckets *b = hash.buckets;
	const struct wgmark_node *n;
	size_t i, len, max = 0;

	for (i = 0; i < 1UL << (64 - b->shift); i++) {
		len = 0;
		for (n = b->head[i]; n; n = n->next[b->parity])
			len++;
		max = len > max ? len : max;
	}
	return max;
}

static bool has_all(size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (wgmark_hash_find(&hash, &nodes[i].key, true) != &nodes[i])
			return false;
	}
	return true;
}

/* fd00:0:0:N::M, as such an address lies in memory of either order of bytes */
static void test_even(const char *name, unsigned int shift)
{
	unsigned int round, uneven = 0, lost = 0;
	size_t i;

	for (round = 0; round < 20; round++) {
		begin(0);
		for (i = 0; i < KEYS; i++)
			add(i, 0xfd ^ (u64)(i % 64) << shift, (u64)(i / 64) << shift);
		run_resize();
		uneven += longest() > WGMARK_HASH_LONG_CHAIN;
		lost += !has_all(KEYS);
		end();
	}
	tap_ok(!uneven && !lost, "networks and hosts of IPv6, %s: %u of %u times uneven, %u lost",
	       name, uneven, round, lost);
}

/* Keys that came in a burst are in few places, and then in many, of which it is not known
 * yet whether they are even
 */
static void test_again(void)
{
	size_t i;

	begin(1 << 1);
	/* one more fits into the same size */
	for (i = 0; i < KEYS - 2; i++)
		add(i, i, 0);
	tap_ok(hash.uneven, "a burst makes long chains");
	run_resize();
	tap_ok(draws == 2 && longest() == KEYS - 2, "of the numbers for a larger size none is good");
	add(i, i, 0);
	run_resize();
	tap_ok(draws == 3 && longest() <= WGMARK_HASH_LONG_CHAIN && has_all(KEYS - 1),
	       "others are drawn when the next key meets that: longest %zu", longest());
	end();
}

/* There may be none that are */
static void test_once(void)
{
	unsigned int sizes;
	size_t i;

	begin(~0);
	for (i = 0; i < KEYS / 2; i++) {
		add(i, i, 0);
		run_resize();
	}
	sizes = 64 - hash.buckets->shift - WGMARK_HASH_MIN_BITS + 1;
	tap_ok(draws <= 2 * sizes, "numbers are drawn %u times for %u sizes, twice for each at most",
	       draws, sizes);
	tap_ok(has_all(KEYS / 2), "and all is found, if slowly");
	end();
}

int main(void)
{
	test_even("little endian", 56);
	test_even("big endian", 0);
	test_again();
	test_once();
	return tap_done();
}
