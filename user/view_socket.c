// SPDX-License-Identifier: GPL-2.0
/*
 * Whether a WireGuard device sends its own packets from this network namespace
 *
 * It does so from the namespace where it was made, in whatever other one it is now:
 * wg_newlink() of drivers/net/wireguard/device.c. That is how a container is given a tunnel
 * and nothing else.
 */
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>

#include "view.h"

static int take_socket(const struct nlmsghdr *nlh, void *data)
{
	const struct inet_diag_msg *msg = mnl_nlmsg_get_payload(nlh);
	struct view *v = data;

	/* WireGuard's is bound to no address */
	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(*msg) && !msg->id.idiag_src[0] &&
	    ntohs(msg->id.idiag_sport) == v->dev.listen_port)
		v->elsewhere = false;
	return 0;
}

static void reset_socket(void *data)
{
	struct view *v = data;

	v->elsewhere = true;
}

void view_find_sockets(struct view *list, size_t len)
{
	struct inet_diag_req_v2 req = {
		.sdiag_family = AF_INET,
		.sdiag_protocol = IPPROTO_UDP,
		.idiag_states = UINT32_MAX,
	};
	char text[NLSOCK_TEXT_LEN];
	struct nlsock s = { 0 };
	struct view *v;
	int err;

	err = nlsock_open(&s, NETLINK_SOCK_DIAG, text);
	for (v = list; !err && v < list + len; v++) {
		/* one that is down has none */
		if (!v->link.is_up)
			continue;
		reset_socket(v);
		req.id.idiag_sport = htons(v->dev.listen_port);
		nlsock_put(&s, SOCK_DIAG_BY_FAMILY, 0, &req, sizeof(req));
		err = nlsock_dump(&s, take_socket, reset_socket, v);
		if (err)
			v->elsewhere = false;
	}
	nlsock_close(&s);
}
