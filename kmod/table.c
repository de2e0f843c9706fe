// SPDX-License-Identifier: GPL-2.0
/*
 * wgmark: the tunnels of one namespace, and what packets find them by
 *
 * Three tables. Tunnels by ifindex are for commands and notifiers. Addresses
 * and marks are for packets, which ask
 *
 *   - is this destination an address of a tunnel, and may it come in here?
 *     wgmark_addr_guard(): one look-up, however many tunnels there are;
 *   - which bits of this mark do tunnels own? wgmark_transfer(): one look-up
 *     for each distinct mask, of which there are WGMARK_MAX_MASKS at most and
 *     one as a rule.
 *
 * The tables are seeded, so nobody can choose addresses that collide.
 */

#include <linux/slab.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>

#include "wgmark.h"

static const struct rhashtable_params wgmark_addr4_params = {
	.head_offset		= offsetof(struct wgmark_addr, node),
	.key_offset		= offsetof(struct wgmark_addr, addr),
	.key_len		= sizeof(struct in_addr),
	.automatic_shrinking	= true,
};

static const struct rhashtable_params wgmark_addr6_params = {
	.head_offset		= offsetof(struct wgmark_addr, node),
	.key_offset		= offsetof(struct wgmark_addr, addr),
	.key_len		= sizeof(struct in6_addr),
	.automatic_shrinking	= true,
};

static const struct rhashtable_params wgmark_mark_params = {
	.head_offset		= offsetof(struct wgmark_mark, node),
	.key_offset		= offsetof(struct wgmark_mark, key),
	.key_len		= sizeof(struct wgmark_key),
	.automatic_shrinking	= true,
};

static struct rhashtable_params wgmark_addr_params(u8 family)
{
	return family == WGMARK_FAMILY_IPV4 ? wgmark_addr4_params :
					      wgmark_addr6_params;
}

/**
 * wgmark_addr_guard() - whose guarded address a packet from outside wants
 * @wn: the namespace
 * @family: WGMARK_FAMILY_*
 * @addr: the packet's destination
 * @ifindex: the device that it came in by
 *
 * Context: packet path, RCU.
 * Return: the tunnel that guards @addr; NULL if none does, or if the device is
 * one of the tunnels that have the address
 */
struct wgmark_tunnel *wgmark_addr_guard(struct wgmark_net *wn, u8 family,
					const union nf_inet_addr *addr,
					int ifindex)
{
	struct rhltable *table = &wn->addrs[wgmark_index(family)];
	struct wgmark_tunnel *guard = NULL;
	struct rhlist_head *list, *tmp;
	struct wgmark_addr *a;

	if (family == WGMARK_FAMILY_IPV4)
		list = rhltable_lookup(table, addr, wgmark_addr4_params);
	else
		list = rhltable_lookup(table, addr, wgmark_addr6_params);

	rhl_for_each_entry_rcu(a, tmp, list, node) {
		if (a->tunnel->ifindex == ifindex)
			return NULL;
		if (READ_ONCE(a->tunnel->guard) & family)
			guard = a->tunnel;
	}
	return guard;
}

/**
 * wgmark_transfer() - copy the bits that tunnels own from one mark to another
 * @wn: the namespace
 * @family: WGMARK_FAMILY_*
 * @from: the ct mark when restoring, the skb mark when saving
 * @to: the other one
 * @stat: what to count for a tunnel whose bits change @to; of tunnels that
 *	share a mark and mask, for one
 *
 * For every tunnel with (@from & M) == F: @to = (@to & ~M) | F. As F is the
 * same as @from & M, the result does not depend on the order of the tunnels.
 *
 * Context: packet path, RCU.
 * Return: the new value of @to
 */
u32 wgmark_transfer(struct wgmark_net *wn, u8 family, u32 from, u32 to,
		    enum wgmark_stat stat)
{
	unsigned int i, len = READ_ONCE(wn->masks_len);

	for (i = 0; i < len; i++) {
		u32 mask = READ_ONCE(wn->masks[i]);
		struct wgmark_key key = { .fwmark = from & mask, .mask = mask };
		struct wgmark_tunnel *t = NULL;
		struct rhlist_head *list, *tmp;
		struct wgmark_mark *m;

		if (!key.fwmark || !((from ^ to) & mask))
			continue;

		list = rhltable_lookup(&wn->marks, &key, wgmark_mark_params);
		rhl_for_each_entry_rcu(m, tmp, list, node)
			if (m->families & family) {
				t = m->tunnel;
				break;
			}
		if (!t)
			continue;

		to = (to & ~mask) | key.fwmark;
		wgmark_count(t, stat);
	}
	return to;
}

