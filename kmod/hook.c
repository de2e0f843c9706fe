// SPDX-License-Identifier: GPL-2.0
/*
 * wgmark: the way of a packet
 *
 *  in  ->  preraw (-300)      a packet from outside to a tunnel's own address
 *                             is dropped, before conntrack makes an entry
 *          [conntrack -200]
 *          premangle (-150)   the reply to the tunnel's own UDP gets the fwmark
 *                             back from its conntrack entry, before routing and
 *                             the reverse-path check look at it
 *  out ->  [conntrack]
 *          postmangle (-150)  the tunnel's own UDP, which WireGuard marked,
 *                             leaves the mark in its conntrack entry
 *
 * With restore learn, in place of the latter two:
 *
 *  in  ->  premangle (-150)   UDP to where the tunnel's own leaves from gets the
 *                             fwmark; if NAT is to change where it goes, to there
 *  out ->  outraw (-300)      the address and port are learned that the tunnel's
 *                             own UDP leaves from
 *
 * With notrack, preraw does that instead of premangle; it and outraw hide the
 * packets from conntrack, and so from NAT.
 *
 * The priorities are nft's "raw" and "mangle", so chains before and after see
 * what each hook did. A hook that finds nothing of a tunnel's accepts the
 * packet as it was.
 */

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/netfilter/nf_log.h>
#include <net/route.h>

#include "hook.h"

static const struct nf_loginfo wgmark_loginfo = {
	.type = NF_LOG_TYPE_LOG,
	.u.log = {
		.level		= LOGLEVEL_WARNING,
		.logflags	= NF_LOG_DEFAULT_MASK,
	},
};

void wgmark_trace(const struct sk_buff *skb, const struct nf_hook_state *state,
		  const char *fmt, ...)
{
	char what[64];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	nf_log_trace(state->net, state->pf, state->hook, skb, state->in,
		     state->out, &wgmark_loginfo, "TRACE: wgmark:%s ", what);
}

/* Leave what the event has to say, unless one is still to be sent. Work is
 * queued at most once a second for each tunnel.
 */
void wgmark_spoof_note(struct wgmark_net *wn, struct wgmark_tunnel *t, u8 family,
		       const struct sk_buff *skb, int iif)
{
	struct wgmark_spoof *s = &t->spoof;

	if (atomic_cmpxchg(&s->state, WGMARK_SPOOF_IDLE,
			   WGMARK_SPOOF_FILLING) != WGMARK_SPOOF_IDLE)
		return;

	s->iif = iif;
	s->family = family;
	if (family == WGMARK_FAMILY_IPV4) {
		s->saddr = (union nf_inet_addr){ .ip = ip_hdr(skb)->saddr };
		s->daddr = (union nf_inet_addr){ .ip = ip_hdr(skb)->daddr };
	} else {
		s->saddr.in6 = ipv6_hdr(skb)->saddr;
		s->daddr.in6 = ipv6_hdr(skb)->daddr;
	}
	atomic_set_release(&s->state, WGMARK_SPOOF_READY);
	schedule_delayed_work(&wn->spoof_work, HZ);
}

/* A tunnel's own packet, as far as it has restore learn and this mark */
unsigned int wgmark_learn_source(struct wgmark_net *wn, u8 family,
				 struct sk_buff *skb,
				 const struct wgmark_key *key, __be16 port,
				 const struct nf_hook_state *state)
{
	struct wgmark_tunnel *t = wgmark_tunnel_on(wn, skb->dev);
	const struct wgmark_mark *m;

	if (!t)
		return NF_ACCEPT;
	m = rcu_dereference(t->mark);
	if (!m || !(m->learn & family) ||
	    (skb->mark & m->mask) != wgmark_mark_fwmark(m))
		return NF_ACCEPT;
	if (wgmark_source_learn(wn, t, family, key, port, state->sk)) {
		wgmark_count(t, WGMARK_SAVED);
		if (wgmark_traced(skb))
			wgmark_trace(skb, state, "outraw:learn:port-%u",
				     ntohs(port));
	}
	if (m->notrack)
		wgmark_untrack(skb);
	return NF_ACCEPT;
}

