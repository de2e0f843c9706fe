/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Routing from text, for the tests of the walk
 */
#ifndef WGMARK_TEST_WALK_H
#define WGMARK_TEST_WALK_H

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "tap.h"
#include "walk.h"

#define CASE_MAX 32

/* eth1 is in group 7; eth2 is in the VRF vrf0; eth3 is not up; eth4 does not forward */
static const struct fib_link case_links[] = {
	{ .ifindex = 1, .name = "lo", .is_up = true, .forwarding = 1 },
	{ .ifindex = 2, .name = "eth0", .is_up = true, .forwarding = 1 },
	{ .ifindex = 3, .name = "eth1", .is_up = true, .forwarding = 1, .group = 7 },
	{ .ifindex = 4, .name = "wg0", .is_up = true, .forwarding = 1 },
	{ .ifindex = 5, .name = "vrf0", .is_up = true, .forwarding = 1, .vrf_table = 77 },
	{ .ifindex = 6, .name = "eth2", .is_up = true, .forwarding = 1, .master = 5 },
	{ .ifindex = 7, .name = "eth3" },
	{ .ifindex = 8, .name = "eth4", .is_up = true },
};

/**
 * struct walk_case - routing, a packet, and where it goes
 * @name: says what the case is about
 * @rules: one a line, without those of every namespace: priority, selectors and action as
 *	ip-rule(8) has them; "[unknown]"
 * @routes: one a line: table, type unless unicast, destination, and what follows it as
 *	ip-route(8) has it; several "nexthop"
 * @flow: "ADDR [from ADDR] [iif DEV] [oif DEV] [mark N] [uid N] [proto N] [sport N] [dport N]"
 * @rp_filter: conf/all; @back has what comes of it
 * @src_valid_mark: likewise
 * @untouched: the rules are those of every namespace, @rules is not used
 * @out: a line for each rule: its priority, why it does not apply, or what came of it with
 *	the route; and the end
 */
struct walk_case {
	const char *name;
	const char *rules;
	const char *routes;
	const char *flow;
	int rp_filter;
	int src_valid_mark;
	bool untouched;
	const char *out;
};

/** struct case_room - what the routing points to */
struct case_room {
	struct fib fib;
	struct fib_rule rules[CASE_MAX];
	struct fib_route routes[CASE_MAX];
	struct fib_link links[TAP_LEN(case_links)];
};

/** struct words - a text, word by word */
struct words {
	char *rest;
};

static inline char *next_word(struct words *w)
{
	char *word = strtok_r(w->rest, " ", &w->rest);

	return word ? word : "";
}

static inline uint32_t next_number(struct words *w)
{
	return strtoul(next_word(w), NULL, 0);
}

static inline uint32_t next_device(struct words *w)
{
	const char *name = next_word(w);
	size_t i;

	for (i = 0; i < TAP_LEN(case_links); i++) {
		if (!strcmp(case_links[i].name, name))
			return case_links[i].ifindex;
	}
	abort();
}

static inline uint32_t table_number(const char *word)
{
	if (!strcmp(word, "local"))
		return RT_TABLE_LOCAL;
	if (!strcmp(word, "main"))
		return RT_TABLE_MAIN;
	return strtoul(word, NULL, 0);
}

static inline struct prefix next_prefix(struct words *w, sa_family_t family)
{
	const char *word = next_word(w);
	struct prefix p = { .family = family };

	if (strcmp(word, "default") && prefix_parse(&p, word))
		abort();
	return p;
}

static inline void next_range(struct words *w, uint32_t range[2])
{
	if (sscanf(next_word(w), "%u-%u", &range[0], &range[1]) == 1)
		range[1] = range[0];
}

/* One selector or action. Return: false if it is none */
static inline bool read_rule_word(struct fib_rule *r, const char *word, struct words *w)
{
	uint32_t range[2];

	if (!strcmp(word, "not"))
		r->invert = true;
	else if (!strcmp(word, "from"))
		r->src = next_prefix(w, r->family);
	else if (!strcmp(word, "to"))
		r->dst = next_prefix(w, r->family);
	else if (!strcmp(word, "iif"))
		snprintf(r->iif, sizeof(r->iif), "%s", next_word(w));
	else if (!strcmp(word, "oif"))
		snprintf(r->oif, sizeof(r->oif), "%s", next_word(w));
	else if (!strcmp(word, "fwmark"))
		r->mask = sscanf(next_word(w), "%x/%x", &r->mark, &r->mask) == 2 ? r->mask : UINT32_MAX;
	else if (!strcmp(word, "tos"))
		r->tos = next_number(w);
	else if (!strcmp(word, "ipproto"))
		r->proto = next_number(w);
	else if (!strcmp(word, "l3mdev"))
		r->l3mdev = true;
	else if (!strcmp(word, "[unknown]"))
		r->unknown = true;
	else if (!strcmp(word, "suppress_prefixlength"))
		r->suppress = next_number(w);
	else if (!strcmp(word, "suppress_ifgroup"))
		r->suppress_group = next_number(w);
	else if (!strcmp(word, "nop"))
		r->action = FR_ACT_NOP;
	else if (!strcmp(word, "unreachable"))
		r->action = FR_ACT_UNREACHABLE;
	else if (!strcmp(word, "prohibit"))
		r->action = FR_ACT_PROHIBIT;
	else if (!strcmp(word, "blackhole"))
		r->action = FR_ACT_BLACKHOLE;
	else if (!strcmp(word, "lookup"))
		r->table = table_number(next_word(w));
	else if (!strcmp(word, "goto"))
		r->action = FR_ACT_GOTO, r->target = next_number(w);
	else if (!strcmp(word, "uidrange"))
		r->has_uids = true, next_range(w, r->uids);
	else if (!strcmp(word, "sport"))
		next_range(w, range), r->sport[0] = range[0], r->sport[1] = range[1];
	else if (!strcmp(word, "dport"))
		next_range(w, range), r->dport[0] = range[0], r->dport[1] = range[1];
	else
		return false;
	return true;
}

