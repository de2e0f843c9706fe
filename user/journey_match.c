// SPDX-License-Identifier: GPL-2.0
/*
 * Whether a rule of nft matches a packet, by its text
 *
 * What is not understood may match or not, and the result says so.
 */
#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#include "journey_match.h"

/** What nft(8) writes for the index of no device. */
#define NO_IFINDEX "0"

static uint32_t read_number(struct match *x)
{
	uint32_t n;

	if (!match_number(match_next(x), &n))
		match_also(x, MAYBE);
	return n;
}

static uint32_t read_operand(struct match *x)
{
	uint32_t mark = x->mark;

	if (match_word(x, "ct")) {
		match_also(x, match_bool(x->p->conn->has_ct));
		mark = x->ctmark;
	} else {
		match_word(x, "meta");
	}
	return match_word(x, "mark") ? mark : read_number(x);
}

/* What is behind "^" may be some bits of another mark */
static uint32_t read_masked(struct match *x)
{
	uint32_t mark = read_operand(x);

	return match_word(x, "&") ? mark & read_number(x) : mark;
}

/* A mark that is set: a number or another mark, with bits taken away or added. A word
 * "mark" alone is iptables-nft's for the packet's.
 */
static uint32_t read_mark(struct match *x)
{
	uint32_t mark = read_operand(x);

	for (;;) {
		if (match_word(x, "&"))
			mark &= read_number(x);
		else if (match_word(x, "|"))
			mark |= read_operand(x);
		else if (match_word(x, "^"))
			mark ^= read_masked(x);
		else
			return mark;
	}
}

/* What the one who asks can say of a packet, and has not said */
static void match_unsaid(struct match *x, enum tri before)
{
	x->result = before;
	x->open = true;
}

static void match_is_said(struct match *x, bool said, uint8_t number)
{
	enum tri before = x->result;

	match_is_byte(x, said, number);
	if (!said)
		match_unsaid(x, before);
}

static bool may_have_ports(uint8_t proto)
{
	return !proto || proto == IPPROTO_TCP || proto == IPPROTO_UDP;
}

static void match_is_said_port(struct match *x, uint16_t port)
{
	enum tri before = x->result;

	match_is_port(x, port, port);
	if (!port && may_have_ports(x->p->flow->proto))
		match_unsaid(x, before);
}

void match_family(struct match *x, sa_family_t family)
{
	match_also(x, match_bool(x->p->flow->family == family));
}

void match_proto(struct match *x, uint8_t proto)
{
	uint8_t own = x->p->flow->proto;

	x->open |= !own;
	if (own && own != proto)
		match_also(x, NO);
}

static void meta(struct match *x)
{
	const struct flow *f = x->p->flow;

	if (match_word(x, "mark")) {
		if (match_word(x, "set")) {
			x->mark = read_mark(x);
			if (match_does(x, &x->e->sets_mark))
				x->e->mark = x->mark;
		} else {
			match_is_mark(x, !x->e->unknown, x->mark);
		}
	} else if (match_word(x, "l4proto")) {
		match_is_said(x, f->proto, f->proto);
	} else if (match_word(x, "nfproto")) {
		match_is_byte(x, true, f->family);
	} else if (match_word(x, "skuid")) {
		match_is_number(x, f->has_uid && !x->p->is_nobodys, f->uid);
	} else if (match_word(x, "protocol")) {
		match_is_text(x, f->family == AF_INET ? "ip" : "ip6");
	} else {
		match_next(x);
		/* a trace, a priority: of no matter here */
		if (match_word(x, "set"))
			match_next(x);
		else
			match_is_number(x, false, 0);
	}
}

static const char *ct_state(const struct conn *conn)
{
	if (!conn->has_ct)
		return conn->untracked ? "untracked" : "invalid";
	if (conn->is_answered)
		return "established";
	return conn->is_expected ? "related" : "new";
}

/* Whether NAT has changed it, and what else is known of its connection */
static enum tri has_status(const struct match *x, const char *name)
{
	const struct conn *conn = x->p->conn;

	if (strcmp(name, "dnat") == 0)
		return conn->dnat;
	if (strcmp(name, "snat") == 0)
		return conn->snat;
	if (strcmp(name, "expected") == 0)
		return match_bool(conn->is_expected);
	return MAYBE;
}

