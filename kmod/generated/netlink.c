// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/wgmark.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink.h"

#include <uapi/linux/wgmark.h>

/* WGMARK_CMD_TUNNEL_GET - do */
const struct nla_policy wgmark_tunnel_get_nl_policy[WGMARK_A_TUNNEL_IFINDEX + 1] = {
	[WGMARK_A_TUNNEL_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* WGMARK_CMD_TUNNEL_NEW - do */
const struct nla_policy wgmark_tunnel_new_nl_policy[WGMARK_A_TUNNEL_NOTRACK + 1] = {
	[WGMARK_A_TUNNEL_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[WGMARK_A_TUNNEL_FWMARK] = NLA_POLICY_MIN(NLA_U32, 1),
	[WGMARK_A_TUNNEL_MASK] = NLA_POLICY_MIN(NLA_U32, 1),
	[WGMARK_A_TUNNEL_RESTORE] = NLA_POLICY_MAX(NLA_U32, 2),
	[WGMARK_A_TUNNEL_GUARD] = NLA_POLICY_MAX(NLA_U8, 1),
	[WGMARK_A_TUNNEL_COMPAT] = NLA_POLICY_MAX(NLA_U8, 1),
	[WGMARK_A_TUNNEL_FAMILIES] = NLA_POLICY_MASK(NLA_U32, 0x3),
	[WGMARK_A_TUNNEL_NOTRACK] = NLA_POLICY_MAX(NLA_U8, 1),
};

/* WGMARK_CMD_TUNNEL_SET - do */
const struct nla_policy wgmark_tunnel_set_nl_policy[WGMARK_A_TUNNEL_NOTRACK + 1] = {
	[WGMARK_A_TUNNEL_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[WGMARK_A_TUNNEL_FWMARK] = NLA_POLICY_MIN(NLA_U32, 1),
	[WGMARK_A_TUNNEL_MASK] = NLA_POLICY_MIN(NLA_U32, 1),
	[WGMARK_A_TUNNEL_RESTORE] = NLA_POLICY_MAX(NLA_U32, 2),
	[WGMARK_A_TUNNEL_GUARD] = NLA_POLICY_MAX(NLA_U8, 1),
	[WGMARK_A_TUNNEL_COMPAT] = NLA_POLICY_MAX(NLA_U8, 1),
	[WGMARK_A_TUNNEL_FAMILIES] = NLA_POLICY_MASK(NLA_U32, 0x3),
	[WGMARK_A_TUNNEL_NOTRACK] = NLA_POLICY_MAX(NLA_U8, 1),
};

/* WGMARK_CMD_TUNNEL_DEL - do */
const struct nla_policy wgmark_tunnel_del_nl_policy[WGMARK_A_TUNNEL_IFINDEX + 1] = {
	[WGMARK_A_TUNNEL_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* Ops table for wgmark */
const struct genl_ops wgmark_nl_ops[4] = {
	{
		.cmd		= WGMARK_CMD_TUNNEL_GET,
		.doit		= wgmark_nl_tunnel_get_doit,
		.dumpit		= wgmark_nl_tunnel_get_dumpit,
		.policy		= wgmark_tunnel_get_nl_policy,
		.maxattr	= WGMARK_A_TUNNEL_IFINDEX,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= WGMARK_CMD_TUNNEL_NEW,
		.doit		= wgmark_nl_tunnel_new_doit,
		.policy		= wgmark_tunnel_new_nl_policy,
		.maxattr	= WGMARK_A_TUNNEL_NOTRACK,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= WGMARK_CMD_TUNNEL_SET,
		.doit		= wgmark_nl_tunnel_set_doit,
		.policy		= wgmark_tunnel_set_nl_policy,
		.maxattr	= WGMARK_A_TUNNEL_NOTRACK,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
	{
		.cmd		= WGMARK_CMD_TUNNEL_DEL,
		.doit		= wgmark_nl_tunnel_del_doit,
		.policy		= wgmark_tunnel_del_nl_policy,
		.maxattr	= WGMARK_A_TUNNEL_IFINDEX,
		.flags		= GENL_UNS_ADMIN_PERM,
	},
};

static const struct genl_multicast_group wgmark_nl_mcgrps[] = {
	[WGMARK_NLGRP_EVENTS] = { "events", },
};