static inline void read_rule(struct fib_rule *r, char *line, sa_family_t family)
{
	struct words w = { line };
	const char *word;

	*r = (struct fib_rule){
		.family = family, .action = FR_ACT_TO_TBL, .suppress = -1, .suppress_group = -1,
		.priority = next_number(&w),
	};
	for (word = next_word(&w); *word; word = next_word(&w)) {
		if (!read_rule_word(r, word, &w)) {
			fprintf(stderr, "rule: %s?\n", word);
			abort();
		}
	}
}

static inline uint8_t type_number(const char *word)
{
	static const char *const types[] = {
		[RTN_LOCAL] = "local", [RTN_BROADCAST] = "broadcast", [RTN_BLACKHOLE] = "blackhole",
		[RTN_UNREACHABLE] = "unreachable", [RTN_PROHIBIT] = "prohibit", [RTN_THROW] = "throw",
	};
	size_t i;

	for (i = 0; i < TAP_LEN(types); i++) {
		if (types[i] && !strcmp(types[i], word))
			return i;
	}
	return 0;
}

static inline void read_route(struct fib_route *r, char *line, sa_family_t family)
{
	struct words w = { line };
	char *rest;

	*r = (struct fib_route){ .table = table_number(next_word(&w)), .type = RTN_UNICAST };
	rest = w.rest;
	w.rest += strspn(w.rest, " ");
	if (w.rest[0] >= 'a' && type_number(strndupa(w.rest, strcspn(w.rest, " "))))
		r->type = type_number(next_word(&w));
	else
		w.rest = rest;
	r->dst = next_prefix(&w, family);
	for (const char *word = next_word(&w); *word; word = next_word(&w)) {
		struct fib_hop *h = &r->hops[r->hops_len ? r->hops_len - 1 : 0];

		if (!strcmp(word, "nexthop"))
			r->hops_len++;
		else if (!strcmp(word, "via"))
			h->via = next_prefix(&w, family), r->hops_len += !r->hops_len;
		else if (!strcmp(word, "dev"))
			h->ifindex = next_device(&w), r->hops_len += !r->hops_len;
		else if (!strcmp(word, "dead"))
			h->dead = true;
		else if (!strcmp(word, "from"))
			r->src = next_prefix(&w, family);
		else if (!strcmp(word, "metric"))
			r->metric = next_number(&w);
		else if (!strcmp(word, "pref"))
			r->pref = next_number(&w);
		else if (!strcmp(word, "tos"))
			r->tos = next_number(&w);
		else if (!strcmp(word, "nhid"))
			r->nexthop = next_number(&w);
		else if (!strcmp(word, "kernel"))
			r->protocol = RTPROT_KERNEL;
		else
			abort();
	}
}

static inline struct flow read_flow(const char *text)
{
	struct words w = { strdupa(text) };
	struct flow flow = { .to = next_prefix(&w, 0) };
	const char *word;

	flow.family = flow.to.family;
	for (word = next_word(&w); *word; word = next_word(&w)) {
		if (!strcmp(word, "from"))
			flow.from = next_prefix(&w, flow.family);
		else if (!strcmp(word, "iif"))
			flow.iif = next_device(&w);
		else if (!strcmp(word, "oif"))
			flow.oif = next_device(&w);
		else if (!strcmp(word, "mark"))
			flow.mark = next_number(&w);
		else if (!strcmp(word, "uid"))
			flow.has_uid = true, flow.uid = next_number(&w);
		else if (!strcmp(word, "proto"))
			flow.proto = next_number(&w);
		else if (!strcmp(word, "sport"))
			flow.sport = next_number(&w);
		else if (!strcmp(word, "dport"))
			flow.dport = next_number(&w);
		else
			abort();
	}
	return flow;
}

/** read_case() - the routing of a case */
static inline void read_case(struct case_room *room, const struct walk_case *c,
			     sa_family_t family)
{
	static const char first[] = "0 lookup local\n32766 lookup main\n32767 lookup 253\n";
	char *rules = strdup(c->untouched ? first : c->rules), *rest, *line;
	char *routes = strdup(c->routes ? c->routes : "");
	struct fib *f = &room->fib;

	*f = (struct fib){
		.rules = room->rules, .routes = room->routes, .links = room->links,
		.links_len = TAP_LEN(case_links), .rp_filter = c->rp_filter,
		.src_valid_mark = c->src_valid_mark,
	};
	memcpy(room->links, case_links, sizeof(case_links));
	for (line = strtok_r(rules, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		read_rule(&room->rules[f->rules_len], line, family);
		room->rules[f->rules_len++].protocol = c->untouched ? RTPROT_KERNEL : 0;
	}
	for (line = strtok_r(routes, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		read_route(&room->routes[f->routes_len++], line, family);
	free(rules);
	free(routes);
}

#endif
