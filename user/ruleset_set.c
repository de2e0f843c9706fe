// SPDX-License-Identifier: GPL-2.0
/*
 * Anonymous sets and verdict maps: { 10.2.0.2, 10.3.0.0/16 }, { 22 : accept }
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "ruleset_expr.h"

/**
 * struct order - how elements are sorted
 * @type: of the keys
 * @len: bytes of a key
 */
struct order {
	enum nft_type type;
	size_t len;
};

/* Where one range ends and the next begins, the end comes first. */
static int compare(const void *a, const void *b, void *data)
{
	const struct nft_elem *x = a, *y = b;
	const struct order *o = data;

	return nft_value_compare(o->type, x->value, y->value, o->len) ?:
	       y->last[0] - x->last[0];
}

/* The value before @value, network byte order */
static void before(const uint8_t *value, uint8_t *out, size_t len)
{
	memcpy(out, value, len);
	while (len-- && !out[len]--)
		;
}

static void join_ranges(struct nft_set *set)
{
	struct nft_elem *e, *open = NULL;
	bool is_end;
	size_t n = 0, i;

	for (i = 0; i < set->elems_len; i++) {
		e = &set->elems[i];
		is_end = e->last[0];
		if (open)
			before(e->value, open->last, set->key_len);
		open = NULL;
		if (is_end)
			continue;
		set->elems[n] = *e;
		open = &set->elems[n++];
	}
	if (open)
		memset(open->last, 0xff, set->key_len);
	set->elems_len = n;
}

void nft_elems_free(struct nft_set *set)
{
	size_t i;

	for (i = 0; i < set->elems_len; i++)
		nft_verdict_free(&set->elems[i].verdict);
	free(set->elems);
	set->is_sorted = false;
	set->elems = NULL;
	set->elems_len = 0;
}

int nft_set_sort(struct nft_set *set, enum nft_type type)
{
	struct order o = { .type = type, .len = set->key_len };
	size_t i;

	if (set->is_sorted)
		return 0;
	if (set->elems_len)
		qsort_r(set->elems, set->elems_len, sizeof(*set->elems), compare, &o);
	if (set->flags & NFT_SET_INTERVAL) {
		join_ranges(set);
	} else {
		for (i = 0; i < set->elems_len; i++)
			memcpy(set->elems[i].last, set->elems[i].value, NFT_VALUE_MAX);
	}
	set->is_sorted = set->elems_len;
	return set->is_sorted ? 0 : -EPROTO;
}
