/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wgbench: what its files share; main.c says what it is
 */
#ifndef _WGBENCH_H
#define _WGBENCH_H

#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/proc_fs.h>
#include <linux/skbuff.h>

#define IN NF_INET_PRE_ROUTING
#define OUT NF_INET_POST_ROUTING

enum end {
	LAN,		/* this host, on its LAN */
	TUNNEL,		/* this host, in the tunnel */
	NEIGHBOUR,	/* on the LAN */
	SERVER,		/* the tunnel's other end */
	INTERNET,
	NEARLY,		/* nobody, but much like the tunnels' addresses of packets.sh */
	ENDS,
};

/**
 * struct kind - a kind of packet
 * @name: as printed
 * @hook: where it is sent through
 * @dev: device that it comes in or leaves by
 * @proto: IPPROTO_UDP or IPPROTO_TCP
 * @from: where it comes from
 * @to: where it goes
 * @sport: in host byte order
 * @dport: likewise
 * @mark: its mark
 * @ctmark: of its connection; "rules" alone
 */
struct kind {
	const char *name;
	unsigned int hook;
	const char *dev;
	u8 proto;
	enum end from, to;
	u16 sport, dport;
	u32 mark;
	u32 ctmark;
};

/**
 * struct bench - what a packet is sent through
 * @net: the namespace
 * @pf: NFPROTO_IPV4 or NFPROTO_IPV6
 * @full: every hook, with conntrack's own
 * @bare: nothing is tracked
 */
struct bench {
	struct net *net;
	u8 pf;
	bool full;
	bool bare;
};

/* packet.c; the last kind has no name */
extern const struct kind wgbench_kinds[];
struct sk_buff *wgbench_packet(const struct bench *b, const struct kind *k,
			       struct net_device *dev, bool reverse, __be32 flags);

/* floor.c */
extern struct socket *tunnel_sock;	/* that the tunnel's own packets come from, or NULL */
extern const struct proc_ops wgbench_floor_ops;

#endif
