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
 * COST is the least that one packet took, in ticks of the time stamp counter
 * beyond no hooks at all: in an emulator that counts instructions, exactly its
 * instructions. "rules" leaves out conntrack and defragmentation and hands the
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

#include <linux/inet.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/nsproxy.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/route.h>

#define FWMARK 0xca6c
#define ROUNDS 64

enum end {
	LAN,		/* this host, on its LAN */
	TUNNEL,		/* this host, in the tunnel */
	NEIGHBOUR,	/* on the LAN */
	SERVER,		/* the tunnel's other end */
	INTERNET,
	NEARLY,		/* nobody, but much like the tunnels' addresses of packets.sh */
	ENDS,
};

static const char *const addrs4[ENDS] = {
	"192.168.44.2", "10.2.0.2", "192.168.44.3", "203.0.113.1", "198.51.100.1",
	"10.3.0.1",
};

static const char *const addrs6[ENDS] = {
	"fd44::2", "fd02::2", "fd44::3", "2001:db8:113::1", "2001:db8:100::1",
	"fd02:0:0:1::2",
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

#define IN NF_INET_PRE_ROUTING
#define OUT NF_INET_POST_ROUTING

static const struct kind kinds[] = {
	{ "outer-in", IN, "lan", IPPROTO_UDP, SERVER, LAN, 51820, 51820, 0, FWMARK },
	{ "outer-out", OUT, "lan", IPPROTO_UDP, LAN, SERVER, 51820, 51820, FWMARK, FWMARK },
	{ "outer-first", OUT, "lan", IPPROTO_UDP, LAN, SERVER, 51820, 51820, FWMARK, 0 },
	{ "udp-in", IN, "lan", IPPROTO_UDP, INTERNET, LAN, 53, 40000 },
	{ "udp-nearly", IN, "lan", IPPROTO_UDP, INTERNET, NEARLY, 53, 40005 },
	{ "udp-marked", IN, "lan", IPPROTO_UDP, INTERNET, LAN, 53, 40006, 0, 1 },
	{ "udp-out", OUT, "lan", IPPROTO_UDP, LAN, INTERNET, 40000, 53 },
	{ "tcp-in", IN, "lan", IPPROTO_TCP, INTERNET, LAN, 443, 40000 },
	{ "tcp-out", OUT, "lan", IPPROTO_TCP, LAN, INTERNET, 40000, 443 },
	{ "inner-udp", IN, "wg0", IPPROTO_UDP, INTERNET, TUNNEL, 53, 40001 },
	{ "inner-tcp", IN, "wg0", IPPROTO_TCP, INTERNET, TUNNEL, 443, 40001 },
	{ "spoofed", IN, "lan", IPPROTO_UDP, NEIGHBOUR, TUNNEL, 53, 40002 },
	{ "self", IN, "lo", IPPROTO_UDP, TUNNEL, TUNNEL, 40003, 40004 },
};

/* The kinds of packets of which one has to be the first of its connection */
static bool is_reply(const struct kind *k)
{
	return k->hook == IN && strcmp(k->name, "spoofed") && strcmp(k->name, "self");
}

/* What a packet is sent through */
struct bench {
	struct net *net;
	u8 pf;
	bool full;
	bool bare;
};

static struct socket *tunnel_sock;

static void put_ipv4(struct sk_buff *skb, const struct kind *k, bool reverse)
{
	struct iphdr *ip = skb_put_zero(skb, sizeof(*ip));

	ip->version = 4;
	ip->ihl = 5;
	ip->ttl = 64;
	ip->protocol = k->proto;
	ip->saddr = in_aton(addrs4[reverse ? k->to : k->from]);
	ip->daddr = in_aton(addrs4[reverse ? k->from : k->to]);
	skb->protocol = htons(ETH_P_IP);
}

static void put_ipv6(struct sk_buff *skb, const struct kind *k, bool reverse)
{
	struct ipv6hdr *ip = skb_put_zero(skb, sizeof(*ip));

	ip->version = 6;
	ip->hop_limit = 64;
	ip->nexthdr = k->proto;
	in6_pton(addrs6[reverse ? k->to : k->from], -1, ip->saddr.s6_addr, -1, NULL);
	in6_pton(addrs6[reverse ? k->from : k->to], -1, ip->daddr.s6_addr, -1, NULL);
	skb->protocol = htons(ETH_P_IPV6);
}

static void put_udp(struct sk_buff *skb, __be16 sport, __be16 dport)
{
	struct udphdr *udp = skb_put_zero(skb, sizeof(*udp) + 64);

	udp->source = sport;
	udp->dest = dport;
	udp->len = htons(sizeof(*udp) + 64);
}

/* @flags: of the fourth word */
static void put_tcp(struct sk_buff *skb, __be16 sport, __be16 dport, __be32 flags)
{
	struct tcphdr *tcp = skb_put_zero(skb, sizeof(*tcp) + 64);

	tcp->source = sport;
	tcp->dest = dport;
	tcp->seq = htonl(flags & TCP_FLAG_SYN ? 999 : 1000);
	tcp->ack_seq = htonl(flags & TCP_FLAG_ACK ? 1000 : 0);
	tcp->doff = 5;
	tcp->window = htons(65000);
	tcp_flag_word(tcp) |= flags;
}

static struct sk_buff *make(const struct bench *b, const struct kind *k,
			    struct net_device *dev, bool reverse, __be32 flags)
{
	__be16 sport = htons(reverse ? k->dport : k->sport);
	__be16 dport = htons(reverse ? k->sport : k->dport);
	struct sk_buff *skb = alloc_skb(256, GFP_KERNEL);

	if (!skb)
		return NULL;
	skb_reserve(skb, LL_RESERVED_SPACE(dev));
	skb_reset_network_header(skb);
	if (b->pf == NFPROTO_IPV4)
		put_ipv4(skb, k, reverse);
	else
		put_ipv6(skb, k, reverse);
	skb_set_transport_header(skb, skb->len);
	if (k->proto == IPPROTO_UDP)
		put_udp(skb, sport, dport);
	else
		put_tcp(skb, sport, dport, flags);
	if (b->pf == NFPROTO_IPV4) {
		ip_hdr(skb)->tot_len = htons(skb->len);
		ip_send_check(ip_hdr(skb));
	} else {
		ipv6_hdr(skb)->payload_len = htons(skb->len - sizeof(struct ipv6hdr));
	}
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->dev = dev;
	return skb;
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
	struct sk_buff *skb = make(b, k, dev, reverse, flags);
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

/* One packet; also what it costs. Return: nf_hook_slow()'s */
static noinline int send(struct sk_buff *skb, struct net_device *dev, const struct bench *b,
			 const struct kind *k, const struct nf_hook_entries *e, u64 *cost)
{
	struct nf_hook_state state = make_state(b, place(b, k), dev);
	u64 start;
	int ret = 1;

	start = get_cycles();
	barrier();
	if (e)
		ret = nf_hook_slow(skb, &state, e, 0);
	barrier();
	*cost = get_cycles() - start;
	return ret;
}

static u64 least(struct sk_buff *skb, struct net_device *dev, const struct bench *b,
		 const struct kind *k, const struct nf_hook_entries *e,
		 struct nf_conn *ct, enum ip_conntrack_info ctinfo,
		 int *verdict, u32 *mark, u32 *ctmark)
{
	u64 cost, min = U64_MAX;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		skb->mark = k->mark;
		skb->_nfct = 0;
		if (ct && !b->full) {
			WRITE_ONCE(ct->mark, k->ctmark);
			nf_ct_set(skb, ct, ctinfo);
		}
		refcount_set(&skb->users, 2);

		local_bh_disable();
		rcu_read_lock();
		*verdict = send(skb, dev, b, k, e, &cost);
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
		min = min(min, cost);
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
	skb = make(b, k, dev, false, TCP_FLAG_ACK);
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
	seq_printf(m, "%s %llu %s 0x%x 0x%x\n", k->name, cost - none,
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
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (b.full && kinds[i].hook != IN)
			continue;
		err = run(m, &b, &kinds[i]);
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

static unsigned int nothing(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return NF_ACCEPT;
}

static unsigned int drop_ipv4(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return inet_addr_type_dev_table(state->net, skb->dev, ip_hdr(skb)->saddr) == RTN_LOCAL ?
		NF_ACCEPT : NF_DROP;
}

static const struct nf_hook_ops drop = {
	.hook		= drop_ipv4,
	.pf		= NFPROTO_IPV4,
	.hooknum	= IN,
	.priority	= NF_IP_PRI_RAW,
};

#define EMPTY(f, n, p) { .hook = nothing, .pf = (f), .hooknum = (n), .priority = (p) }
static const struct nf_hook_ops empty[] = {
	EMPTY(NFPROTO_IPV4, IN, NF_IP_PRI_RAW),
	EMPTY(NFPROTO_IPV4, IN, NF_IP_PRI_MANGLE),
	EMPTY(NFPROTO_IPV4, OUT, NF_IP_PRI_MANGLE),
	EMPTY(NFPROTO_IPV6, IN, NF_IP6_PRI_RAW),
	EMPTY(NFPROTO_IPV6, IN, NF_IP6_PRI_MANGLE),
	EMPTY(NFPROTO_IPV6, OUT, NF_IP6_PRI_MANGLE),
};

static const struct nf_hook_ops empty_bare[] = {
	EMPTY(NFPROTO_IPV4, IN, NF_IP_PRI_RAW),
	EMPTY(NFPROTO_IPV4, NF_INET_LOCAL_OUT, NF_IP_PRI_RAW),
	EMPTY(NFPROTO_IPV6, IN, NF_IP6_PRI_RAW),
	EMPTY(NFPROTO_IPV6, NF_INET_LOCAL_OUT, NF_IP6_PRI_RAW),
};

static int make_socket(struct net *net)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(51820) };
	int err;

	err = sock_create_kern(net, AF_INET, SOCK_DGRAM, IPPROTO_UDP, &tunnel_sock);
	if (err)
		return err;
	err = kernel_bind(tunnel_sock, (struct sockaddr *)&any, sizeof(any));
	if (err) {
		sock_release(tunnel_sock);
		tunnel_sock = NULL;
	}
	return err;
}

/* What is registered holds the module. Return: @err */
static int hold(int err)
{
	if (!err)
		__module_get(THIS_MODULE);
	return err;
}

static ssize_t write_floor(struct file *file, const char __user *text, size_t len, loff_t *pos)
{
	struct net *net = current->nsproxy->net_ns;
	unsigned int what;
	int err;

	err = kstrtouint_from_user(text, len, 0, &what);
	if (err)
		return err;
	switch (what) {
	case 0:
		nf_unregister_net_hooks(net, empty, ARRAY_SIZE(empty));
		module_put(THIS_MODULE);
		break;
	case 1:
		err = hold(nf_register_net_hooks(net, empty, ARRAY_SIZE(empty)));
		break;
	case 2:
		err = hold(nf_register_net_hook(net, &drop));
		break;
	case 3:
		nf_unregister_net_hook(net, &drop);
		module_put(THIS_MODULE);
		break;
	case 4:
		err = hold(nf_ct_netns_get(net, NFPROTO_INET));
		break;
	case 5:
		nf_ct_netns_put(net, NFPROTO_INET);
		module_put(THIS_MODULE);
		break;
	case 6:
		err = hold(tunnel_sock ? -EBUSY : make_socket(net));
		break;
	case 7:
		sock_release(tunnel_sock);
		tunnel_sock = NULL;
		module_put(THIS_MODULE);
		break;
	case 8:
		err = hold(nf_register_net_hooks(net, empty_bare, ARRAY_SIZE(empty_bare)));
		break;
	case 9:
		nf_unregister_net_hooks(net, empty_bare, ARRAY_SIZE(empty_bare));
		module_put(THIS_MODULE);
		break;
	default:
		err = -EINVAL;
	}
	return err ?: len;
}

static const struct proc_ops floor_ops = {
	.proc_write = write_floor,
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
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!proc_create_data(names[i], 0400, dir, &run_ops, (void *)i))
			goto err;
	if (!proc_create("floor", 0200, dir, &floor_ops))
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
