// SPDX-License-Identifier: GPL-2.0
/*
 * wgbench: what the netfilter hooks of a namespace do to a packet, and what
 * that costs
 *
 * Reading /proc/wgbench/ipv4-rules (ipv6-rules, ipv4-full, ipv6-full) sends
 * packets of each kind of a full tunnel through the hooks of the reader's
 * namespace, as NF_HOOK() does, and prints a line for each:
 *
 *	KIND COST VERDICT MARK CTMARK
 *
 * COST is the least that one packet took beyond no hooks at all: in ticks of the time
 * stamp counter, which in an emulator that counts instructions are exactly those; or,
 * with the parameter "batch" over 1, in picoseconds, of up to so many packets between
 * two looks at the counter. "rules" leaves out conntrack and defragmentation and hands the
 * other hooks an entry that is there already; "full" has every hook run, for
 * packets that come in, whose connection is looked up; "bare" leaves conntrack out
 * altogether, and what leaves goes through the hooks of local output.
 *
 * The namespace has the devices "lan" and "wg0", with the addresses below.
 * Writing 1 to /proc/wgbench/floor registers hooks that do nothing at the
 * places where wgmark's are, 0 takes them away; writing 2 registers one alone at
 * preraw, that asks whether the source is local and drops what is not, 3 takes it
 * away: less than that nobody can do about a spoofed packet. Writing 4 holds conntrack,
 * as a rule does that asks for a connection's mark, 5 lets go of it.
 * 6 makes the socket that the tunnel's own packets come from, 7 closes it; 8
 * registers hooks that do nothing where those of restore learn with notrack are, 9
 * takes them away.
 */

#include <linux/math64.h>
#include <linux/module.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/nsproxy.h>
#include <linux/seq_file.h>
#include <linux/tcp.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>

#include "wgbench.h"

#define ROUNDS (batch == 1 ? 64 : 640)
#define ENOUGH_MS 200	/* of rounds */
#define QUIET_US 100	/* a machine with other work is seldom left alone for longer */

static unsigned int batch = 1;
module_param(batch, uint, 0444);
MODULE_PARM_DESC(batch, "most packets of a round; over 1, figures are picoseconds");

static u64 ticks_per_ms;

/* The kinds of packets of which one has to be the first of its connection */
static bool is_reply(const struct kind *k)
{
	return k->hook == IN && strcmp(k->name, "spoofed") && strcmp(k->name, "self");
}

static struct nf_hook_state make_state(const struct bench *b, unsigned int hook,
				       struct net_device *dev)
{
	struct nf_hook_state state;
	bool in = hook == IN;

	nf_hook_state_init(&state, hook, b->pf, in ? dev : NULL, in ? NULL : dev,
			   !in && tunnel_sock ? tunnel_sock->sk : NULL, b->net, NULL);
	return state;
}

/* One packet of a connection that is being made */
static int track(const struct bench *b, const struct kind *k, struct net_device *dev,
		 bool reverse, __be32 flags, struct nf_conn **ct, enum ip_conntrack_info *ctinfo)
{
	struct nf_hook_state state = make_state(b, IN, dev);
	struct sk_buff *skb = wgbench_packet(b, k, dev, reverse, flags);
	int err = 0;

	if (!skb)
		return -ENOMEM;
	local_bh_disable();
	if (nf_conntrack_in(skb, &state) != NF_ACCEPT ||
	    nf_conntrack_confirm(skb) != NF_ACCEPT)
		err = -EINVAL;
	local_bh_enable();
	if (!err) {
		*ct = nf_ct_get(skb, ctinfo);
		if (*ct)
			nf_conntrack_get(&(*ct)->ct_general);
		else
			err = -ENOENT;
	}
	kfree_skb(skb);
	return err;
}

/* The connection of a kind of packet, both directions seen, and held */
static int connect(const struct bench *b, const struct kind *k, struct net_device *dev,
		   struct nf_conn **ct, enum ip_conntrack_info *ctinfo)
{
	static const __be32 handshake[] = {
		TCP_FLAG_SYN, TCP_FLAG_SYN | TCP_FLAG_ACK, TCP_FLAG_ACK,
		TCP_FLAG_ACK, TCP_FLAG_ACK,
	};
	enum ip_conntrack_info info;
	bool reply = is_reply(k);
	unsigned int i;
	int err;

