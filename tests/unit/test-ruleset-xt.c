// SPDX-License-Identifier: GPL-2.0
/*
 * Extensions of iptables in rules of nf_tables, as any of its versions puts them there.
 * tests/netns/64-ruleset.sh has those of the version that is here.
 */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/netfilter_ipv6/ip6t_REJECT.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_iprange.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_owner.h>
#include <linux/netfilter/xt_pkttype.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv6/ip6t_hl.h>

#include "ruleset_expr.h"
#include "tap.h"

/* Constants in network byte order */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define PORT(n) (__builtin_bswap16(n))
#define ADDR(a, b, c, d) ((a) | (b) << 8 | (c) << 16 | (uint32_t)(d) << 24)
#else
#define PORT(n) (n)
#define ADDR(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#endif

/* "mark" and "connmark", and the targets, are laid out alike */
union info {
	struct xt_mark_mtinfo1 is;
	struct xt_mark_tginfo2 set;
	struct xt_connmark_tginfo1 conn;
	struct xt_connmark_tginfo2 conn_shifted;
	struct nf_nat_ipv4_multi_range_compat nat;
	struct nf_nat_range nat6;
	struct nf_nat_range2 nat2;
	struct xt_conntrack_mtinfo3 state;
	struct xt_ct_target_info_v1 ct;
	struct xt_tcp tcp;
	struct xt_udp udp;
	struct xt_multiport_v1 ports;
	struct xt_owner_match_info owner;
	struct xt_pkttype_info pkttype;
	struct xt_iprange_mtinfo iprange;
	struct xt_addrtype_info_v1 addrtype;
	struct ip6t_hl_info hl;
	uint32_t reject;
	uint8_t icmp[4];
};

/** struct xt_case - an extension, and what is made of it */
struct xt_case {
	const char *name;
	const char *ext;
	uint32_t revision;
	union info info;
	size_t len;
	const char *want;
};

