// SPDX-License-Identifier: GPL-2.0
/*
 * A packet leaves: by the routing rules, through the hooks
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>

#include "journey_story.h"

static bool is_outer(const struct story *s, const struct layer *l)
{
	return l != s->j->layers;
}

static void set_answer(struct story *s, struct layer *l)
{
	l->dev = fib_link(&s->m->fib, l->answer.ifindex);
	l->tunnel = is_for_us(&l->flow, &l->answer) ? NULL : view_of(s->m, l->answer.ifindex);
	if (!l->flow.from.family)
		l->flow.from = l->answer.prefsrc;
}

static int route(struct story *s, struct layer *l)
{
	char mark[WORDS_LEN];

	if (is_outer(s, l))
		story_station(s, "The routing rules again, for the packet that carries it, with %s",
			      mark_words(l->flow.mark, mark));
	else
		story_station(s, "The routing rules, in order, until one leads somewhere");
	if (tell_route(s, &l->flow, &l->answer))
		return -1;
	set_answer(s, l);
	return 0;
}

/* Another mark, by a chain of type route, or another destination: ip_route_me_harder() */
static int route_again(struct story *s, struct layer *l, struct packet *p, bool has_to)
{
	char mark[WORDS_LEN], addr[PREFIX_TEXT_LEN];
	struct flow flow;

	l->flow.mark = p->route_mark;
	flow = l->flow;
	/* IPv4's has no user, which is user 0 */
	if (flow.family == AF_INET)
		flow.uid = 0;
	if (has_to)
		story_station(s, "The routing rules once more, as it now is for %s",
			      addr_text(&l->flow.to, addr));
	else
		story_station(s, "The routing rules once more, as it now has %s",
			      mark_words(p->route_mark, mark));
	if (tell_route(s, &flow, &l->answer))
		return -1;
	set_answer(s, l);
	p->oif = dev_name(s->m, l->answer.ifindex);
	story_station(s, "The kernel's firewall (netfilter), before it leaves by %s", p->oif);
	return 0;
}

/* The hooks on the way out */
static int hooks_out(struct story *s, struct layer *l, bool is_nobodys)
{
	struct packet p = {
		.flow = &l->flow,
		.mark = l->flow.mark,
		.iif = l->flow.iif ? dev_name(s->m, l->flow.iif) : "",
		.oif = dev_name(s->m, l->answer.ifindex),
		.conn = &l->conn,
		.is_nobodys = is_nobodys,
	};
	const struct prefix to = l->flow.to;
	bool has_to;

	story_station(s, "The kernel's firewall (netfilter), before it leaves by %s", p.oif);
	if (tell_hook(s, l->flow.iif ? NF_INET_FORWARD : NF_INET_LOCAL_OUT, &p))
		return -1;
	has_to = !prefix_equal(&l->flow.to, &to);
	if (p.rerouted && (has_to || p.route_mark != l->flow.mark) &&
	    route_again(s, l, &p, has_to))
		return -1;
	if (tell_hook(s, NF_INET_POST_ROUTING, &p))
		return -1;
	l->flow.mark = p.mark;
	return 0;
}

/* For this machine itself: with its mark and its connection, and routed already, so that there
 * is no reverse path check: loopback_xmit(), ip_rcv_finish_core()
 */
static int hooks_in(struct story *s, struct layer *l)
{
	struct packet p = {
		.flow = &l->flow,
		.mark = l->flow.mark,
		.iif = dev_name(s->m, l->answer.ifindex),
		.oif = "",
		.conn = &l->conn,
		/* it has left its socket */
		.is_nobodys = true,
		.is_looped = true,
	};

	story_station(s, "It comes in again by %s", p.iif);
	if (tell_hook(s, NF_INET_PRE_ROUTING, &p))
		return -1;
	return tell_input(s, &p);
}

static int find_loop(struct story *s, const struct layer *l)
{
	const struct layer *inner;
	const struct view *marked;
	char mark[WORDS_LEN];

	for (inner = s->j->layers; inner < l; inner++) {
		if (!l->tunnel || inner->tunnel != l->tunnel)
			continue;
		marked = view_marked(s->m, l->flow.mark);
		story_fact(s, FACT_LOST, NULL,
			   "A loop: WireGuard's own packets for %s go into %s again, so none ever leaves this machine. They have %s, and %s.",
			   inner->dev->name, inner->dev->name, mark_words(l->flow.mark, mark),
			   marked ? "the rules do not keep packets with it out of the tunnel" :
			   "without one they look like any other packet to the rules");
		return story_lost(s, "WireGuard's own packets are routed into %s itself, a loop",
				  inner->dev->name);
	}
	return 0;
}

