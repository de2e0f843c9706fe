/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the planner needs to know of the kernel, read once
 */
#ifndef WGMARK_SNAPSHOT_H
#define WGMARK_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "config.h"
#include "dns.h"
#include "dns_record.h"
#include "rule.h"
#include "src_valid_mark.h"
#include "tunnel.h"

struct kernel;

/** TABLE_FIRST - where wg-quick(8) begins to look for a free table */
#define TABLE_FIRST 51820

/**
 * struct snapshot - the kernel's state before a plan
 * @ifindex: of the device with the tunnel's name, 0 if there is none
 * @is_wireguard: that device is of kind wireguard
 * @is_up: it is up, and has all that the file said
 * @fwmark: that device's mark, 0 for none
 * @has_kmod: the generic netlink family "wgmark" is there
 * @has_nft: nf_tables answers
 * @no_ipv6: the kernel was built without IPv6, or started with ipv6.disable=1
 * @kmod_tunnel: the module has a tunnel on @ifindex
 * @nft: the tables of the device @ifindex
 * @nft_gone: those of devices that are gone
 * @nft_gone_len: how many
 * @renamed: the device that the tables "wgmark-NAME" belong to, if that is there
 *	under another name, or empty
 * @foreign_table: name of another tool's nft table for the same interface
 *	("wg-quick-NAME", "nm-wg-NAME"), or empty
 * @shared_address: an address of the config that is guarded for another tunnel
 *	in such a way that this one could not have it too, family 0 for none
 * @shared_with: who guards it, in words
 * @rules: the rules of both families, in the kernel's order
 * @rules_len: how many
 * @rules_gone: the rules of tunnels that are gone, right behind @rules
 * @rules_gone_len: how many
 * @free_table: first N from TABLE_FIRST on with both tables N empty and not named in
 *	@rules as table or mark; the choice of wg-quick(8), made safer
 * @src_valid_mark: that of all devices
 * @sysctl_readonly: it cannot be written
 * @outer: for "up", if so: that of the devices on the way to IPv4 endpoints
 * @outer_len: how many
 * @saved: what settings of src_valid_mark were before an "up" changed them
 * @saved_len: how many
 * @dns_tool: the program that this machine has for name servers
 * @dns_is_set: for "down": it has something of the tunnel
 * @dns_stale: records of resolvconf(8) that outlived their tunnel, or go with
 *	@ifindex under another name
 * @dns_stale_len: how many
 * @strict_rp_filter: for "up" without a backend: some device has rp_filter 1
 * @endpoint_mtu: least MTU of the routes to the endpoints, else of the default
 *	route, else 1500
 */
struct snapshot {
	uint32_t ifindex;
	bool is_wireguard;
	bool is_up;
	uint32_t fwmark;
	bool has_kmod;
	bool has_nft;
	bool no_ipv6;
	bool kmod_tunnel;
	struct nft_tables nft;
	struct nft_tables *nft_gone;
	size_t nft_gone_len;
	char renamed[IF_NAMESIZE];
	char foreign_table[64];
	struct prefix shared_address;
	char shared_with[64];
	struct rule *rules;
	size_t rules_len;
	const struct rule *rules_gone;
	size_t rules_gone_len;
	uint32_t free_table;
	int src_valid_mark;
	bool sysctl_readonly;
	struct src_valid_mark *outer;
	size_t outer_len;
	struct src_valid_mark *saved;
	size_t saved_len;
	enum dns_tool dns_tool;
	bool dns_is_set;
	struct dns_record *dns_stale;
	size_t dns_stale_len;
	bool strict_rp_filter;
	uint32_t endpoint_mtu;
};

/**
 * snapshot_take() - read the kernel
 * @s: the result; to be freed with snapshot_free(), after an error too
 * @k: open sockets
 * @ifname: the tunnel's interface name
 * @c: its configuration with endpoints resolved, or NULL for "down"
 *
 * Changes nothing. Return: 0, or -errno after a message on stderr
 */
int snapshot_take(struct snapshot *s, struct kernel *k, const char *ifname,
		  const struct config *c);

/** snapshot_free() - free what snapshot_take() allocated */
void snapshot_free(struct snapshot *s);

#endif
