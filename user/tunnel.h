/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A tunnel as the backends have it
 */
#ifndef WGMARK_TUNNEL_H
#define WGMARK_TUNNEL_H

#include <linux/wgmark.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * struct tunnel_params - a tunnel's marks and what is done with them
 * @fwmark: F
 * @mask: M
 * @restore: how replies get F back
 * @compat: wg-quick's own rule instead
 * @guard: drop packets from outside to the tunnel's addresses
 * @families: WGMARK_FAMILY_IPV4 | WGMARK_FAMILY_IPV6
 * @notrack: with WGMARK_RESTORE_LEARN, hide the tunnel's own UDP from conntrack
 */
struct tunnel_params {
	uint32_t fwmark;
	uint32_t mask;
	enum wgmark_restore restore;
	bool compat;
	bool guard;
	uint32_t families;
	bool notrack;
};

/** restore_name() - as in a file, and in include/wgmark.yaml */
static inline const char *restore_name(enum wgmark_restore restore)
{
	switch (restore) {
	case WGMARK_RESTORE_CONNTRACK:
		return "conntrack";
	case WGMARK_RESTORE_LEARN:
		return "learn";
	case WGMARK_RESTORE_NONE:
		break;
	}
	return "none";
}

/**
 * struct nft_tables - the tables of a tunnel with the backend nft
 * @name: the interface's name at "up": they are called "wgmark-NAME"
 * @families: those that have one, WGMARK_FAMILY_*; 0 if there is none
 */
struct nft_tables {
	char name[IF_NAMESIZE];
	uint32_t families;
};

#endif