static const struct xt_case cases[] = {
	{ "match", "mark", 1, { .is = { 5, UINT32_MAX, 0 } }, sizeof(struct xt_mark_mtinfo1),
	  "meta mark 0x00000005" },
	{ "match", "mark", 1, { .is = { 5, 0xf, 0 } }, sizeof(struct xt_mark_mtinfo1),
	  "meta mark & 0x0000000f == 0x00000005" },
	{ "match", "mark", 1, { .is = { 5, UINT32_MAX, 1 } }, sizeof(struct xt_mark_mtinfo1),
	  "meta mark != 0x00000005" },
	{ "match", "mark", 0, { .is = { 5, UINT32_MAX, 0 } }, sizeof(struct xt_mark_mtinfo1),
	  "[match mark]" },
	{ "match", "mark", 1, { .is = { 5, UINT32_MAX, 0 } }, 8, "[match mark]" },
	{ "match", "connmark", 1, { .is = { 5, 0xf, 1 } }, sizeof(struct xt_mark_mtinfo1),
	  "ct mark & 0x0000000f != 0x00000005" },
	{ "target", "MARK", 2, { .set = { 5, UINT32_MAX } }, sizeof(struct xt_mark_tginfo2),
	  "meta mark set 0x00000005" },
	{ "target", "MASQUERADE", 0, { .nat = { .rangesize = 1 } }, 24, "masquerade" },
	{ "target", "MASQUERADE", 0,
	  { .nat = { 1, { { .flags = NF_NAT_RANGE_PROTO_RANDOM } } } }, 24, "masquerade random" },
	{ "target", "MASQUERADE", 0, { .nat = { .rangesize = 2 } }, 24, "[target MASQUERADE]" },
	{ "target", "MASQUERADE", 0, { .nat = { .rangesize = 1 } }, 8, "[target MASQUERADE]" },
	{ "target", "REDIRECT", 0,
	  { .nat = { 1, { { .flags = NF_NAT_RANGE_PROTO_SPECIFIED, .min.all = PORT(8080),
			    .max.all = PORT(8080) } } } },
	  24, "redirect to :8080" },
	{ "target", "SNAT", 0,
	  { .nat = { 1, { { .flags = NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PERSISTENT,
			    .min_ip = ADDR(192, 0, 2, 1), .max_ip = ADDR(192, 0, 2, 7) } } } },
	  24, "snat to 192.0.2.1-192.0.2.7 persistent" },
	{ "target", "SNAT", 0, { .nat = { .rangesize = 1 } }, 24, "[target SNAT]" },
	{ "target", "DNAT", 1,
	  { .nat6 = { NF_NAT_RANGE_MAP_IPS, .min_addr.ip = ADDR(192, 0, 2, 1),
		      .max_addr.ip = ADDR(192, 0, 2, 1) } },
	  sizeof(struct nf_nat_range), "dnat to 192.0.2.1" },
	{ "target", "DNAT", 2,
	  { .nat2 = { NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED,
		      .min_addr.ip = ADDR(192, 0, 2, 1), .max_addr.ip = ADDR(192, 0, 2, 1),
		      .min_proto.all = PORT(80), .max_proto.all = PORT(80) } },
	  sizeof(struct nf_nat_range2), "dnat to 192.0.2.1:80" },
	{ "target", "DNAT", 2,
	  { .nat2 = { NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_OFFSET } },
	  sizeof(struct nf_nat_range2), "[target DNAT]" },
	{ "target", "DNAT", 2, { .nat2 = { NF_NAT_RANGE_MAP_IPS } }, sizeof(struct nf_nat_range),
	  "[target DNAT]" },
	{ "target", "REJECT", 0, { .reject = IPT_ICMP_PORT_UNREACHABLE }, 4, "reject" },
	{ "target", "REJECT", 0, { .reject = IPT_ICMP_HOST_PROHIBITED }, 4,
	  "reject with icmp host-prohibited" },
	{ "target", "REJECT", 0, { .reject = IPT_TCP_RESET }, 4, "reject with tcp reset" },
	{ "target", "REJECT", 0, { .reject = IPT_ICMP_ECHOREPLY }, 4, "[target REJECT]" },
	{ "target", "REJECT", 0, { .reject = 99 }, 4, "[target REJECT]" },
	{ "target", "CT", 2, { .ct = { .flags = XT_CT_NOTRACK } }, sizeof(struct xt_ct_target_info_v1),
	  "notrack" },
	{ "target", "CT", 2, { .ct = { .flags = XT_CT_ZONE_MARK } },
	  sizeof(struct xt_ct_target_info_v1), "[target CT]" },
	{ "match", "conntrack", 3,
	  { .state = { .match_flags = XT_CONNTRACK_STATE,
		       .state_mask = XT_CONNTRACK_STATE_DNAT } },
	  sizeof(struct xt_conntrack_mtinfo3), "ct status dnat" },
	{ "match", "conntrack", 3,
	  { .state = { .match_flags = XT_CONNTRACK_STATE, .invert_flags = XT_CONNTRACK_STATE,
		       .state_mask = XT_CONNTRACK_STATE_DNAT } },
	  sizeof(struct xt_conntrack_mtinfo3), "[match conntrack]" },
	{ "match", "conntrack", 3,
	  { .state = { .match_flags = XT_CONNTRACK_STATE,
		       .state_mask = XT_CONNTRACK_STATE_DNAT |
				     XT_CONNTRACK_STATE_BIT(IP_CT_ESTABLISHED) } },
	  sizeof(struct xt_conntrack_mtinfo3), "[match conntrack]" },
	{ "match", "tcp", 0, { .tcp = { { 0, 65535 }, { 0, 65535 } } }, sizeof(struct xt_tcp), "" },
	{ "match", "tcp", 0, { .tcp = { { 0, 65535 }, { 22, 22 } } }, sizeof(struct xt_tcp),
	  "tcp dport 22" },
	{ "match", "tcp", 0,
	  { .tcp = { { 1, 5 }, { 22, 22 }, .invflags = XT_TCP_INV_DSTPT, .flg_mask = 0x17,
		     .flg_cmp = 0x02 } },
	  sizeof(struct xt_tcp),
	  "tcp sport 1-5 tcp dport != 22 tcp flags syn / fin,syn,rst,ack" },
	{ "match", "tcp", 0,
	  { .tcp = { { 0, 65535 }, { 0, 65535 }, .flg_mask = 0x17, .flg_cmp = 0x02,
		     .invflags = XT_TCP_INV_FLAGS } },
	  sizeof(struct xt_tcp), "tcp flags != syn / fin,syn,rst,ack" },
	{ "match", "tcp", 0, { .tcp = { { 0, 65535 }, { 0, 65535 }, .flg_mask = 0x3 } },
	  sizeof(struct xt_tcp), "tcp flags ! fin,syn" },
	{ "match", "tcp", 0, { .tcp = { { 0, 65535 }, { 0, 65535 }, .option = 5 } },
	  sizeof(struct xt_tcp), "[match tcp]" },
	{ "match", "tcp", 0, { .tcp = { { 0, 65535 }, { 0, 65535 }, .invflags = XT_TCP_INV_DSTPT } },
	  sizeof(struct xt_tcp), "[match tcp]" },
	{ "match", "tcp", 0, { .tcp = { { 0, 65535 }, { 0, 65535 }, .invflags = XT_TCP_INV_FLAGS } },
	  sizeof(struct xt_tcp), "[match tcp]" },
	{ "match", "udp", 0, { .udp = { { 0, 65535 }, { 0, 65535 }, XT_UDP_INV_SRCPT } },
	  sizeof(struct xt_udp), "[match udp]" },
	{ "target", "DNAT", 3, { .nat2 = { NF_NAT_RANGE_MAP_IPS } }, sizeof(struct nf_nat_range2),
	  "[target DNAT]" },
	{ "match", "udp", 0, { .udp = { { 53, 53 }, { 1024, 65535 }, XT_UDP_INV_SRCPT } },
	  sizeof(struct xt_udp), "udp sport != 53 udp dport 1024-65535" },
	{ "match", "multiport", 1,
	  { .ports = { XT_MULTIPORT_DESTINATION, 3, { 80, 443, 445 }, { 0, 1 } } },
	  sizeof(struct xt_multiport_v1), "th dport { 80, 443-445 }" },
	{ "match", "multiport", 1, { .ports = { XT_MULTIPORT_SOURCE, 1, { 80 }, .invert = 1 } },
	  sizeof(struct xt_multiport_v1), "th sport != { 80 }" },
	{ "match", "multiport", 1, { .ports = { XT_MULTIPORT_EITHER, 1, { 80 } } },
	  sizeof(struct xt_multiport_v1), "[match multiport]" },
	{ "match", "multiport", 1, { .ports = { XT_MULTIPORT_SOURCE, 16 } },
	  sizeof(struct xt_multiport_v1), "[match multiport]" },
	{ "match", "owner", 1, { .owner = { 0, 0, .match = XT_OWNER_UID } },
	  sizeof(struct xt_owner_match_info), "meta skuid 0" },
	{ "match", "owner", 1,
	  { .owner = { 5, 9, 7, 7, XT_OWNER_UID | XT_OWNER_GID, XT_OWNER_UID } },
	  sizeof(struct xt_owner_match_info), "meta skuid != 5-9 meta skgid 7" },
	{ "match", "owner", 1, { .owner = { .match = XT_OWNER_SOCKET } },
	  sizeof(struct xt_owner_match_info), "[match owner]" },
	{ "match", "icmp", 0, { .icmp = { 8, 0, 255, 0 } }, 4, "icmp type echo-request" },
	{ "match", "icmp", 0, { .icmp = { 3, 4, 4, 0 } }, 4,
	  "icmp type destination-unreachable icmp code 4" },
	{ "match", "icmp", 0, { .icmp = { 8, 0, 255, 1 } }, 4, "icmp type != echo-request" },
	{ "match", "icmp", 0, { .icmp = { 255, 0, 255, 0 } }, 4, "" },
	{ "match", "pkttype", 0, { .pkttype = { 2, 1 } }, sizeof(struct xt_pkttype_info),
	  "meta pkttype != multicast" },
	{ "match", "iprange", 1,
	  { .iprange = { .dst_min.ip = ADDR(192, 0, 2, 1), .dst_max.ip = ADDR(192, 0, 2, 9),
			 .flags = IPRANGE_DST | IPRANGE_DST_INV } },
	  sizeof(struct xt_iprange_mtinfo), "ip daddr != 192.0.2.1-192.0.2.9" },
	{ "match", "addrtype", 1, { .addrtype = { .dest = 1 << 2 | 1 << 3 } },
	  sizeof(struct xt_addrtype_info_v1), "fib daddr type { local, broadcast }" },
	{ "match", "addrtype", 1,
	  { .addrtype = { 1 << 2, 1 << 5, XT_ADDRTYPE_INVERT_SOURCE | XT_ADDRTYPE_LIMIT_IFACE_IN } },
	  sizeof(struct xt_addrtype_info_v1),
	  "fib saddr . iif type != { local } fib daddr . iif type { multicast }" },
	{ "match", "recent", 0, { .icmp = { 0 } }, 4, "[match recent]" },
	{ "target", "MARK", 2, { .set = { 0x10, 0xff } }, sizeof(struct xt_mark_tginfo2),
	  "meta mark set meta mark & 0xffffff10 | 0x00000010" },
	{ "target", "MARK", 2, { .set = { 0x10, 0 } }, sizeof(struct xt_mark_tginfo2),
	  "meta mark set meta mark ^ 0x00000010" },
	{ "target", "MARK", 1, { .set = { 5, UINT32_MAX } }, sizeof(struct xt_mark_tginfo2),
	  "[target MARK]" },
	{ "target", "MARK", 2, { .set = { 5, UINT32_MAX } }, 4, "[target MARK]" },
	{ "target", "CONNMARK", 1, { .conn = { 5, 0xff, 0, XT_CONNMARK_SET } },
	  sizeof(struct xt_connmark_tginfo1), "ct mark set ct mark & 0xffffff05 | 0x00000005" },
	{ "target", "CONNMARK", 1, { .conn = { 0, UINT32_MAX, UINT32_MAX, XT_CONNMARK_SAVE } },
	  sizeof(struct xt_connmark_tginfo1), "ct mark set mark" },
	{ "target", "CONNMARK", 2,
	  { .conn_shifted = { 0, UINT32_MAX, UINT32_MAX, 0, 0, XT_CONNMARK_RESTORE } },
	  sizeof(struct xt_connmark_tginfo2), "meta mark set ct mark" },
	{ "target", "CONNMARK", 2,
	  { .conn_shifted = { 0, UINT32_MAX, UINT32_MAX, 0, 8, XT_CONNMARK_RESTORE } },
	  sizeof(struct xt_connmark_tginfo2), "[target CONNMARK]" },
	{ "target", "CONNMARK", 2,
	  { .conn_shifted = { 0, 0xff, 0xf0f, 0, 0, XT_CONNMARK_RESTORE } },
	  sizeof(struct xt_connmark_tginfo2),
	  "meta mark set meta mark & 0xfffff0f0 ^ ct mark & 0x000000ff" },
	{ "target", "CONNMARK", 2, { .conn_shifted = { 0, 0xff, 0xf0f, 0, 0, XT_CONNMARK_SAVE } },
	  sizeof(struct xt_connmark_tginfo2),
	  "ct mark set ct mark & 0xffffff00 ^ meta mark & 0x00000f0f" },
};

