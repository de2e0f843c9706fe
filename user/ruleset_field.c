// SPDX-License-Identifier: GPL-2.0
/*
 * What nf_tables' expressions can load into a register, by nft(8)'s names
 */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "ruleset_expr.h"

/* socket and rt got keys after the headers of 6.1 were made, none of these */
static const struct nft_field fields[] = {
	{ "meta length", FROM_META, 0, NFT_META_LEN, 4, TYPE_HOST_NUMBER },
	{ "meta protocol", FROM_META, 0, NFT_META_PROTOCOL, 2, TYPE_ETHERTYPE },
	{ "meta priority", FROM_META, 0, NFT_META_PRIORITY, 4, TYPE_CLASSID },
	{ "meta mark", FROM_META, 0, NFT_META_MARK, 4, TYPE_MARK },
	{ "iif", FROM_META, 0, NFT_META_IIF, 4, TYPE_IFINDEX },
	{ "oif", FROM_META, 0, NFT_META_OIF, 4, TYPE_IFINDEX },
	{ "iifname", FROM_META, 0, NFT_META_IIFNAME, 16, TYPE_IFNAME },
	{ "oifname", FROM_META, 0, NFT_META_OIFNAME, 16, TYPE_IFNAME },
	{ "meta skuid", FROM_META, 0, NFT_META_SKUID, 4, TYPE_HOST_NUMBER },
	{ "meta skgid", FROM_META, 0, NFT_META_SKGID, 4, TYPE_HOST_NUMBER },
	{ "meta nftrace", FROM_META, 0, NFT_META_NFTRACE, 1, TYPE_HOST_NUMBER },
	{ "meta nfproto", FROM_META, 0, NFT_META_NFPROTO, 1, TYPE_NFPROTO },
	{ "meta l4proto", FROM_META, 0, NFT_META_L4PROTO, 1, TYPE_PROTOCOL },
	{ "meta pkttype", FROM_META, 0, NFT_META_PKTTYPE, 1, TYPE_PKTTYPE },
	{ "meta cpu", FROM_META, 0, NFT_META_CPU, 4, TYPE_HOST_NUMBER },
	{ "meta cgroup", FROM_META, 0, NFT_META_CGROUP, 4, TYPE_HOST_NUMBER },
	{ "meta ipsec", FROM_META, 0, NFT_META_SECPATH, 1, TYPE_BOOL },

	{ "ct state", FROM_CT, 0, NFT_CT_STATE, 4, TYPE_CT_STATE },
	{ "ct direction", FROM_CT, 0, NFT_CT_DIRECTION, 1, TYPE_CT_DIR },
	{ "ct status", FROM_CT, 0, NFT_CT_STATUS, 4, TYPE_CT_STATUS },
	{ "ct mark", FROM_CT, 0, NFT_CT_MARK, 4, TYPE_MARK },
	{ "ct l3proto", FROM_CT, 0, NFT_CT_L3PROTOCOL, 1, TYPE_NFPROTO },
	{ "ct protocol", FROM_CT, 0, NFT_CT_PROTOCOL, 1, TYPE_PROTOCOL },
	{ "ct zone", FROM_CT, 0, NFT_CT_ZONE, 2, TYPE_HOST_NUMBER },
	{ "ct ip saddr", FROM_CT, 0, NFT_CT_SRC_IP, 4, TYPE_IPV4 },
	{ "ct ip daddr", FROM_CT, 0, NFT_CT_DST_IP, 4, TYPE_IPV4 },
	{ "ct ip6 saddr", FROM_CT, 0, NFT_CT_SRC_IP6, 16, TYPE_IPV6 },
	{ "ct ip6 daddr", FROM_CT, 0, NFT_CT_DST_IP6, 16, TYPE_IPV6 },

	{ "ip length", FROM_NETWORK, NFPROTO_IPV4, 2, 2, TYPE_NUMBER },
	{ "ip id", FROM_NETWORK, NFPROTO_IPV4, 4, 2, TYPE_NUMBER },
	{ "ip ttl", FROM_NETWORK, NFPROTO_IPV4, 8, 1, TYPE_NUMBER },
	{ "ip protocol", FROM_NETWORK, NFPROTO_IPV4, 9, 1, TYPE_PROTOCOL },
	{ "ip checksum", FROM_NETWORK, NFPROTO_IPV4, 10, 2, TYPE_NUMBER },
	{ "ip saddr", FROM_NETWORK, NFPROTO_IPV4, 12, 4, TYPE_IPV4 },
	{ "ip daddr", FROM_NETWORK, NFPROTO_IPV4, 16, 4, TYPE_IPV4 },

	{ "ip6 length", FROM_NETWORK, NFPROTO_IPV6, 4, 2, TYPE_NUMBER },
	{ "ip6 nexthdr", FROM_NETWORK, NFPROTO_IPV6, 6, 1, TYPE_PROTOCOL },
	{ "ip6 hoplimit", FROM_NETWORK, NFPROTO_IPV6, 7, 1, TYPE_NUMBER },
	{ "ip6 saddr", FROM_NETWORK, NFPROTO_IPV6, 8, 16, TYPE_IPV6 },
	{ "ip6 daddr", FROM_NETWORK, NFPROTO_IPV6, 24, 16, TYPE_IPV6 },

	{ "udp sport", FROM_TRANSPORT, IPPROTO_UDP, 0, 2, TYPE_NUMBER },
	{ "udp dport", FROM_TRANSPORT, IPPROTO_UDP, 2, 2, TYPE_NUMBER },
	{ "udp length", FROM_TRANSPORT, IPPROTO_UDP, 4, 2, TYPE_NUMBER },
	{ "udp checksum", FROM_TRANSPORT, IPPROTO_UDP, 6, 2, TYPE_NUMBER },

	{ "tcp sport", FROM_TRANSPORT, IPPROTO_TCP, 0, 2, TYPE_NUMBER },
	{ "tcp dport", FROM_TRANSPORT, IPPROTO_TCP, 2, 2, TYPE_NUMBER },
	{ "tcp sequence", FROM_TRANSPORT, IPPROTO_TCP, 4, 4, TYPE_NUMBER },
	{ "tcp ackseq", FROM_TRANSPORT, IPPROTO_TCP, 8, 4, TYPE_NUMBER },
	{ "tcp flags", FROM_TRANSPORT, IPPROTO_TCP, 13, 1, TYPE_TCP_FLAGS },
	{ "tcp window", FROM_TRANSPORT, IPPROTO_TCP, 14, 2, TYPE_NUMBER },

	{ "sctp sport", FROM_TRANSPORT, IPPROTO_SCTP, 0, 2, TYPE_NUMBER },
	{ "sctp dport", FROM_TRANSPORT, IPPROTO_SCTP, 2, 2, TYPE_NUMBER },

	{ "icmp type", FROM_TRANSPORT, IPPROTO_ICMP, 0, 1, TYPE_ICMP },
	{ "icmp code", FROM_TRANSPORT, IPPROTO_ICMP, 1, 1, TYPE_ICMP_CODE },
	{ "icmpv6 type", FROM_TRANSPORT, IPPROTO_ICMPV6, 0, 1, TYPE_ICMPV6 },
	{ "icmpv6 code", FROM_TRANSPORT, IPPROTO_ICMPV6, 1, 1, TYPE_ICMPV6_CODE },

	/* what no rule before says the protocol of */
	{ "th sport", FROM_TRANSPORT, 0, 0, 2, TYPE_NUMBER },
	{ "th dport", FROM_TRANSPORT, 0, 2, 2, TYPE_NUMBER },

	{ " oif", FROM_FIB, 0, NFT_FIB_RESULT_OIF, 4, TYPE_IFINDEX },
	{ " oifname", FROM_FIB, 0, NFT_FIB_RESULT_OIFNAME, 16, TYPE_IFNAME },
	{ " type", FROM_FIB, 0, NFT_FIB_RESULT_ADDRTYPE, 4, TYPE_ADDRTYPE },
	/* of oif alone, with NFTA_FIB_F_PRESENT */
	{ " oif", FROM_FIB, 0, __NFT_FIB_RESULT_MAX, 1, TYPE_BOOL },

	{ "socket transparent", FROM_SOCKET, 0, NFT_SOCKET_TRANSPARENT, 1, TYPE_HOST_NUMBER },
	{ "socket mark", FROM_SOCKET, 0, NFT_SOCKET_MARK, 4, TYPE_MARK },
	{ "socket wildcard", FROM_SOCKET, 0, NFT_SOCKET_WILDCARD, 1, TYPE_HOST_NUMBER },
	{ "socket cgroupv2", FROM_SOCKET, 0, NFT_SOCKET_CGROUPV2, 8, TYPE_CGROUP },

	{ "rt mtu", FROM_RT, 0, NFT_RT_TCPMSS, 2, TYPE_HOST_NUMBER },
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

const struct nft_field *nft_field_find(enum nft_source source, uint32_t key)
{
	size_t i;

	for (i = 0; i < FIELDS; i++) {
		if (fields[i].source == source && fields[i].key == key)
			return &fields[i];
	}
	return NULL;
}

const struct nft_field *nft_header_field(enum nft_source source, uint8_t proto,
					 uint32_t offset)
{
	size_t i;

	for (i = 0; i < FIELDS; i++) {
		if (fields[i].source == source && fields[i].proto == proto &&
		    fields[i].key == offset)
			return &fields[i];
	}
	return NULL;
}
