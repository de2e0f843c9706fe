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

static int wgmark_inetaddr_up(struct notifier_block *nb, unsigned long event,
			      void *ptr)
{
	const struct in_ifaddr *ifa = ptr;
	struct net_device *dev = ifa->ifa_dev->dev;
	struct wgmark_net *wn = wgmark_pernet(dev_net(dev));
	struct wgmark_tunnel *t;

	if (event != NETDEV_UP)
		return NOTIFY_DONE;
	t = wgmark_tunnel_on(wn, dev);
	if (t && wgmark_addr_add_ipv4(wn, t, ifa->ifa_local) && net_ratelimit())
		netdev_warn(dev, "wgmark: no memory to guard %pI4; configure the tunnel anew\n",
			    &ifa->ifa_local);
	return NOTIFY_DONE;
}

static int wgmark_inetaddr_down(struct notifier_block *nb, unsigned long event,
				void *ptr)
{
	const struct in_ifaddr *ifa = ptr;
	const struct net_device *dev = ifa->ifa_dev->dev;
	struct wgmark_net *wn = wgmark_pernet(dev_net(dev));
	union nf_inet_addr addr = { .ip = ifa->ifa_local };
	struct wgmark_tunnel *t;

	if (event != NETDEV_DOWN)
		return NOTIFY_DONE;
	wgmark_sources_forget(wn, WGMARK_FAMILY_IPV4, &addr);
	t = wgmark_tunnel_on(wn, dev);
	if (t && !wgmark_has_ipv4(ifa->ifa_dev, ifa->ifa_local))
		wgmark_addr_del(wn, t, WGMARK_FAMILY_IPV4, &addr);
	return NOTIFY_DONE;
}

/* An address has its local route by fib_inetaddr_event(), whose priority is 0: it
 * is guarded before that comes, and until that has gone.
 */
static struct notifier_block wgmark_inetaddr_up_nb = {
	.notifier_call = wgmark_inetaddr_up,
	.priority = INT_MAX,
};

static struct notifier_block wgmark_inetaddr_down_nb = {
	.notifier_call = wgmark_inetaddr_down,
	.priority = INT_MIN,
};

#if IS_ENABLED(CONFIG_IPV6)
/* One that is dead is about to leave the list. */
static bool wgmark_has_ipv6(const struct inet6_dev *idev,
			    const struct in6_addr *ip)
{
	const struct inet6_ifaddr *ifa;

	lockdep_assert_held(&idev->lock);

	list_for_each_entry(ifa, &idev->addr_list, if_list)
		if (ipv6_addr_equal(&ifa->addr, ip) &&
		    READ_ONCE(ifa->state) != INET6_IFADDR_STATE_DEAD)
			return true;
	return false;
}

/* A router advertisement brings an address in softirq, without RTNL: between the
 * moment that it goes from the list, or comes there, and its event, the same
 * address may come or go. Each event does what the list says.
 */
static int wgmark_addr_follow_ipv6(struct wgmark_net *wn,
				   struct wgmark_tunnel *t,
				   struct inet6_dev *idev,
				   const struct in6_addr *ip)
{
	union nf_inet_addr addr = { .in6 = *ip };
	int err = 0;

	read_lock_bh(&idev->lock);
	if (wgmark_has_ipv6(idev, ip))
		err = wgmark_addr_add_ipv6(wn, t, ip);
	else
		wgmark_addr_del(wn, t, WGMARK_FAMILY_IPV6, &addr);
	read_unlock_bh(&idev->lock);
	return err;
}

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
	t = wgmark_tunnel_on(wn, dev);
	if (t && wgmark_addr_follow_ipv6(wn, t, ifa->idev, &ifa->addr) &&
	    net_ratelimit())
		netdev_warn(dev, "wgmark: no memory to guard %pI6c; configure the tunnel anew\n",
			    &ifa->addr);
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

	err = register_inetaddr_notifier(&wgmark_inetaddr_up_nb);
	if (err)
		return err;
	err = register_inetaddr_notifier(&wgmark_inetaddr_down_nb);
	if (err)
		goto err_up;
#if IS_ENABLED(CONFIG_IPV6)
	err = register_inet6addr_notifier(&wgmark_inet6addr_nb);
	if (err)
		goto err_down;
#endif
	return 0;

#if IS_ENABLED(CONFIG_IPV6)
err_down:
	unregister_inetaddr_notifier(&wgmark_inetaddr_down_nb);
#endif
err_up:
	unregister_inetaddr_notifier(&wgmark_inetaddr_up_nb);
	return err;
}

/** wgmark_addr_exit() - listen no longer */
void wgmark_addr_exit(void)
{
#if IS_ENABLED(CONFIG_IPV6)
	unregister_inet6addr_notifier(&wgmark_inet6addr_nb);
#endif
	unregister_inetaddr_notifier(&wgmark_inetaddr_down_nb);
	unregister_inetaddr_notifier(&wgmark_inetaddr_up_nb);
}