/* Without an entry of conntrack, all but the state breaks the rule off */
static void ct(struct match *x)
{
	const struct conn *conn = x->p->conn;

	if (match_word(x, "mark")) {
		if (match_word(x, "set")) {
			x->ctmark = read_mark(x);
			if (match_does(x, &x->e->sets_ctmark))
				x->e->ctmark = x->ctmark;
		} else {
			match_also(x, match_bool(conn->has_ct));
			match_is_mark(x, !x->e->unknown, x->ctmark);
		}
	} else if (match_word(x, "state")) {
		match_is_flag(x, ct_state(conn));
	} else if (match_word(x, "status")) {
		match_also(x, match_bool(conn->has_ct));
		match_is_any(x, has_status);
	} else if (match_word(x, "helper") || match_word(x, "timeout") ||
		   match_word(x, "expectation")) {
		/* what the connection gets, which is of no matter here */
		if (match_word(x, "set"))
			match_next(x);
		else
			match_is_number(x, false, 0);
	} else if (strcmp(match_next(x), "zone") == 0 && match_word(x, "set")) {
		/* before there is an entry, which then is another zone's */
		x->e->unknown = true;
		match_also(x, MAYBE);
		match_next(x);
	} else {
		match_also(x, conn->has_ct ? MAYBE : NO);
		match_is_number(x, false, 0);
	}
}

static bool is_reply(const struct conn *conn)
{
	return conn->is_answered || conn->is_unasked;
}

/* Of the first packet of a connection, or of what answers that: RFC 9293, section 3.5 */
static void tcp_flags(struct match *x)
{
	const struct flow *f = x->p->flow;
	const uint8_t syn = 2, ack = 16;
	enum tri before = x->result;

	match_is_tcp_flags(x, f->proto == IPPROTO_TCP && !x->p->conn->is_known,
			   is_reply(x->p->conn) ? syn | ack : syn);
	if (!f->proto)
		match_unsaid(x, before);
}

static void ports(struct match *x)
{
	const struct flow *f = x->p->flow;

	if (match_word(x, "sport")) {
		match_is_said_port(x, f->sport);
	} else if (match_word(x, "dport")) {
		match_is_said_port(x, f->dport);
	} else if (match_word(x, "flags")) {
		tcp_flags(x);
	} else {
		match_next(x);
		match_is_number(x, false, 0);
	}
}

static void ports_of(struct match *x, uint8_t proto)
{
	match_proto(x, proto);
	ports(x);
}

/* Whatever has ports at this place; what has others there, or none, has not been said */
static void transport(struct match *x)
{
	if (!may_have_ports(x->p->flow->proto))
		match_also(x, MAYBE);
	ports(x);
}

/* ICMP that is asked about is an echo request, as of ping(8), or the reply to one */
static uint8_t icmp_type(const struct match *x)
{
	bool is_v4 = x->p->flow->family == AF_INET;

	if (is_reply(x->p->conn))
		return is_v4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
	return is_v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
}

static void icmp(struct match *x, sa_family_t family, uint8_t proto)
{
	match_family(x, family);
	match_proto(x, proto);
	if (!x->p->flow->proto) {
		match_next(x);
		match_is_said(x, false, 0);
	} else if (match_word(x, "type")) {
		match_is_icmp_type(x, icmp_type(x));
	} else {
		match_next(x);
		match_is_number(x, false, 0);
	}
}

static void header(struct match *x, sa_family_t family)
{
	const struct flow *f = x->p->flow;

	match_family(x, family);
	if (match_word(x, "saddr")) {
		match_is_addr(x, &f->from);
	} else if (match_word(x, "daddr")) {
		match_is_addr(x, &f->to);
	} else if (match_word(x, "protocol") || match_word(x, "nexthdr")) {
		match_is_said(x, f->proto, f->proto);
	} else {
		match_next(x);
		match_is_number(x, false, 0);
	}
}

/* The route of the table "local" that the kernel would take, or NULL */
static const struct fib_route *local_route(const struct fib *f, const struct prefix *addr)
{
	const struct fib_route *r, *best = NULL;

	for (r = f->routes; r < f->routes + f->routes_len; r++) {
		if (r->table == RT_TABLE_LOCAL && prefix_covers(&r->dst, addr) &&
		    (!best || r->dst.len > best->dst.len))
			best = r;
	}
	return best;
}

/* inet_dev_addr_type(), which asks no other table */
static const char *type_v4(const struct match *x, const struct prefix *addr, const char *dev)
{
	const struct fib_route *r = local_route(&x->m->fib, addr);
	uint32_t number = ntohl(addr->v4.s_addr);

	if (number >> 24 == 0 || number == INADDR_BROADCAST)
		return "broadcast";
	if (IN_MULTICAST(number))
		return "multicast";
	if (r && (!*dev || strcmp(dev, dev_name(x->m, r->hops[0].ifindex)) == 0)) {
		if (r->type == RTN_LOCAL)
			return "local";
		if (r->type == RTN_BROADCAST)
			return "broadcast";
	}
	return "unicast";
}