/**
 * wgmark_count() - count one event
 * @t: the tunnel
 * @stat: the event
 *
 * Context: packet path; also process context, where output may begin.
 */
void wgmark_count(struct wgmark_tunnel *t, enum wgmark_stat stat)
{
	struct wgmark_counters *c;

	local_bh_disable();
	c = this_cpu_ptr(t->counters);
	u64_stats_update_begin(&c->syncp);
	u64_stats_inc(&c->stat[stat]);
	u64_stats_update_end(&c->syncp);
	local_bh_enable();
}

/** wgmark_total() - a counter's sum over all CPUs */
u64 wgmark_total(const struct wgmark_tunnel *t, enum wgmark_stat stat)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct wgmark_counters *c = per_cpu_ptr(t->counters, cpu);
		unsigned int start;
		u64 n;

		do {
			start = u64_stats_fetch_begin(&c->syncp);
			n = u64_stats_read(&c->stat[stat]);
		} while (u64_stats_fetch_retry(&c->syncp, start));
		sum += n;
	}
	return sum;
}

static struct wgmark_addr *wgmark_addr_find(struct wgmark_net *wn,
					    const struct wgmark_tunnel *t,
					    u8 family,
					    const union nf_inet_addr *addr)
{
	struct wgmark_addr *a, *found = NULL;
	struct rhlist_head *list, *tmp;

	lockdep_assert_held(&wn->lock);

	rcu_read_lock();
	list = rhltable_lookup(&wn->addrs[wgmark_index(family)], addr,
			       wgmark_addr_params(family));
	rhl_for_each_entry_rcu(a, tmp, list, node)
		if (a->tunnel == t)
			found = a;
	rcu_read_unlock();
	return found;
}

/**
 * wgmark_addr_add() - guard one more address
 * @wn: the namespace
 * @t: whose it is; that it has it already is no error
 * @family: WGMARK_FAMILY_*
 * @addr: the address
 *
 * Context: any but hard interrupt; takes @wn->lock.
 * Return: 0 or -errno of the allocation
 */
int wgmark_addr_add(struct wgmark_net *wn, struct wgmark_tunnel *t, u8 family,
		    const union nf_inet_addr *addr)
{
	struct wgmark_addr *a;
	int err = 0;

	a = kzalloc(sizeof(*a), GFP_ATOMIC);
	if (!a)
		return -ENOMEM;

	memcpy(&a->addr, addr, wgmark_addr_len(family));
	a->tunnel = t;
	a->family = family;

	spin_lock_bh(&wn->lock);
	if (t->dead || wgmark_addr_find(wn, t, family, addr)) {
		kfree(a);
		goto unlock;
	}
	err = rhltable_insert(&wn->addrs[wgmark_index(family)], &a->node,
			      wgmark_addr_params(family));
	if (err) {
		kfree(a);
		goto unlock;
	}
	list_add_tail(&a->list, &t->addrs);
unlock:
	spin_unlock_bh(&wn->lock);
	return err;
}

static void wgmark_addr_unlink(struct wgmark_net *wn, struct wgmark_addr *a)
{
	lockdep_assert_held(&wn->lock);

	rhltable_remove(&wn->addrs[wgmark_index(a->family)], &a->node,
			wgmark_addr_params(a->family));
	list_del(&a->list);
	kfree_rcu(a, rcu);
}

/**
 * wgmark_addr_del() - guard an address no longer
 * @wn: the namespace
 * @t: whose it was
 * @family: WGMARK_FAMILY_*
 * @addr: the address
 *
 * Context: any but hard interrupt; takes @wn->lock.
 */
void wgmark_addr_del(struct wgmark_net *wn, struct wgmark_tunnel *t, u8 family,
		     const union nf_inet_addr *addr)
{
	struct wgmark_addr *a;

	spin_lock_bh(&wn->lock);
	a = wgmark_addr_find(wn, t, family, addr);
	if (a)
		wgmark_addr_unlink(wn, a);
	spin_unlock_bh(&wn->lock);
}

