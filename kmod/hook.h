/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wgmark: what a packet meets, whichever its family
 *
 * The hooks in hook.c and hook_ipv6.c say in which order. What follows is written
 * once and compiled into them, so that @family is a constant.
 */
#ifndef _WGMARK_HOOK_H
#define _WGMARK_HOOK_H

#include <linux/skbuff.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_ecache.h>

#include "wgmark.h"

/* hook.c: what a packet meets seldom */
__printf(3, 4) void wgmark_trace(const struct sk_buff *skb,
				 const struct nf_hook_state *state,
				 const char *fmt, ...);
void wgmark_spoof_note(struct wgmark_net *wn, struct wgmark_tunnel *t, u8 family,
		       const struct sk_buff *skb, int iif);
unsigned int wgmark_learn_source(struct wgmark_net *wn, u8 family,
				 struct sk_buff *skb,
				 const struct wgmark_key *key, __be16 port,
				 const struct nf_hook_state *state);

/* A packet under "meta nftrace set 1" tells what a hook did to it, through the
 * logger that net.netfilter.nf_log names for its family.
 */
static inline bool wgmark_traced(const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_NETFILTER_XT_TARGET_TRACE) || IS_ENABLED(CONFIG_NF_TABLES)
	return unlikely(skb->nf_trace);
#else
	return false;
#endif
}

/* Output may begin in process context, and a packet that a program had in a queue
 * comes back there.
 */
static __always_inline void wgmark_count(struct wgmark_tunnel *t,
					 enum wgmark_stat stat)
{
#if BITS_PER_LONG == 64
	this_cpu_inc(t->counters->stat[stat]);
#else
	struct wgmark_counters *c;

	local_bh_disable();
	c = this_cpu_ptr(t->counters);
	u64_stats_update_begin(&c->syncp);
	c->stat[stat]++;
	u64_stats_update_end(&c->syncp);
	local_bh_enable();
#endif
}

/* preraw: the guard */

static __always_inline unsigned int
wgmark_spoofed(struct wgmark_net *wn, struct wgmark_tunnel *t, u8 family,
	       struct sk_buff *skb, const struct nf_hook_state *state)
{
	if (wgmark_traced(skb))
		wgmark_trace(skb, state, "preraw:drop:not-from-%s",
			     t->dev->name);
	wgmark_count(t, WGMARK_SPOOFED);
	if (atomic_read(&t->spoof.state) == WGMARK_SPOOF_IDLE)
		wgmark_spoof_note(wn, t, family, skb, state->in->ifindex);
	return NF_DROP;
}

/* The tunnel that guards an address; NULL if none does, or if the packet came in
 * by a tunnel that has it. One look-up, however many tunnels there are.
 */
static __always_inline struct wgmark_tunnel *
wgmark_addr_guard(const struct wgmark_net *wn, u8 family,
		  const struct wgmark_key *key, int ifindex)
{
	struct wgmark_tunnel *guard = NULL;
	const struct wgmark_addr *a;
	struct wgmark_node *n;

	n = wgmark_hash_find(&wn->addrs[wgmark_index(family)], key,
			     family == WGMARK_FAMILY_IPV6);
	for (; n; n = rcu_dereference(n->same)) {
		a = container_of(n, struct wgmark_addr, node);
		if (a->tunnel->ifindex == ifindex)
			return NULL;
		if (!guard && READ_ONCE(a->tunnel->guard) & family)
			guard = a->tunnel;
	}
	return guard;
}

/* preraw or premangle, and outraw: restore learn, once the packet is known for UDP */

static inline void wgmark_untrack(struct sk_buff *skb)
{
	if (!skb_nfct(skb))
		nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
}

/* Where a tracked packet goes when NAT has had it: who answers sees the source that
 * this end has. NULL for one that is not tracked.
 */
static __always_inline const struct nf_conntrack_man *
wgmark_tracked_end(const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	if (!ct || nf_ct_is_template(ct) || nf_ct_protonum(ct) != IPPROTO_UDP)
		return NULL;
	return &ct->tuplehash[!CTINFO2DIR(ctinfo)].tuple.src;
}

/* A packet for a source; not one of the tunnel's own, inside of which anybody may
 * have written the address.
 */
