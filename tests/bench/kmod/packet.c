// SPDX-License-Identifier: GPL-2.0
/*
 * wgbench: the packets
 */

#include <linux/inet.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>

#include "wgbench.h"

#define FWMARK 0xca6c

static const char *const addrs4[ENDS] = {
	"192.168.44.2", "10.2.0.2", "192.168.44.3", "203.0.113.1", "198.51.100.1",
	"10.3.0.1",
};

static const char *const addrs6[ENDS] = {
	"fd44::2", "fd02::2", "fd44::3", "2001:db8:113::1", "2001:db8:100::1",
	"fd02:0:0:1::2",
};

const struct kind wgbench_kinds[] = {
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
	{}
};

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

struct sk_buff *wgbench_packet(const struct bench *b, const struct kind *k,
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
