/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The nftables rules of a namespace: as text, and what they do for a tunnel
 *
 * Read from the kernel, whatever made them: wg-quick, NetworkManager, Mullvad's client,
 * wgmark, or anybody, also through iptables-nft. What is not understood is said to be unknown.
 */
#ifndef WGMARK_RULESET_H
#define WGMARK_RULESET_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "kernel.h"

/** enum rule_role - what a rule does that concerns a tunnel */
enum rule_role {
	ROLE_UNKNOWN,
	ROLE_GUARD,		/* drops what comes from outside to the tunnel's address */
	ROLE_RESTORE,		/* ct mark to packet mark */
	ROLE_SAVE,		/* packet mark to ct mark */
	ROLE_SET_MARK,		/* a fixed packet mark for some packets */
	ROLE_SET_CTMARK,	/* a fixed ct mark, and perhaps a packet mark, for some packets */
	ROLE_ACCEPT,
	ROLE_DROP,
	ROLE_REJECT,
	ROLE_MASQUERADE,
	ROLE_OTHER,		/* understood, and of no matter for a tunnel */
};

/** enum ruleset_owner - who makes a table of this name and shape */
enum ruleset_owner {
	OWNER_UNKNOWN,
	OWNER_WG_QUICK,		/* wg-quick-NAME */
	OWNER_NETWORKMANAGER,	/* nm-wg-NAME */
	OWNER_MULLVAD,		/* inet mullvad */
	OWNER_WGMARK,		/* wgmark-NAME */
};

struct shape;

/**
 * struct nft_rule - a rule
 * @handle: the kernel's
 * @text: as "nft list" writes it; what is not known of it is [EXPRESSION]; allocated
 * @purpose: what it is for, some sentences in plain words; allocated, NULL if it is not known
 * @shape: the one by which it is known, NULL if it is not
 * @role: what it does
 * @mark: the fixed mark that it tests or sets, for the roles with one; 0 for a ROLE_RESTORE
 *	that copies the ct mark as it is, whatever that is
 * @mask: the bits of it that count, all if it is a whole mark
 * @iif: the device that it is about, "" for none
 * @l4proto: IPPROTO_* that it is about, 0 for all
 * @has_counter: it counts
 * @packets: what it counted
 */
struct nft_rule {
	uint64_t handle;
	char *text;
	char *purpose;
	const struct shape *shape;
	enum rule_role role;
	uint32_t mark;
	uint32_t mask;
	char iif[IF_NAMESIZE];
	uint8_t l4proto;
	bool has_counter;
	uint64_t packets;
};

/**
 * struct nft_chain - a chain
 * @name: its name
 * @is_base: it has a hook, where packets come to it; not in a table that is dormant
 * @hook: NF_INET_*
 * @priority: at the hook
 * @type: "filter", "nat", "route"; "" without a hook
 * @drops: its policy is drop
 * @purpose: as a rule's
 * @rules: its rules
 * @rules_len: how many
 */
struct nft_chain {
	char name[256];
	bool is_base;
	uint32_t hook;
	int32_t priority;
	char type[16];
	bool drops;
	char *purpose;
	struct nft_rule *rules;
	size_t rules_len;
};

/**
 * struct nft_ruleset_table - a table
 * @family: NFPROTO_*
 * @name: its name
 * @is_dormant: it is switched off, so that no packet comes to its rules
 * @owner: who makes such a table
 * @ifname: the tunnel that it is for, "" if it is not known
 * @concerns: it has to do with a tunnel
 * @purpose: as a rule's
 * @chains: its chains
 * @chains_len: how many
 */
struct nft_ruleset_table {
	uint8_t family;
	char name[256];
	bool is_dormant;
	enum ruleset_owner owner;
	char ifname[IF_NAMESIZE];
	bool concerns;
	char *purpose;
	struct nft_chain *chains;
	size_t chains_len;
};

/**
 * struct ruleset - all tables
 * @tables: in the kernel's order
 * @len: how many
 * @legacy: of IPv4 and IPv6, iptables-legacy has tables, of which nothing is read
 */
struct ruleset {
	struct nft_ruleset_table *tables;
	size_t len;
	bool legacy[IP_FAMILIES];
};

/**
 * ruleset_take() - read and understand all tables
 * @k: kernel; without nf_tables there are none
 * @r: the result; to be freed with ruleset_free(), after an error too
 *
 * Return: 0 or -errno
 */
int ruleset_take(struct kernel *k, struct ruleset *r);

/** ruleset_icmp_type() - a type of ICMP or ICMPv6 by nft(8)'s name for it; -1 if it has none */
int ruleset_icmp_type(sa_family_t family, const char *name);

/** ruleset_tcp_flag() - likewise one of TCP's flags, a bit */
int ruleset_tcp_flag(const char *name);

/** ruleset_free() - free what ruleset_take() allocated */
void ruleset_free(struct ruleset *r);

#endif
