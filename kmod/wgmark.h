/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wgmark: marks and anti-spoofing for full WireGuard tunnels
 *
 * Calls go one way: main.c -> netlink.c -> message.c, ops.c, addr.c -> table.c ->
 * learn.c -> hash.c. Packets come in by hook.c and hook_ipv6.c, which read the
 * tables and call learn.c.
 *
 * Locking: RTNL serialises every change of configuration. wgmark_net.lock
 * serialises changes of what packets look up, as IPv6 adds addresses from
 * softirq; wgmark_net.sources_lock those that packets make. Packets read under
 * RCU and take no lock for that.
 */
#ifndef _WGMARK_H
#define _WGMARK_H

#include <linux/list.h>
#include <linux/netfilter.h>
#include <linux/spinlock.h>
#include <linux/u64_stats_sync.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <net/sock.h>

#include <uapi/linux/wgmark.h>

#include "hash.h"

#if !IS_ENABLED(CONFIG_NF_CONNTRACK_MARK)
#error "wgmark keeps a tunnel's mark in conntrack: the kernel needs CONFIG_NF_CONNTRACK_MARK"
#endif

#if IS_ENABLED(CONFIG_IPV6)
#define WGMARK_FAMILIES (WGMARK_FAMILY_IPV4 | WGMARK_FAMILY_IPV6)
#else
#define WGMARK_FAMILIES WGMARK_FAMILY_IPV4
#endif

struct genl_family;
struct net_device;
struct netlink_callback;

/**
 * struct wgmark_params - what a tunnel is told
 * @fwmark: F, the mark of WireGuard's own packets; 0 only without @restore
 * @mask: M, the bits that F may use; F is within M
 * @restore: how replies get F back
 * @families: WGMARK_FAMILY_* bits to work on
 * @guard: drop packets from outside to the tunnel's addresses
 * @compat: give every UDP packet the whole ct mark, as wg-quick's rule does
 * @notrack: with WGMARK_RESTORE_LEARN, have conntrack leave the tunnel's own UDP out
 */
struct wgmark_params {
	u32 fwmark;
	u32 mask;
	enum wgmark_restore restore;
	u8 families;
	bool guard;
	bool compat;
	bool notrack;
};

/** enum wgmark_stat - what is counted for a tunnel */
enum wgmark_stat {
	WGMARK_SPOOFED,
	WGMARK_RESTORED,
	WGMARK_SAVED,
	WGMARK_STATS,
};

/**
 * struct wgmark_counters - the counters of one CPU
 * @stat: by enum wgmark_stat
 * @syncp: for readers on 32-bit machines
 */
struct wgmark_counters {
	u64 stat[WGMARK_STATS];
	struct u64_stats_sync syncp;
};

/**
 * struct wgmark_addr - one address of one tunnel; two tunnels may have the same
 * @node: in wgmark_net.addrs, by wgmark_addr_key(); RCU
 * @tunnel: whose it is
 * @list: in wgmark_tunnel.addrs
 * @family: WGMARK_FAMILY_*
 * @rcu: to free it
 */
struct wgmark_addr {
	struct wgmark_node node;
	struct wgmark_tunnel *tunnel;
	struct list_head list;
	u8 family;
	struct rcu_head rcu;
};

/**
 * struct wgmark_mark - the mark of one tunnel; two tunnels may have the same
 * @node: with wgmark_mark_key(); in wgmark_net.marks if it is for conntrack; RCU
 * @tunnel: whose it is
 * @mask: M
 * @conntrack: WGMARK_FAMILY_* bits with WGMARK_RESTORE_CONNTRACK
 * @learn: WGMARK_FAMILY_* bits with WGMARK_RESTORE_LEARN
 * @notrack: as wgmark_params
 * @rcu: to free it
 *
 * Never changed once it is in the table: a new mark takes its place.
 */
struct wgmark_mark {
	struct wgmark_node node;
	struct wgmark_tunnel *tunnel;
	u32 mask;
	u8 conntrack;
	u8 learn;
	bool notrack;
	struct rcu_head rcu;
};

/**
 * struct wgmark_source - a local address and port that a tunnel's own UDP leaves from
 * @node: in wgmark_net.sources, by wgmark_source_key_ipv4() or _ipv6(); RCU
 * @tunnel: whose packets
 * @sk: the socket that they come from
 * @port: the socket's, in host byte order
 * @family: WGMARK_FAMILY_*
 * @list: in wgmark_tunnel.sources, the oldest first
 * @rcu: to free it
 */
