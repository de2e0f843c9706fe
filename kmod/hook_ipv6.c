// SPDX-License-Identifier: GPL-2.0
/*
 * wgmark: the way of an IPv6 packet, as hook.c has it for IPv4
 */

#include <linux/ipv6.h>
#include <linux/netfilter_ipv6.h>
#include <linux/udp.h>
#include <net/addrconf.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/ipv6_frag.h>
#include <net/l3mdev.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>

#include "hook.h"

/* RTN_LOCAL as nft_fib6_eval_type() of 6.12 has it for "fib saddr type" */
static bool wgmark_saddr_local_ipv6(struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	struct flowi6 fl6 = {
		.flowi6_iif	= LOOPBACK_IFINDEX,
		.flowi6_proto	= ip6h->nexthdr,
		.flowi6_uid	= sock_net_uid(state->net, NULL),
		.flowi6_l3mdev	= l3mdev_master_ifindex_rcu(skb->dev),
		.flowlabel	= ip6_flowinfo(ip6h),
		.daddr		= ip6h->saddr,
		.saddr		= ip6h->daddr,
	};
	struct dst_entry *dst;
	bool local;

	if (ipv6_addr_type(&fl6.daddr) & IPV6_ADDR_LINKLOCAL)
		fl6.flowi6_oif = skb->dev->ifindex;
	if (nf_ip6_route(state->net, &dst, flowi6_to_flowi(&fl6), false))
		return false;

	local = (((struct rt6_info *)dst)->rt6i_flags &
		 (RTF_LOCAL | RTF_REJECT)) == RTF_LOCAL &&
		!ipv6_anycast_destination(dst, &fl6.daddr);
	dst_release(dst);
	return local;
}

/* What nft calls "meta l4proto": the protocol behind the extension headers, of
 * which authentication (RFC 4302) is not one, as in IPv4. *@offset becomes that of
 * its header, *@flags IP6_FH_F_FRAG for a fragment; of a later one, which has no
 * such header, the offset is 0.
 */
static int wgmark_proto_ipv6(const struct sk_buff *skb, unsigned int *offset,
			     int *flags)
{
	unsigned short frag_off;

	*offset = 0;
	*flags = IP6_FH_F_AUTH;
	return ipv6_find_hdr(skb, offset, -1, &frag_off, flags);
}

static noinline bool wgmark_udp_behind_ipv6(const struct sk_buff *skb)
{
	unsigned int offset;
	int flags;

	return wgmark_proto_ipv6(skb, &offset, &flags) == IPPROTO_UDP;
}

static __always_inline bool wgmark_is_udp_ipv6(const struct sk_buff *skb)
{
	u8 nexthdr = ipv6_hdr(skb)->nexthdr;

	if (likely(nexthdr == IPPROTO_UDP))
		return true;
	return ipv6_ext_hdr(nexthdr) && wgmark_udp_behind_ipv6(skb);
}

static noinline unsigned int wgmark_guard_ipv6(struct wgmark_net *wn,
					       struct wgmark_tunnel *t,
					       struct sk_buff *skb,
					       const struct nf_hook_state *state)
{
	if (wgmark_saddr_local_ipv6(skb, state))
		return NF_ACCEPT;
	return wgmark_spoofed(wn, t, WGMARK_FAMILY_IPV6, skb, state);
}

/* As wgmark_whole_ipv4(). Return: NF_ACCEPT if it is whole, or not ours to put
 * together
 */
static noinline unsigned int wgmark_whole_ipv6(struct sk_buff *skb,
					       const struct nf_hook_state *state)
{
	int err;

	if (!ipv6_chk_addr(state->net, &ipv6_hdr(skb)->daddr, NULL, 0))
		return NF_ACCEPT;

	local_bh_disable();
	err = nf_ct_frag6_gather(state->net, skb, IP6_DEFRAG_CONNTRACK_IN);
	local_bh_enable();
	if (err == -EINPROGRESS)
		return NF_STOLEN;
	return err ? NF_DROP : NF_ACCEPT;
}

