// SPDX-License-Identifier: GPL-2.0
/*
 * wgmark: the way of a command
 *
 * include/wgmark.yaml is the interface; generated/ has its policies and the
 * table of operations. Lengths and ranges are checked there, what needs two
 * attributes or the state of the namespace here. A refused message changes
 * nothing and says why.
 */

#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "compat.h"
#include "generated/netlink.h"
#include "wgmark.h"

static void wgmark_nl_notify(struct wgmark_net *wn, struct wgmark_tunnel *t,
			     u8 cmd)
{
	struct sk_buff *skb;

	if (!genl_has_listeners(&wgmark_nl_family, wn->net,
				WGMARK_NLGRP_EVENTS))
		return;
	skb = wgmark_nl_msg(wn, t, cmd, 0, 0);
	if (skb)
		genlmsg_multicast_netns(&wgmark_nl_family, wn->net, skb, 0,
					WGMARK_NLGRP_EVENTS, GFP_KERNEL);
	else
		genl_set_err(&wgmark_nl_family, wn->net, 0,
			     WGMARK_NLGRP_EVENTS, -ENOBUFS);
}

static struct wgmark_tunnel *wgmark_nl_tunnel(struct wgmark_net *wn,
					      struct genl_info *info)
{
	struct nlattr *ifindex = info->attrs[WGMARK_A_TUNNEL_IFINDEX];
	struct wgmark_tunnel *t;

	t = wgmark_tunnel_find(wn, nla_get_u32(ifindex));
	if (!t) {
		NL_SET_BAD_ATTR(info->extack, ifindex);
		GENL_SET_ERR_MSG(info,
				 "no tunnel is configured on this device; tunnel-new does that");
		return ERR_PTR(-ENOENT);
	}
	return t;
}

static bool wgmark_nl_no_ifindex(struct genl_info *info)
{
	if (!GENL_REQ_ATTR_CHECK(info, WGMARK_A_TUNNEL_IFINDEX))
		return false;
	GENL_SET_ERR_MSG(info, "the tunnel's ifindex is missing");
	return true;
}

int wgmark_nl_tunnel_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct wgmark_net *wn = wgmark_pernet(genl_info_net(info));
	struct wgmark_tunnel *t;
	struct sk_buff *reply;

	if (wgmark_nl_no_ifindex(info))
		return -EINVAL;

	rtnl_lock();
	t = wgmark_nl_tunnel(wn, info);
	reply = IS_ERR(t) ? ERR_CAST(t) :
		wgmark_nl_msg(wn, t, WGMARK_CMD_TUNNEL_GET, info->snd_portid,
			      info->snd_seq);
	rtnl_unlock();

	if (IS_ERR(reply))
		return PTR_ERR(reply);
	return reply ? genlmsg_reply(reply, info) : -ENOMEM;
}

/* cb->args: the ifindex to go on with, and its first address not yet told. What changes
 * between two parts may be told twice or not at all: then NLM_F_DUMP_INTR says so.
 */
int wgmark_nl_tunnel_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb)
{
	struct wgmark_net *wn = wgmark_pernet(sock_net(skb->sk));
	unsigned long ifindex = cb->args[0];
	unsigned long from = cb->args[1];
	struct wgmark_tunnel *t;

	if (nlmsg_attrlen(cb->nlh, GENL_HDRLEN)) {
		NL_SET_ERR_MSG(cb->extack,
			       "a dump takes no attributes; for one tunnel leave NLM_F_DUMP out");
		return -EINVAL;
	}

	rtnl_lock();
	cb->seq = atomic_read(&wn->changes);
	for (t = xa_find(&wn->tunnels, &ifindex, ULONG_MAX, XA_PRESENT); t;
	     t = xa_find_after(&wn->tunnels, &ifindex, ULONG_MAX, XA_PRESENT)) {
		if (ifindex != cb->args[0])
			from = 0;
		if (wgmark_nl_fill(skb, wn, t, WGMARK_CMD_TUNNEL_GET,
				   NETLINK_CB(cb->skb).portid,
				   cb->nlh->nlmsg_seq, cb, &from))
			break;
	}
	rtnl_unlock();

	cb->args[0] = t ? ifindex : ULONG_MAX;
	cb->args[1] = from;
	return skb->len;
}

static void wgmark_nl_defaults(struct wgmark_params *p)
{
	*p = (struct wgmark_params){
		.mask		= U32_MAX,
		.restore	= WGMARK_RESTORE_CONNTRACK,
		.families	= WGMARK_FAMILIES,
		.guard		= true,
	};
}

