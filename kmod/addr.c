// SPDX-License-Identifier: GPL-2.0
/*
 * wgmark: follow the addresses of the tunnels' devices
 *
 * A tunnel has the addresses that its device has, from the moment that the
 * kernel tells of them. Link-local ones (RFC 3927, RFC 4291) are left out: they
 * are good on each link anew, so one of a tunnel's may well be a neighbour's
 * elsewhere, and dropping packets to it would break neighbour discovery. What was
 * learned with an address of any device goes with it.
 */

#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/addrconf.h>
#include <net/ipv6.h>

#include "wgmark.h"

static int wgmark_addr_add_ipv4(struct wgmark_net *wn, struct wgmark_tunnel *t,
				__be32 ip)
{
	union nf_inet_addr addr = { .ip = ip };

	if (ipv4_is_linklocal_169(ip))
		return 0;
	return wgmark_addr_add(wn, t, WGMARK_FAMILY_IPV4, &addr);
}

static int wgmark_addr_sync_ipv4(struct wgmark_net *wn, struct wgmark_tunnel *t)
{
	const struct in_device *in_dev = __in_dev_get_rtnl(t->dev);
	const struct in_ifaddr *ifa;
	int err;

	if (!in_dev)
		return 0;
	in_dev_for_each_ifa_rtnl(ifa, in_dev) {
		err = wgmark_addr_add_ipv4(wn, t, ifa->ifa_local);
		if (err)
			return err;
	}
	return 0;
}

#if IS_ENABLED(CONFIG_IPV6)
static int wgmark_addr_add_ipv6(struct wgmark_net *wn, struct wgmark_tunnel *t,
				const struct in6_addr *ip)
{
	union nf_inet_addr addr = { .in6 = *ip };

	if (ipv6_addr_type(ip) & IPV6_ADDR_LINKLOCAL)
		return 0;
	return wgmark_addr_add(wn, t, WGMARK_FAMILY_IPV6, &addr);
}

static int wgmark_addr_sync_ipv6(struct wgmark_net *wn, struct wgmark_tunnel *t)
{
	struct inet6_dev *idev = __in6_dev_get(t->dev);
	const struct inet6_ifaddr *ifa;
	int err = 0;

	if (!idev)
		return 0;
	read_lock_bh(&idev->lock);
	list_for_each_entry(ifa, &idev->addr_list, if_list) {
		err = wgmark_addr_add_ipv6(wn, t, &ifa->addr);
		if (err)
			break;
	}
	read_unlock_bh(&idev->lock);
	return err;
}
#else
static int wgmark_addr_sync_ipv6(struct wgmark_net *wn, struct wgmark_tunnel *t)
{
	return 0;
}
#endif

/**
 * wgmark_addr_sync() - take on the addresses that a device has already
 * @wn: the namespace
 * @t: the tunnel on it
 *
 * Context: RTNL.
 * Return: 0 or -ENOMEM
 */
int wgmark_addr_sync(struct wgmark_net *wn, struct wgmark_tunnel *t)
{
	int err;

	ASSERT_RTNL();

	err = wgmark_addr_sync_ipv4(wn, t);
	if (err)
		return err;
	return wgmark_addr_sync_ipv6(wn, t);
}

/* The same address may be there twice, with other prefix lengths. */
static bool wgmark_has_ipv4(const struct in_device *in_dev, __be32 ip)
{
	const struct in_ifaddr *ifa;

	in_dev_for_each_ifa_rtnl(ifa, in_dev)
		if (ifa->ifa_local == ip)
			return true;
	return false;
}

static int wgmark_inetaddr_event(struct notifier_block *nb, unsigned long event,
				 void *ptr)
{
	const struct in_ifaddr *ifa = ptr;
	struct net_device *dev = ifa->ifa_dev->dev;
	struct wgmark_net *wn = wgmark_pernet(dev_net(dev));
	union nf_inet_addr addr = { .ip = ifa->ifa_local };
	struct wgmark_tunnel *t;

	if (event == NETDEV_DOWN)
		wgmark_sources_forget(wn, WGMARK_FAMILY_IPV4, &addr);
	t = wgmark_tunnel_find(wn, dev->ifindex);
	if (!t)
		return NOTIFY_DONE;

	if (event == NETDEV_UP) {
		if (wgmark_addr_add_ipv4(wn, t, ifa->ifa_local) &&
		    net_ratelimit())
			netdev_warn(dev, "wgmark: no memory to guard %pI4; configure the tunnel anew\n",
				    &ifa->ifa_local);
	} else if (event == NETDEV_DOWN &&
		   !wgmark_has_ipv4(ifa->ifa_dev, ifa->ifa_local)) {
		wgmark_addr_del(wn, t, WGMARK_FAMILY_IPV4, &addr);
	}
	return NOTIFY_DONE;
}

static struct notifier_block wgmark_inetaddr_nb = {
	.notifier_call = wgmark_inetaddr_event,
};

#if IS_ENABLED(CONFIG_IPV6)
/* Router advertisements bring addresses in softirq, without RTNL: hence RCU. */
static int wgmark_inet6addr_event(struct notifier_block *nb,
				  unsigned long event, void *ptr)
{
	const struct inet6_ifaddr *ifa = ptr;
	struct net_device *dev = ifa->idev->dev;
	struct wgmark_net *wn = wgmark_pernet(dev_net(dev));
	union nf_inet_addr addr = { .in6 = ifa->addr };
	struct wgmark_tunnel *t;

	if (event == NETDEV_DOWN)
		wgmark_sources_forget(wn, WGMARK_FAMILY_IPV6, &addr);
	rcu_read_lock();
	t = wgmark_tunnel_find(wn, dev->ifindex);
	if (!t)
		goto unlock;

	if (event == NETDEV_UP) {
		if (wgmark_addr_add_ipv6(wn, t, &ifa->addr) &&
		    net_ratelimit())
			netdev_warn(dev, "wgmark: no memory to guard %pI6c; configure the tunnel anew\n",
				    &ifa->addr);
		/* deleted meanwhile, and its NETDEV_DOWN came before this */
		if (READ_ONCE(ifa->state) == INET6_IFADDR_STATE_DEAD)
			wgmark_addr_del(wn, t, WGMARK_FAMILY_IPV6, &addr);
	} else if (event == NETDEV_DOWN) {
		wgmark_addr_del(wn, t, WGMARK_FAMILY_IPV6, &addr);
	}
unlock:
	rcu_read_unlock();
	return NOTIFY_DONE;
}

static struct notifier_block wgmark_inet6addr_nb = {
	.notifier_call = wgmark_inet6addr_event,
};
#endif

/** wgmark_addr_init() - listen to the kernel. Return: 0 or -errno */
int wgmark_addr_init(void)
{
	int err;

	err = register_inetaddr_notifier(&wgmark_inetaddr_nb);
	if (err)
		return err;
#if IS_ENABLED(CONFIG_IPV6)
	err = register_inet6addr_notifier(&wgmark_inet6addr_nb);
	if (err)
		unregister_inetaddr_notifier(&wgmark_inetaddr_nb);
#endif
	return err;
}

/** wgmark_addr_exit() - listen no longer */
void wgmark_addr_exit(void)
{
#if IS_ENABLED(CONFIG_IPV6)
	unregister_inet6addr_notifier(&wgmark_inet6addr_nb);
#endif
	unregister_inetaddr_notifier(&wgmark_inetaddr_nb);
}