static noinline unsigned int wgmark_guard_ipv4(struct wgmark_net *wn,
					       struct wgmark_tunnel *t,
					       struct sk_buff *skb,
					       const struct nf_hook_state *state)
{
	/* as nft_fib4_eval_type() of 6.12 has it for "fib saddr type" */
	if (inet_addr_type_dev_table(state->net, skb->dev,
				     ip_hdr(skb)->saddr) == RTN_LOCAL)
		return NF_ACCEPT;
	return wgmark_spoofed(wn, t, WGMARK_FAMILY_IPV4, skb, state);
}

/* Without conntrack a fragment comes as it is, and only the first one says for
 * which port. What is for this machine is put together here instead of later.
 * Return: whether it is whole; if not, it is the kernel's
 */
static noinline bool wgmark_whole_ipv4(struct sk_buff *skb,
				       const struct nf_hook_state *state)
{
	int err;

	if (inet_addr_type_dev_table(state->net, skb->dev,
				     ip_hdr(skb)->daddr) != RTN_LOCAL)
		return true;

	local_bh_disable();
	err = ip_defrag(state->net, skb, IP_DEFRAG_CONNTRACK_IN);
	local_bh_enable();
	if (!err)
		skb->ignore_df = 1;
	return !err;
}

/* Its UDP header, NULL unless all of it is where it can be read at once */
static __always_inline const struct udphdr *
wgmark_udp_ipv4(const struct sk_buff *skb)
{
	unsigned int offset = skb_network_offset(skb) + ip_hdrlen(skb);

	if (unlikely(skb_headlen(skb) < offset + sizeof(struct udphdr)))
		return NULL;
	return (const struct udphdr *)(skb->data + offset);
}

static __always_inline unsigned int
wgmark_reply_to_ipv4(const struct wgmark_net *wn, struct sk_buff *skb,
		     __be32 ip, __be16 port, bool notrack,
		     const struct nf_hook_state *state)
{
	struct wgmark_key key = wgmark_source_key_ipv4(ip, port);

	if (!wgmark_filter_passes(&wn->sources_filter[0], key.word[0]))
		return NF_ACCEPT;
	return wgmark_reply(wn, WGMARK_FAMILY_IPV4, skb, &key, port, notrack,
			    inet_sdif(skb) ?: state->in->ifindex, state);
}

static bool wgmark_pull_ipv4(struct sk_buff *skb)
{
	return pskb_may_pull(skb, skb_network_offset(skb) + ip_hdrlen(skb) +
				  sizeof(struct udphdr));
}

/* A fragment, or a packet whose UDP header is not in its first piece */
static noinline unsigned int wgmark_reply_slow_ipv4(const struct wgmark_net *wn,
						    struct sk_buff *skb, bool notrack,
						    const struct nf_hook_state *state)
{
	if (ip_is_fragment(ip_hdr(skb)) && !wgmark_whole_ipv4(skb, state))
		return NF_STOLEN;
	if (ip_is_fragment(ip_hdr(skb)) || !wgmark_pull_ipv4(skb))
		return NF_ACCEPT;
	return wgmark_reply_to_ipv4(wn, skb, ip_hdr(skb)->daddr,
				    wgmark_udp_ipv4(skb)->dest, notrack, state);
}

static __always_inline unsigned int
wgmark_reply_ipv4(const struct wgmark_net *wn, struct sk_buff *skb, bool notrack,
		  const struct nf_hook_state *state)
{
	const struct udphdr *uh = wgmark_udp_ipv4(skb);

	if (unlikely(!uh || ip_is_fragment(ip_hdr(skb))))
		return wgmark_reply_slow_ipv4(wn, skb, notrack, state);
	return wgmark_reply_to_ipv4(wn, skb, ip_hdr(skb)->daddr, uh->dest, notrack,
				    state);
}

/* Its source is not known, or it is not to be read at once */
static noinline unsigned int wgmark_learn_slow_ipv4(struct wgmark_net *wn,
						    struct sk_buff *skb,
						    const struct nf_hook_state *state)
{
	struct wgmark_key key;
	__be16 port;

	if (!wgmark_pull_ipv4(skb))
		return NF_ACCEPT;
	port = wgmark_udp_ipv4(skb)->source;
	key = wgmark_source_key_ipv4(ip_hdr(skb)->saddr, port);
	return wgmark_learn_source(wn, WGMARK_FAMILY_IPV4, skb, &key, port, state);
}