/* In a table of IPv6 */
static const struct xt_case cases6[] = {
	{ "target", "MASQUERADE", 0, { .nat6 = { 0 } }, sizeof(struct nf_nat_range), "masquerade" },
	{ "target", "MASQUERADE", 0,
	  { .nat6 = { NF_NAT_RANGE_PROTO_SPECIFIED, .min_proto.all = PORT(1024),
		      .max_proto.all = PORT(65535) } },
	  sizeof(struct nf_nat_range), "masquerade to :1024-65535" },
	{ "target", "DNAT", 2,
	  { .nat2 = { NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED,
		      .min_addr.in6.s6_addr[15] = 1, .max_addr.in6.s6_addr[15] = 1,
		      .min_proto.all = PORT(80), .max_proto.all = PORT(90) } },
	  sizeof(struct nf_nat_range2), "dnat to [::1]:80-90" },
	{ "target", "DNAT", 2,
	  { .nat2 = { NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED,
		      .min_addr.in6.s6_addr[15] = 1, .max_addr.in6.s6_addr[15] = 9,
		      .min_proto.all = PORT(80), .max_proto.all = PORT(80) } },
	  sizeof(struct nf_nat_range2), "dnat to [::1]-[::9]:80" },
	{ "target", "REJECT", 0, { .reject = IP6T_ICMP6_PORT_UNREACH }, 4, "reject" },
	{ "target", "REJECT", 0, { .reject = IP6T_ICMP6_ADM_PROHIBITED }, 4,
	  "reject with icmpv6 admin-prohibited" },
	{ "target", "REJECT", 0, { .reject = IP6T_TCP_RESET }, 4, "reject with tcp reset" },
	{ "match", "icmp6", 0, { .icmp = { 135, 0, 255, 0 } }, 4, "icmpv6 type nd-neighbor-solicit" },
	{ "match", "hl", 0, { .hl = { IP6T_HL_EQ, 255 } }, sizeof(struct ip6t_hl_info),
	  "ip6 hoplimit 255" },
};

