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
 * The priorities are nft's "raw" and "mangle", so chains before and after see
 * what each hook did. A hook that finds nothing of a tunnel's accepts the
 * packet as it was.
 */

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/rtnetlink.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_ecache.h>
#include <net/netfilter/nf_log.h>
#include <net/route.h>

#include "wgmark.h"

/* A packet under "meta nftrace set 1" tells what a hook did to it, through the
 * logger that net.netfilter.nf_log names for its family.
 */
static bool wgmark_traced(const struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_NETFILTER_XT_TARGET_TRACE) || IS_ENABLED(CONFIG_NF_TABLES)
	return unlikely(skb->nf_trace);
#else
	return false;
#endif
}

static const struct nf_loginfo wgmark_loginfo = {
	.type = NF_LOG_TYPE_LOG,
	.u.log = {
		.level		= LOGLEVEL_WARNING,
		.logflags	= NF_LOG_DEFAULT_MASK,
	},
};

static __printf(3, 4) void wgmark_trace(const struct sk_buff *skb,
					const struct nf_hook_state *state,
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
static noinline void wgmark_spoof_note(struct wgmark_net *wn,
				       struct wgmark_tunnel *t, u8 family,
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

/* May a tunnel have an address whose key begins with @word? */
static __always_inline bool wgmark_filter_passes(const struct wgmark_filter *f,
						 u64 word)
{
	return !((word ^ READ_ONCE(f->base)) & READ_ONCE(f->mask));
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

static unsigned int wgmark_preraw_ipv4(void *priv, struct sk_buff *skb,
				       const struct nf_hook_state *state)
{
	struct wgmark_key key = wgmark_key_ipv4(ip_hdr(skb)->daddr);
	struct wgmark_net *wn = priv;
	struct wgmark_tunnel *t;

	if (!wgmark_filter_passes(&wn->filter[0], key.word[0]))
		return NF_ACCEPT;

	/* a device of a VRF brings each packet twice, then as the VRF's */
	t = wgmark_addr_guard(wn, WGMARK_FAMILY_IPV4, &key,
			      inet_sdif(skb) ?: state->in->ifindex);
	if (likely(!t))
		return NF_ACCEPT;
	return wgmark_guard_ipv4(wn, t, skb, state);
}

/* The mangle hooks, for either family and once the packet is known for UDP */

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
			if (!(m->families & family))
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

static unsigned int wgmark_premangle_ipv4(void *priv, struct sk_buff *skb,
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

static unsigned int wgmark_postmangle_ipv4(void *priv, struct sk_buff *skb,
					   const struct nf_hook_state *state)
{
	struct nf_conn *ct = skb->mark ? wgmark_differs(skb) : NULL;

	if (likely(!ct) || ip_hdr(skb)->protocol != IPPROTO_UDP)
		return NF_ACCEPT;
	return wgmark_save_ipv4(priv, skb, ct, state);
}

#if IS_ENABLED(CONFIG_IPV6)
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
 * which authentication (RFC 4302) is not one, as in IPv4
 */
static bool wgmark_is_udp_ipv6(const struct sk_buff *skb)
{
	u8 nexthdr = ipv6_hdr(skb)->nexthdr;
	unsigned short frag_off;
	unsigned int offset = 0;
	int flags = IP6_FH_F_AUTH;

	if (likely(nexthdr == IPPROTO_UDP))
		return true;
	if (!ipv6_ext_hdr(nexthdr))
		return false;
	return ipv6_find_hdr(skb, &offset, -1, &frag_off, &flags) == IPPROTO_UDP;
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

static unsigned int wgmark_preraw_ipv6(void *priv, struct sk_buff *skb,
				       const struct nf_hook_state *state)
{
	struct wgmark_key key = wgmark_key_ipv6(&ipv6_hdr(skb)->daddr);
	struct wgmark_net *wn = priv;
	struct wgmark_tunnel *t;

	if (!wgmark_filter_passes(&wn->filter[1], key.word[0]))
		return NF_ACCEPT;

	t = wgmark_addr_guard(wn, WGMARK_FAMILY_IPV6, &key,
			      inet6_sdif(skb) ?: state->in->ifindex);
	if (likely(!t))
		return NF_ACCEPT;
	return wgmark_guard_ipv6(wn, t, skb, state);
}

static unsigned int wgmark_premangle_ipv6(void *priv, struct sk_buff *skb,
					  const struct nf_hook_state *state)
{
	struct nf_conn *ct = wgmark_differs(skb);

	if (likely(!ct) || !wgmark_is_udp_ipv6(skb))
		return NF_ACCEPT;
	return wgmark_restore(priv, WGMARK_FAMILY_IPV6, skb, ct, state);
}

static unsigned int wgmark_postmangle_ipv6(void *priv, struct sk_buff *skb,
					   const struct nf_hook_state *state)
{
	struct nf_conn *ct = skb->mark ? wgmark_differs(skb) : NULL;

	if (likely(!ct) || !wgmark_is_udp_ipv6(skb))
		return NF_ACCEPT;
	return wgmark_save(priv, WGMARK_FAMILY_IPV6, skb, ct, state);
}
#endif

/* preraw first: the others are registered and held together with conntrack */
static const struct nf_hook_ops wgmark_ops[2][WGMARK_HOOKS] = {
	{
		{
			.hook		= wgmark_preraw_ipv4,
			.pf		= NFPROTO_IPV4,
			.hooknum	= NF_INET_PRE_ROUTING,
			.priority	= NF_IP_PRI_RAW,
		},
		{
			.hook		= wgmark_premangle_ipv4,
			.pf		= NFPROTO_IPV4,
			.hooknum	= NF_INET_PRE_ROUTING,
			.priority	= NF_IP_PRI_MANGLE,
		},
		{
			.hook		= wgmark_postmangle_ipv4,
			.pf		= NFPROTO_IPV4,
			.hooknum	= NF_INET_POST_ROUTING,
			.priority	= NF_IP_PRI_MANGLE,
		},
	},
#if IS_ENABLED(CONFIG_IPV6)
	{
		{
			.hook		= wgmark_preraw_ipv6,
			.pf		= NFPROTO_IPV6,
			.hooknum	= NF_INET_PRE_ROUTING,
			.priority	= NF_IP6_PRI_RAW,
		},
		{
			.hook		= wgmark_premangle_ipv6,
			.pf		= NFPROTO_IPV6,
			.hooknum	= NF_INET_PRE_ROUTING,
			.priority	= NF_IP6_PRI_MANGLE,
		},
		{
			.hook		= wgmark_postmangle_ipv6,
			.pf		= NFPROTO_IPV6,
			.hooknum	= NF_INET_POST_ROUTING,
			.priority	= NF_IP6_PRI_MANGLE,
		},
	},
#endif
};

static const u8 wgmark_nfproto[2] = { NFPROTO_IPV4, NFPROTO_IPV6 };

static int wgmark_preraw_get(struct wgmark_net *wn, int i)
{
	int err;

	if (wn->hook_users[i][0]++)
		return 0;
	err = nf_register_net_hook(wn->net, &wn->ops[i][0]);
	if (err)
		wn->hook_users[i][0]--;
	return err;
}

static void wgmark_preraw_put(struct wgmark_net *wn, int i)
{
	if (!--wn->hook_users[i][0])
		nf_unregister_net_hook(wn->net, &wn->ops[i][0]);
}

static int wgmark_mangle_get(struct wgmark_net *wn, int i)
{
	int err;

	if (wn->hook_users[i][1]++)
		return 0;
	err = nf_ct_netns_get(wn->net, wgmark_nfproto[i]);
	if (err)
		goto err_users;
	err = nf_register_net_hooks(wn->net, &wn->ops[i][1], WGMARK_HOOKS - 1);
	if (err)
		goto err_ct;
	return 0;

err_ct:
	nf_ct_netns_put(wn->net, wgmark_nfproto[i]);
err_users:
	wn->hook_users[i][1]--;
	return err;
}

static void wgmark_mangle_put(struct wgmark_net *wn, int i)
{
	if (--wn->hook_users[i][1])
		return;
	nf_unregister_net_hooks(wn->net, &wn->ops[i][1], WGMARK_HOOKS - 1);
	nf_ct_netns_put(wn->net, wgmark_nfproto[i]);
}

static void wgmark_family_put(struct wgmark_net *wn,
			      const struct wgmark_params *p, u8 family)
{
	int i = wgmark_index(family);

	if (!(p->families & family))
		return;
	if (p->restore != WGMARK_RESTORE_NONE)
		wgmark_mangle_put(wn, i);
	if (p->guard)
		wgmark_preraw_put(wn, i);
}

static int wgmark_family_get(struct wgmark_net *wn,
			     const struct wgmark_params *p, u8 family)
{
	int i = wgmark_index(family);
	int err;

	if (!(p->families & family))
		return 0;
	if (p->guard) {
		err = wgmark_preraw_get(wn, i);
		if (err)
			return err;
	}
	if (p->restore != WGMARK_RESTORE_NONE) {
		err = wgmark_mangle_get(wn, i);
		if (err)
			goto err_preraw;
	}
	return 0;

err_preraw:
	if (p->guard)
		wgmark_preraw_put(wn, i);
	return err;
}

/**
 * wgmark_hooks_get() - see that the hooks that a tunnel needs are registered
 * @wn: the namespace
 * @p: the tunnel's parameters
 *
 * Context: RTNL; sleeps.
 * Return: 0 or -errno, and then nothing is held
 */
int wgmark_hooks_get(struct wgmark_net *wn, const struct wgmark_params *p)
{
	int err;

	ASSERT_RTNL();

	err = wgmark_family_get(wn, p, WGMARK_FAMILY_IPV4);
	if (err)
		return err;
	err = wgmark_family_get(wn, p, WGMARK_FAMILY_IPV6);
	if (err)
		wgmark_family_put(wn, p, WGMARK_FAMILY_IPV4);
	return err;
}

/**
 * wgmark_hooks_put() - undo wgmark_hooks_get() with the same parameters
 * @wn: the namespace
 * @p: the tunnel's parameters
 *
 * Context: RTNL; sleeps.
 */
void wgmark_hooks_put(struct wgmark_net *wn, const struct wgmark_params *p)
{
	ASSERT_RTNL();

	wgmark_family_put(wn, p, WGMARK_FAMILY_IPV6);
	wgmark_family_put(wn, p, WGMARK_FAMILY_IPV4);
}

/** wgmark_hooks_init() - the namespace's own copies of the hooks, unregistered */
void wgmark_hooks_init(struct wgmark_net *wn)
{
	int i, h;

	memcpy(wn->ops, wgmark_ops, sizeof(wn->ops));
	for (i = 0; i < ARRAY_SIZE(wn->ops); i++)
		for (h = 0; h < WGMARK_HOOKS; h++)
			wn->ops[i][h].priv = wn;
}
