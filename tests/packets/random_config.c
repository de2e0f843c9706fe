// SPDX-License-Identifier: GPL-2.0
/*
 * A random configuration, as the module is told it, and as nft rules
 *
 * The rules are wg-quick's, word for word, for a tunnel with compat; for another one
 * they are what wgmark promises instead.
 */

#include <inttypes.h>

#include "random.h"

uint32_t random_u32(struct random *r)
{
	/* Vigna, "An experimental exploration of Marsaglia's xorshift generators" */
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return r->state * UINT64_C(0x2545f4914f6cdd1d) >> 32;
}

static void random_marks(struct random *r, const struct config *c, uint32_t *marks,
			 unsigned int len)
{
	const struct tunnel *t;
	unsigned int i;

	for (i = 0; i < len; i++) {
		t = &c->tunnel[random_below(r, TUNNELS)];
		switch (random_below(r, 6)) {
		case 0:
			marks[i] = 0;
			break;
		case 1:
			marks[i] = random_u32(r);
			break;
		case 2:	/* foreign bits beside F */
			marks[i] = (random_u32(r) & ~t->mask) | t->fwmark;
			break;
		case 3:	/* one bit off */
			marks[i] = t->fwmark ^ 1u << random_below(r, 32);
			break;
		default:
			marks[i] = t->fwmark;
		}
	}
}

static void random_tunnel(struct random *r, bool exact, struct tunnel *t)
{
	static const uint32_t masks[] = { UINT32_MAX, 0xff00, 0xffff, 0xff0000ff };
	static const uint32_t fwmarks[] = { 0xca6c, 0xca6d, 0xca6c0000 };

	*t = (struct tunnel){
		.on = random_percent(r, 75),
		.before = t->on,
		.families = 1 + random_below(r, 3),
		.guard = exact || random_percent(r, 80),
		.restore = exact || random_percent(r, 80),
		.mask = UINT32_MAX,
	};
	t->compat = exact || (t->restore && random_percent(r, 20));
	if (!t->compat)
		t->mask = masks[random_below(r, 4)];
	do
		t->fwmark = (random_percent(r, 70) ? fwmarks[random_below(r, 3)] :
						     random_u32(r)) & t->mask;
	while (!t->fwmark);
	/* wg-quick makes rules for the addresses that there are, when it makes rules */
	t->addrs[0] = random_below(r, 1 << TUNNEL_ADDRS);
	t->addrs[1] = random_below(r, 1 << TUNNEL_ADDRS);
}

/**
 * config_random() - every other one is what wg-quick does
 * @r: random numbers
 * @c: the last one, all 0 if there was none; becomes the new one
 */
void config_random(struct random *r, struct config *c)
{
	int i;

	c->exact = !c->exact;
	for (i = 0; i < TUNNELS; i++)
		random_tunnel(r, c->exact, &c->tunnel[i]);
	random_marks(r, c, c->marks, CONFIG_MARKS);
	random_marks(r, c, c->ctmarks, CONFIG_CTMARKS);
}

static void put_address(FILE *f, bool v6, int tunnel, int n)
{
	fprintf(f, v6 ? "fd02:%d::%d" : "10.2.%d.%d", tunnel, n + 1);
}

/** config_put_addrs() - the devices' addresses, for "ip -batch -" */
void config_put_addrs(FILE *f, const struct config *c)
{
	int i, v6, n;

	for (i = 0; i < TUNNELS; i++) {
		fprintf(f, "address flush dev wg%d scope global\n", i);
		for (v6 = 0; v6 < 2; v6++)
			for (n = 0; n < TUNNEL_ADDRS; n++) {
				if (!(c->tunnel[i].addrs[v6] & 1 << n))
					continue;
				fputs("address add ", f);
				put_address(f, v6, i, n);
				fprintf(f, "/%d dev wg%d%s\n", v6 ? 128 : 32, i,
					v6 ? " nodad" : "");
			}
	}
}

/** config_put_module() - the tunnels, for "wgmark-nl -c" */
void config_put_module(FILE *f, const struct config *c)
{
	const struct tunnel *t;
	int i;

	for (i = 0; i < TUNNELS; i++) {
		t = &c->tunnel[i];
		/* tunnel-set, tunnel-new, or tunnel-del */
		if (t->on)
			fprintf(f, "%d 1:u32:%u 3:u32:%" PRIu32 " 4:u32:%" PRIu32
				" 5:u32:%d 6:u8:%d 7:u8:%d 8:u32:%d\n", t->before ? 3 : 2,
				t->ifindex, t->fwmark, t->mask, t->restore, t->guard,
				t->compat, t->families);
		else if (t->before)
			fprintf(f, "4 1:u32:%u\n", t->ifindex);
	}
}

static void put_preraw(FILE *f, const struct tunnel *t, int i, bool v6)
{
	int n;

	fputs("chain preraw { type filter hook prerouting priority raw;\n", f);
	for (n = 0; n < TUNNEL_ADDRS; n++) {
		if (!(t->addrs[v6] & 1 << n))
			continue;
		fprintf(f, "iifname != \"wg%d\" %s daddr ", i, v6 ? "ip6" : "ip");
		put_address(f, v6, i, n);
		fputs(" fib saddr type != local drop\n", f);
	}
	fputs("}\n", f);
}

