// SPDX-License-Identifier: GPL-2.0
/*
 * What the module does with a packet: kmod/hook.c in words
 */
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <string.h>

#include "journey_story.h"

/* Room for the name of a hook of a tunnel's. */
#define WHAT_LEN (WORDS_LEN + IF_NAMESIZE)

static const char *hook_of(const struct view *v, const char *name, char text[static WHAT_LEN])
{
	snprintf(text, WHAT_LEN, "module wgmark, %s: %s", v->link.name, name);
	return text;
}

static bool is_guarded(const struct view *v, const struct prefix *addr)
{
	size_t i;

	for (i = 0; i < v->guarded_len; i++) {
		if (prefix_equal(&v->guarded[i], addr))
			return true;
	}
	return false;
}

/* An address of two tunnels is reached through either */
static bool owns(const struct story *s, const char *iif, const struct prefix *addr)
{
	const struct view *v;

	for (v = s->m->views; v < s->m->views + s->m->views_len; v++) {
		if (strcmp(v->link.name, iif) == 0 && is_guarded(v, addr))
			return true;
	}
	return false;
}

static int preraw(struct story *s, const struct view *v, struct packet *p)
{
	char what[WHAT_LEN], addr[PREFIX_TEXT_LEN];
	const struct prefix *to = &p->flow->to;

	hook_of(v, "preraw", what);
	addr_text(to, addr);
	if (!is_guarded(v, to)) {
		if (is_concerned(s, v))
			story_fact(s, FACT_PASSES, what, "The guard: it drops what comes from outside for the tunnel's address. This packet is for %s, so it passes.",
				   addr);
		return 0;
	}
	if (owns(s, p->iif, to)) {
		story_fact(s, FACT_PASSES, what, "The guard: it drops what comes for %s by any other device than %s. This packet comes by %s, so it passes.",
			   addr, v->link.name, p->iif);
		return 0;
	}
	if (is_local(s->m, &p->flow->from))
		return 0;
	story_fact(s, FACT_LOST, what, "The guard: %s is the tunnel's address, and who is not in the tunnel has no business there (CVE-2019-14899). The packet comes by %s, so it is dropped.",
		   addr, p->iif);
	return story_lost(s, "the guard of %s drops what comes for its address by %s",
			  v->link.name, p->iif);
}

static bool is_udp(const struct packet *p)
{
	return p->flow->proto == IPPROTO_UDP;
}

static void tell_open(struct story *s, const struct packet *p, const char *what)
{
	s->depends = true;
	story_fact(s, FACT_PLAIN, what, "Whether this is for the packet depends on %s not known; taken as not.",
		   open_words(p->flow));
}

/* Of a packet whose mark would do; where it is not known whether it is UDP, that is told */
static bool told_udp(struct story *s, const struct packet *p, const char *what)
{
	if (!p->flow->proto)
		tell_open(s, p, what);
	return is_udp(p);
}

static bool carries(const struct view *v, uint32_t mark)
{
	return v->params.fwmark && (mark & v->params.mask) == v->params.fwmark;
}

static void set_mark(struct packet *p, const struct view *v)
{
	p->mark = (p->mark & ~v->params.mask) | v->params.fwmark;
}

/* MAYBE if it is only the port that is not known */
static enum tri is_learned(const struct story *s, const struct view *v, const struct packet *p)
{
	const struct flow *f = p->flow;
	enum tri result = NO;
	size_t i;

	/* but for where NAT has it come back to */
	if (s->back && p->conn->learned == v && !p->conn->from.family &&
	    !p->conn->sport)
		return YES;
	for (i = 0; i < v->sources_len; i++) {
		const struct sockaddr_in6 *in6 = (const void *)&v->sources[i];
		const struct sockaddr_in *in = (const void *)&v->sources[i];
		const void *addr = f->family == AF_INET ? (const void *)&in->sin_addr :
							  (const void *)&in6->sin6_addr;

		if (v->sources[i].ss_family != f->family ||
		    memcmp(addr, &f->to.v6, prefix_bytes(&f->to)) != 0)
			continue;
		if (ntohs(in->sin_port) == f->dport)
			return YES;
		if (!f->dport)
			result = MAYBE;
	}
	return result;
}

