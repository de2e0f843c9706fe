/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The configuration file of wg(8) and wg-quick(8) as data
 *
 * Parsing is pure: it reads text and touches neither files nor the kernel.
 */
#ifndef WGMARK_CONFIG_H
#define WGMARK_CONFIG_H

#include <linux/wgmark.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "addr.h"
#include "dns.h"

#define WG_KEY_LEN 32

/** enum table_mode - the key Table of wg-quick(8) */
enum table_mode {
	TABLE_AUTO,	/* main, and for /0 a table of its own with policy rules */
	TABLE_OFF,	/* no routes at all */
	TABLE_NUMBER,	/* every route into that table, no rules, no marks */
};

/** enum hook - when a command of the user runs; wg-quick(8) */
enum hook {
	HOOK_PRE_UP,
	HOOK_POST_UP,
	HOOK_PRE_DOWN,
	HOOK_POST_DOWN,
	HOOKS,
};

/**
 * struct hooks - the commands of one of these keys
 * @cmd: as written, for the shell; %i is the interface's name once that is known
 * @len: how many
 */
struct hooks {
	char **cmd;
	size_t len;
};

/** enum backend - who restores, saves and guards; the key "#wgmark Backend" */
enum backend {
	BACKEND_AUTO,	/* the module where it is, else nft */
	BACKEND_KMOD,
	BACKEND_NFT,
};

struct removal;

/**
 * struct peer - one [Peer] section
 * @line: where the section begins
 * @public_key: raw
 * @preshared_key: raw, valid if @has_preshared_key
 * @has_preshared_key: whether the file has one
 * @allowed: AllowedIPs in order, host bits cleared, without what a "-" took out
 * @allowed_len: how many
 * @host: Endpoint's host name or address without brackets, or NULL for none
 * @service: Endpoint's port or service name
 * @endpoint: @host and @service resolved, ss_family 0 before
 * @keepalive: seconds, 0 for off
 * @has_keepalive: whether the file says
 * @removed: AllowedIPs with "-", for the parser; NULL afterwards
 * @removed_len: likewise, how many
 * @incremental: likewise, AllowedIPs with "+" or "-" came last
 */
struct peer {
	unsigned int line;
	uint8_t public_key[WG_KEY_LEN];
	uint8_t preshared_key[WG_KEY_LEN];
	bool has_preshared_key;
	struct prefix *allowed;
	size_t allowed_len;
	char *host;
	char *service;
	struct sockaddr_storage endpoint;
	uint16_t keepalive;
	bool has_keepalive;
	struct removal *removed;
	size_t removed_len;
	bool incremental;
};

/**
 * struct config - a whole file
 * @ifname: the interface, from the file's name; see config_set_ifname()
 * @private_key: raw, valid if @has_private_key
 * @has_private_key: whether the file has one
 * @listen_port: host byte order, 0 to let the kernel choose
 * @listen_service: ListenPort as a service's name, for resolve_listen_port();
 *	NULL otherwise
 * @listen_line: where ListenPort is
 * @fwmark: 0 where the file has none; then a full tunnel gets one
 * @address: Address, in order, host bits kept
 * @address_len: how many
 * @dns: addresses of name servers as written, in order
 * @dns_len: how many
 * @search: search domains of DNS, in order
 * @search_len: how many
 * @mtu: 0 to compute it
 * @table_mode: Table
 * @table: for TABLE_NUMBER
 * @table_name: for TABLE_NUMBER, the name that rt_table_number() knows; NULL
 *	where the file has a number
 * @table_line: where Table is
 * @save_config: SaveConfig, "down" writes the file anew
 * @hooks: PreUp, PostUp, PreDown, PostDown, each in order
 * @peers: in order; sections with the same key are merged into the last one
 * @peers_len: how many
 * @mask: "#wgmark Mask", default 0xffffffff
 * @backend: "#wgmark Backend"
 * @restore: "#wgmark Restore"
 * @notrack: "#wgmark NoTrack"
 * @compat: "#wgmark Compat"
 * @guard: "#wgmark Guard", default true
 * @leak_guard: "#wgmark LeakGuard": a full tunnel of one IP version leaves the
 *	other one no way around it
 * @require_dns: "#wgmark RequireDNS": "up" fails where DNS cannot be set
 */
struct config {
	char ifname[IF_NAMESIZE];
	uint8_t private_key[WG_KEY_LEN];
	bool has_private_key;
	uint16_t listen_port;
	char *listen_service;
	unsigned int listen_line;
	uint32_t fwmark;
	struct prefix *address;
	size_t address_len;
	char **dns;
	size_t dns_len;
	char **search;
	size_t search_len;
	uint32_t mtu;
	enum table_mode table_mode;
	uint32_t table;
	char *table_name;
	unsigned int table_line;
	bool save_config;
	struct hooks hooks[HOOKS];
	struct peer *peers;
	size_t peers_len;
	uint32_t mask;
	enum backend backend;
	enum wgmark_restore restore;
	bool notrack;
	bool compat;
	bool guard;
	bool leak_guard;
	bool require_dns;
};

/**
 * struct config_error - why a file was refused
 * @line: the line's number from 1, or 0 if no one line is to blame
 * @text: one sentence, what is wrong and what to write instead; quotes the file as
 *	it is, for msg()
 */
struct config_error {
	unsigned int line;
	char text[256];
};

/**
 * config_parse() - read a configuration
 * @c: the result; to be freed with config_free(), after an error too
 * @text: the file's bytes
 * @len: how many
 * @err: filled on refusal
 *
 * Names of tables, services and hosts are left to load_config(). Takes n log n
 * time at most. Return: 0, -EINVAL with @err filled, or -ENOMEM
 */
int config_parse(struct config *c, const char *text, size_t len,
		 struct config_error *err);

/**
 * config_ifname() - the interface name that a configuration file stands for
 * @ifname: the result
 * @path: ".../NAME.conf"; NAME as wg-quick(8) has it, [a-zA-Z0-9_=+.-]{1,15}
 *
 * Return: 0, or -EINVAL
 */
int config_ifname(char ifname[static IF_NAMESIZE], const char *path);

/**
 * config_set_ifname() - say which interface the configuration is for
 * @c: configuration
 * @ifname: its name; every %i in a hook becomes this
 *
 * Return: 0 or -ENOMEM
 */
int config_set_ifname(struct config *c, const char *ifname);

/** config_is_ifname() - whether wg-quick(8) and Linux take @text for an interface's name */
bool config_is_ifname(const char *text);

/** config_free() - free what config_parse() allocated; wipes the keys */
void config_free(struct config *c);

/** config_dns() - the key DNS, as dns.h has it */
static inline struct dns config_dns(const struct config *c)
{
	return (struct dns){ c->dns, c->dns_len, c->search, c->search_len };
}

#endif