	*ct = NULL;
	for (i = 0; i < ARRAY_SIZE(handshake); i++) {
		struct nf_conn *this;

		err = track(b, k, dev, reply != (i % 2 == 1), handshake[i], &this, &info);
		if (err)
			return err;
		/* as the kind's own packets have it */
		if ((i % 2 == 1) == reply)
			*ctinfo = info;
		if (*ct)
			nf_ct_put(this);
		else
			*ct = this;
	}
	return 0;
}

/* The hooks that the packet goes through, NULL for none */
static struct nf_hook_entries *hooks(const struct bench *b, unsigned int hook)
{
	struct nf_hook_entries *e, *mine;
	struct nf_hook_ops **ops;
	unsigned int i, n = 0;

	e = rcu_dereference_protected(b->pf == NFPROTO_IPV4 ? b->net->nf.hooks_ipv4[hook] :
							      b->net->nf.hooks_ipv6[hook], 1);
	if (!e)
		return NULL;
	mine = kzalloc(struct_size(mine, hooks, e->num_hook_entries), GFP_KERNEL);
	if (!mine)
		return ERR_PTR(-ENOMEM);
	ops = nf_hook_entries_get_hook_ops(e);
	for (i = 0; i < e->num_hook_entries; i++) {
		switch (ops[i]->priority) {
		case NF_IP_PRI_CONNTRACK_DEFRAG:
		case NF_IP_PRI_CONNTRACK:
		case NF_IP_PRI_CONNTRACK_HELPER:
		case NF_IP_PRI_CONNTRACK_CONFIRM:
			if (!b->full)
				continue;
		}
		mine->hooks[n++] = e->hooks[i];
	}
	mine->num_hook_entries = n;
	if (n)
		return mine;
	kfree(mine);
	return NULL;
}

static unsigned int place(const struct bench *b, const struct kind *k)
{
	return b->bare && k->hook == OUT ? NF_INET_LOCAL_OUT : k->hook;
}

/* get_cycles() has nothing to say in User Mode Linux */
static u64 ticks(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high));
	return (u64)high << 32 | low;
}

static u64 measure_ticks_per_ms(void)
{
	ktime_t start = ktime_get(), end = ktime_add_ms(start, 50);
	u64 from = ticks();

	while (ktime_before(ktime_get(), end))
		cpu_relax();
	return div64_u64((ticks() - from) * NSEC_PER_MSEC,
			 ktime_to_ns(ktime_sub(ktime_get(), start)));
}

/* Return: nf_hook_slow()'s */
static noinline int send(struct sk_buff *skb, struct nf_hook_state *state,
			 const struct nf_hook_entries *e)
{
	barrier();
	return e ? nf_hook_slow(skb, state, e, 0) : 1;
}

/* @left packets between two looks at the counter. Of full conntrack, the last one keeps
 * its connection, to be looked at. Return: the ticks that they took
 */
static u64 send_batch(struct sk_buff *skb, struct net_device *dev, const struct bench *b,
		      const struct kind *k, const struct nf_hook_entries *e,
		      struct nf_conn *ct, enum ip_conntrack_info ctinfo,
		      unsigned int left, int *verdict)
{
	u64 start = ticks();

	for (;;) {
		struct nf_hook_state state = make_state(b, place(b, k), dev);

		skb->mark = k->mark;
		skb->_nfct = 0;
		if (ct && !b->full) {
			WRITE_ONCE(ct->mark, k->ctmark);
			nf_ct_set(skb, ct, ctinfo);
		}
		refcount_set(&skb->users, 2);
		*verdict = send(skb, &state, e);
		if (!--left)
			break;
		if (b->full)
			nf_reset_ct(skb);
	}
	return ticks() - start;
}

/* What one of @packets costs, that took so many ticks together */
static u64 figure(u64 ticks, unsigned int packets)
{
	return batch == 1 ? ticks :
	       mul_u64_u64_div_u64(ticks, NSEC_PER_SEC, ticks_per_ms * packets);
}

