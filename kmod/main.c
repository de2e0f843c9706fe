// SPDX-License-Identifier: GPL-2.0
/*
 * wgmark: the life of the module and of its part of each network namespace
 *
 * Loading changes nothing: hooks are registered when a tunnel is configured.
 * Each tunnel holds the module. It goes with its device, or with the namespace.
 */

#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "wgmark.h"

static unsigned int wgmark_net_id __read_mostly;

/** wgmark_pernet() - the module's part of a namespace */
struct wgmark_net *wgmark_pernet(const struct net *net)
{
	return net_generic(net, wgmark_net_id);
}

static int __net_init wgmark_net_init(struct net *net)
{
	struct wgmark_net *wn = wgmark_pernet(net);

	wn->net = net;
	wgmark_hooks_init(wn);
	wgmark_nl_net_init(wn);
	return wgmark_table_init(wn);
}

/* Hooks go here, tables in .exit: the kernel waits for all packets between. */
static void __net_exit wgmark_net_pre_exit(struct net *net)
{
	struct wgmark_net *wn = wgmark_pernet(net);
	struct wgmark_tunnel *t;
	unsigned long ifindex;

	if (xa_empty(&wn->tunnels))
		return;
	rtnl_lock();
	xa_for_each(&wn->tunnels, ifindex, t)
		wgmark_nl_tunnel_remove(wn, t);
	rtnl_unlock();
}

static void __net_exit wgmark_net_exit(struct net *net)
{
	struct wgmark_net *wn = wgmark_pernet(net);

	cancel_delayed_work_sync(&wn->spoof_work);
	wgmark_table_exit(wn);
}

static struct pernet_operations wgmark_net_ops = {
	.init		= wgmark_net_init,
	.pre_exit	= wgmark_net_pre_exit,
	.exit		= wgmark_net_exit,
	.id		= &wgmark_net_id,
	.size		= sizeof(struct wgmark_net),
};

static int wgmark_netdev_event(struct notifier_block *nb, unsigned long event,
			       void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct wgmark_net *wn = wgmark_pernet(dev_net(dev));
	struct wgmark_tunnel *t;

	if (event != NETDEV_UNREGISTER)
		return NOTIFY_DONE;
	/* told of again each second while others hold the device */
	t = wgmark_tunnel_on(wn, dev);
	if (t)
		wgmark_nl_tunnel_remove(wn, t);
	return NOTIFY_DONE;
}

static struct notifier_block wgmark_netdev_nb = {
	.notifier_call = wgmark_netdev_event,
};

static int __init wgmark_init(void)
{
	int err;

	err = register_pernet_subsys(&wgmark_net_ops);
	if (err)
		return err;
	err = register_netdevice_notifier(&wgmark_netdev_nb);
	if (err)
		goto err_pernet;
	err = wgmark_addr_init();
	if (err)
		goto err_netdev;
	err = wgmark_nl_init();
	if (err)
		goto err_addr;
	return 0;

err_addr:
	wgmark_addr_exit();
err_netdev:
	unregister_netdevice_notifier(&wgmark_netdev_nb);
err_pernet:
	unregister_pernet_subsys(&wgmark_net_ops);
	return err;
}

static void __exit wgmark_exit(void)
{
	wgmark_nl_exit();
	wgmark_addr_exit();
	unregister_netdevice_notifier(&wgmark_netdev_nb);
	unregister_pernet_subsys(&wgmark_net_ops);
	rcu_barrier();
}

module_init(wgmark_init);
module_exit(wgmark_exit);

MODULE_DESCRIPTION("Packet marks and anti-spoofing for full WireGuard tunnels");
MODULE_LICENSE("GPL");
MODULE_ALIAS_GENL_FAMILY(WGMARK_FAMILY_NAME);