struct wgmark_source {
	struct wgmark_node node;
	struct wgmark_tunnel *tunnel;
	struct sock *sk;
	u16 port;
	u8 family;
	struct list_head list;
	struct rcu_head rcu;
};

/** enum wgmark_spoof_state - who may touch wgmark_spoof */
enum wgmark_spoof_state {
	WGMARK_SPOOF_IDLE,	/* the next dropped packet */
	WGMARK_SPOOF_FILLING,	/* the packet that claimed it */
	WGMARK_SPOOF_READY,	/* the event's work */
};

/**
 * struct wgmark_spoof - the first packet dropped since the last event
 * @state: enum wgmark_spoof_state
 * @iif: index of the device that it came in by
 * @family: WGMARK_FAMILY_*
 * @saddr: its source
 * @daddr: its destination
 * @told: the count of drops at the last event
 */
struct wgmark_spoof {
	atomic_t state;
	int iif;
	u8 family;
	union nf_inet_addr saddr;
	union nf_inet_addr daddr;
	u64 told;
};

/**
 * struct wgmark_tunnel - a configured device
 * @dev: the device, until its NETDEV_UNREGISTER
 * @ifindex: of @dev
 * @guard: families whose addresses are guarded; read by packets
 * @dead: takes no more addresses; wgmark_net.lock
 * @learns: families whose sources it takes; wgmark_net.sources_lock
 * @sources_len: of @sources, at most WGMARK_MAX_SOURCES
 * @params: RTNL
 * @mark: its mark, NULL without restore; RCU, changed under RTNL
 * @addrs: its addresses; wgmark_net.lock
 * @sources: what it has learned; wgmark_net.sources_lock
 * @sources_full: when one took the oldest one's place, in jiffies
 * @counters: per CPU
 * @spoof: for the event
 * @rcu: to free it
 */
struct wgmark_tunnel {
	struct net_device *dev;
	int ifindex;
	u8 guard;
	bool dead;
	u8 learns;
	u8 sources_len;
	struct wgmark_params params;
	struct wgmark_mark __rcu *mark;
	struct list_head addrs;
	struct list_head sources;
	unsigned long sources_full;
	struct wgmark_counters __percpu *counters;
	struct wgmark_spoof spoof;
	struct rcu_head rcu;
};

/** enum wgmark_group - hooks that are registered together, for one family */
enum wgmark_group {
	WGMARK_PRERAW,		/* guard; restore learn with notrack */
	WGMARK_MANGLE,		/* premangle and postmangle: restore conntrack */
	WGMARK_PRELEARN,	/* restore learn without notrack */
	WGMARK_OUTRAW,		/* restore learn */
	WGMARK_GROUPS,
};

/* preraw, premangle, postmangle, premangle_learn, outraw */
#define WGMARK_HOOKS 5

/**
 * struct wgmark_net - everything of one network namespace
 * @filter: what most packets go by, for IPv4 and IPv6: @addrs_filter, or, where a
 *	tunnel has notrack, one that all pass
 * @notrack: for each family, tunnels with notrack
 * @masks: the masks of @marks, up to the first 0. A mask keeps its place, so
 *	that a packet that reads along misses none; a place that comes free before
 *	the last one repeats another. One is for the mask that a change brings
 *	before it takes another away.
 * @compat: for each family, tunnels with compat
 * @addrs: struct wgmark_addr by address, for IPv4 and IPv6
 * @marks: struct wgmark_mark by mark and mask
 * @addrs_filter: of @addrs
 * @sources_filter: of @sources
 * @sources: struct wgmark_source by address and port
 * @masks_len: places of @masks in use; RTNL
 * @tunnels: struct wgmark_tunnel by ifindex; changed under RTNL
 * @changes: of what a dump tells but counters and sources; never 0
 * @lock: changes of @filter, @addrs_filter, @addrs, @marks and of the tunnels' addresses
 * @sources_lock: changes of @sources_filter, @sources and of the tunnels' sources
 * @resize_work: gives the hashes another size
 * @mask_users: tunnels for each of @masks; RTNL
 * @hook_users: tunnels that need each group of hooks, for each family; RTNL
 * @ops: the hooks of each family
 * @spoof_work: sends the events for dropped packets
 * @net: the namespace
 */
