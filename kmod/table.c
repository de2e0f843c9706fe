// SPDX-License-Identifier: GPL-2.0
/*
 * wgmark: the tunnels of one namespace, and what packets find them by
 *
 * Tunnels by ifindex are for commands and notifiers. Addresses and marks are for
 * packets: hook.c looks them up.
 */

#include <linux/slab.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>

#include "wgmark.h"

/** wgmark_total() - a counter's sum over all CPUs */
u64 wgmark_total(const struct wgmark_tunnel *t, enum wgmark_stat stat)
{
	u64 sum = 0;
	int cpu;

	/* on one 32-bit processor, kernels before 6.1 have nothing else against a torn word */
	local_bh_disable();
	for_each_possible_cpu(cpu) {
		struct wgmark_counters *c = per_cpu_ptr(t->counters, cpu);
		unsigned int start;
		u64 n;

		do {
			start = u64_stats_fetch_begin(&c->syncp);
			n = READ_ONCE(c->stat[stat]);
		} while (u64_stats_fetch_retry(&c->syncp, start));
		sum += n;
	}
	local_bh_enable();
	return sum;
}

static struct wgmark_key wgmark_addr_key(u8 family,
					 const union nf_inet_addr *addr)
{
	return family == WGMARK_FAMILY_IPV4 ? wgmark_key_ipv4(addr->ip) :
					      wgmark_key_ipv6(&addr->in6);
}

static struct wgmark_addr *wgmark_addr_find(struct wgmark_net *wn,
					    const struct wgmark_tunnel *t,
					    u8 family,
					    const union nf_inet_addr *addr)
{
	struct wgmark_key key = wgmark_addr_key(family, addr);
	struct wgmark_addr *a = NULL;
	struct wgmark_node *n;

	lockdep_assert_held(&wn->lock);

	rcu_read_lock();
	n = wgmark_hash_find(&wn->addrs[wgmark_index(family)], &key, true);
	for (; n; n = rcu_dereference(n->same)) {
		a = container_of(n, struct wgmark_addr, node);
		if (a->tunnel == t)
			break;
	}
	rcu_read_unlock();
	return n ? a : NULL;
}

static void wgmark_resize(struct work_struct *work)
{
	struct wgmark_net *wn = container_of(work, struct wgmark_net,
					     resize_work);
	struct wgmark_hash *hashes[] = {
		&wn->addrs[0], &wn->addrs[1], &wn->marks,
		&wn->sources[0], &wn->sources[1],
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(hashes); i++)
		while (wgmark_hash_resize(hashes[i]))
			;
}

static void wgmark_filter_set(struct wgmark_net *wn, int i)
{
	lockdep_assert_held(&wn->lock);

	WRITE_ONCE(wn->filter[i].base, wn->addrs_filter[i].base);
	WRITE_ONCE(wn->filter[i].mask,
		   wn->notrack[i] ? 0 : wn->addrs_filter[i].mask);
}

/**
 * wgmark_addr_add() - guard one more address
 * @wn: the namespace
 * @t: whose it is; that it has it already is no error
 * @family: WGMARK_FAMILY_*
 * @addr: the address
 *
 * Context: any but hard interrupt; takes @wn->lock.
 * Return: 0 or -ENOMEM
 */
int wgmark_addr_add(struct wgmark_net *wn, struct wgmark_tunnel *t, u8 family,
		    const union nf_inet_addr *addr)
{
	int i = wgmark_index(family);
	struct wgmark_addr *a;

	a = kzalloc(sizeof(*a), GFP_ATOMIC | __GFP_ACCOUNT);
	if (!a)
		return -ENOMEM;

	a->node.key = wgmark_addr_key(family, addr);
	a->tunnel = t;
	a->family = family;

	spin_lock_bh(&wn->lock);
	if (t->dead || wgmark_addr_find(wn, t, family, addr)) {
		kfree(a);
	} else {
		wgmark_filter_add(&wn->addrs_filter[i], a->node.key.word[0],
				  !wn->addrs[i].len);
		wgmark_filter_set(wn, i);
		wgmark_hash_add(&wn->addrs[i], &a->node);
		list_add_tail(&a->list, &t->addrs);
		atomic_inc(&wn->changes);
	}
	spin_unlock_bh(&wn->lock);
	return 0;
}

static void wgmark_addr_unlink(struct wgmark_net *wn, struct wgmark_addr *a)
{
	lockdep_assert_held(&wn->lock);

	wgmark_hash_del(&wn->addrs[wgmark_index(a->family)], &a->node);
	list_del(&a->list);
	atomic_inc(&wn->changes);
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
		bool leaves = old && old->conntrack && old->mask == wn->masks[i] &&
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
		wn->masks_len = free + 1;
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

	while (len && !wn->mask_users[len - 1])
		WRITE_ONCE(wn->masks[--len], 0);
	if (i < len)
		WRITE_ONCE(wn->masks[i], wn->masks[len - 1]);
	wn->masks_len = len;
}

/* Put the mark that @p says, if any, into the table and into *@mark; @old goes. */
static int wgmark_mark_add(struct wgmark_net *wn, struct wgmark_tunnel *t,
			   const struct wgmark_params *p,
			   const struct wgmark_mark *old,
			   struct wgmark_mark **mark)
{
	struct wgmark_mark *m;

	if (p->restore == WGMARK_RESTORE_NONE) {
		*mark = NULL;
		return 0;
	}
	if (p->restore == WGMARK_RESTORE_CONNTRACK &&
	    !wgmark_mask_fits(wn, p->mask, old))
		return -ENOSPC;

