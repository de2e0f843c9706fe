// SPDX-License-Identifier: GPL-2.0
/*
 * What any packet meets that comes in: hooks, reverse path check, decision
 */
#include <errno.h>
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>

#include "journey_story.h"

/* Where an answer would leave, "nothing" if nowhere */
static const char *way_back(const struct story *s, const struct walk *back)
{
	const struct walk_step *end = walk_end(back);

	if (!end || end->outcome != WALK_FOUND || !end->route->hops_len)
		return "nothing";
	return dev_name(s->m, end->route->hops[end->hop].ifindex);
}

/* Whether the check would fail without the mark; and by which device, then */
static bool needs_mark(struct story *s, const struct flow *flow, const char **dev)
{
	struct flow unmarked = *flow;
	struct walk back;
	bool marked;
	int mode, ret;

	unmarked.mark = 0;
	ret = walk_rp_filter(&s->m->fib, &unmarked, &mode, &marked, &back);
	if (ret < 0) {
		walk_free(&back);
		s->err = ret;
		return false;
	}
	*dev = way_back(s, &back);
	walk_free(&back);
	return !ret;
}

static const char *rp_filter_text(int mode)
{
	static const char *const texts[] = { "rp_filter = 0", "rp_filter = 1", "rp_filter = 2" };

	return texts[mode >= 0 && mode < 3 ? mode : 1];
}

static void tell_passed(struct story *s, const struct flow *flow, bool got_mark, int mode,
			bool marked, const char *by)
{
	const char *dev = dev_name(s->m, flow->iif);
	char addr[PREFIX_TEXT_LEN], mark[WORDS_LEN];
	const char *other;

	addr_text(&flow->from, addr);
	if (mode == 2) {
		story_fact(s, FACT_PLAIN, rp_filter_text(mode), "Loose: there is some way back to %s, so it passes%s.",
			   addr, flow->mark && !needs_mark(s, flow, &other) ?
			   ", as it would without its mark: only a strict check needs that" : "");
		return;
	}
	story_fact(s, FACT_DECIDES, rp_filter_text(mode), "Strict: the way back to %s has to be by %s, where this came in. By the routing rules it is by %s, so it passes.",
		   addr, dev, by);
	if (flow->mark && marked && needs_mark(s, flow, &other))
		story_fact(s, FACT_DECIDES, "src_valid_mark = 1",
			   "The routing rules are asked with %s that the packet %s. Without it they would lead to %s, and the packet would be dropped: that is why it %s the mark, and why this setting is on.",
			   mark_words(flow->mark, mark), got_mark ? "got above" : "came with",
			   other, got_mark ? "gets" : "needs");
}

/* It is an address of this machine, or no machine's */
static bool is_no_source(const struct walk *back)
{
	const struct walk_step *end = walk_end(back);

	return !back->err && end && end->route->type != RTN_UNICAST;
}

static int tell_dropped(struct story *s, const struct flow *flow, const struct walk *back,
			int mode, bool marked)
{
	const char *dev = dev_name(s->m, flow->iif);
	char addr[PREFIX_TEXT_LEN], mark[WORDS_LEN];
	const char *by = way_back(s, back);
	bool no_source = is_no_source(back);
	FILE *out = story_words(s);

	if (!out)
		return -1;
	addr_text(&flow->from, addr);
	if (no_source)
		fprintf(out, "Nothing that comes from outside has %s as its source: the kernel drops it.",
			addr);
	else if (mode == 2)
		fprintf(out, "Loose: there is no way back to %s, so the kernel drops it.", addr);
	else
		fprintf(out, "Strict: the way back to %s has to be by %s, where this came in. By the routing rules it is by %s, so the kernel drops it.",
			addr, dev, by);
	if (flow->mark && !marked)
		fprintf(out, " It has %s, but the routing rules are asked without it, as src_valid_mark is 0.",
			mark_words(flow->mark, mark));
	story_words_fact(s, FACT_LOST, rp_filter_text(mode));
	if (no_source)
		return story_lost(s, "it has a source that nothing from outside has");
	if (flow->mark && !marked)
		return story_lost(s, "the reverse path check of %s drops it, as src_valid_mark is 0",
				  dev);
	return story_lost(s, "the reverse path check of %s drops it, as the way back is by %s",
			  dev, by);
}

/* IPv4's reverse path filter, of a packet that may have got its mark at a hook; the kernel's
 * word is in @a
 */