/* Its UDP header, NULL unless that follows and can be read at once */
static __always_inline const struct udphdr *
wgmark_udp_ipv6(const struct sk_buff *skb)
{
	unsigned int offset = skb_network_offset(skb) + sizeof(struct ipv6hdr);

	if (unlikely(ipv6_hdr(skb)->nexthdr != IPPROTO_UDP ||
		     skb_headlen(skb) < offset + sizeof(struct udphdr)))
		return NULL;
	return (const struct udphdr *)(skb->data + offset);
}

/* The same for any packet. *@fragment: whether it is one, of which a later one does
 * not tell what it is a part of
 */
static const struct udphdr *wgmark_find_udp_ipv6(struct sk_buff *skb, bool *fragment)
{
	unsigned int offset;
	int flags, proto;

	proto = wgmark_proto_ipv6(skb, &offset, &flags);
	*fragment = flags & IP6_FH_F_FRAG;
	if (proto != IPPROTO_UDP || !offset ||
	    !pskb_may_pull(skb, offset + sizeof(struct udphdr)))
		return NULL;
	return (const struct udphdr *)(skb->data + offset);
}

static __always_inline unsigned int
wgmark_reply_to_ipv6(const struct wgmark_net *wn, struct sk_buff *skb,
		     const struct in6_addr *ip, __be16 port, bool notrack,
		     const struct nf_hook_state *state)
{
	struct wgmark_key key = wgmark_source_key_ipv6(ip, port);

	if (!wgmark_filter_passes(&wn->sources_filter[1], key.word[1]))
		return NF_ACCEPT;
	return wgmark_reply(wn, WGMARK_FAMILY_IPV6, skb, &key, port, notrack,
			    inet6_sdif(skb) ?: state->in->ifindex, state);
}

/* A packet with extension headers, or whose UDP header is not in its first piece */
static noinline unsigned int wgmark_reply_slow_ipv6(const struct wgmark_net *wn,
						    struct sk_buff *skb, bool notrack,
						    const struct nf_hook_state *state)
{
	const struct udphdr *uh;
	unsigned int verdict;
	bool fragment;

	uh = wgmark_find_udp_ipv6(skb, &fragment);
	if (fragment) {
		verdict = wgmark_whole_ipv6(skb, state);
		if (verdict != NF_ACCEPT)
			return verdict;
		uh = wgmark_find_udp_ipv6(skb, &fragment);
	}
	if (!uh || fragment)
		return NF_ACCEPT;
	return wgmark_reply_to_ipv6(wn, skb, &ipv6_hdr(skb)->daddr, uh->dest,
				    notrack, state);
}

static __always_inline unsigned int
wgmark_reply_ipv6(const struct wgmark_net *wn, struct sk_buff *skb, bool notrack,
		  const struct nf_hook_state *state)
{
	const struct udphdr *uh = wgmark_udp_ipv6(skb);

	if (unlikely(!uh))
		return wgmark_reply_slow_ipv6(wn, skb, notrack, state);
	return wgmark_reply_to_ipv6(wn, skb, &ipv6_hdr(skb)->daddr, uh->dest,
				    notrack, state);
}

/* Its source is not known, or it is not to be read at once */
static noinline unsigned int wgmark_learn_slow_ipv6(struct wgmark_net *wn,
						    struct sk_buff *skb,
						    const struct nf_hook_state *state)
{
	const struct udphdr *uh;
	struct wgmark_key key;
	bool fragment;

	uh = wgmark_find_udp_ipv6(skb, &fragment);
	if (!uh)
		return NF_ACCEPT;
	key = wgmark_source_key_ipv6(&ipv6_hdr(skb)->saddr, uh->source);
	return wgmark_learn_source(wn, WGMARK_FAMILY_IPV6, skb, &key, uh->source,
				   state);
}

