/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is wrong with the tunnels of this machine, or will be
 *
 * machine_take() reads the state once, and asks the kernel for its decisions; the
 * checks are pure functions of that. Each file doctor_*.c has the checks of one kind,
 * and the table in doctor.c has them all.
 */
#ifndef WGMARK_DOCTOR_H
#define WGMARK_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "fib.h"
#include "kernel.h"
#include "ruleset.h"
#include "view.h"

/** enum severity - what a finding means */
enum severity {
	SEVERITY_NOTE,		/* works, and is good to know */
	SEVERITY_WARNING,	/* leaks, or can fail */
	SEVERITY_ERROR,		/* does not work */
};

/**
 * struct finding - one of them
 * @check: name of the check, as for a script
 * @severity: what it means
 * @ifname: the tunnel, "" if it is about the machine
 * @what: what is wrong, in words
 * @evidence: what was read, in one line
 * @remedy: what to do, a command if there is one
 */
struct finding {
	const char *check;
	enum severity severity;
	char ifname[IF_NAMESIZE];
	char *what;
	char *evidence;
	char *remedy;
};

/**
 * struct findings - what was found
 * @list: in the order of the checks
 * @len: how many
 * @check: name of the check that runs
 */
struct findings {
	struct finding *list;
	size_t len;
	const char *check;
};

/**
 * struct doctor_peer - a peer, and the way to its endpoint
 * @peer: as WireGuard has it
 * @endpoint: its address, family 0 for none
 * @out: the kernel's decision on WireGuard's own packets to it
 * @path_mtu: MTU of that way, 0 if there is none
 * @back: its decision on the answers, without the mark; of IPv4 alone
 * @back_marked: with it
 * @back_lost: as "explain" tells it, the reverse path check drops them
 * @back_restored: they have the mark by then
 * @back_unsure: whether they have it cannot be told
 * @sends: packets left for it while it was looked, though it has not answered for long
 */
struct doctor_peer {
	const struct wg_peer *peer;
	struct prefix endpoint;
	struct fib_answer out;
	uint32_t path_mtu;
	struct fib_answer back;
	struct fib_answer back_marked;
	bool back_lost;
	bool back_restored;
	bool back_unsure;
	bool sends;
};

/**
 * struct doctor_tunnel - a WireGuard device
 * @v: as "show" has it
 * @full: protocol versions that are to go into it, see full_by()
 * @chosen: it is to be looked at
 * @networkd_has: systemd-networkd has a file *.network for it, and so its rules
 * @peers: its peers
 * @peers_len: how many
 * @reached: of a full tunnel, an address of its that is reached from outside, as "explain"
 *	tells it; family 0 for none
 * @reached_from: a neighbour that does
 * @reached_by: index of the device between them
 */
struct doctor_tunnel {
	const struct view *v;
	uint32_t full;
	bool chosen;
	bool networkd_has;
	struct doctor_peer *peers;
	size_t peers_len;
	struct prefix reached;
	struct prefix reached_from;
	uint32_t reached_by;
};

/**
 * struct doctor_dns - a name server that this machine asks
 * @server: its address
 * @from: the file that has it
 * @out: the kernel's decision on packets to it
 */
struct doctor_dns {
	struct prefix server;
	const char *from;
	struct fib_answer out;
};

/**
 * struct machine - all that is looked at
 * @now: seconds since 1970
 * @views: all WireGuard devices
 * @tunnels: likewise, in the same order
 * @len: how many
 * @fib: rules, routes and devices
 * @ruleset: nft's
 * @has_nft: nf_tables answers
 * @has_kmod: the module does
 * @kmod_version: version of its netlink family
 * @probe: the kernel's decision on packets of this machine to a public address of
 *	each protocol version
 * @probe_lost: it does not leave this machine, whatever its protocol and ports
 * @dns: name servers
 * @dns_len: how many
 * @dns_resolved: systemd-resolved asks them for everybody
 * @dns_link: and those of a tunnel alone
 * @conntrack_count: connections that are tracked
 * @conntrack_max: how many there can be, 0 if that is not known
 * @networkd_runs: systemd-networkd does
 * @networkd_removes: and it removes the rules of others (ManageForeignRoutingPolicyRules)
 * @nm_profiles: interface names of NetworkManager's profiles, if that runs
 * @nm_profiles_len: how many
 */
struct machine {
	int64_t now;
	struct view *views;
	struct doctor_tunnel *tunnels;
	size_t len;
	struct fib fib;
	struct ruleset ruleset;
	bool has_nft;
	bool has_kmod;
	uint32_t kmod_version;
	struct fib_answer probe[IP_FAMILIES];
	bool probe_lost[IP_FAMILIES];
	struct doctor_dns *dns;
	size_t dns_len;
	bool dns_resolved;
	bool dns_link;
	uint32_t conntrack_count;
	uint32_t conntrack_max;
	bool networkd_runs;
	bool networkd_removes;
	char **nm_profiles;
	size_t nm_profiles_len;
};

