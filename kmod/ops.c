// SPDX-License-Identifier: GPL-2.0
/*
 * wgmark: which hooks are registered
 *
 * Those that a tunnel of the namespace needs, and no others; for each family. The
 * names of their functions are what "nft list hooks" shows.
 */

#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/rtnetlink.h>
#include <net/netfilter/nf_conntrack.h>

#include "wgmark.h"

#define WGMARK_OP(function, family, place, prio) {	\
	.hook		= (function),			\
	.pf		= (family),			\
	.hooknum	= (place),			\
	.priority	= (prio),			\
}

/* In the order of wgmark_groups */
static const struct nf_hook_ops wgmark_ops[2][WGMARK_HOOKS] = {
	{
		WGMARK_OP(wgmark_preraw_ipv4, NFPROTO_IPV4,
			  NF_INET_PRE_ROUTING, NF_IP_PRI_RAW),
		WGMARK_OP(wgmark_premangle_ipv4, NFPROTO_IPV4,
			  NF_INET_PRE_ROUTING, NF_IP_PRI_MANGLE),
		WGMARK_OP(wgmark_postmangle_ipv4, NFPROTO_IPV4,
			  NF_INET_POST_ROUTING, NF_IP_PRI_MANGLE),
		WGMARK_OP(wgmark_premangle_learn_ipv4, NFPROTO_IPV4,
			  NF_INET_PRE_ROUTING, NF_IP_PRI_MANGLE),
		WGMARK_OP(wgmark_outraw_ipv4, NFPROTO_IPV4,
			  NF_INET_LOCAL_OUT, NF_IP_PRI_RAW),
	},
#if IS_ENABLED(CONFIG_IPV6)
	{
		WGMARK_OP(wgmark_preraw_ipv6, NFPROTO_IPV6,
			  NF_INET_PRE_ROUTING, NF_IP6_PRI_RAW),
		WGMARK_OP(wgmark_premangle_ipv6, NFPROTO_IPV6,
			  NF_INET_PRE_ROUTING, NF_IP6_PRI_MANGLE),
		WGMARK_OP(wgmark_postmangle_ipv6, NFPROTO_IPV6,
			  NF_INET_POST_ROUTING, NF_IP6_PRI_MANGLE),
		WGMARK_OP(wgmark_premangle_learn_ipv6, NFPROTO_IPV6,
			  NF_INET_PRE_ROUTING, NF_IP6_PRI_MANGLE),
		WGMARK_OP(wgmark_outraw_ipv6, NFPROTO_IPV6,
			  NF_INET_LOCAL_OUT, NF_IP6_PRI_RAW),
	},
#endif
};

/* Hooks that are needed together, by enum wgmark_group */
static const struct {
	u8 first;
	u8 len;
	bool conntrack;
} wgmark_groups[WGMARK_GROUPS] = {
	[WGMARK_PRERAW]		= { 0, 1 },
	[WGMARK_MANGLE]		= { 1, 2, .conntrack = true },
	[WGMARK_PRELEARN]	= { 3, 1 },
	[WGMARK_OUTRAW]		= { 4, 1 },
};

static const u8 wgmark_nfproto[2] = { NFPROTO_IPV4, NFPROTO_IPV6 };

static bool wgmark_group_needed(const struct wgmark_params *p, u8 family,
				enum wgmark_group group)
{
	bool learn = p->restore == WGMARK_RESTORE_LEARN;

	if (!(p->families & family))
		return false;
	switch (group) {
	case WGMARK_PRERAW:
		return p->guard || p->notrack;
	case WGMARK_MANGLE:
		return p->restore == WGMARK_RESTORE_CONNTRACK;
	case WGMARK_PRELEARN:
		return learn && !p->notrack;
	case WGMARK_OUTRAW:
		return learn;
	default:
		return false;
	}
}

static int wgmark_group_get(struct wgmark_net *wn, int i, enum wgmark_group g)
{
	int err;

	if (wn->hook_users[i][g]++)
		return 0;
	if (wgmark_groups[g].conntrack) {
		err = nf_ct_netns_get(wn->net, wgmark_nfproto[i]);
		if (err)
			goto err_users;
	}
	err = nf_register_net_hooks(wn->net, &wn->ops[i][wgmark_groups[g].first],
				    wgmark_groups[g].len);
	if (err)
		goto err_ct;
	return 0;

err_ct:
	if (wgmark_groups[g].conntrack)
		nf_ct_netns_put(wn->net, wgmark_nfproto[i]);
err_users:
	wn->hook_users[i][g]--;
	return err;
}

static void wgmark_group_put(struct wgmark_net *wn, int i, enum wgmark_group g)
{
	if (--wn->hook_users[i][g])
		return;
	nf_unregister_net_hooks(wn->net, &wn->ops[i][wgmark_groups[g].first],
				wgmark_groups[g].len);
	if (wgmark_groups[g].conntrack)
		nf_ct_netns_put(wn->net, wgmark_nfproto[i]);
}

/* Put the first @n of what a tunnel may need, counted over both families. */
static void wgmark_groups_put(struct wgmark_net *wn,
			      const struct wgmark_params *p, int n)
{
	while (n--) {
		int i = n / WGMARK_GROUPS, g = n % WGMARK_GROUPS;

		if (wgmark_group_needed(p, 1 << i, g))
			wgmark_group_put(wn, i, g);
	}
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
	int n, err;

	ASSERT_RTNL();

	for (n = 0; n < 2 * WGMARK_GROUPS; n++) {
		int i = n / WGMARK_GROUPS, g = n % WGMARK_GROUPS;

		if (!wgmark_group_needed(p, 1 << i, g))
			continue;
		err = wgmark_group_get(wn, i, g);
		if (err) {
			wgmark_groups_put(wn, p, n);
			return err;
		}
	}
	return 0;
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

	wgmark_groups_put(wn, p, 2 * WGMARK_GROUPS);
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
