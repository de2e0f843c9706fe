// SPDX-License-Identifier: GPL-2.0
/*
 * AllowedIPs, with the + and - that wg(8) has had since 2025
 *
 * In a device that is new a "-" means: not that one, of those before. They are
 * kept until all of a peer's sections are read, and then carried out at once.
 */
#include <stdlib.h>
#include <string.h>

#include "config_keys.h"
#include "list.h"

/**
 * struct removal - "AllowedIPs = -PREFIX"
 * @prefix: the network, host bits cleared
 * @before: takes it out of so many, the first ones
 */
struct removal {
	struct prefix prefix;
	size_t before;
};

static int take_out(struct peer *peer, const struct prefix *prefix, size_t before)
{
	const struct removal r = { *prefix, before };

	return list_append(&peer->removed, &peer->removed_len, &r, sizeof(r));
}

int config_allowed_ips(struct parser *p, struct peer *peer, char *value)
{
	struct prefix prefix;
	char *item;
	int err;

	peer->incremental = false;
	config_join(value, "/", "/+-");
	while ((item = config_item(&value))) {
		char sign = *item == '+' || *item == '-' ? *item : '\0';

		if (prefix_parse(&prefix, item + !!sign))
			return config_bad_value(p, item, "a network, such as 10.0.0.0/8 or fd00::/8");

		prefix_mask(&prefix);
		peer->incremental = peer->incremental || sign;
		err = sign == '-' ? take_out(peer, &prefix, peer->allowed_len) :
				    prefix_append(&peer->allowed, &peer->allowed_len, &prefix);
		if (err)
			return err;
	}

	return 0;
}

int config_prepend_allowed(struct peer *later, struct peer *earlier)
{
	struct peer parts = *later;
	size_t i, before = earlier->allowed_len;
	int err = 0;

	/* The longer, from many sections, is the earlier: append to it */
	for (i = 0; i < parts.removed_len && !err; i++)
		err = take_out(earlier, &parts.removed[i].prefix,
			       before + parts.removed[i].before);
	for (i = 0; i < parts.allowed_len && !err; i++)
		err = prefix_append(&earlier->allowed, &earlier->allowed_len,
				    &parts.allowed[i]);

	later->allowed = earlier->allowed;
	later->allowed_len = earlier->allowed_len;
	later->removed = earlier->removed;
	later->removed_len = earlier->removed_len;
	later->incremental = earlier->incremental;

	earlier->allowed = parts.allowed;
	earlier->allowed_len = parts.allowed_len;
	earlier->removed = parts.removed;
	earlier->removed_len = parts.removed_len;
	return err;
}

static int compare_prefixes(const struct prefix *a, const struct prefix *b)
{
	int diff = config_compare_addresses(a, b);

	return diff ? diff : a->len - b->len;
}

/* Of the same prefix the one that reaches furthest comes first */
static int compare_removals(const void *a, const void *b)
{
	const struct removal *x = a, *y = b;
	int diff = compare_prefixes(&x->prefix, &y->prefix);

	return diff ? diff : (x->before < y->before) - (x->before > y->before);
}

static int compare_to_removal(const void *prefix, const void *removal)
{
	return compare_prefixes(prefix, &((const struct removal *)removal)->prefix);
}

void config_remove_allowed(struct peer *peer)
{
	const struct removal *r;
	size_t i, n = 0;

	if (peer->removed_len) {
		qsort(peer->removed, peer->removed_len, sizeof(*r), compare_removals);
		/* one for each prefix, so that any that is found is the right one */
		for (i = 1; i < peer->removed_len; i++) {
			if (compare_prefixes(&peer->removed[n].prefix, &peer->removed[i].prefix))
				peer->removed[++n] = peer->removed[i];
		}
		peer->removed_len = n + 1;

		for (i = 0, n = 0; i < peer->allowed_len; i++) {
			r = bsearch(&peer->allowed[i], peer->removed, peer->removed_len,
				    sizeof(*r), compare_to_removal);
			if (!r || i >= r->before)
				peer->allowed[n++] = peer->allowed[i];
		}
		peer->allowed_len = n;
	}

	free(peer->removed);
	peer->removed = NULL;
	peer->removed_len = 0;
	peer->incremental = false;
}
