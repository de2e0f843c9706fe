// SPDX-License-Identifier: GPL-2.0
/*
 * Configure WireGuard devices
 */
#include <errno.h>
#include <linux/wireguard.h>

#include "genl.h"
#include "wg.h"
#include "wg_put.h"

struct nlmsghdr *wg_put_set(struct kernel *k, uint32_t ifindex)
{
	struct nlmsghdr *nlh;

	nlh = genl_put(&k->genl, k->wireguard, WG_CMD_SET_DEVICE, WG_GENL_VERSION,
		       NLM_F_ACK);
	mnl_attr_put_u32(nlh, WGDEVICE_A_IFINDEX, ifindex);
	return nlh;
}

int wg_find(struct kernel *k)
{
	if (k->wireguard)
		return 0;
	return genl_lookup(&k->genl, &k->wireguard, WG_GENL_NAME);
}

static void put_device(struct nlmsghdr *nlh, const struct config *c)
{
	mnl_attr_put_u32(nlh, WGDEVICE_A_FLAGS, WGDEVICE_F_REPLACE_PEERS);
	if (c->has_private_key)
		mnl_attr_put(nlh, WGDEVICE_A_PRIVATE_KEY, WG_KEY_LEN, c->private_key);
	if (c->listen_port)
		mnl_attr_put_u16(nlh, WGDEVICE_A_LISTEN_PORT, c->listen_port);
	if (c->fwmark)
		mnl_attr_put_u32(nlh, WGDEVICE_A_FWMARK, c->fwmark);
}

void wg_put_endpoint(struct nlmsghdr *nlh, const struct sockaddr_storage *endpoint)
{
	if (endpoint->ss_family == AF_INET)
		mnl_attr_put(nlh, WGPEER_A_ENDPOINT, sizeof(struct sockaddr_in), endpoint);
	else if (endpoint->ss_family == AF_INET6)
		mnl_attr_put(nlh, WGPEER_A_ENDPOINT, sizeof(struct sockaddr_in6), endpoint);
}

static void put_peer(struct nlmsghdr *nlh, const struct peer *p)
{
	mnl_attr_put_u32(nlh, WGPEER_A_FLAGS, WGPEER_F_REPLACE_ALLOWEDIPS);
	if (p->has_preshared_key)
		mnl_attr_put(nlh, WGPEER_A_PRESHARED_KEY, WG_KEY_LEN, p->preshared_key);
	wg_put_endpoint(nlh, &p->endpoint);
	if (p->has_keepalive)
		mnl_attr_put_u16(nlh, WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL,
				 p->keepalive);
}

void wg_put_allowed(struct nlmsghdr *nlh, const struct prefix *p)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, 0);

	mnl_attr_put_u16(nlh, WGALLOWEDIP_A_FAMILY, p->family);
	mnl_attr_put(nlh, WGALLOWEDIP_A_IPADDR, prefix_bytes(p), &p->v6);
	mnl_attr_put_u8(nlh, WGALLOWEDIP_A_CIDR_MASK, p->len);
	mnl_attr_nest_end(nlh, nest);
}

/* One peer from its allowed IP number @at on. Return: the first that is left */
static size_t put_peer_part(struct nlmsghdr *nlh, const struct peer *p, size_t at)
{
	struct nlattr *nest, *allowed;

	nest = mnl_attr_nest_start(nlh, 0);
	mnl_attr_put(nlh, WGPEER_A_PUBLIC_KEY, WG_KEY_LEN, p->public_key);
	if (!at)
		put_peer(nlh, p);
	allowed = mnl_attr_nest_start(nlh, WGPEER_A_ALLOWEDIPS);
	while (at < p->allowed_len && nlh->nlmsg_len + WG_ALLOWED_ROOM <= WG_MSG_FULL)
		wg_put_allowed(nlh, &p->allowed[at++]);
	mnl_attr_nest_end(nlh, allowed);
	mnl_attr_nest_end(nlh, nest);
	return at;
}

int wg_set(struct kernel *k, uint32_t ifindex, const struct config *c)
{
	size_t peer = 0, allowed = 0;
	struct nlmsghdr *nlh;
	struct nlattr *nest;
	bool first = true;
	int err;

	err = wg_find(k);
	if (err)
		return err;
	do {
		nlh = wg_put_set(k, ifindex);
		if (first)
			put_device(nlh, c);
		first = false;

		nest = mnl_attr_nest_start(nlh, WGDEVICE_A_PEERS);
		while (peer < c->peers_len && nlh->nlmsg_len + WG_PEER_ROOM <= WG_MSG_FULL) {
			allowed = put_peer_part(nlh, &c->peers[peer], allowed);
			if (allowed < c->peers[peer].allowed_len)
				break;
			peer++;
			allowed = 0;
		}
		mnl_attr_nest_end(nlh, nest);
		err = nlsock_talk(&k->genl, NULL, NULL);
	} while (!err && peer < c->peers_len);
	return err;
}

int wg_set_fwmark(struct kernel *k, uint32_t ifindex, uint32_t fwmark)
{
	struct nlmsghdr *nlh;
	int err;

	err = wg_find(k);
	if (err)
		return err;
	nlh = wg_put_set(k, ifindex);
	mnl_attr_put_u32(nlh, WGDEVICE_A_FWMARK, fwmark);
	return nlsock_talk(&k->genl, NULL, NULL);
}
