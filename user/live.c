// SPDX-License-Identifier: GPL-2.0
/*
 * Read a tunnel that is up
 */
#include <stdlib.h>

#include "kmod.h"
#include "live.h"
#include "msg.h"
#include "nft.h"

static int take_link(struct live *l, struct kernel *k, uint32_t ifindex)
{
	struct link link;
	int err;

	err = rtnl_link_get(&k->rtnl, &link, NULL, ifindex);
	l->mtu = link.mtu;
	return err;
}

static int take_kmod(struct live *l, struct kernel *k, uint32_t ifindex)
{
	struct kmod_tunnel *list;
	size_t len, i;
	int err;

	err = kmod_tunnel_list(k, &list, &len);
	for (i = 0; i < len; i++) {
		if (list[i].ifindex != ifindex)
			continue;
		l->backend = BACKEND_KMOD;
		l->params = list[i].params;
	}
	kmod_tunnel_list_free(list, len);
	return err;
}

static int take_nft(struct live *l, struct kernel *k, const struct nft_tables *tables)
{
	struct nft_tunnel t;
	int err;

	err = nft_tunnel_get(k, tables, &t);
	l->backend = BACKEND_NFT;
	l->params = t.params;
	l->guarded = t.guarded;
	l->guarded_len = t.guarded_len;
	t.guarded = NULL;
	nft_tunnel_free(&t);
	return err;
}

int live_take(struct live *l, struct kernel *k, const char *ifname,
	      const struct snapshot *s)
{
	int err;

	*l = (struct live){ 0 };
	if (!s->is_wireguard)
		return 0;
	err = take_link(l, k, s->ifindex);
	if (!err)
		err = wg_get(k, s->ifindex, &l->wg);
	if (!err)
		err = rtnl_addr_list(&k->rtnl, s->ifindex, &l->address, &l->address_len);
	if (!err)
		err = rtnl_route_list(&k->rtnl, s->ifindex, &l->routes, &l->routes_len);
	if (!err && s->kmod_tunnel)
		err = take_kmod(l, k, s->ifindex);
	else if (!err && s->nft.families)
		err = take_nft(l, k, &s->nft);
	if (!err)
		err = dns_get(s->dns_tool, ifname, &l->dns);
	if (err)
		msg_errno(err, k->text, "cannot read the tunnel");
	return err;
}

void live_free(struct live *l)
{
	wg_device_free(&l->wg);
	free(l->address);
	free(l->routes);
	free(l->guarded);
	dns_free(&l->dns);
	*l = (struct live){ 0 };
}