static __always_inline unsigned int
wgmark_reply(const struct wgmark_net *wn, u8 family, struct sk_buff *skb,
	     const struct wgmark_key *key, __be16 port, bool notrack, int ifindex,
	     const struct nf_hook_state *state)
{
	const struct wgmark_source *s;
	const struct wgmark_mark *m;
	u32 mark;

	s = wgmark_source_find(wn, family, key, port);
	if (!s || s->tunnel->ifindex == ifindex || !wgmark_source_bound(s))
		return NF_ACCEPT;
	m = rcu_dereference(s->tunnel->mark);
	/* what passed preraw before the tunnel got notrack is for premangle */
	if (!m || !(m->learn & family) || (notrack && !m->notrack))
		return NF_ACCEPT;

	mark = (skb->mark & ~m->mask) | wgmark_mark_fwmark(m);
	if (mark != skb->mark) {
		if (wgmark_traced(skb))
			wgmark_trace(skb, state, "%s:mark:0x%x-to-0x%x",
				     notrack ? "preraw" : "premangle",
				     skb->mark, mark);
		skb->mark = mark;
		wgmark_count(s->tunnel, WGMARK_RESTORED);
	}
	if (notrack)
		wgmark_untrack(skb);
	return NF_ACCEPT;
}

/* May it be a tunnel's own? WireGuard leaves its device in the packet. */
static __always_inline bool wgmark_may_teach(const struct sk_buff *skb,
					     const struct nf_hook_state *state)
{
	return skb->mark && state->sk && skb->dev;
}

/* A packet from a socket of this machine: is its source known? So it is in the steady
 * state, and then nothing is left to do.
 */
static __always_inline bool
wgmark_known(const struct wgmark_net *wn, u8 family, struct sk_buff *skb,
	     const struct wgmark_key *key, __be16 port,
	     const struct nf_hook_state *state)
{
	const struct wgmark_source *s = wgmark_source_find(wn, family, key, port);
	const struct wgmark_mark *m;

	if (unlikely(!s || s->sk != state->sk || s->tunnel->dev != skb->dev))
		return false;
	m = rcu_dereference(s->tunnel->mark);
	if (m && m->notrack)
		wgmark_untrack(skb);
	return true;
}

/* premangle and postmangle: restore conntrack, once the packet is known for UDP */

/* For every tunnel with (@from & M) == F: (@to & ~M) | F. As F is the same as
 * @from & M, the result does not depend on the order of the tunnels. One look-up
 * for each mask, of which there is one as a rule; F is not 0. Of tunnels that share a mark
 * and mask, one counts.
 */
static __always_inline u32 wgmark_transfer(const struct wgmark_net *wn,
					   u8 family, u32 from, u32 to,
					   enum wgmark_stat stat)
{
	const u32 *masks = wn->masks;
	u32 mask;

	while ((mask = READ_ONCE(*masks++))) {
		struct wgmark_key key = wgmark_mark_key(from & mask, mask);
		const struct wgmark_mark *m;
		struct wgmark_node *n;

		if (!((from ^ to) & mask))
			continue;

		n = wgmark_hash_find(&wn->marks, &key, false);
		for (; n; n = rcu_dereference(n->same)) {
			m = container_of(n, struct wgmark_mark, node);
			if (!(m->conntrack & family))
				continue;
			to = (to & ~mask) | (from & mask);
			wgmark_count(m->tunnel, stat);
			break;
		}
	}
	return to;
}

/* The connection of a packet whose mark is another: where it is the same there
 * is nothing to restore or to save, and nothing else is asked
 */
static __always_inline struct nf_conn *wgmark_differs(const struct sk_buff *skb)
{
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);

	return ct && READ_ONCE(ct->mark) != skb->mark ? ct : NULL;
}

static __always_inline unsigned int
wgmark_restore(const struct wgmark_net *wn, u8 family, struct sk_buff *skb,
	       const struct nf_conn *ct, const struct nf_hook_state *state)
{
	u32 ctmark = READ_ONCE(ct->mark);
	u32 mark;

	if (nf_ct_is_template(ct))
		return NF_ACCEPT;

	mark = wgmark_transfer(wn, family, ctmark, skb->mark, WGMARK_RESTORED);
	if (READ_ONCE(wn->compat[wgmark_index(family)]))
		mark = ctmark;
	if (wgmark_traced(skb) && mark != skb->mark)
		wgmark_trace(skb, state, "premangle:mark:0x%x-to-0x%x",
			     skb->mark, mark);
	skb->mark = mark;
	return NF_ACCEPT;
}

static __always_inline unsigned int wgmark_save(const struct wgmark_net *wn, u8 family,
						struct sk_buff *skb, struct nf_conn *ct,
						const struct nf_hook_state *state)
{
	u32 ctmark = READ_ONCE(ct->mark);
	u32 mark;

	if (nf_ct_is_template(ct))
		return NF_ACCEPT;

	mark = wgmark_transfer(wn, family, skb->mark, ctmark, WGMARK_SAVED);
	if (mark == ctmark)
		return NF_ACCEPT;
	if (wgmark_traced(skb))
		wgmark_trace(skb, state, "postmangle:ctmark:0x%x-to-0x%x",
			     ctmark, mark);
	WRITE_ONCE(ct->mark, mark);
	nf_conntrack_event_cache(IPCT_MARK, ct);
	return NF_ACCEPT;
}

#endif