/* ipv6_chk_addr(): what a route alone calls local is no address of a device, and what a VRF
 * has, in its table, is for sockets of that
 */
static bool has_address(const struct journey_machine *m, const struct prefix *addr)
{
	const struct fib_route *r;

	for (r = m->fib.routes; r < m->fib.routes + m->fib.routes_len; r++) {
		if (r->type == RTN_LOCAL && r->table == RT_TABLE_LOCAL &&
		    r->protocol == RTPROT_KERNEL && prefix_equal(&r->dst, addr))
			return true;
	}
	return false;
}

/* IPv4 says all this when it is asked for a route; IPv6 does, of a socket or ip6_forward() */
static int may_leave6(struct story *s, const struct flow *before, const struct layer *l)
{
	char addr[PREFIX_TEXT_LEN];

	if (l->flow.family != AF_INET6 || is_for_us(&l->flow, &l->answer))
		return 0;
	if (l->flow.iif && s->m->fib.forwarding6 == 0) {
		story_fact(s, FACT_LOST, "net.ipv6.conf.all.forwarding = 0",
			   "It is not for this machine, which does not forward IPv6.");
		return story_lost(s, "it is not for this machine, which does not forward IPv6 (net.ipv6.conf.all.forwarding)");
	}
	if (before->iif || !before->from.family || has_address(s->m, &before->from))
		return 0;
	story_fact(s, FACT_LOST, NULL, "No program of this machine can send from %s: it is no address of it, which is said to the one that tries (\"Cannot assign requested address\").",
		   addr_text(&before->from, addr));
	return story_lost(s, "its source is no address of this machine");
}

static bool has_source_rules(const struct journey_machine *m)
{
	const struct fib_rule *r;

	for (r = m->fib.rules; r < m->fib.rules + m->fib.rules_len; r++) {
		if (r->family == AF_INET && r->src.len)
			return true;
	}
	return false;
}

static bool same_way(const struct fib_answer *a, const struct fib_answer *b)
{
	return a->err == b->err && a->type == b->type && a->ifindex == b->ifindex &&
	       a->table == b->table && prefix_equal(&a->via, &b->via);
}

/* A socket that connects takes the source that the rules lead to, and asks them again with it:
 * ip_route_connect() (include/net/route.h), of IPv4 alone
 */
static int connect_again(struct story *s, const struct flow *before, struct layer *l)
{
	char addr[PREFIX_TEXT_LEN];
	struct fib_answer again;

	if (l->flow.family != AF_INET || is_outer(s, l) || before->iif || before->from.family ||
	    !l->flow.from.family || (l->flow.proto != IPPROTO_TCP && !has_source_rules(s->m)))
		return 0;
	if (story_ask(s, &l->flow, &again))
		return -1;
	if (same_way(&again, &l->answer))
		return 0;
	addr_text(&l->flow.from, addr);
	if (l->flow.proto == IPPROTO_TCP) {
		story_station(s, "The routing rules once more, as TCP connects from the source that they led to, %s",
			      addr);
		if (tell_route(s, &l->flow, &l->answer))
			return -1;
		set_answer(s, l);
		return 0;
	}
	story_fact(s, FACT_PASSES, NULL, "So it is for a program that sends without connecting. One that connects, as of TCP all do, asks the rules again with the source %s, for which they lead elsewhere: say --from %s.",
		   addr, addr);
	return 0;
}

/* What connect() or sendto() says of more than one machine: tcp_v4_connect(), tcp_v6_connect(),
 * and SO_BROADCAST of socket(7)
 */
static int may_send(struct story *s, const struct layer *l)
{
	bool is_group = l->flow.family == AF_INET6 ? IN6_IS_ADDR_MULTICAST(&l->flow.to.v6) :
			l->answer.type == RTN_MULTICAST;

	if (l->flow.iif || (!is_group && l->answer.type != RTN_BROADCAST))
		return 0;
	if (l->flow.proto == IPPROTO_TCP) {
		story_fact(s, FACT_LOST, NULL, "TCP is between two machines, and this address is for more than one: the program that connects is told so (\"Network is unreachable\").");
		return story_lost(s, "TCP does not go to more than one machine");
	}
	if (!is_group)
		story_fact(s, FACT_PASSES, NULL, "A program has to say that it wants to reach all that are there (SO_BROADCAST); else it is told \"Permission denied\".");
	return 0;
}