static noinline u64 least(struct sk_buff *skb, struct net_device *dev, const struct bench *b,
			  const struct kind *k, const struct nf_hook_entries *e,
			  struct nf_conn *ct, enum ip_conntrack_info ctinfo,
			  int *verdict, u32 *mark, u32 *ctmark)
{
	u64 end = ticks() + ENOUGH_MS * ticks_per_ms;
	unsigned int packets = batch;
	u64 min = U64_MAX;
	int i;

	for (i = 0; i < 3 || (i < ROUNDS && ticks() < end); i++) {
		u64 cost;

		local_bh_disable();
		rcu_read_lock();
		cost = send_batch(skb, dev, b, k, e, ct, ctinfo, packets, verdict);
		rcu_read_unlock();
		local_bh_enable();

		refcount_set(&skb->users, 1);
		if (b->full) {
			struct nf_conn *own = nf_ct_get(skb, &ctinfo);

			*ctmark = own ? READ_ONCE(own->mark) : 0;
			nf_reset_ct(skb);
		} else {
			*ctmark = ct ? READ_ONCE(ct->mark) : 0;
		}
		skb->_nfct = 0;
		*mark = skb->mark;
		min = min(min, figure(cost, packets));
		packets = clamp_t(u64, div64_u64(QUIET_US * 1000000ULL, max(min, 1ULL)), 1, batch);
	}
	return min;
}

static int run(struct seq_file *m, const struct bench *b, const struct kind *k)
{
	enum ip_conntrack_info ctinfo = 0;
	struct nf_hook_entries *e = NULL;
	struct sk_buff *skb = NULL;
	struct nf_conn *ct = NULL;
	struct net_device *dev;
	u32 mark, ctmark;
	u64 none, cost;
	int err, verdict;

	dev = dev_get_by_name(b->net, k->dev);
	if (!dev)
		return -ENODEV;
	if (!b->bare) {
		err = connect(b, k, dev, &ct, &ctinfo);
		if (err)
			goto out;
		WRITE_ONCE(ct->mark, k->ctmark);
	}
	e = hooks(b, place(b, k));
	err = PTR_ERR_OR_ZERO(e);
	if (err) {
		e = NULL;
		goto out;
	}
	skb = wgbench_packet(b, k, dev, false, TCP_FLAG_ACK);
	err = -ENOMEM;
	if (!skb)
		goto out;
	/* WireGuard leaves its device in its own */
	if (place(b, k) == NF_INET_LOCAL_OUT) {
		skb->dev = k->mark ? dev_get_by_name(b->net, "wg0") : NULL;
		dev_put(skb->dev);
	}
	none = least(skb, dev, b, k, NULL, ct, ctinfo, &verdict, &mark, &ctmark);
	cost = least(skb, dev, b, k, e, ct, ctinfo, &verdict, &mark, &ctmark);
	seq_printf(m, "%s %llu %s 0x%x 0x%x\n", k->name, max(cost, none) - none,
		   verdict == 1 ? "accept" : "drop", mark, ctmark);
	err = 0;
out:
	kfree_skb(skb);
	kfree(e);
	if (ct) {
		nf_ct_kill(ct);
		nf_ct_put(ct);
	}
	dev_put(dev);
	return err;
}

static int show(struct seq_file *m, void *v)
{
	unsigned long what = (unsigned long)m->private;
	struct bench b = {
		.net = current->nsproxy->net_ns,
		.pf = what & 1 ? NFPROTO_IPV6 : NFPROTO_IPV4,
		.full = what & 2,
		.bare = what & 4,
	};
	const struct kind *k;
	int err;

	for (k = wgbench_kinds; k->name; k++) {
		if (b.full && k->hook != IN)
			continue;
		err = run(m, &b, k);
		if (err)
			return err;
	}
	return 0;
}

static int open(struct inode *inode, struct file *file)
{
	return single_open_size(file, show, pde_data(inode), PAGE_SIZE);
}

static const struct proc_ops run_ops = {
	.proc_open	= open,
	.proc_read	= seq_read,
	.proc_lseek	= seq_lseek,
	.proc_release	= single_release,
};

static int __init wgbench_init(void)
{
	struct proc_dir_entry *dir = proc_mkdir("wgbench", NULL);
	static const char *const names[] = {
		"ipv4-rules", "ipv6-rules", "ipv4-full", "ipv6-full", "ipv4-bare", "ipv6-bare",
	};
	unsigned long i;

	if (!dir)
		return -ENOMEM;
	batch = max(batch, 1U);
	ticks_per_ms = measure_ticks_per_ms();
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!proc_create_data(names[i], 0400, dir, &run_ops, (void *)i))
			goto err;
	if (!proc_create("floor", 0200, dir, &wgbench_floor_ops))
		goto err;
	return 0;

err:
	remove_proc_subtree("wgbench", NULL);
	return -ENOMEM;
}
module_init(wgbench_init);

static void __exit wgbench_exit(void)
{
	remove_proc_subtree("wgbench", NULL);
}
module_exit(wgbench_exit);

MODULE_DESCRIPTION("Cost of the netfilter hooks, for wgmark's benchmark");
MODULE_LICENSE("GPL");