/* preraw, where a tunnel has notrack */
static noinline unsigned int wgmark_preraw_notrack_ipv6(struct wgmark_net *wn,
							struct sk_buff *skb,
							const struct nf_hook_state *state)
{
	struct wgmark_key key = wgmark_key_ipv6(&ipv6_hdr(skb)->daddr);
	struct wgmark_tunnel *t;

	if (wgmark_filter_passes(&wn->addrs_filter[1], key.word[0])) {
		t = wgmark_addr_guard(wn, WGMARK_FAMILY_IPV6, &key,
				      inet6_sdif(skb) ?: state->in->ifindex);
		if (t)
			return wgmark_guard_ipv6(wn, t, skb, state);
	}
	if (ipv6_hdr(skb)->nexthdr == IPPROTO_TCP)
		return NF_ACCEPT;
	return wgmark_reply_ipv6(wn, skb, true, state);
}

unsigned int wgmark_preraw_ipv6(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	struct wgmark_key key = wgmark_key_ipv6(&ipv6_hdr(skb)->daddr);
	struct wgmark_net *wn = priv;
	struct wgmark_tunnel *t;

	if (!wgmark_filter_passes(&wn->filter[1], key.word[0]))
		return NF_ACCEPT;
	if (READ_ONCE(wn->notrack[1]))
		return wgmark_preraw_notrack_ipv6(wn, skb, state);

	t = wgmark_addr_guard(wn, WGMARK_FAMILY_IPV6, &key,
			      inet6_sdif(skb) ?: state->in->ifindex);
	if (likely(!t))
		return NF_ACCEPT;
	return wgmark_guard_ipv6(wn, t, skb, state);
}

unsigned int wgmark_premangle_learn_ipv6(void *priv, struct sk_buff *skb,
					 const struct nf_hook_state *state)
{
	const struct nf_conntrack_man *end = wgmark_tracked_end(skb);

	/* an ICMPv6 error has the connection of the packet inside of it */
	if (end && !wgmark_is_udp_ipv6(skb))
		return NF_ACCEPT;
	if (end)
		return wgmark_reply_to_ipv6(priv, skb, &end->u3.in6,
					    end->u.udp.port, false, state);
	if (ipv6_hdr(skb)->nexthdr == IPPROTO_TCP)
		return NF_ACCEPT;
	return wgmark_reply_ipv6(priv, skb, false, state);
}

/* Apart from outraw, so that what most packets go by has no stack frame */
static noinline unsigned int wgmark_learn_ipv6(struct wgmark_net *wn,
					       struct sk_buff *skb,
					       const struct nf_hook_state *state)
{
	const struct udphdr *uh = wgmark_udp_ipv6(skb);
	struct wgmark_key key;

	if (likely(uh)) {
		key = wgmark_source_key_ipv6(&ipv6_hdr(skb)->saddr, uh->source);
		if (likely(wgmark_known(wn, WGMARK_FAMILY_IPV6, skb, &key,
					uh->source, state)))
			return NF_ACCEPT;
	}
	return wgmark_learn_slow_ipv6(wn, skb, state);
}

unsigned int wgmark_outraw_ipv6(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state)
{
	if (likely(!wgmark_may_teach(skb, state)))
		return NF_ACCEPT;
	return wgmark_learn_ipv6(priv, skb, state);
}

unsigned int wgmark_premangle_ipv6(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	struct nf_conn *ct = wgmark_differs(skb);

	if (likely(!ct) || !wgmark_is_udp_ipv6(skb))
		return NF_ACCEPT;
	return wgmark_restore(priv, WGMARK_FAMILY_IPV6, skb, ct, state);
}

unsigned int wgmark_postmangle_ipv6(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	struct nf_conn *ct = skb->mark ? wgmark_differs(skb) : NULL;

	if (likely(!ct) || !wgmark_is_udp_ipv6(skb))
		return NF_ACCEPT;
	return wgmark_save(priv, WGMARK_FAMILY_IPV6, skb, ct, state);
}