/* preraw, where a tunnel has notrack */
static noinline unsigned int wgmark_preraw_notrack_ipv4(struct wgmark_net *wn,
							struct sk_buff *skb,
							const struct nf_hook_state *state)
{
	struct wgmark_key key = wgmark_key_ipv4(ip_hdr(skb)->daddr);
	struct wgmark_tunnel *t;

	if (wgmark_filter_passes(&wn->addrs_filter[0], key.word[0])) {
		t = wgmark_addr_guard(wn, WGMARK_FAMILY_IPV4, &key,
				      inet_sdif(skb) ?: state->in->ifindex);
		if (t)
			return wgmark_guard_ipv4(wn, t, skb, state);
	}
	if (ip_hdr(skb)->protocol != IPPROTO_UDP)
		return NF_ACCEPT;
	return wgmark_reply_ipv4(wn, skb, true, state);
}

unsigned int wgmark_preraw_ipv4(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	struct wgmark_key key = wgmark_key_ipv4(ip_hdr(skb)->daddr);
	struct wgmark_net *wn = priv;
	struct wgmark_tunnel *t;

	if (!wgmark_filter_passes(&wn->filter[0], key.word[0]))
		return NF_ACCEPT;
	if (READ_ONCE(wn->notrack[0]))
		return wgmark_preraw_notrack_ipv4(wn, skb, state);

	/* a device of a VRF brings each packet twice, then as the VRF's */
	t = wgmark_addr_guard(wn, WGMARK_FAMILY_IPV4, &key,
			      inet_sdif(skb) ?: state->in->ifindex);
	if (likely(!t))
		return NF_ACCEPT;
	return wgmark_guard_ipv4(wn, t, skb, state);
}

unsigned int wgmark_premangle_learn_ipv4(void *priv, struct sk_buff *skb,
					 const struct nf_hook_state *state)
{
	const struct nf_conntrack_man *end;

	if (ip_hdr(skb)->protocol != IPPROTO_UDP)
		return NF_ACCEPT;
	end = wgmark_tracked_end(skb);
	if (end)
		return wgmark_reply_to_ipv4(priv, skb, end->u3.ip, end->u.udp.port,
					    false, state);
	return wgmark_reply_ipv4(priv, skb, false, state);
}

unsigned int wgmark_outraw_ipv4(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	const struct udphdr *uh;
	struct wgmark_key key;

	if (!wgmark_may_teach(skb, state) || ip_hdr(skb)->protocol != IPPROTO_UDP)
		return NF_ACCEPT;
	uh = wgmark_udp_ipv4(skb);
	if (likely(uh)) {
		key = wgmark_source_key_ipv4(ip_hdr(skb)->saddr, uh->source);
		if (likely(wgmark_known(priv, WGMARK_FAMILY_IPV4, skb, &key,
					uh->source, state)))
			return NF_ACCEPT;
	}
	return wgmark_learn_slow_ipv4(priv, skb, state);
}

/* Apart from the hooks, so that what most packets go by has no stack frame */
static noinline unsigned int wgmark_restore_ipv4(const struct wgmark_net *wn,
						 struct sk_buff *skb,
						 const struct nf_conn *ct,
						 const struct nf_hook_state *state)
{
	return wgmark_restore(wn, WGMARK_FAMILY_IPV4, skb, ct, state);
}

static noinline unsigned int wgmark_save_ipv4(const struct wgmark_net *wn,
					      struct sk_buff *skb,
					      struct nf_conn *ct,
					      const struct nf_hook_state *state)
{
	return wgmark_save(wn, WGMARK_FAMILY_IPV4, skb, ct, state);
}

unsigned int wgmark_premangle_ipv4(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	struct nf_conn *ct;

	if (ip_hdr(skb)->protocol != IPPROTO_UDP)
		return NF_ACCEPT;
	ct = wgmark_differs(skb);
	if (likely(!ct))
		return NF_ACCEPT;
	return wgmark_restore_ipv4(priv, skb, ct, state);
}

unsigned int wgmark_postmangle_ipv4(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	struct nf_conn *ct = skb->mark ? wgmark_differs(skb) : NULL;

	if (likely(!ct) || ip_hdr(skb)->protocol != IPPROTO_UDP)
		return NF_ACCEPT;
	return wgmark_save_ipv4(priv, skb, ct, state);
}