/* Of IPv6, other types than "local" are those of the routes that its rules lead to */
static void fib_type(struct match *x, const struct prefix *addr, const char *dev)
{
	if (!addr->family)
		match_is_number(x, false, 0);
	else if (addr->family == AF_INET)
		match_is_text(x, type_v4(x, addr, dev));
	else if (!is_local(x->m, addr))
		match_is_other(x, "local");
	else if (*dev)
		match_is_number(x, false, 0);
	else
		match_is_text(x, "local");
}

/* fib saddr type local; fib saddr . mark . iif oif missing: a reverse path check */
static void fib(struct match *x)
{
	const struct flow *f = x->p->flow;
	struct flow back = { .family = f->family, .to = f->from };
	bool of_source = match_word(x, "saddr");
	const struct prefix *addr = of_source ? &f->from : &f->to;
	const char *dev = "";
	struct fib_answer a;
	bool by_iif = false;

	if (!of_source && !match_word(x, "daddr"))
		match_also(x, MAYBE);
	while (match_word(x, ".")) {
		if (match_word(x, "mark")) {
			back.mark = x->mark;
		} else {
			by_iif = strcmp(match_next(x), "iif") == 0;
			dev = by_iif ? x->p->iif : x->p->oif;
		}
	}
	if (match_word(x, "type")) {
		fib_type(x, addr, dev);
		return;
	}
	match_next(x);
	if (!of_source || !by_iif || !addr->family || !match_word(x, "missing")) {
		match_is_number(x, false, 0);
		return;
	}
	/* of what is forwarded, the source would be foreign */
	if (is_local(x->m, &f->to))
		back.from = f->to;
	if (x->m->ask(x->m->data, &back, &a) == 0)
		match_also(x, match_bool(a.err || strcmp(dev_name(x->m, a.ifindex), x->p->iif)));
	else
		match_also(x, MAYBE);
}

/* Return: whether the word begins something that a packet is compared with */
static bool selector(struct match *x, const char *word)
{
	const struct packet *p = x->p;

	if (strcmp(word, "iifname") == 0)
		match_is_text(x, p->iif);
	else if (strcmp(word, "oifname") == 0)
		match_is_text(x, p->oif);
	else if (strcmp(word, "iif") == 0)
		match_is_text(x, *p->iif ? p->iif : NO_IFINDEX);
	else if (strcmp(word, "oif") == 0)
		match_is_text(x, *p->oif ? p->oif : NO_IFINDEX);
	else if (strcmp(word, "meta") == 0)
		meta(x);
	else if (strcmp(word, "ct") == 0)
		ct(x);
	else if (strcmp(word, "ip") == 0)
		header(x, AF_INET);
	else if (strcmp(word, "ip6") == 0)
		header(x, AF_INET6);
	else if (strcmp(word, "udp") == 0)
		ports_of(x, IPPROTO_UDP);
	else if (strcmp(word, "tcp") == 0)
		ports_of(x, IPPROTO_TCP);
	else if (strcmp(word, "th") == 0)
		transport(x);
	else if (strcmp(word, "[match rt]") == 0)
		/* no packet that is asked about has a routing header */
		match_also(x, NO);
	else if (strcmp(word, "fib") == 0)
		fib(x);
	else if (strcmp(word, "icmp") == 0)
		icmp(x, AF_INET, IPPROTO_ICMP);
	else if (strcmp(word, "icmpv6") == 0)
		icmp(x, AF_INET6, IPPROTO_ICMPV6);
	else
		return false;
	return true;
}

enum tri rule_matches(const struct journey_machine *m, const struct nft_ruleset_table *t,
		      const char *text, const struct packet *p, struct effect *e)
{
	struct match x = {
		.m = m, .t = t, .p = p, .e = e, .mark = p->mark, .ctmark = p->conn->mark,
		.at = text, .result = YES,
	};
	char word[TOKEN_LEN];

	*e = (struct effect){ 0 };
	/* as in the kernel, what does not match ends it: a route need not be looked for */
	while (x.result != NO) {
		snprintf(word, sizeof(word), "%s", match_next(&x));
		if (!word[0])
			break;
		/* a verdict map of what is no selector below may say anything */
		e->unknown |= (word[0] == '[' && !match_is_harmless(word)) || !strcmp(word, "vmap");
		if (!selector(&x, word) && !match_action(&x, word) && !match_aside(&x, word))
			match_also(&x, MAYBE);
	}
	if (x.result == NO && x.unsure)
		x.result = MAYBE;
	e->asks = x.open;
	e->open = x.open && x.result == YES;
	return e->open ? MAYBE : x.result;
}