/* May @mask come when @old, which may be NULL, goes? */
static bool wgmark_mask_fits(const struct wgmark_net *wn, u32 mask,
			     const struct wgmark_mark *old)
{
	unsigned int i, distinct = 1;

	for (i = 0; i < wn->masks_len; i++) {
		bool leaves = old && old->key.mask == wn->masks[i] &&
			      wn->mask_users[i] == 1;

		if (wn->mask_users[i] && wn->masks[i] != mask && !leaves)
			distinct++;
	}
	return distinct <= WGMARK_MAX_MASKS;
}

/* There is one place more than masks, for a change. */
static void wgmark_mask_get(struct wgmark_net *wn, u32 mask)
{
	unsigned int i, free = wn->masks_len;

	for (i = 0; i < wn->masks_len; i++) {
		if (!wn->mask_users[i]) {
			free = i;
		} else if (wn->masks[i] == mask) {
			wn->mask_users[i]++;
			return;
		}
	}
	wn->mask_users[free] = 1;
	WRITE_ONCE(wn->masks[free], mask);
	if (free == wn->masks_len)
		WRITE_ONCE(wn->masks_len, free + 1);
}

static void wgmark_mask_put(struct wgmark_net *wn, u32 mask)
{
	unsigned int len = wn->masks_len;
	unsigned int i;

	for (i = 0; i < len; i++)
		if (wn->mask_users[i] && wn->masks[i] == mask)
			break;
	if (WARN_ON_ONCE(i == len) || --wn->mask_users[i])
		return;

	WRITE_ONCE(wn->masks[i], 0);
	while (len && !wn->mask_users[len - 1])
		len--;
	WRITE_ONCE(wn->masks_len, len);
}

/* Put the mark that @p says, if any, into the table and into *@mark. */
static int wgmark_mark_add(struct wgmark_net *wn, struct wgmark_tunnel *t,
			   const struct wgmark_params *p,
			   struct wgmark_mark **mark)
{
	struct wgmark_mark *m;
	int err;

	if (p->restore == WGMARK_RESTORE_NONE) {
		*mark = NULL;
		return 0;
	}
	if (!wgmark_mask_fits(wn, p->mask, t->mark))
		return -ENOSPC;

	m = kzalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);
	if (!m)
		return -ENOMEM;

	m->key.fwmark = p->fwmark;
	m->key.mask = p->mask;
	m->families = p->families;
	m->tunnel = t;

	wgmark_mask_get(wn, p->mask);
	err = rhltable_insert(&wn->marks, &m->node, wgmark_mark_params);
	if (err) {
		wgmark_mask_put(wn, p->mask);
		kfree(m);
		return err;
	}
	*mark = m;
	return 0;
}

static void wgmark_mark_del(struct wgmark_net *wn, struct wgmark_mark *m)
{
	if (!m)
		return;
	rhltable_remove(&wn->marks, &m->node, wgmark_mark_params);
	wgmark_mask_put(wn, m->key.mask);
	kfree_rcu(m, rcu);
}

static void wgmark_compat_adjust(struct wgmark_net *wn,
				 const struct wgmark_params *p, int by)
{
	if (!p->compat)
		return;
	if (p->families & WGMARK_FAMILY_IPV4)
		WRITE_ONCE(wn->compat[0], wn->compat[0] + by);
	if (p->families & WGMARK_FAMILY_IPV6)
		WRITE_ONCE(wn->compat[1], wn->compat[1] + by);
}

/**
 * wgmark_tunnel_find() - the tunnel on a device
 * @wn: the namespace
 * @ifindex: the device
 *
 * Context: RTNL or RCU.
 * Return: NULL if there is none
 */
struct wgmark_tunnel *wgmark_tunnel_find(struct wgmark_net *wn, int ifindex)
{
	return xa_load(&wn->tunnels, ifindex);
}

/**
 * wgmark_tunnel_change() - give a tunnel other parameters
 * @wn: the namespace
 * @t: the tunnel
 * @p: the parameters
 *
 * The new mark is in force before the old one goes.
 * Context: RTNL.
 * Return: 0; -ENOSPC if there are too many masks, -ENOMEM; then nothing changed
 */
