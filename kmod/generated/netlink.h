/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/wgmark.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_WGMARK_GEN_H
#define _LINUX_WGMARK_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/wgmark.h>

extern const struct nla_policy wgmark_tunnel_get_nl_policy[WGMARK_A_TUNNEL_IFINDEX + 1];

extern const struct nla_policy wgmark_tunnel_new_nl_policy[WGMARK_A_TUNNEL_NOTRACK + 1];

extern const struct nla_policy wgmark_tunnel_set_nl_policy[WGMARK_A_TUNNEL_NOTRACK + 1];

extern const struct nla_policy wgmark_tunnel_del_nl_policy[WGMARK_A_TUNNEL_IFINDEX + 1];

/* Ops table for wgmark */
extern const struct genl_ops wgmark_nl_ops[4];

int wgmark_nl_tunnel_get_doit(struct sk_buff *skb, struct genl_info *info);
int wgmark_nl_tunnel_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb);
int wgmark_nl_tunnel_new_doit(struct sk_buff *skb, struct genl_info *info);
int wgmark_nl_tunnel_set_doit(struct sk_buff *skb, struct genl_info *info);
int wgmark_nl_tunnel_del_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	WGMARK_NLGRP_EVENTS,
};

#endif /* _LINUX_WGMARK_GEN_H */
