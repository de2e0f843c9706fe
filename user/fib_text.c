// SPDX-License-Identifier: GPL-2.0
/*
 * Rules and routes as ip(8) writes them
 */
#include <inttypes.h>
#include <linux/fib_rules.h>
#include <linux/icmpv6.h>
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdio.h>

#include "escape.h"
#include "fib_read.h"
#include "proto.h"

/**
 * struct line - a text that grows word by word
 * @text: it
 * @size: room
 * @len: bytes in use
 */
struct line {
	char *text;
	size_t size;
	size_t len;
};

/** Room for a number as a word. */
#define NUMBER_LEN 11

struct name {
	uint32_t value;
	const char *name;
};

static const struct name tables[] = {
	{ RT_TABLE_DEFAULT, "default" }, { RT_TABLE_MAIN, "main" }, { RT_TABLE_LOCAL, "local" },
	{ 0, NULL },
};

static const struct name protocols[] = {
	{ RTPROT_REDIRECT, "redirect" }, { RTPROT_KERNEL, "kernel" }, { RTPROT_BOOT, "boot" },
	{ RTPROT_STATIC, "static" }, { RTPROT_RA, "ra" }, { RTPROT_DHCP, "dhcp" },
	{ RTPROT_ZEBRA, "zebra" }, { RTPROT_BIRD, "bird" },
	{ 0, NULL },
};

static const struct name scopes[] = {
	{ RT_SCOPE_SITE, "site" }, { RT_SCOPE_LINK, "link" }, { RT_SCOPE_HOST, "host" },
	{ RT_SCOPE_NOWHERE, "nowhere" },
	{ 0, NULL },
};

static const struct name types[] = {
	{ RTN_LOCAL, "local" }, { RTN_BROADCAST, "broadcast" }, { RTN_ANYCAST, "anycast" },
	{ RTN_MULTICAST, "multicast" }, { RTN_BLACKHOLE, "blackhole" },
	{ RTN_UNREACHABLE, "unreachable" }, { RTN_PROHIBIT, "prohibit" }, { RTN_THROW, "throw" },
	{ 0, NULL },
};

static const struct name prefs[] = {
	{ ICMPV6_ROUTER_PREF_LOW, "low" }, { ICMPV6_ROUTER_PREF_HIGH, "high" },
	{ 0, NULL },
};

static const char *name_of(const struct name *list, uint32_t value, char number[static NUMBER_LEN])
{
	for (; list->name; list++) {
		if (list->value == value)
			return list->name;
	}
	snprintf(number, NUMBER_LEN, "%" PRIu32, value);
	return number;
}

static void append(struct line *l, const char *fmt, va_list args)
{
	size_t room = l->size - l->len;
	int n;

	n = vsnprintf(l->text + l->len, room, fmt, args);
	if (n > 0)
		l->len += (size_t)n < room ? (size_t)n : room - 1;
}

__attribute__((format(printf, 2, 3)))
static void part(struct line *l, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	append(l, fmt, args);
	va_end(args);
}

__attribute__((format(printf, 2, 3)))
static void word(struct line *l, const char *fmt, ...)
{
	va_list args;

	if (l->len)
		part(l, " ");
	va_start(args, fmt);
	append(l, fmt, args);
	va_end(args);
}

/* A whole address without its length, and /0 by @all */
static void word_prefix(struct line *l, const char *before, const struct prefix *p,
			const char *all)
{
	char text[PREFIX_TEXT_LEN];

	if (!p->len)
		snprintf(text, sizeof(text), "%s", all);
	else if (p->len == 8 * prefix_bytes(p))
		addr_text(p, text);
	else
		prefix_text(p, text);
	word(l, "%s%s", before, text);
}

static void word_range(struct line *l, const char *what, uint32_t first, uint32_t last)
{
	if (first == last)
		word(l, "%s %" PRIu32, what, first);
	else
		word(l, "%s %" PRIu32 "-%" PRIu32, what, first, last);
}

/* A rule may ask for any name, also one that no device can have: with a newline or a blank */
static void word_device(struct line *l, const char *what, const char *name)
{
	char text[IF_NAMESIZE], *at;

	snprintf(text, sizeof(text), "%s", name);
	for (at = text; *at; at++) {
		if (*at == ' ' || utf8_is_control(at))
			*at = '?';
	}
	word(l, "%s %s", what, text);
}

static const char *proto_text(uint8_t proto, char number[static NUMBER_LEN])
{
	snprintf(number, NUMBER_LEN, "%u", proto);
	return proto_word(proto) ?: number;
}