/* restore learn: at raw where conntrack is to see nothing of it, else at mangle */
static void restore_learned(struct story *s, const struct view *v, struct packet *p)
{
	char what[WHAT_LEN], mark[WORDS_LEN], addr[PREFIX_TEXT_LEN];
	enum tri learned = is_learned(s, v, p);

	hook_of(v, v->params.notrack ? "preraw" : "premangle", what);
	if (learned == NO || !told_udp(s, p, what))
		return;
	if (learned == MAYBE) {
		tell_open(s, p, what);
		return;
	}
	set_mark(p, v);
	story_fact(s, FACT_DECIDES, what, "The tunnel's own packets leave from %s, port %u, and this one is for there, so it gets %s%s.",
		   addr_text(&p->flow->to, addr), p->flow->dport, mark_words(p->mark, mark),
		   v->params.notrack ? ". Connection tracking is told to leave it out" : "");
	p->conn->untracked |= v->params.notrack;
}

static void premangle(struct story *s, const struct view *v, struct packet *p)
{
	bool restores = v->params.compat ? p->mark != p->conn->mark :
					   carries(v, p->conn->mark) && !carries(v, p->mark);
	char what[WHAT_LEN], mark[WORDS_LEN];

	if (!p->flow->proto || is_udp(p))
		may_restore(s, p);
	if (!p->conn->has_ct || !restores || !told_udp(s, p, hook_of(v, "premangle", what)))
		return;
	if (v->params.compat) {
		p->mark = p->conn->mark;
		if (p->mark)
			story_fact(s, FACT_DECIDES, what, "Every UDP packet gets the mark of its connection (Compat); this one's has %s.",
				   mark_words(p->mark, mark));
	} else {
		set_mark(p, v);
		story_fact(s, FACT_DECIDES, what, "The packet is part of a connection that has the tunnel's mark, so it gets %s back.",
			   mark_words(p->mark, mark));
	}
}

static void postmangle(struct story *s, const struct view *v, struct packet *p)
{
	uint32_t mask = v->params.mask;
	char what[WHAT_LEN];

	if (!p->conn->has_ct || !carries(v, p->mark) ||
	    !told_udp(s, p, hook_of(v, "postmangle", what)))
		return;
	p->conn->mark = (p->conn->mark & ~mask) | v->params.fwmark;
	story_fact(s, FACT_DECIDES, what,
		   "The packet has the mark of %s, so its connection (the entry of conntrack) gets it, too: by that its replies will be known.",
		   v->link.name);
}

static void outraw(struct story *s, const struct view *v, struct packet *p)
{
	char what[WHAT_LEN];

	if (!carries(v, p->mark) || !told_udp(s, p, hook_of(v, "outraw", what)))
		return;
	p->conn->learned = v;
	p->conn->untracked |= v->params.notrack;
	story_fact(s, FACT_DECIDES, what,
		   "The packet has the mark of %s, so its source address and port are learned: by that its replies will be known%s.",
		   v->link.name,
		   v->params.notrack ? ". Connection tracking is told to leave it out" : "");
}

static int tell_one(struct story *s, const struct view *v, uint32_t hook, int32_t priority,
		    struct packet *p)
{
	bool learns = v->params.restore == WGMARK_RESTORE_LEARN;
	bool tracks = v->params.restore == WGMARK_RESTORE_CONNTRACK;

	if (hook == NF_INET_PRE_ROUTING && priority == NF_IP_PRI_RAW) {
		if (v->params.guard && preraw(s, v, p))
			return -1;
		if (learns && v->params.notrack)
			restore_learned(s, v, p);
	} else if (hook == NF_INET_PRE_ROUTING && priority == NF_IP_PRI_MANGLE) {
		if (tracks)
			premangle(s, v, p);
		else if (learns && !v->params.notrack)
			restore_learned(s, v, p);
	} else if (hook == NF_INET_POST_ROUTING && priority == NF_IP_PRI_MANGLE) {
		if (tracks)
			postmangle(s, v, p);
	} else if (hook == NF_INET_LOCAL_OUT && priority == NF_IP_PRI_RAW) {
		if (learns)
			outraw(s, v, p);
	}
	return 0;
}

int tell_kmod(struct story *s, uint32_t hook, int32_t priority, struct packet *p)
{
	uint32_t bit = p->flow->family == AF_INET ? WGMARK_FAMILY_IPV4 : WGMARK_FAMILY_IPV6;
	const struct view *v;

	for (v = s->m->views; v < s->m->views + s->m->views_len; v++) {
		if (strcmp(v->backend, "kmod") == 0 && v->params.families & bit &&
		    tell_one(s, v, hook, priority, p))
			return -1;
	}
	return 0;
}
