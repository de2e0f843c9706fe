// SPDX-License-Identifier: GPL-2.0
/*
 * wgmark: where the tunnels' own UDP leaves from
 *
 * With restore learn nothing is tracked. What comes in for an address and port
 * that a tunnel's own packets were seen to leave from is for the tunnel, and gets
 * its mark. Such a source is learned with the first packet, by hook.c, which sees
 * it: so it is there that memory is asked for and a lock taken, once for each
 * address and port, and by no packet after that.
 *
 * A source is good while its socket is bound to the port and this machine has the
 * address: after "wg set DEV listen-port", or when the tunnel is down, the port is
 * anybody's.
 */

#include <linux/inetdevice.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/sock.h>

#include "wgmark.h"

static_assert(WGMARK_MAX_SOURCES <= U8_MAX);	/* wgmark_tunnel.sources_len */

static void wgmark_source_free(struct rcu_head *head)
{
	struct wgmark_source *s = container_of(head, struct wgmark_source, rcu);

	sock_put(s->sk);
	kfree(s);
}

static void wgmark_source_unlink(struct wgmark_net *wn, struct wgmark_source *s)
{
	lockdep_assert_held(&wn->sources_lock);

	wgmark_hash_del(&wn->sources[wgmark_index(s->family)], &s->node);
	list_del(&s->list);
	WRITE_ONCE(s->tunnel->sources_len, s->tunnel->sources_len - 1);
	call_rcu(&s->rcu, wgmark_source_free);
}

/* Make room for one more: without those that are good no longer, and, where there
 * are too many, without the oldest.
 */
static void wgmark_sources_trim(struct wgmark_net *wn, struct wgmark_tunnel *t)
{
	struct wgmark_source *s, *next;

	list_for_each_entry_safe(s, next, &t->sources, list)
		if (!wgmark_source_bound(s))
			wgmark_source_unlink(wn, s);
	if (t->sources_len < WGMARK_MAX_SOURCES)
		return;
	s = list_first_entry(&t->sources, struct wgmark_source, list);
	wgmark_source_unlink(wn, s);
	WRITE_ONCE(t->sources_full, jiffies);
}

/* Put *@s in its place, unless the tunnel learns none of its family any more or was
 * quicker itself.
 */
static bool wgmark_source_add(struct wgmark_net *wn, struct wgmark_source *s)
{
	struct wgmark_hash *h = &wn->sources[wgmark_index(s->family)];
	struct wgmark_source *other;

	lockdep_assert_held(&wn->sources_lock);

	if (!(s->tunnel->learns & s->family))
		return false;
	other = wgmark_source_find(wn, s->family, &s->node.key, htons(s->port));
	if (other) {
		if (other->sk == s->sk && other->tunnel == s->tunnel)
			return false;
		wgmark_source_unlink(wn, other);
	}
	wgmark_sources_trim(wn, s->tunnel);
	wgmark_filter_add(&wn->sources_filter[wgmark_index(s->family)],
			  wgmark_source_word(s->family, &s->node.key), !h->len);
	wgmark_hash_add(h, &s->node);
	list_add_tail(&s->list, &s->tunnel->sources);
	WRITE_ONCE(s->tunnel->sources_len, s->tunnel->sources_len + 1);
	return true;
}

/* Does any device of this machine have the address? */
static bool wgmark_source_is_own(struct net *net, u8 family,
				 const union nf_inet_addr *addr)
{
	if (family == WGMARK_FAMILY_IPV4)
		return __ip_dev_find(net, addr->ip, false);
	return IS_ENABLED(CONFIG_IPV6) && ipv6_chk_addr(net, &addr->in6, NULL, 0);
}

/**
 * wgmark_source_learn() - remember where a tunnel's own packet leaves from
 * @wn: the namespace
 * @t: the tunnel
 * @family: WGMARK_FAMILY_*
 * @key: its source address and port, as wgmark_source_key_ipv4() and _ipv6()
 * @port: its source port
 * @sk: the socket that it comes from
 *
 * Context: packet path, RCU; softirq or process.
 * Return: whether it was learned
 */