int wgmark_tunnel_change(struct wgmark_net *wn, struct wgmark_tunnel *t,
			 const struct wgmark_params *p)
{
	struct wgmark_mark *old = t->mark;
	int err;

	ASSERT_RTNL();

	err = wgmark_mark_add(wn, t, p, &t->mark);
	if (err)
		return err;

	wgmark_compat_adjust(wn, p, 1);
	WRITE_ONCE(t->guard, p->guard ? p->families : 0);
	/* a packet that did not see the new mask's place finds the old mark */
	if (old && t->mark && old->key.mask != t->mark->key.mask)
		synchronize_net();
	wgmark_compat_adjust(wn, &t->params, -1);
	wgmark_mark_del(wn, old);
	t->params = *p;
	return 0;
}

static void wgmark_tunnel_free(struct rcu_head *head)
{
	struct wgmark_tunnel *t = container_of(head, struct wgmark_tunnel, rcu);

	free_percpu(t->counters);
	kfree(t);
}

/**
 * wgmark_tunnel_add() - a new tunnel, without addresses
 * @wn: the namespace
 * @dev: its device
 * @p: its parameters
 *
 * Context: RTNL.
 * Return: the tunnel, or ERR_PTR() as wgmark_tunnel_change()
 */
struct wgmark_tunnel *wgmark_tunnel_add(struct wgmark_net *wn,
					struct net_device *dev,
					const struct wgmark_params *p)
{
	struct wgmark_tunnel *t;
	int cpu, err;

	t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);
	if (!t)
		return ERR_PTR(-ENOMEM);

	t->dev = dev;
	t->ifindex = dev->ifindex;
	INIT_LIST_HEAD(&t->addrs);

	err = -ENOMEM;
	t->counters = alloc_percpu_gfp(struct wgmark_counters,
				       GFP_KERNEL_ACCOUNT);
	if (!t->counters)
		goto err_free;
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(t->counters, cpu)->syncp);

	err = xa_insert(&wn->tunnels, t->ifindex, t, GFP_KERNEL_ACCOUNT);
	if (err)
		goto err_free;
	err = wgmark_tunnel_change(wn, t, p);
	if (err)
		goto err_erase;
	return t;

err_erase:
	wgmark_tunnel_del(wn, t);
	return ERR_PTR(err);
err_free:
	free_percpu(t->counters);
	kfree(t);
	return ERR_PTR(err);
}

/**
 * wgmark_tunnel_del() - take a tunnel with its mark and addresses away
 * @wn: the namespace
 * @t: freed after a grace period
 *
 * Context: RTNL.
 */
void wgmark_tunnel_del(struct wgmark_net *wn, struct wgmark_tunnel *t)
{
	struct wgmark_addr *a, *next;

	ASSERT_RTNL();

	xa_erase(&wn->tunnels, t->ifindex);
	wgmark_compat_adjust(wn, &t->params, -1);
	wgmark_mark_del(wn, t->mark);

	spin_lock_bh(&wn->lock);
	t->dead = true;
	list_for_each_entry_safe(a, next, &t->addrs, list)
		wgmark_addr_unlink(wn, a);
	spin_unlock_bh(&wn->lock);

	call_rcu(&t->rcu, wgmark_tunnel_free);
}

/**
 * wgmark_table_init() - the empty tables of a namespace
 * @wn: the namespace
 *
 * Return: 0 or -ENOMEM
 */
int wgmark_table_init(struct wgmark_net *wn)
{
	int err;

	xa_init(&wn->tunnels);
	spin_lock_init(&wn->lock);

	err = rhltable_init(&wn->addrs[0], &wgmark_addr4_params);
	if (err)
		return err;
	err = rhltable_init(&wn->addrs[1], &wgmark_addr6_params);
	if (err)
		goto err_addr4;
	err = rhltable_init(&wn->marks, &wgmark_mark_params);
	if (err)
		goto err_addr6;
	return 0;

err_addr6:
	rhltable_destroy(&wn->addrs[1]);
err_addr4:
	rhltable_destroy(&wn->addrs[0]);
	return err;
}

/** wgmark_table_exit() - free the tables, which are empty and no longer read */
void wgmark_table_exit(struct wgmark_net *wn)
{
	rhltable_destroy(&wn->marks);
	rhltable_destroy(&wn->addrs[1]);
	rhltable_destroy(&wn->addrs[0]);
	xa_destroy(&wn->tunnels);
}