struct wgmark_net {
	struct wgmark_filter filter[2];
	unsigned int notrack[2];
	u32 masks[WGMARK_MAX_MASKS + 2];
	unsigned int compat[2];
	struct wgmark_hash addrs[2];
	struct wgmark_hash marks;
	struct wgmark_filter addrs_filter[2];
	struct wgmark_filter sources_filter[2];
	struct wgmark_hash sources[2];
	unsigned int masks_len;
	struct xarray tunnels;
	atomic_t changes;
	spinlock_t lock;	/* filters, addrs, marks, wgmark_tunnel.addrs and .dead */
	spinlock_t sources_lock;	/* sources_filter, sources, wgmark_tunnel.sources */
	struct work_struct resize_work;
	unsigned int mask_users[WGMARK_MAX_MASKS + 1];
	unsigned int hook_users[2][WGMARK_GROUPS];
	struct nf_hook_ops ops[2][WGMARK_HOOKS];
	struct delayed_work spoof_work;
	struct net *net;
};

/* main.c */
struct wgmark_net *wgmark_pernet(const struct net *net);

/* netlink.c */
int wgmark_nl_init(void);
void wgmark_nl_exit(void);
void wgmark_nl_net_init(struct wgmark_net *wn);
void wgmark_nl_tunnel_remove(struct wgmark_net *wn, struct wgmark_tunnel *t);

/* message.c */
extern struct genl_family wgmark_nl_family;
int wgmark_nl_fill(struct sk_buff *skb, struct wgmark_net *wn,
		   struct wgmark_tunnel *t, u8 cmd, u32 portid, u32 seq,
		   struct netlink_callback *cb, unsigned long *from);
struct sk_buff *wgmark_nl_msg(struct wgmark_net *wn, struct wgmark_tunnel *t,
			      u8 cmd, u32 portid, u32 seq);

/* hook.c, hook_ipv6.c: nf_hookfn */
unsigned int wgmark_preraw_ipv4(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state);
unsigned int wgmark_premangle_ipv4(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state);
unsigned int wgmark_postmangle_ipv4(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state);
unsigned int wgmark_premangle_learn_ipv4(void *priv, struct sk_buff *skb,
					 const struct nf_hook_state *state);
unsigned int wgmark_outraw_ipv4(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state);
unsigned int wgmark_preraw_ipv6(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state);
unsigned int wgmark_premangle_ipv6(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state);
unsigned int wgmark_postmangle_ipv6(void *priv, struct sk_buff *skb,
				    const struct nf_hook_state *state);
unsigned int wgmark_premangle_learn_ipv6(void *priv, struct sk_buff *skb,
					 const struct nf_hook_state *state);
unsigned int wgmark_outraw_ipv6(void *priv, struct sk_buff *skb,
				const struct nf_hook_state *state);

/* ops.c */
void wgmark_hooks_init(struct wgmark_net *wn);
int wgmark_hooks_get(struct wgmark_net *wn, const struct wgmark_params *p);
void wgmark_hooks_put(struct wgmark_net *wn, const struct wgmark_params *p);

/* addr.c */
int wgmark_addr_init(void);
void wgmark_addr_exit(void);
int wgmark_addr_sync(struct wgmark_net *wn, struct wgmark_tunnel *t);

/* table.c */
int wgmark_table_init(struct wgmark_net *wn);
void wgmark_table_exit(struct wgmark_net *wn);

struct wgmark_tunnel *wgmark_tunnel_find(struct wgmark_net *wn, int ifindex);
struct wgmark_tunnel *wgmark_tunnel_on(struct wgmark_net *wn,
				       const struct net_device *dev);
struct wgmark_tunnel *wgmark_tunnel_add(struct wgmark_net *wn,
					struct net_device *dev,
					const struct wgmark_params *p);
int wgmark_tunnel_change(struct wgmark_net *wn, struct wgmark_tunnel *t,
			 const struct wgmark_params *p);
void wgmark_tunnel_del(struct wgmark_net *wn, struct wgmark_tunnel *t);

int wgmark_addr_add(struct wgmark_net *wn, struct wgmark_tunnel *t, u8 family,
		    const union nf_inet_addr *addr);
void wgmark_addr_del(struct wgmark_net *wn, struct wgmark_tunnel *t, u8 family,
		     const union nf_inet_addr *addr);

u64 wgmark_total(const struct wgmark_tunnel *t, enum wgmark_stat stat);

/* learn.c */
bool wgmark_source_learn(struct wgmark_net *wn, struct wgmark_tunnel *t,
			 u8 family, const struct wgmark_key *key, __be16 port,
			 struct sock *sk);
void wgmark_sources_forget(struct wgmark_net *wn, u8 family,
			   const union nf_inet_addr *addr);
void wgmark_sources_allow(struct wgmark_net *wn, struct wgmark_tunnel *t,
			  u8 families);

