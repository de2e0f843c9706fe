/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What rules are for, for ruleset*.c alone
 */
#ifndef WGMARK_RULESET_PURPOSE_H
#define WGMARK_RULESET_PURPOSE_H

#include "kernel.h"
#include "ruleset_expr.h"

/** Sentences on a rule, at most. */
#define SENTENCES_MAX 8

/**
 * struct shape - a rule that is known by what it says
 * @match: its statements, "; " between them, as nft(8) writes them without quotes and
 *	counters. Those before the verdict, or what stands for it, are in any order.
 *	A word with a $ stands for any word, the same one each time; "ip" is "ip6" too,
 *	"iif" is "iifname".
 * @owner: whose table it has to be in, OWNER_UNKNOWN for any
 * @role: what it does
 * @purpose: sentences, with $ for what @match took; one that begins with "4:" is not for
 *	tables of IPv6, with "6:" not for those of IPv4, and with "d:" for those alone
 *	whose policy is to drop
 */
struct shape {
	const char *match;
	enum ruleset_owner owner;
	enum rule_role role;
	const char *purpose[SENTENCES_MAX];
};

/** The shapes, of which the first that fits counts; @match of the last is NULL. */
extern const struct shape rule_shapes[];

/**
 * struct place_purpose - what a table or a chain is for
 * @owner: whose table it is
 * @chain: name of the chain, NULL for the table
 * @purpose: sentences, with $d for the tunnel
 */
struct place_purpose {
	enum ruleset_owner owner;
	const char *chain;
	const char *purpose[SENTENCES_MAX];
};

/** Tables and chains; the last one has no @purpose. */
extern const struct place_purpose place_purposes[];

/**
 * struct taken - what goes into sentences: words for $a to $z, "" for nothing
 * @drops: of a chain or table: its policy is to drop
 */
struct taken {
	char words['z' - 'a' + 1][64];
	bool drops;
};

/** purpose_text() - sentences for tables of @family, with @taken put in; NULL without memory */
char *purpose_text(const char *const sentences[static SENTENCES_MAX],
		   const struct taken *taken, uint8_t family);

/** table_name_owner() - whose table this is, and for which tunnel, if it is by its name */
void table_name_owner(struct nft_ruleset_table *table);

/**
 * rule_understand() - find what a rule does
 * @rule: @role, @purpose and the like are filled in
 * @table: its table, @owner is known
 * @chain: its chain
 * @s: its statements
 *
 * Return: 0 or -ENOMEM
 */
int rule_understand(struct nft_rule *rule, const struct nft_ruleset_table *table,
		    const struct nft_chain *chain, const struct nft_stmts *s);

/**
 * struct rule_tunnel - a WireGuard device, by what rules can know it
 * @name: its name
 * @mark: its fwmark, 0 for none
 */
struct rule_tunnel {
	char name[IF_NAMESIZE];
	uint32_t mark;
};

/**
 * table_find_tunnel() - find for which tunnel a table is
 * @table: @concerns and @ifname are filled in. Where @owner is not known, rules that look like
 *	a tunnel's but are for none of these get neutral words, and a guard is a ROLE_DROP.
 * @list: the machine's tunnels
 * @len: how many
 *
 * Return: 0 or -ENOMEM
 */
int table_find_tunnel(struct nft_ruleset_table *table, const struct rule_tunnel *list, size_t len);

/**
 * table_understand() - find what a table and its chains are for
 * @table: @owner and @ifname are known, and its rules are understood
 *
 * Return: 0 or -ENOMEM
 */
int table_understand(struct nft_ruleset_table *table);

/**
 * table_check_owner() - take a table from the owner whose name alone it has
 * @table: its rules are understood; without an owner they lose a @purpose of that owner's
 */
void table_check_owner(struct nft_ruleset_table *table);

/**
 * ruleset_read() - read all tables, and find what their rules do
 * @k: kernel, with nf_tables
 * @r: the result; to be freed with ruleset_free(), after an error too
 *
 * Return: 0 or -errno; -EINTR if it never became consistent
 */
int ruleset_read(struct kernel *k, struct ruleset *r);

/**
 * ruleset_understand() - find what tables and chains are for
 * @k: kernel, for the WireGuard devices
 * @r: all tables, with rules that are understood
 *
 * Return: 0 or -errno
 */
int ruleset_understand(struct kernel *k, struct ruleset *r);

#endif