static void test_case(const struct xt_case *c, uint8_t family)
{
	char buf[512], name[128], *text = NULL;
	struct nft_stmt stmt = { 0 };
	struct nlmsghdr *nlh;
	struct nlattr *data;
	size_t size;
	FILE *out;

	nlh = mnl_nlmsg_put_header(buf);
	data = mnl_attr_nest_start(nlh, NFTA_EXPR_DATA);
	mnl_attr_put_strz(nlh, NFTA_MATCH_NAME, c->ext);
	mnl_attr_put_u32(nlh, NFTA_MATCH_REV, htonl(c->revision));
	mnl_attr_put(nlh, NFTA_MATCH_INFO, c->len, &c->info);
	mnl_attr_nest_end(nlh, data);

	out = open_memstream(&text, &size);
	if (!out || nft_xt_take(&stmt, family, c->name, data))
		abort();
	nft_stmt_print(out, family, &stmt);
	fclose(out);
	snprintf(name, sizeof(name), "%s %s, revision %u, %zu bytes: %s", c->name,
		 c->ext, c->revision, c->len, c->want);
	tap_same(text, c->want, name);
	free(stmt.text);
	free(text);
}

int main(void)
{
	size_t i;

	for (i = 0; i < TAP_LEN(cases); i++)
		test_case(&cases[i], NFPROTO_IPV4);
	for (i = 0; i < TAP_LEN(cases6); i++)
		test_case(&cases6[i], NFPROTO_IPV6);
	return tap_done();
}