/* Lay what the message says over *@p, and see that it makes sense together. */
static int wgmark_nl_params(struct genl_info *info, struct wgmark_params *p)
{
	struct nlattr *fwmark = info->attrs[WGMARK_A_TUNNEL_FWMARK];
	struct nlattr *mask = info->attrs[WGMARK_A_TUNNEL_MASK];
	struct nlattr *restore = info->attrs[WGMARK_A_TUNNEL_RESTORE];
	struct nlattr *guard = info->attrs[WGMARK_A_TUNNEL_GUARD];
	struct nlattr *compat = info->attrs[WGMARK_A_TUNNEL_COMPAT];
	struct nlattr *families = info->attrs[WGMARK_A_TUNNEL_FAMILIES];
	struct nlattr *notrack = info->attrs[WGMARK_A_TUNNEL_NOTRACK];

	if (fwmark)
		p->fwmark = nla_get_u32(fwmark);
	if (mask)
		p->mask = nla_get_u32(mask);
	if (restore)
		p->restore = nla_get_u32(restore);
	if (guard)
		p->guard = nla_get_u8(guard);
	if (compat)
		p->compat = nla_get_u8(compat);
	if (families)
		p->families = nla_get_u32(families);
	if (notrack)
		p->notrack = nla_get_u8(notrack);

	if (!p->fwmark && p->restore != WGMARK_RESTORE_NONE) {
		NL_SET_ERR_ATTR_MISS(info->extack, NULL,
				     WGMARK_A_TUNNEL_FWMARK);
		GENL_SET_ERR_MSG(info,
				 "fwmark is missing; only restore none does without");
		return -EINVAL;
	}
	if (p->fwmark & ~p->mask) {
		NL_SET_BAD_ATTR(info->extack, mask ?: fwmark);
		GENL_SET_ERR_MSG(info, "fwmark has bits outside mask");
		return -EINVAL;
	}
	if (!p->families) {
		NL_SET_BAD_ATTR(info->extack, families);
		GENL_SET_ERR_MSG(info, "families must name ipv4, ipv6 or both");
		return -EINVAL;
	}
	if (p->families & ~WGMARK_FAMILIES) {
		NL_SET_BAD_ATTR(info->extack, families);
		GENL_SET_ERR_MSG(info,
				 "this kernel is built without IPv6; leave it out of families");
		return -EAFNOSUPPORT;
	}
	if (p->compat && p->mask != U32_MAX) {
		NL_SET_BAD_ATTR(info->extack, compat ?: mask);
		GENL_SET_ERR_MSG(info,
				 "compat is wg-quick's rule, which knows no mask; leave one of them out");
		return -EINVAL;
	}
	if (p->compat && p->restore != WGMARK_RESTORE_CONNTRACK) {
		NL_SET_BAD_ATTR(info->extack, compat ?: restore);
		GENL_SET_ERR_MSG(info,
				 "compat restores from conntrack; leave restore or compat out");
		return -EINVAL;
	}
	if (p->notrack && p->restore != WGMARK_RESTORE_LEARN) {
		NL_SET_BAD_ATTR(info->extack, notrack ?: restore);
		GENL_SET_ERR_MSG(info,
				 "notrack hides the packets that restore conntrack needs; it goes with restore learn");
		return -EINVAL;
	}
	return 0;
}

static void wgmark_nl_change_error(struct genl_info *info, int err)
{
	if (err == -ENOSPC)
		GENL_SET_ERR_MSG(info,
				 __stringify(WGMARK_MAX_MASKS)
				 " different masks are in use in this namespace, the most there can be; use one of them");
	else
		GENL_SET_ERR_MSG(info, "no memory for the tunnel");
}

/* Hooks that are needed from now on come first, those no longer needed go last:
 * no packet meets a gap. Between restore conntrack and learn there is one in what is
 * known: until the tunnel's next packet has left.
 */
static int wgmark_nl_change(struct wgmark_net *wn, struct wgmark_tunnel *t,
			    const struct wgmark_params *p,
			    struct genl_info *info)
{
	const struct wgmark_params old = t->params;
	int err;

