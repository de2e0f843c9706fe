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
	       y->is_end - x->is_end;
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
	size_t n = 0, i;

	for (i = 0; i < set->elems_len; i++) {
		e = &set->elems[i];
		if (open)
			before(e->value, open->last, set->key_len);
		open = NULL;
		if (e->is_end)
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

int nft_set_sort(struct nft_set *set, enum nft_type type, bool is_long)
{
	struct order o = { .type = is_long ? TYPE_HOST_NUMBER : type, .len = set->key_len };
	bool has_ranges = set->flags & NFT_SET_INTERVAL;

	if (set->is_sorted)
		return 0;
	/* several fields are sorted as if they were one number; with ranges, they are not */
	if (set->elems_len && !(has_ranges && is_long))
		qsort_r(set->elems, set->elems_len, sizeof(*set->elems), compare, &o);
	if (has_ranges && !is_long)
		join_ranges(set);
	set->is_sorted = set->elems_len;
	return set->is_sorted ? 0 : -EPROTO;
}
