// SPDX-License-Identifier: GPL-2.0
/*
 * wgbench: hooks that do nothing, and what else is there or not, by numbers written to
 * /proc/wgbench/floor; main.c says which
 */

#include <linux/ip.h>
#include <linux/module.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/nsproxy.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>

#include "wgbench.h"

struct socket *tunnel_sock;

static unsigned int nothing(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return NF_ACCEPT;
}

static unsigned int drop_ipv4(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return inet_addr_type_dev_table(state->net, skb->dev, ip_hdr(skb)->saddr) == RTN_LOCAL ?
		NF_ACCEPT : NF_DROP;
}

static const struct nf_hook_ops drop = {
	.hook		= drop_ipv4,
	.pf		= NFPROTO_IPV4,
	.hooknum	= IN,
	.priority	= NF_IP_PRI_RAW,
};

#define EMPTY(f, n, p) { .hook = nothing, .pf = (f), .hooknum = (n), .priority = (p) }
static const struct nf_hook_ops empty[] = {
	EMPTY(NFPROTO_IPV4, IN, NF_IP_PRI_RAW),
	EMPTY(NFPROTO_IPV4, IN, NF_IP_PRI_MANGLE),
	EMPTY(NFPROTO_IPV4, OUT, NF_IP_PRI_MANGLE),
	EMPTY(NFPROTO_IPV6, IN, NF_IP6_PRI_RAW),
	EMPTY(NFPROTO_IPV6, IN, NF_IP6_PRI_MANGLE),
	EMPTY(NFPROTO_IPV6, OUT, NF_IP6_PRI_MANGLE),
};

static const struct nf_hook_ops empty_bare[] = {
	EMPTY(NFPROTO_IPV4, IN, NF_IP_PRI_RAW),
	EMPTY(NFPROTO_IPV4, NF_INET_LOCAL_OUT, NF_IP_PRI_RAW),
	EMPTY(NFPROTO_IPV6, IN, NF_IP6_PRI_RAW),
	EMPTY(NFPROTO_IPV6, NF_INET_LOCAL_OUT, NF_IP6_PRI_RAW),
};

static int make_socket(struct net *net)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(51820) };
	int err;

	err = sock_create_kern(net, AF_INET, SOCK_DGRAM, IPPROTO_UDP, &tunnel_sock);
	if (err)
		return err;
	err = kernel_bind(tunnel_sock, (struct sockaddr *)&any, sizeof(any));
	if (err) {
		sock_release(tunnel_sock);
		tunnel_sock = NULL;
	}
	return err;
}

/* What is registered holds the module. Return: @err */
static int hold(int err)
{
	if (!err)
		__module_get(THIS_MODULE);
	return err;
}

static ssize_t write_floor(struct file *file, const char __user *text, size_t len, loff_t *pos)
{
	struct net *net = current->nsproxy->net_ns;
	unsigned int what;
	int err;

	err = kstrtouint_from_user(text, len, 0, &what);
	if (err)
		return err;
	switch (what) {
	case 0:
		nf_unregister_net_hooks(net, empty, ARRAY_SIZE(empty));
		module_put(THIS_MODULE);
		break;
	case 1:
		err = hold(nf_register_net_hooks(net, empty, ARRAY_SIZE(empty)));
		break;
	case 2:
		err = hold(nf_register_net_hook(net, &drop));
		break;
	case 3:
		nf_unregister_net_hook(net, &drop);
		module_put(THIS_MODULE);
		break;
	case 4:
		err = hold(nf_ct_netns_get(net, NFPROTO_INET));
		break;
	case 5:
		nf_ct_netns_put(net, NFPROTO_INET);
		module_put(THIS_MODULE);
		break;
	case 6:
		err = hold(tunnel_sock ? -EBUSY : make_socket(net));
		break;
	case 7:
		sock_release(tunnel_sock);
		tunnel_sock = NULL;
		module_put(THIS_MODULE);
		break;
	case 8:
		err = hold(nf_register_net_hooks(net, empty_bare, ARRAY_SIZE(empty_bare)));
		break;
	case 9:
		nf_unregister_net_hooks(net, empty_bare, ARRAY_SIZE(empty_bare));
		module_put(THIS_MODULE);
		break;
	default:
		err = -EINVAL;
	}
	return err ?: len;
}

const struct proc_ops wgbench_floor_ops = {
	.proc_write = write_floor,
};
