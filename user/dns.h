/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A tunnel's DNS servers and search domains, by the program that this machine
 * has for it
 *
 * resolvconf(8), either openresolv's or Debian's, keeps a record for each
 * interface, which outlives the interface. It is added as wg-quick(8) does it:
 * "resolvconf -a tun.wg0 -m 0 -x", with metric 0 and exclusive. Debian's takes
 * both options and does nothing for them; there the order of the records is that
 * of /etc/resolvconf/interface-order, and the record's name begins with the first
 * plain "NAME*" of that file, so that it comes early. A resolvconf that is a
 * symbolic link gets no such prefix.
 *
 * resolvectl(1) tells systemd-resolved, which forgets with the interface. The
 * domain "~." is what -x is there: every name is asked of this link. systemd's
 * resolvconf is a link to resolvectl and counts as such, by its own name, as it
 * refuses domains without a server.
 *
 * Domains alone leave the other servers in charge: no -x and no "~.". resolved
 * then has them in the search line of its resolv.conf, for the C library; it does
 * not search them itself, as it asks only links that have a server.
 *
 * Functions return 0; the program's exit status, 1 to 255, or 128 and the
 * number of the signal that killed it; or -errno.
 */
#ifndef WGMARK_DNS_H
#define WGMARK_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** enum dns_tool - who is told */
enum dns_tool {
	DNS_NONE,
	DNS_RESOLVCONF,
	DNS_RESOLVECTL,
};

/**
 * struct dns - the key DNS, taken apart
 * @servers: addresses as written
 * @servers_len: how many
 * @search: domains as written
 * @search_len: how many
 */
struct dns {
	char **servers;
	size_t servers_len;
	char **search;
	size_t search_len;
};

/**
 * dns_is_word() - whether a server or a domain may be handed to these programs
 *
 * Letters, digits and ". _ - : % ~", as addresses with a scope, host names and
 * resolved's routing domains have, and no "-" to begin with. openresolv has the
 * shell evaluate what it is given: a quote in it would be a command.
 */
bool dns_is_word(const char *text);

/**
 * dns_find() - which program this machine has
 *
 * resolvconf before resolvectl. resolvectl counts only while resolved listens
 * and is in this network namespace: that of another one would set the servers of
 * whatever link has the same index there. Runs nothing.
 */
enum dns_tool dns_find(void);

/**
 * dns_set() - set an interface's servers and domains
 * @tool: from dns_find()
 * @ifname: its name
 * @ifindex: its index, for resolvectl, which would take a name of digits for one
 * @dns: what to set; none of either is nothing to do
 *
 * After a failure nothing is set.
 * Return: also -EINVAL if something is no dns_is_word(), -EOPNOTSUPP for DNS_NONE
 */
int dns_set(enum dns_tool tool, const char *ifname, uint32_t ifindex,
	    const struct dns *dns);

/**
 * dns_unset() - forget an interface's servers and domains
 *
 * Also of an interface that is gone, or that had none.
 */
int dns_unset(enum dns_tool tool, const char *ifname);

/**
 * dns_is_set() - whether there is something for dns_unset() to do
 *
 * Asks "resolvconf -l", or Debian's and resolved's folders in /run.
 */
bool dns_is_set(enum dns_tool tool, const char *ifname);

/**
 * dns_get() - what is set for an interface
 * @tool: from dns_find()
 * @ifname: its name
 * @dns: the result; to be freed with dns_free(), after an error too
 *
 * As dns_set() takes it, without what that adds. If nothing is set, or @tool does
 * not tell, it is empty. Return: 0 or -ENOMEM
 */
int dns_get(enum dns_tool tool, const char *ifname, struct dns *dns);

/** dns_free() - free what dns_get() allocated */
void dns_free(struct dns *dns);

/** dns_is_empty() - neither a server nor a domain */
static inline bool dns_is_empty(const struct dns *dns)
{
	return !dns->servers_len && !dns->search_len;
}

/**
 * dns_same() - whether dns_set() of either comes to the same
 *
 * Addresses and domains count, not how they are written.
 */
bool dns_same(const struct dns *a, const struct dns *b);

/**
 * dns_command() - what dns_set() or dns_unset() does, as a command
 * @out: where to; without newline
 * @tool: from dns_find(); of DNS_NONE nothing is written
 * @ifname: the interface's name
 * @dns: for dns_set(), or NULL for dns_unset()
 */
void dns_command(FILE *out, enum dns_tool tool, const char *ifname,
		 const struct dns *dns);

/**
 * dns_prefix() - what the names of resolvconf's records begin with
 * @order: a file such as /etc/resolvconf/interface-order
 * @prefix: "tun." of the line "tun*", or ""; to be freed with free()
 *
 * Return: 0 or -ENOMEM
 */
int dns_prefix(FILE *order, char **prefix);

#endif