	err = wgmark_hooks_get(wn, p);
	if (err) {
		GENL_SET_ERR_MSG(info, "could not register the hooks");
		return err;
	}
	/* A packet may go through the hooks as they were: what preraw leaves to premangle
	 * because notrack goes, or has yet to come, has to meet premangle.
	 */
	if (old.notrack && !p->notrack)
		synchronize_net();
	err = wgmark_tunnel_change(wn, t, p);
	if (err) {
		wgmark_hooks_put(wn, p);
		wgmark_nl_change_error(info, err);
		return err;
	}
	if (p->notrack && !old.notrack)
		synchronize_net();
	wgmark_hooks_put(wn, &old);
	wgmark_nl_notify(wn, t, WGMARK_CMD_TUNNEL_CHANGED);
	return 0;
}

static int wgmark_nl_create(struct wgmark_net *wn, const struct wgmark_params *p,
			    struct genl_info *info)
{
	struct nlattr *ifindex = info->attrs[WGMARK_A_TUNNEL_IFINDEX];
	struct wgmark_tunnel *t;
	struct net_device *dev;
	int err;

	dev = __dev_get_by_index(wn->net, nla_get_u32(ifindex));
	if (!dev || dev->reg_state != NETREG_REGISTERED) {
		NL_SET_BAD_ATTR(info->extack, ifindex);
		GENL_SET_ERR_MSG(info,
				 "no device has this ifindex in this network namespace");
		return -ENODEV;
	}
	if (dev->flags & IFF_LOOPBACK) {
		NL_SET_BAD_ATTR(info->extack, ifindex);
		GENL_SET_ERR_MSG(info, "the loopback device cannot be a tunnel");
		return -EINVAL;
	}
	if (!try_module_get(THIS_MODULE)) {
		GENL_SET_ERR_MSG(info, "the module is being unloaded");
		return -EBUSY;
	}
	err = wgmark_hooks_get(wn, p);
	if (err) {
		GENL_SET_ERR_MSG(info, "could not register the hooks");
		goto err_module;
	}
	t = wgmark_tunnel_add(wn, dev, p);
	if (IS_ERR(t)) {
		err = PTR_ERR(t);
		wgmark_nl_change_error(info, err);
		goto err_hooks;
	}
	err = wgmark_addr_sync(wn, t);
	if (err) {
		GENL_SET_ERR_MSG(info, "no memory for the tunnel's addresses");
		goto err_tunnel;
	}
	wgmark_nl_notify(wn, t, WGMARK_CMD_TUNNEL_ADDED);
	return 0;

err_tunnel:
	wgmark_tunnel_del(wn, t);
err_hooks:
	wgmark_hooks_put(wn, p);
err_module:
	module_put(THIS_MODULE);
	return err;
}

int wgmark_nl_tunnel_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *ifindex = info->attrs[WGMARK_A_TUNNEL_IFINDEX];
	struct wgmark_net *wn = wgmark_pernet(genl_info_net(info));
	struct wgmark_params p;
	struct wgmark_tunnel *t;
	int err;

	if (wgmark_nl_no_ifindex(info))
		return -EINVAL;
	wgmark_nl_defaults(&p);
	err = wgmark_nl_params(info, &p);
	if (err)
		return err;

	rtnl_lock();
	t = wgmark_tunnel_find(wn, nla_get_u32(ifindex));
	if (!t) {
		err = wgmark_nl_create(wn, &p, info);
	} else {
		NL_SET_BAD_ATTR(info->extack, ifindex);
		GENL_SET_ERR_MSG(info,
				 "a tunnel is configured on this device; tunnel-set changes it");
		err = -EEXIST;
	}
	rtnl_unlock();
	return err;
}

int wgmark_nl_tunnel_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct wgmark_net *wn = wgmark_pernet(genl_info_net(info));
	struct wgmark_params p;
	struct wgmark_tunnel *t;
	int err;

	if (wgmark_nl_no_ifindex(info))
		return -EINVAL;

	rtnl_lock();
	t = wgmark_nl_tunnel(wn, info);
	err = PTR_ERR_OR_ZERO(t);
	if (err)
		goto unlock;
	p = t->params;
	err = wgmark_nl_params(info, &p);
	if (err)
		goto unlock;
	err = wgmark_nl_change(wn, t, &p, info);
unlock:
	rtnl_unlock();
	return err;
}

/**
 * wgmark_nl_tunnel_remove() - unconfigure a tunnel and tell of it
 * @wn: the namespace
 * @t: the tunnel, gone afterwards
 *
 * Context: RTNL; sleeps.
 */
void wgmark_nl_tunnel_remove(struct wgmark_net *wn, struct wgmark_tunnel *t)
{
	const struct wgmark_params p = t->params;

	wgmark_nl_notify(wn, t, WGMARK_CMD_TUNNEL_REMOVED);
	wgmark_tunnel_del(wn, t);
	wgmark_hooks_put(wn, &p);
	module_put(THIS_MODULE);
}

