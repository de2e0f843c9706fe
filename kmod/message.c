// SPDX-License-Identifier: GPL-2.0
/*
 * wgmark: a tunnel, as netlink tells of it
 *
 * One with many addresses takes several messages of a dump; an answer and an event
 * are one, of any size.
 */

#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/genetlink.h>

#include "wgmark.h"

static int wgmark_nl_put_params(struct sk_buff *skb,
				const struct wgmark_tunnel *t)
{
	const struct wgmark_params *p = &t->params;

	return nla_put_u32(skb, WGMARK_A_TUNNEL_IFINDEX, t->ifindex) ||
	       nla_put_string(skb, WGMARK_A_TUNNEL_IFNAME, t->dev->name) ||
	       (p->fwmark &&
		nla_put_u32(skb, WGMARK_A_TUNNEL_FWMARK, p->fwmark)) ||
	       nla_put_u32(skb, WGMARK_A_TUNNEL_MASK, p->mask) ||
	       nla_put_u32(skb, WGMARK_A_TUNNEL_RESTORE, p->restore) ||
	       nla_put_u8(skb, WGMARK_A_TUNNEL_GUARD, p->guard) ||
	       nla_put_u8(skb, WGMARK_A_TUNNEL_COMPAT, p->compat) ||
	       nla_put_u32(skb, WGMARK_A_TUNNEL_FAMILIES, p->families) ||
	       nla_put_u64_64bit(skb, WGMARK_A_TUNNEL_SPOOFED,
				 wgmark_total(t, WGMARK_SPOOFED),
				 WGMARK_A_TUNNEL_PAD) ||
	       nla_put_u64_64bit(skb, WGMARK_A_TUNNEL_RESTORED,
				 wgmark_total(t, WGMARK_RESTORED),
				 WGMARK_A_TUNNEL_PAD) ||
	       nla_put_u64_64bit(skb, WGMARK_A_TUNNEL_SAVED,
				 wgmark_total(t, WGMARK_SAVED),
				 WGMARK_A_TUNNEL_PAD) ||
	       nla_put_u8(skb, WGMARK_A_TUNNEL_NOTRACK, p->notrack);
}

static bool wgmark_nl_put_source(struct sk_buff *skb,
				 const struct wgmark_source *s)
{
	union nf_inet_addr addr = wgmark_source_addr(s);
	struct nlattr *nest = nla_nest_start(skb, WGMARK_A_TUNNEL_SOURCE);

	if (!nest ||
	    nla_put(skb, WGMARK_A_SOURCE_ADDRESS, wgmark_addr_len(s->family),
		    &addr) ||
	    nla_put_u16(skb, WGMARK_A_SOURCE_PORT, s->port))
		return false;
	nla_nest_end(skb, nest);
	return true;
}

/* There are no more than WGMARK_MAX_SOURCES. Return: whether all fitted */
static bool wgmark_nl_put_sources(struct sk_buff *skb, struct wgmark_net *wn,
				  struct wgmark_tunnel *t)
{
	const struct wgmark_source *s;
	bool whole = true;

	spin_lock_bh(&wn->sources_lock);
	list_for_each_entry(s, &t->sources, list) {
		if (!wgmark_source_bound(s))
			continue;
		whole = wgmark_nl_put_source(skb, s);
		if (!whole)
			break;
	}
	spin_unlock_bh(&wn->sources_lock);
	return whole;
}

/* Put guarded addresses from number *@from on, which becomes the number of the
 * first that is left. Return: whether none is
 */
static bool wgmark_nl_put_addrs(struct sk_buff *skb, struct wgmark_net *wn,
				struct wgmark_tunnel *t, unsigned long *from)
{
	const struct wgmark_addr *a;
	unsigned long n = 0;
	bool whole = true;

	spin_lock_bh(&wn->lock);
	list_for_each_entry(a, &t->addrs, list) {
		union nf_inet_addr addr = wgmark_addr_of(a);

		if (!(t->guard & a->family))
			continue;
		whole = n < *from ||
			!nla_put(skb, WGMARK_A_TUNNEL_ADDRESS,
				 wgmark_addr_len(a->family), &addr);
		if (!whole)
			break;
		n++;
	}
	spin_unlock_bh(&wn->lock);
	*from = n;
	return whole;
}

/**
 * wgmark_nl_fill() - a message about a tunnel
 * @skb: takes it
 * @wn: the namespace
 * @t: the tunnel
 * @cmd: WGMARK_CMD_*
 * @portid: whom it is for, 0 for an event
 * @seq: of the request
 * @cb: the dump that it is of, NULL for none
 * @from: number of the first address to tell, and then of the first one left
 *
 * Context: RTNL.
 * Return: 0 or -EMSGSIZE, if addresses are left; where not even one fitted there is
 * no message
 */
int wgmark_nl_fill(struct sk_buff *skb, struct wgmark_net *wn,
		   struct wgmark_tunnel *t, u8 cmd, u32 portid, u32 seq,
		   struct netlink_callback *cb, unsigned long *from)
{
	unsigned long first = *from;
	bool whole;
	void *hdr;

	hdr = genlmsg_put(skb, portid, seq, &wgmark_nl_family,
			  cb ? NLM_F_MULTI : 0, cmd);
	if (!hdr)
		return -EMSGSIZE;
	if (cb)
		genl_dump_check_consistent(cb, hdr);
	if (wgmark_nl_put_params(skb, t) ||
	    (!first && !wgmark_nl_put_sources(skb, wn, t)))
		goto cancel;
	whole = wgmark_nl_put_addrs(skb, wn, t, from);
	if (!whole && *from == first)
		goto cancel;
	genlmsg_end(skb, hdr);
	return whole ? 0 : -EMSGSIZE;

cancel:
	genlmsg_cancel(skb, hdr);
	return -EMSGSIZE;
}

static size_t wgmark_nl_size(struct wgmark_net *wn, struct wgmark_tunnel *t)
{
	const struct wgmark_addr *a;
	size_t size = NLMSG_GOODSIZE;

	spin_lock_bh(&wn->lock);
	list_for_each_entry(a, &t->addrs, list)
		size += nla_total_size(wgmark_addr_len(a->family));
	spin_unlock_bh(&wn->lock);
	return size;
}

/**
 * wgmark_nl_msg() - the whole tunnel in one message
 * @wn: the namespace
 * @t: the tunnel
 * @cmd: WGMARK_CMD_*
 * @portid: whom it is for, 0 for an event
 * @seq: of the request
 *
 * Context: RTNL; sleeps.
 * Return: NULL without memory
 */
struct sk_buff *wgmark_nl_msg(struct wgmark_net *wn, struct wgmark_tunnel *t,
			      u8 cmd, u32 portid, u32 seq)
{
	unsigned long from = 0;
	struct sk_buff *skb;

	skb = genlmsg_new(wgmark_nl_size(wn, t), GFP_KERNEL);
	if (!skb)
		return NULL;
	if (wgmark_nl_fill(skb, wn, t, cmd, portid, seq, NULL, &from)) {
		nlmsg_free(skb);
		return NULL;
	}
	return skb;
}