static void put_mangle(FILE *f, const struct tunnel *t)
{
	fputs("chain premangle { type filter hook prerouting priority mangle;\n", f);
	if (t->compat)
		fputs("meta l4proto udp meta mark set ct mark\n", f);
	else
		fprintf(f, "meta l4proto udp ct mark & 0x%x == 0x%x meta mark set meta mark & 0x%x | 0x%x\n",
			t->mask, t->fwmark, ~t->mask, t->fwmark);
	fputs("}\nchain postmangle { type filter hook postrouting priority mangle;\n", f);
	if (t->compat)
		fprintf(f, "meta l4proto udp meta mark 0x%x ct mark set meta mark\n", t->fwmark);
	else
		fprintf(f, "meta l4proto udp meta mark & 0x%x == 0x%x ct mark set ct mark & 0x%x | 0x%x\n",
			t->mask, t->fwmark, ~t->mask, t->fwmark);
	fputs("}\n", f);
}

/** config_put_rules() - the tunnels, for "nft -f -" */
void config_put_rules(FILE *f, const struct config *c)
{
	const struct tunnel *t;
	int i, v6;

	for (v6 = 0; v6 < 2; v6++)
		for (i = 0; i < TUNNELS; i++) {
			const char *family = v6 ? "ip6" : "ip";

			t = &c->tunnel[i];
			fprintf(f, "table %s wg-quick-wg%d\ndelete table %s wg-quick-wg%d\n",
				family, i, family, i);
			if (!t->on || !(t->families & 1 << v6))
				continue;
			fprintf(f, "table %s wg-quick-wg%d {\n", family, i);
			if (t->guard)
				put_preraw(f, t, i, v6);
			if (t->restore)
				put_mangle(f, t);
			fputs("}\n", f);
		}
}

static void put_map(FILE *f, const char *name, const char *what, const char *field,
		    const struct config *c)
{
	bool ct = what[0] == 'c';
	unsigned int ttl;

	fprintf(f, "map %s { typeof %s : %s; elements = { ", name, field, what);
	for (ttl = TTL_FIRST; ttl < 256; ttl++) {
		if (!ct)
			fprintf(f, "%u : 0x%x, ", ttl, c->marks[TTL_MARK(ttl)]);
		else if (TTL_CTMARK(ttl) >= CTMARK_AS_IS)
			fprintf(f, "%u : 0x%x, ", ttl, c->ctmarks[TTL_CTMARK(ttl)]);
	}
	fputs("} }\n", f);
}

/**
 * config_put_observe() - the table that gives packets their marks and logs them, on
 * both hosts, for "nft -f -"
 *
 * Each chain stands just before or after a place where wgmark or the rules do something.
 */
void config_put_observe(FILE *f, const struct config *c)
{
	fputs("table inet observe\ndelete table inet observe\ntable inet observe {\n", f);
	put_map(f, "mark4", "meta mark", "ip ttl", c);
	put_map(f, "mark6", "meta mark", "ip6 hoplimit", c);
	put_map(f, "ctmark4", "ct mark", "ip ttl", c);
	put_map(f, "ctmark6", "ct mark", "ip6 hoplimit", c);
	fprintf(f, "chain arrived { type filter hook prerouting priority raw - 5;\n"
		"log group %d queue-threshold 1\n"
		"meta mark set ip ttl map @mark4\n"
		"meta mark set ip6 hoplimit map @mark6\n"
		"ip dscp 9 notrack\n"
		"ip6 dscp 9 notrack\n"
		"ip dscp 10 ct zone set 1\n"
		"ip6 dscp 10 ct zone set 1\n}\n", POINT_ARRIVED);
	/* by lo a copy may come while postmangle sees the other one; "output" had both */
	fputs("chain connection { type filter hook prerouting priority mangle - 5;\n"
	      "iif lo return\n"
	      "ct mark set ip ttl map @ctmark4\n"
	      "ct mark set ip6 hoplimit map @ctmark6\n}\n", f);
	fprintf(f, "chain in { type filter hook prerouting priority mangle + 5;\n"
		"log group %d queue-threshold 1\n}\n", POINT_IN);
	/* what is let in might be answered, at any time */
	fputs("chain input { type filter hook input priority 0; policy drop; }\n"
	      "chain forward { type filter hook forward priority mangle;\n"
	      "meta mark set ip ttl map @mark4\n"
	      "meta mark set ip6 hoplimit map @mark6\n}\n"
	      "chain output { type filter hook output priority mangle;\n"
	      "meta priority != 0:77 drop\n"
	      "ct mark set ip ttl map @ctmark4\n"
	      "ct mark set ip6 hoplimit map @ctmark6\n}\n", f);
	fprintf(f, "chain out { type filter hook postrouting priority mangle + 5;\n"
		"log group %d queue-threshold 1\n}\n}\n", POINT_OUT);
}