bool wgmark_source_learn(struct wgmark_net *wn, struct wgmark_tunnel *t,
			 u8 family, const struct wgmark_key *key, __be16 port,
			 struct sock *sk)
{
	union nf_inet_addr addr;
	struct wgmark_source *s;
	bool added;

	/* a program's socket, such as OpenVPN's, would hold its namespace */
	if (!sk_fullsock(sk) || sk->sk_protocol != IPPROTO_UDP ||
	    sk->sk_net_refcnt || htons(READ_ONCE(sk->sk_num)) != port)
		return false;
	if (READ_ONCE(t->sources_len) == WGMARK_MAX_SOURCES &&
	    jiffies - READ_ONCE(t->sources_full) < HZ)
		return false;

	s = kzalloc(sizeof(*s), GFP_ATOMIC | __GFP_NOWARN);
	if (!s)
		return false;
	if (!refcount_inc_not_zero(&sk->sk_refcnt)) {
		kfree(s);
		return false;
	}
	s->node.key = *key;
	s->tunnel = t;
	s->sk = sk;
	s->port = ntohs(port);
	s->family = family;

	spin_lock_bh(&wn->sources_lock);
	added = wgmark_source_add(wn, s);
	spin_unlock_bh(&wn->sources_lock);
	if (!added) {
		wgmark_source_free(&s->rcu);
		return false;
	}
	/* The packet may have waited, as in a queue of netfilter's, until its address had
	 * gone, and was forgotten before it was learned. Pairs with wgmark_sources_forget().
	 */
	smp_mb();
	addr = wgmark_source_addr(s);
	if (likely(wgmark_source_is_own(sock_net(sk), family, &addr)))
		return true;
	wgmark_sources_forget(wn, family, &addr);
	return false;
}

/**
 * wgmark_sources_allow() - say of which families a tunnel learns sources
 * @wn: the namespace
 * @t: the tunnel
 * @families: WGMARK_FAMILY_*, or 0. What it has learned of others is forgotten.
 *
 * Context: RTNL.
 */
void wgmark_sources_allow(struct wgmark_net *wn, struct wgmark_tunnel *t,
			  u8 families)
{
	struct wgmark_source *s, *next;

	spin_lock_bh(&wn->sources_lock);
	t->learns = families;
	list_for_each_entry_safe(s, next, &t->sources, list)
		if (!(s->family & families))
			wgmark_source_unlink(wn, s);
	spin_unlock_bh(&wn->sources_lock);
}

/**
 * wgmark_sources_forget() - an address is this machine's no longer
 * @wn: the namespace
 * @family: WGMARK_FAMILY_*
 * @addr: the address. If it is on another device too, the next packet teaches.
 *
 * Context: RTNL or RCU; process or softirq.
 */
void wgmark_sources_forget(struct wgmark_net *wn, u8 family,
			   const union nf_inet_addr *addr)
{
	const struct wgmark_key key = family == WGMARK_FAMILY_IPV4 ?
		wgmark_source_key_ipv4(addr->ip, 0) :
		wgmark_source_key_ipv6(&addr->in6, 0);
	u64 word = wgmark_source_word(family, &key);
	int i = wgmark_index(family);
	const struct wgmark_filter *f = &wn->sources_filter[i];
	struct wgmark_tunnel *t;
	unsigned long ifindex;

	/* the address has gone: pairs with wgmark_source_learn() */
	smp_mb();
	if (!READ_ONCE(wn->sources[i].len) ||
	    ((word ^ READ_ONCE(f->base)) & READ_ONCE(f->mask)) >> 16)
		return;
	rcu_read_lock();
	xa_for_each(&wn->tunnels, ifindex, t) {
		struct wgmark_source *s, *next;

		if (!READ_ONCE(t->sources_len))
			continue;
		spin_lock_bh(&wn->sources_lock);
		list_for_each_entry_safe(s, next, &t->sources, list) {
			union nf_inet_addr own = wgmark_source_addr(s);

			if (s->family == family &&
			    !memcmp(&own, addr, wgmark_addr_len(family)))
				wgmark_source_unlink(wn, s);
		}
		spin_unlock_bh(&wn->sources_lock);
	}
	rcu_read_unlock();
}