static void rule_selectors(struct line *l, const struct fib_rule *r)
{
	char number[NUMBER_LEN];

	if (r->invert)
		word(l, "not");
	word_prefix(l, "from ", &r->src, "all");
	if (r->dst.len)
		word_prefix(l, "to ", &r->dst, "all");
	if (r->tos)
		word(l, "tos 0x%02x", r->tos);
	if (r->mark || r->mask)
		word(l, "fwmark 0x%" PRIx32, r->mark);
	if (r->mask && r->mask != UINT32_MAX)
		part(l, "/0x%" PRIx32, r->mask);
	if (r->iif[0])
		word_device(l, "iif", r->iif);
	if (r->oif[0])
		word_device(l, "oif", r->oif);
	if (r->has_uids)
		word(l, "uidrange %" PRIu32 "-%" PRIu32, r->uids[0], r->uids[1]);
	if (r->proto)
		word(l, "ipproto %s", proto_text(r->proto, number));
	if (r->sport[0] || r->sport[1])
		word_range(l, "sport", r->sport[0], r->sport[1]);
	if (r->dport[0] || r->dport[1])
		word_range(l, "dport", r->dport[0], r->dport[1]);
	if (r->unknown)
		word(l, "[and more]");
}

static void rule_action(struct line *l, const struct fib_rule *r)
{
	char number[NUMBER_LEN];

	switch (r->action) {
	case FR_ACT_TO_TBL:
		if (r->l3mdev)
			word(l, "lookup [l3mdev-table]");
		else
			word(l, "lookup %s", name_of(tables, r->table, number));
		break;
	case FR_ACT_GOTO:
		word(l, "goto %" PRIu32, r->target);
		break;
	case FR_ACT_NOP:
		word(l, "nop");
		break;
	case FR_ACT_UNREACHABLE:
		word(l, "unreachable");
		break;
	case FR_ACT_PROHIBIT:
		word(l, "prohibit");
		break;
	default:
		word(l, "blackhole");
	}
	if (r->suppress != -1)
		word(l, "suppress_prefixlength %d", r->suppress);
	if (r->suppress_group != -1)
		word(l, "suppress_ifgroup %d", r->suppress_group);
	if (r->protocol && r->protocol != RTPROT_KERNEL)
		word(l, "proto %s", name_of(protocols, r->protocol, number));
}

const char *fib_rule_text(const struct fib_rule *r, char *text, size_t size)
{
	struct line l = { .text = text, .size = size };

	rule_selectors(&l, r);
	rule_action(&l, r);
	return text;
}

static void hop_words(struct line *l, const struct fib *f, const struct fib_route *r,
		      const struct fib_hop *h)
{
	const struct fib_link *link = fib_link(f, h->ifindex);

	if (h->via.family)
		word_prefix(l, h->via.family == r->dst.family ? "via " : "via inet6 ", &h->via, "");
	if (link)
		word(l, "dev %s", link->name);
	else if (h->ifindex)
		word(l, "dev if%" PRIu32, h->ifindex);
}

static void hop_state(struct line *l, const struct fib_hop *h)
{
	if (h->dead)
		word(l, "dead");
}

static void route_words(struct line *l, const struct fib *f, const struct fib_route *r)
{
	char number[NUMBER_LEN];

	if (r->type != RTN_UNICAST)
		word(l, "%s", name_of(types, r->type, number));
	word_prefix(l, "", &r->dst, "default");
	if (r->src.len)
		word_prefix(l, "from ", &r->src, "all");
	if (r->tos)
		word(l, "tos 0x%02x", r->tos);
	if (r->nexthop)
		word(l, "nhid %" PRIu32, r->nexthop);
	if (r->hops_len == 1)
		hop_words(l, f, r, r->hops);
	if (r->protocol != RTPROT_BOOT)
		word(l, "proto %s", name_of(protocols, r->protocol, number));
	if (r->scope != RT_SCOPE_UNIVERSE)
		word(l, "scope %s", name_of(scopes, r->scope, number));
	if (r->prefsrc.family)
		word_prefix(l, "src ", &r->prefsrc, "");
	if (r->metric || r->dst.family == AF_INET6)
		word(l, "metric %" PRIu32, r->metric);
	if (r->hops_len == 1)
		hop_state(l, r->hops);
	if (r->mtu)
		word(l, "mtu %" PRIu32, r->mtu);
	if (r->pref)
		word(l, "pref %s", name_of(prefs, r->pref, number));
}

const char *fib_route_text(const struct fib *f, const struct fib_route *r, char *text, size_t size)
{
	struct line l = { .text = text, .size = size };
	size_t i;

	route_words(&l, f, r);
	for (i = 0; r->hops_len > 1 && i < r->hops_len; i++) {
		word(&l, "nexthop");
		hop_words(&l, f, r, &r->hops[i]);
		hop_state(&l, &r->hops[i]);
	}
	return text;
}