static int tell_rp_filter(struct story *s, const struct flow *flow, bool got_mark,
			  const struct fib_answer *a)
{
	bool marked, dropped;
	struct walk back;
	int mode, ret;

	ret = walk_rp_filter(&s->m->fib, flow, &mode, &marked, &back);
	if (ret < 0) {
		walk_free(&back);
		s->err = ret;
		return -1;
	}
	s->depends |= mode && back.open;
	/* -EINVAL is said of what has no way, too; since Linux 6.13 of whatever is dropped */
	dropped = a->err == -EXDEV || (a->err == -EINVAL && !ret);
	/* it is made only of what has a way: ip_route_input_slow() */
	if (a->err && !dropped) {
		walk_free(&back);
		return 0;
	}
	story_station(s, "The reverse path check of %s, against spoofed senders",
		      dev_name(s->m, flow->iif));
	if (ret == dropped) {
		story_fact(s, FACT_DIFFERS, NULL, "The kernel says otherwise than the rules would: it %s the packet.",
			   dropped ? "drops" : "takes");
		ret = dropped ? story_lost(s, "the reverse path check drops it") : 0;
	} else if (dropped) {
		ret = tell_dropped(s, flow, &back, mode, marked);
	} else {
		if (mode)
			tell_passed(s, flow, got_mark, mode, marked, way_back(s, &back));
		else
			story_fact(s, FACT_PLAIN, rp_filter_text(mode), "Off: nothing is looked at.");
		ret = 0;
	}
	walk_free(&back);
	return ret;
}

int tell_input(struct story *s, struct packet *p)
{
	story_station(s, "The kernel's firewall (netfilter), before a program of this machine gets it");
	return tell_hook(s, NF_INET_LOCAL_IN, p);
}

/* Where it goes on to; on the way out, tell_out() has all that for it, and why there is no way */
static int tell_onward(struct story *s, struct packet *p, bool is_outer,
		       const struct fib_answer *a)
{
	if (a->err && s->back) {
		story_fact(s, FACT_LOST, NULL, "The kernel has no way for it.");
		return story_lost(s, "it comes in, and the kernel has no way for it");
	}
	if (a->err)
		return 0;
	if (is_for_us(p->flow, a))
		return tell_input(s, p);
	if (is_outer)
		return story_lost(s, "it is not for this machine");
	if (!s->back || a->type != RTN_UNICAST)
		return 0;
	p->oif = dev_name(s->m, a->ifindex);
	story_station(s, "The kernel's firewall (netfilter), before it leaves by %s", p->oif);
	return tell_hook(s, NF_INET_FORWARD, p) ?: tell_hook(s, NF_INET_POST_ROUTING, p);
}

static bool is_loopback6(const struct prefix *addr)
{
	return IN6_IS_ADDR_LOOPBACK(&addr->v6);
}

/* What IPv6 takes from no device, before any hook: ip6_rcv_core() */
static int tell_refused6(struct story *s, const struct flow *flow)
{
	const char *why = NULL;

	if (IN6_IS_ADDR_MULTICAST(&flow->from.v6))
		why = "its source is an address of a group";
	else if (is_loopback6(&flow->from) || is_loopback6(&flow->to))
		why = "::1 does not leave a machine";
	if (!why)
		return 0;
	story_fact(s, FACT_LOST, NULL, "The kernel drops it at once: %s.", why);
	return story_lost(s, "the kernel drops it as it comes in: %s", why);
}

int tell_arrive(struct story *s, struct flow *flow, struct conn *conn, bool is_outer,
		struct fib_answer *a)
{
	struct packet p = {
		.flow = flow,
		.mark = flow->mark,
		.iif = dev_name(s->m, flow->iif),
		.oif = "",
		.conn = conn,
	};
	bool got_mark;

	if (flow->family == AF_INET6 && tell_refused6(s, flow))
		return -1;
	conn->has_ct = false;
	conn->untracked = false;
	if (tell_hook(s, NF_INET_PRE_ROUTING, &p))
		return -1;
	got_mark = p.mark != flow->mark;
	flow->mark = p.mark;
	if (s->back && !is_outer)
		s->j->back_mark = p.mark;
	if (story_ask(s, flow, a))
		return -1;
	if (flow->family == AF_INET && tell_rp_filter(s, flow, got_mark, a)) {
		s->j->is_rp_filter = !is_outer;
		return -1;
	}
	return tell_onward(s, &p, is_outer, a);
}