/* doctor_take.c */

/**
 * machine_take() - read everything
 * @m: the result; to be freed with machine_free(), after an error too
 * @k: kernel
 * @ifname: the tunnel to look at, NULL for all
 *
 * Takes six seconds where a peer's handshake is old, to see whether anything is sent.
 * Return: 0; -ENODEV if @ifname is no WireGuard device; or -errno
 */
int machine_take(struct machine *m, struct kernel *k, const char *ifname);

/** machine_free() - free what machine_take() allocated */
void machine_free(struct machine *m);

/** machine_probe() - the packet that @probe is of: to 1.1.1.1 or 2606:4700:4700::1111 */
struct flow machine_probe(sa_family_t family);

/** machine_tunnel() - the tunnel of a device, NULL if it is none */
const struct doctor_tunnel *machine_tunnel(const struct machine *m, uint32_t ifindex);

/** machine_device() - a device's name, or "no device" */
const char *machine_device(const struct machine *m, uint32_t ifindex);

/** machine_out() - the packets of WireGuard's own to a peer's endpoint, which it has */
struct flow machine_out(const struct view *v, const struct doctor_peer *p);

/** machine_has_mark() - whether a mark is the fwmark of a WireGuard device */
bool machine_has_mark(const struct machine *m, uint32_t mark);

/* doctor_full.c */

/** leads_to() - whether one of a route's ways is by a device */
bool leads_to(const struct fib_route *r, uint32_t ifindex);

/**
 * full_by() - the protocol versions that are to go into a device, but what is marked
 * @f: rules and routes
 * @ifindex: the device
 * @table: the one that is to lead there, 0 for any
 *
 * Those of which a table has a default route into it, or half of one, and no better one
 * elsewhere, and of which a rule sends all packets to that table, those with one mark aside.
 * Return: WGMARK_FAMILY_*
 */
uint32_t full_by(const struct fib *f, uint32_t ifindex, uint32_t table);

/* doctor_system.c: what is not told by netlink. Each reads into @m; 0 or -ENOMEM */

int system_take_dns(struct machine *m);
int system_take_managers(struct machine *m);

/* doctor_journey.c: what "explain" tells. Each asks for what the kernel lets pass, and tells
 * what becomes of it by the rules of the module and of nft; 0 or -errno
 */

/** machine_take_lost() - for @probe_lost, of that packet */
int machine_take_lost(struct machine *m, struct kernel *k, const struct flow *f);

/** machine_take_back() - for @back_lost and the like of all peers */
int machine_take_back(struct machine *m, struct kernel *k);

/** machine_take_reached() - for @reached and the like of the tunnels that are looked at */
int machine_take_reached(struct machine *m, struct kernel *k);

/* doctor_conntrack.c: from /proc/sys, or by netlink where that is not there */

void conntrack_take(struct machine *m, struct kernel *k);

/* doctor.c */

/**
 * found() - add a finding of the check that runs
 * @f: findings
 * @severity: what it means
 * @t: the tunnel, NULL if it is about the machine
 * @fmt: three lines: what is wrong, the evidence, the remedy
 *
 * Return: 0 or -ENOMEM
 */
int found(struct findings *f, enum severity severity, const struct doctor_tunnel *t,
	  const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/** doctor_print() - write findings for people */
void doctor_print(FILE *out, const struct machine *m, const struct findings *f);

/** doctor_print_json() - write them as JSON */
void doctor_print_json(FILE *out, const struct findings *f);

/**
 * check_fn - a check
 * @m: the machine
 * @t: the tunnel, NULL for a check of the machine
 * @f: where findings go
 *
 * Return: 0 or -ENOMEM
 */
typedef int check_fn(const struct machine *m, const struct doctor_tunnel *t,
		     struct findings *f);

/* doctor_peer.c */
check_fn check_handshake, check_endpoint, check_nested, check_mtu;
/* doctor_reply.c */

/** is_dropped() - whether it is the reverse path check that drops a packet */
bool is_dropped(const struct fib_answer *a);

check_fn check_rp_filter, check_backend, check_conntrack;
/* doctor_guard.c */

/** guard_neighbour() - some address beside this machine on a device, family 0 for none */
struct prefix guard_neighbour(const struct fib *f, uint32_t ifindex, sa_family_t family);

check_fn check_guard;
/* doctor_mark.c */
check_fn check_mark_rules, check_mark_nft, check_mark_owners;
/* doctor_route.c */
check_fn check_rule_order, check_half, check_other_family, check_dns;
/* doctor_other.c */
check_fn check_tables, check_module, check_networkd, check_networkmanager;

#endif
