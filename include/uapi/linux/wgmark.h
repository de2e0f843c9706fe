/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/wgmark.yaml */
/* YNL-GEN uapi header */

#ifndef _UAPI_LINUX_WGMARK_H
#define _UAPI_LINUX_WGMARK_H

#define WGMARK_FAMILY_NAME	"wgmark"
#define WGMARK_FAMILY_VERSION	1

#define WGMARK_MAX_MASKS	8

/**
 * enum wgmark_restore - How the reply to a tunnel's own UDP gets the fwmark
 *   back.
 * @WGMARK_RESTORE_NONE: It does not.
 * @WGMARK_RESTORE_CONNTRACK: From the mark of its conntrack entry.
 * @WGMARK_RESTORE_LEARN: By the local address and port that it is for: those
 *   that the tunnel's own UDP was seen to leave from. Nothing is tracked for
 *   that. What leaves through a VRF is not seen.
 */
enum wgmark_restore {
	WGMARK_RESTORE_NONE,
	WGMARK_RESTORE_CONNTRACK,
	WGMARK_RESTORE_LEARN,
};

#define WGMARK_MAX_SOURCES	64

/**
 * enum wgmark_family - Internet protocol versions.
 */
enum wgmark_family {
	WGMARK_FAMILY_IPV4 = 1,
	WGMARK_FAMILY_IPV6 = 2,
};

enum {
	WGMARK_A_TUNNEL_IFINDEX = 1,
	WGMARK_A_TUNNEL_IFNAME,
	WGMARK_A_TUNNEL_FWMARK,
	WGMARK_A_TUNNEL_MASK,
	WGMARK_A_TUNNEL_RESTORE,
	WGMARK_A_TUNNEL_GUARD,
	WGMARK_A_TUNNEL_COMPAT,
	WGMARK_A_TUNNEL_FAMILIES,
	WGMARK_A_TUNNEL_ADDRESS,
	WGMARK_A_TUNNEL_SPOOFED,
	WGMARK_A_TUNNEL_RESTORED,
	WGMARK_A_TUNNEL_SAVED,
	WGMARK_A_TUNNEL_PAD,
	WGMARK_A_TUNNEL_NOTRACK,
	WGMARK_A_TUNNEL_SOURCE,

	__WGMARK_A_TUNNEL_MAX,
	WGMARK_A_TUNNEL_MAX = (__WGMARK_A_TUNNEL_MAX - 1)
};

enum {
	WGMARK_A_SOURCE_ADDRESS = 1,
	WGMARK_A_SOURCE_PORT,

	__WGMARK_A_SOURCE_MAX,
	WGMARK_A_SOURCE_MAX = (__WGMARK_A_SOURCE_MAX - 1)
};

enum {
	WGMARK_A_SPOOF_IFINDEX = 1,
	WGMARK_A_SPOOF_IFNAME,
	WGMARK_A_SPOOF_COUNT,
	WGMARK_A_SPOOF_SADDR,
	WGMARK_A_SPOOF_DADDR,
	WGMARK_A_SPOOF_IIF,
	WGMARK_A_SPOOF_PAD,

	__WGMARK_A_SPOOF_MAX,
	WGMARK_A_SPOOF_MAX = (__WGMARK_A_SPOOF_MAX - 1)
};

enum {
	WGMARK_CMD_TUNNEL_GET = 1,
	WGMARK_CMD_TUNNEL_NEW,
	WGMARK_CMD_TUNNEL_SET,
	WGMARK_CMD_TUNNEL_DEL,
	WGMARK_CMD_TUNNEL_ADDED,
	WGMARK_CMD_TUNNEL_CHANGED,
	WGMARK_CMD_TUNNEL_REMOVED,
	WGMARK_CMD_SPOOFED,

	__WGMARK_CMD_MAX,
	WGMARK_CMD_MAX = (__WGMARK_CMD_MAX - 1)
};

#define WGMARK_MCGRP_EVENTS	"events"

#endif /* _UAPI_LINUX_WGMARK_H */
