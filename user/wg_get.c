// SPDX-License-Identifier: GPL-2.0
/*
 * Read WireGuard devices
 */
#include <errno.h>
#include <linux/time_types.h>
#include <linux/wireguard.h>
#include <stdlib.h>
#include <string.h>

#include "genl.h"
#include "list.h"
#include "wg.h"

static int take_allowed(const struct nlattr *nest, struct wg_peer *p)
{
	const struct nlattr *attr;
	struct prefix a = { 0 };
	size_t len = 0;

	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case WGALLOWEDIP_A_FAMILY:
			if (mnl_attr_validate(attr, MNL_TYPE_U16) < 0)
				return -EPROTO;
			a.family = mnl_attr_get_u16(attr);
			break;
		case WGALLOWEDIP_A_IPADDR:
			len = mnl_attr_get_payload_len(attr);
			if (len > sizeof(a.v6))
				return -EPROTO;
			memcpy(&a.v6, mnl_attr_get_payload(attr), len);
			break;
		case WGALLOWEDIP_A_CIDR_MASK:
			if (mnl_attr_validate(attr, MNL_TYPE_U8) < 0)
				return -EPROTO;
			a.len = mnl_attr_get_u8(attr);
			break;
		}
	}
	if (len != prefix_bytes(&a) || !prefix_is_valid(&a))
		return -EPROTO;
	return prefix_append(&p->allowed, &p->allowed_len, &a);
}

static int take_endpoint(const struct nlattr *attr, struct wg_peer *p)
{
	size_t len = mnl_attr_get_payload_len(attr);

	if (len != sizeof(struct sockaddr_in) && len != sizeof(struct sockaddr_in6))
		return -EPROTO;
	memcpy(&p->endpoint, mnl_attr_get_payload(attr), len);
	if (p->endpoint.ss_family !=
	    (len == sizeof(struct sockaddr_in) ? AF_INET : AF_INET6))
		return -EPROTO;
	return 0;
}

static int take_peer_attr(const struct nlattr *attr, struct wg_peer *p)
{
	size_t len = mnl_attr_get_payload_len(attr);
	const void *at = mnl_attr_get_payload(attr);
	struct __kernel_timespec ts;
	const struct nlattr *nest;
	int err;

	switch (mnl_attr_get_type(attr)) {
	case WGPEER_A_PRESHARED_KEY:
		if (len != WG_KEY_LEN)
			return -EPROTO;
		memcpy(p->preshared_key, at, len);
		return 0;
	case WGPEER_A_ENDPOINT:
		return take_endpoint(attr, p);
	case WGPEER_A_LAST_HANDSHAKE_TIME:
		if (len != sizeof(ts))
			return -EPROTO;
		memcpy(&ts, at, sizeof(ts));
		p->handshake = ts.tv_sec;
		return 0;
	case WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL:
		if (mnl_attr_validate(attr, MNL_TYPE_U16) < 0)
			return -EPROTO;
		p->keepalive = mnl_attr_get_u16(attr);
		return 0;
	case WGPEER_A_RX_BYTES:
		if (mnl_attr_validate(attr, MNL_TYPE_U64) < 0)
			return -EPROTO;
		p->rx = mnl_attr_get_u64(attr);
		return 0;
	case WGPEER_A_TX_BYTES:
		if (mnl_attr_validate(attr, MNL_TYPE_U64) < 0)
			return -EPROTO;
		p->tx = mnl_attr_get_u64(attr);
		return 0;
	case WGPEER_A_ALLOWEDIPS:
		mnl_attr_for_each_nested(nest, attr) {
			err = take_allowed(nest, p);
			if (err)
				return err;
		}
		return 0;
	}
	return 0;
}

static const uint8_t *find_key(const struct nlattr *peer)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, peer) {
		if (mnl_attr_get_type(attr) == WGPEER_A_PUBLIC_KEY &&
		    mnl_attr_get_payload_len(attr) == WG_KEY_LEN)
			return mnl_attr_get_payload(attr);
	}
	return NULL;
}

/* A peer with many allowed IPs goes on in the next message, with its key. */
static int take_peer(const struct nlattr *peer, struct wg_device *d)
{
	const uint8_t *key = find_key(peer);
	const struct nlattr *attr;
	struct wg_peer *list;
	int err;

	if (!key)
		return -EPROTO;
	if (!d->peers_len ||
	    memcmp(d->peers[d->peers_len - 1].public_key, key, WG_KEY_LEN)) {
		list = list_room(d->peers, d->peers_len, sizeof(*list));
		if (!list)
			return -ENOMEM;
		d->peers = list;
		list[d->peers_len] = (struct wg_peer){ 0 };
		memcpy(list[d->peers_len++].public_key, key, WG_KEY_LEN);
	}
	mnl_attr_for_each_nested(attr, peer) {
		err = take_peer_attr(attr, &d->peers[d->peers_len - 1]);
		if (err)
			return err;
	}
	return 0;
}

static int take_device(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr, *peer;
	struct wg_device *d = data;
	int err;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		switch (mnl_attr_get_type(attr)) {
		case WGDEVICE_A_PRIVATE_KEY:
			if (mnl_attr_get_payload_len(attr) != WG_KEY_LEN)
				return -EPROTO;
			memcpy(d->private_key, mnl_attr_get_payload(attr), WG_KEY_LEN);
			break;
		case WGDEVICE_A_PUBLIC_KEY:
			if (mnl_attr_get_payload_len(attr) != WG_KEY_LEN)
				return -EPROTO;
			memcpy(d->public_key, mnl_attr_get_payload(attr), WG_KEY_LEN);
			break;
		case WGDEVICE_A_LISTEN_PORT:
			if (mnl_attr_validate(attr, MNL_TYPE_U16) < 0)
				return -EPROTO;
			d->listen_port = mnl_attr_get_u16(attr);
			break;
		case WGDEVICE_A_FWMARK:
			if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
				return -EPROTO;
			d->fwmark = mnl_attr_get_u32(attr);
			break;
		case WGDEVICE_A_PEERS:
			mnl_attr_for_each_nested(peer, attr) {
				err = take_peer(peer, d);
				if (err)
					return err;
			}
			break;
		}
	}
	return 0;
}

static void reset_device(void *data)
{
	wg_device_free(data);
}

int wg_get(struct kernel *k, uint32_t ifindex, struct wg_device *d)
{
	struct nlmsghdr *nlh;
	int err;

	*d = (struct wg_device){ 0 };
	err = wg_find(k);
	if (err)
		return err;
	nlh = genl_put(&k->genl, k->wireguard, WG_CMD_GET_DEVICE, WG_GENL_VERSION, 0);
	mnl_attr_put_u32(nlh, WGDEVICE_A_IFINDEX, ifindex);
	return nlsock_dump(&k->genl, take_device, reset_device, d);
}

void wg_device_free(struct wg_device *d)
{
	size_t i;

	for (i = 0; i < d->peers_len; i++)
		free(d->peers[i].allowed);
	if (d->peers)
		explicit_bzero(d->peers, d->peers_len * sizeof(*d->peers));
	free(d->peers);
	explicit_bzero(d, sizeof(*d));
}