	m = kzalloc(sizeof(*m), GFP_KERNEL_ACCOUNT);
	if (!m)
		return -ENOMEM;

	m->node.key = wgmark_mark_key(p->fwmark, p->mask);
	m->mask = p->mask;
	m->tunnel = t;
	if (p->restore == WGMARK_RESTORE_CONNTRACK)
		m->conntrack = p->families;
	else
		m->learn = p->families;
	m->notrack = p->notrack;
	*mark = m;
	if (!m->conntrack)
		return 0;

	spin_lock_bh(&wn->lock);
	wgmark_hash_add(&wn->marks, &m->node);
	spin_unlock_bh(&wn->lock);
	wgmark_mask_get(wn, p->mask);
	return 0;
}

static void wgmark_mark_del(struct wgmark_net *wn, struct wgmark_mark *m)
{
	if (!m)
		return;
	if (m->conntrack) {
		spin_lock_bh(&wn->lock);
		wgmark_hash_del(&wn->marks, &m->node);
		spin_unlock_bh(&wn->lock);
		wgmark_mask_put(wn, m->mask);
	}
	kfree_rcu(m, rcu);
}

/* Count a tunnel among those with compat and with notrack. */
static void wgmark_modes_adjust(struct wgmark_net *wn,
				const struct wgmark_params *p, int by)
{
	int i;

	spin_lock_bh(&wn->lock);
	for (i = 0; i < 2; i++) {
		if (!(p->families & 1 << i))
			continue;
		WRITE_ONCE(wn->compat[i], wn->compat[i] + by * p->compat);
		WRITE_ONCE(wn->notrack[i], wn->notrack[i] + by * p->notrack);
		wgmark_filter_set(wn, i);
	}
	spin_unlock_bh(&wn->lock);
}

/**
 * wgmark_tunnel_find() - the tunnel on the device of an ifindex
 * @wn: the namespace
 * @ifindex: of the device
 *
 * Context: RTNL or RCU.
 * Return: NULL if there is none
 */
struct wgmark_tunnel *wgmark_tunnel_find(struct wgmark_net *wn, int ifindex)
{
	return xa_load(&wn->tunnels, ifindex);
}

/**
 * wgmark_tunnel_on() - the tunnel on a device
 * @wn: the namespace
 * @dev: the device. It may have left the namespace, or have been unregistered, and
 *	its ifindex be another one's since.
 *
 * Context: RTNL or RCU.
 * Return: NULL if there is none
 */
struct wgmark_tunnel *wgmark_tunnel_on(struct wgmark_net *wn,
				       const struct net_device *dev)
{
	struct wgmark_tunnel *t = wgmark_tunnel_find(wn, dev->ifindex);

	return t && t->dev == dev ? t : NULL;
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
	struct wgmark_mark *old = rtnl_dereference(t->mark);
	struct wgmark_mark *new;
	int err;

	ASSERT_RTNL();

	err = wgmark_mark_add(wn, t, p, old, &new);
	if (err)
		return err;

	rcu_assign_pointer(t->mark, new);
	wgmark_sources_allow(wn, t, new ? new->learn : 0);
	wgmark_modes_adjust(wn, p, 1);
	WRITE_ONCE(t->guard, p->guard ? p->families : 0);
	/* a packet that did not see the new mask's place finds the old mark */
	if (old && new && old->conntrack && old->mask != new->mask)
		synchronize_net();
	wgmark_modes_adjust(wn, &t->params, -1);
	wgmark_mark_del(wn, old);
	t->params = *p;
	atomic_inc(&wn->changes);
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
	INIT_LIST_HEAD(&t->sources);

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
	struct wgmark_mark *mark;

	ASSERT_RTNL();

	xa_erase(&wn->tunnels, t->ifindex);
	atomic_inc(&wn->changes);
	wgmark_modes_adjust(wn, &t->params, -1);
	wgmark_sources_allow(wn, t, 0);
	mark = rcu_replace_pointer(t->mark, NULL, lockdep_rtnl_is_held());
	wgmark_mark_del(wn, mark);

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
	struct {
		struct wgmark_hash *hash;
		spinlock_t *lock;	/* that its changes take */
	} const hashes[] = {
		{ &wn->addrs[0], &wn->lock },
		{ &wn->addrs[1], &wn->lock },
		{ &wn->marks, &wn->lock },
		{ &wn->sources[0], &wn->sources_lock },
		{ &wn->sources[1], &wn->sources_lock },
	};
	int i, err;

	xa_init(&wn->tunnels);
	atomic_set(&wn->changes, 1);
	spin_lock_init(&wn->lock);
	spin_lock_init(&wn->sources_lock);
	INIT_WORK(&wn->resize_work, wgmark_resize);

	for (i = 0; i < ARRAY_SIZE(hashes); i++) {
		err = wgmark_hash_init(hashes[i].hash, hashes[i].lock,
				       &wn->resize_work);
		if (err)
			goto err_hashes;
	}
	return 0;

err_hashes:
	while (i--)
		wgmark_hash_exit(hashes[i].hash);
	return err;
}

/** wgmark_table_exit() - free the tables, which are empty and no longer read */
void wgmark_table_exit(struct wgmark_net *wn)
{
	cancel_work_sync(&wn->resize_work);
	wgmark_hash_exit(&wn->sources[1]);
	wgmark_hash_exit(&wn->sources[0]);
	wgmark_hash_exit(&wn->marks);
	wgmark_hash_exit(&wn->addrs[1]);
	wgmark_hash_exit(&wn->addrs[0]);
	xa_destroy(&wn->tunnels);
}