/* Whose a UDP packet is that WireGuard takes, which answers in its own time */
static bool is_wireguards(const struct journey_machine *m, const struct flow *flow)
{
	const struct view *v;

	for (v = m->views; v < m->views + m->views_len; v++) {
		if (flow->proto == IPPROTO_UDP && flow->dport && flow->dport == v->dev.listen_port)
			return true;
	}
	return false;
}

/* A socket of a VRF's answers by that alone */
static bool is_of_vrf(const struct journey_machine *m, uint32_t ifindex)
{
	const struct fib_link *l = fib_link(&m->fib, ifindex);
	const struct fib_link *master = l ? fib_link(&m->fib, l->master) : NULL;

	return master && master->vrf_table;
}

/* What is part of a connection already may be a reply itself */
bool answers_it(const struct story *s, const struct layer *l)
{
	return l->flow.iif && l->answer.type == RTN_LOCAL && !l->conn.is_known &&
	       l->flow.from.family && !is_local(s->m, &l->flow.from) &&
	       !is_wireguards(s->m, &l->flow) && !is_of_vrf(s->m, l->flow.iif);
}

/* A reply may have the mark of what it answers, by settings, and one of UDP another source than
 * that was sent to, if its program listens on all addresses
 */
static int depends_on_program(struct story *s, const struct layer *l, const struct layer *reply)
{
	struct flow marked = reply->flow, unbound = reply->flow;
	struct fib_answer a = reply->answer, b = reply->answer;

	marked.mark = l->flow.mark;
	unbound.from.family = 0;
	if (marked.mark && story_ask(s, &marked, &a))
		return -1;
	if ((!unbound.proto || unbound.proto == IPPROTO_UDP) && story_ask(s, &unbound, &b))
		return -1;
	if (same_way(&a, &reply->answer) && same_way(&b, &reply->answer))
		return 0;
	s->reply_unsure = true;
	story_fact(s, FACT_PLAIN, NULL, "With the mark of the packet (fwmark_reflect, tcp_fwmark_accept of net.ipv4 and net.ipv6), or from a program of UDP that is bound to no address, it leaves another way. Here the story goes on without.");
	return 0;
}

int tell_reply_out(struct story *s, struct layer *l)
{
	struct layer reply = { .flow = flow_reply(&l->flow, 0), .conn = l->conn }, outer;
	char from[PREFIX_TEXT_LEN], to[PREFIX_TEXT_LEN];

	reply.conn.is_answered = !l->conn.untracked;
	reply.conn.is_unasked = l->conn.untracked;
	reply.conn.untracked = false;
	/* of programs, those of root's are the most that answer */
	reply.flow.has_uid = true;
	/* icmpv6_echo_reply(); the other one of a socket's own */
	if (reply.flow.proto == IPPROTO_ICMPV6 || prefix_is_linklocal(&reply.flow.to))
		reply.flow.oif = l->flow.iif;
	story_station(s, "The reply, as a program of this machine sends it");
	story_fact(s, FACT_PLAIN, NULL, "A packet from %s for %s, with no mark.",
		   addr_text(&reply.flow.from, from), addr_text(&reply.flow.to, to));
	if (tell_route(s, &reply.flow, &reply.answer) || depends_on_program(s, l, &reply))
		return -1;
	set_answer(s, &reply);
	if (hooks_out(s, &reply, true))
		return -1;
	s->reply_dev = reply.dev;
	if (reply.answer.ifindex == l->flow.iif)
		return 0;
	story_fact(s, FACT_DECIDES, NULL, "The packet came by %s, and its reply leaves by %s: whether that reaches who asked depends on what is there.",
		   dev_name(s->m, l->flow.iif), dev_name(s->m, reply.answer.ifindex));
	return reply.tunnel ? tell_tunnel(s, &reply, &outer) : 0;
}

int tell_out(struct story *s, struct layer *l)
{
	const struct flow before = l->flow;
	struct fib_answer in;

	if (l->flow.iif) {
		if (tell_unpacked(s, &l->flow))
			return -1;
		story_station(s, "It comes in by %s", dev_name(s->m, l->flow.iif));
		if (tell_arrive(s, &l->flow, &l->conn, false, &in))
			return -1;
	}
	if (route(s, l) || may_leave6(s, &before, l) || connect_again(s, &before, l) ||
	    may_send(s, l))
		return -1;
	if (find_loop(s, l))
		return -1;
	if (l->flow.iif && is_for_us(&l->flow, &l->answer))
		return 0;
	if (hooks_out(s, l, is_outer(s, l)))
		return -1;
	return is_for_us(&l->flow, &l->answer) ? hooks_in(s, l) : 0;
}