int wgmark_nl_tunnel_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct wgmark_net *wn = wgmark_pernet(genl_info_net(info));
	struct wgmark_tunnel *t;

	if (wgmark_nl_no_ifindex(info))
		return -EINVAL;

	rtnl_lock();
	t = wgmark_nl_tunnel(wn, info);
	if (!IS_ERR(t))
		wgmark_nl_tunnel_remove(wn, t);
	rtnl_unlock();
	return PTR_ERR_OR_ZERO(t);
}

static void wgmark_nl_spoof_event(struct wgmark_net *wn,
				  struct wgmark_tunnel *t)
{
	struct wgmark_spoof *s = &t->spoof;
	int len = wgmark_addr_len(s->family);
	struct sk_buff *skb;
	void *hdr = NULL;
	u64 told = s->told;

	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (skb)
		hdr = genlmsg_put(skb, 0, 0, &wgmark_nl_family, 0,
				  WGMARK_CMD_SPOOFED);
	if (!hdr ||
	    nla_put_u32(skb, WGMARK_A_SPOOF_IFINDEX, t->ifindex) ||
	    nla_put_string(skb, WGMARK_A_SPOOF_IFNAME, t->dev->name) ||
	    nla_put(skb, WGMARK_A_SPOOF_SADDR, len, &s->saddr) ||
	    nla_put(skb, WGMARK_A_SPOOF_DADDR, len, &s->daddr) ||
	    nla_put_u32(skb, WGMARK_A_SPOOF_IIF, s->iif))
		goto lost;

	/* what is dropped from here on has an event of its own */
	atomic_set_release(&s->state, WGMARK_SPOOF_IDLE);
	s->told = wgmark_total(t, WGMARK_SPOOFED);
	/* counted before the last event, noted after it */
	if (s->told == told) {
		nlmsg_free(skb);
		return;
	}
	if (nla_put_u64_64bit(skb, WGMARK_A_SPOOF_COUNT, s->told - told,
			      WGMARK_A_SPOOF_PAD))
		goto lost;
	genlmsg_end(skb, hdr);
	genlmsg_multicast_netns(&wgmark_nl_family, wn->net, skb, 0,
				WGMARK_NLGRP_EVENTS, GFP_KERNEL);
	return;

lost:
	atomic_set_release(&s->state, WGMARK_SPOOF_IDLE);
	nlmsg_free(skb);
	genl_set_err(&wgmark_nl_family, wn->net, 0, WGMARK_NLGRP_EVENTS,
		     -ENOBUFS);
}

/* Runs a second after the first drop, so that the count has a second's worth. */
static void wgmark_nl_spoof_work(struct work_struct *work)
{
	struct wgmark_net *wn = container_of(to_delayed_work(work),
					     struct wgmark_net, spoof_work);
	struct wgmark_tunnel *t;
	unsigned long ifindex;

	rtnl_lock();
	xa_for_each(&wn->tunnels, ifindex, t)
		if (atomic_read_acquire(&t->spoof.state) == WGMARK_SPOOF_READY)
			wgmark_nl_spoof_event(wn, t);
	rtnl_unlock();
}

/** wgmark_nl_net_init() - the events of a namespace */
void wgmark_nl_net_init(struct wgmark_net *wn)
{
	INIT_DELAYED_WORK(&wn->spoof_work, wgmark_nl_spoof_work);
}

static const struct genl_multicast_group wgmark_nl_groups[] = {
	[WGMARK_NLGRP_EVENTS] = {
		.name	= WGMARK_MCGRP_EVENTS,
		.flags	= GENL_MCAST_CAP_NET_ADMIN,
	},
};

struct genl_family wgmark_nl_family __ro_after_init = {
	.name		= WGMARK_FAMILY_NAME,
	.version	= WGMARK_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.ops		= wgmark_nl_ops,
	.n_ops		= ARRAY_SIZE(wgmark_nl_ops),
	.mcgrps		= wgmark_nl_groups,
	.n_mcgrps	= ARRAY_SIZE(wgmark_nl_groups),
};

/** wgmark_nl_init() - register the family. Return: 0 or -errno */
int __init wgmark_nl_init(void)
{
	return genl_register_family(&wgmark_nl_family);
}

/** wgmark_nl_exit() - unregister the family */
void wgmark_nl_exit(void)
{
	genl_unregister_family(&wgmark_nl_family);
}