/** wgmark_index() - the place of a family's bit in the arrays of two */
static inline int wgmark_index(u8 family)
{
	return family == WGMARK_FAMILY_IPV6;
}

/** wgmark_addr_len() - 4 or 16 */
static inline int wgmark_addr_len(u8 family)
{
	return family == WGMARK_FAMILY_IPV4 ? 4 : 16;
}

/** wgmark_key_ipv4() - what an IPv4 address is found by */
static inline struct wgmark_key wgmark_key_ipv4(__be32 ip)
{
	return (struct wgmark_key){ { (__force u32)ip } };
}

/** wgmark_key_ipv6() - what an IPv6 address is found by */
static inline struct wgmark_key wgmark_key_ipv6(const struct in6_addr *ip)
{
	u64 first, second;

	/* word by word, so that gcc keeps the key in registers */
	memcpy(&first, &ip->s6_addr32[0], sizeof(first));
	memcpy(&second, &ip->s6_addr32[2], sizeof(second));
	return (struct wgmark_key){ { first, second } };
}

/** wgmark_addr_of() - an address in network byte order, of wgmark_addr_len() */
static inline union nf_inet_addr wgmark_addr_of(const struct wgmark_addr *a)
{
	union nf_inet_addr addr = {};

	if (a->family == WGMARK_FAMILY_IPV4)
		addr.ip = (__force __be32)a->node.key.word[0];
	else
		memcpy(&addr, &a->node.key, sizeof(addr));
	return addr;
}

/** wgmark_mark_key() - what a tunnel's mark is found by */
static inline struct wgmark_key wgmark_mark_key(u32 fwmark, u32 mask)
{
	return (struct wgmark_key){ { (u64)mask << 32 | fwmark } };
}

/** wgmark_mark_fwmark() - F */
static inline u32 wgmark_mark_fwmark(const struct wgmark_mark *m)
{
	return lower_32_bits(m->node.key.word[0]);
}

/** wgmark_source_key_ipv4() - what an IPv4 source is found by */
static inline struct wgmark_key wgmark_source_key_ipv4(__be32 ip, __be16 port)
{
	return (struct wgmark_key){
		{ (u64)(__force u32)ip << 16 | (__force u16)port }
	};
}

/**
 * wgmark_source_key_ipv6() - what an IPv6 source is found by
 *
 * Two sources may have the same one, but not two with the same port.
 */
static inline struct wgmark_key
wgmark_source_key_ipv6(const struct in6_addr *ip, __be16 port)
{
	struct wgmark_key key = wgmark_key_ipv6(ip);

	key.word[1] ^= (__force u16)port;
	return key;
}

/** wgmark_source_word() - the word of a source's key that differs the most */
static inline u64 wgmark_source_word(u8 family, const struct wgmark_key *key)
{
	return key->word[family == WGMARK_FAMILY_IPV6];
}

/** wgmark_source_addr() - the address, in network byte order */
static inline union nf_inet_addr wgmark_source_addr(const struct wgmark_source *s)
{
	struct wgmark_key key = s->node.key;
	union nf_inet_addr addr = {};

	if (s->family == WGMARK_FAMILY_IPV4) {
		addr.ip = (__force __be32)(key.word[0] >> 16);
	} else {
		key.word[1] ^= (__force u16)htons(s->port);
		memcpy(&addr, &key, sizeof(addr));
	}
	return addr;
}

/**
 * wgmark_source_find() - a source
 * @wn: the namespace
 * @family: WGMARK_FAMILY_*, a constant
 * @key: its key
 * @port: its port
 *
 * Context: packet path, RCU.
 * Return: NULL if there is none
 */
static __always_inline struct wgmark_source *
wgmark_source_find(const struct wgmark_net *wn, u8 family,
		   const struct wgmark_key *key, __be16 port)
{
	struct wgmark_source *s;
	struct wgmark_node *n;

	n = wgmark_hash_find(&wn->sources[wgmark_index(family)], key,
			     family == WGMARK_FAMILY_IPV6);
	for (; n; n = rcu_dereference(n->same)) {
		s = container_of(n, struct wgmark_source, node);
		if (family == WGMARK_FAMILY_IPV4 || htons(s->port) == port)
			return s;
	}
	return NULL;
}

/** wgmark_source_bound() - has its socket, which may be closed, still its port? */
static inline bool wgmark_source_bound(const struct wgmark_source *s)
{
	/* udp_lib_unhash() sets it to 0 */
	return READ_ONCE(s->sk->sk_num) == s->port;
}

#endif
