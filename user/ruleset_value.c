// SPDX-License-Identifier: GPL-2.0
/*
 * Values of nf_tables' registers as nft(8) writes them
 */
#include <arpa/inet.h>
#include <ftw.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netdb.h>
#include <string.h>

#include "proto.h"
#include "ruleset_expr.h"

/**
 * struct symbol - a number that has a name
 * @type: of the field
 * @value: the number; of flags one bit
 * @name: its name
 */
struct symbol {
	uint8_t type;
	uint16_t value;
	const char *name;
};

/* Flags from the lowest bit on. */
static const struct symbol symbols[] = {
	{ TYPE_ICMP, 0, "echo-reply" },
	{ TYPE_ICMP, 3, "destination-unreachable" },
	{ TYPE_ICMP, 4, "source-quench" },
	{ TYPE_ICMP, 5, "redirect" },
	{ TYPE_ICMP, 8, "echo-request" },
	{ TYPE_ICMP, 9, "router-advertisement" },
	{ TYPE_ICMP, 10, "router-solicitation" },
	{ TYPE_ICMP, 11, "time-exceeded" },
	{ TYPE_ICMP, 12, "parameter-problem" },
	{ TYPE_ICMP, 13, "timestamp-request" },
	{ TYPE_ICMP, 14, "timestamp-reply" },
	{ TYPE_ICMP, 15, "info-request" },
	{ TYPE_ICMP, 16, "info-reply" },
	{ TYPE_ICMP, 17, "address-mask-request" },
	{ TYPE_ICMP, 18, "address-mask-reply" },
	{ TYPE_ICMP_CODE, 0, "net-unreachable" },
	{ TYPE_ICMP_CODE, 1, "host-unreachable" },
	{ TYPE_ICMP_CODE, 2, "prot-unreachable" },
	{ TYPE_ICMP_CODE, 3, "port-unreachable" },
	{ TYPE_ICMP_CODE, 4, "frag-needed" },
	{ TYPE_ICMP_CODE, 9, "net-prohibited" },
	{ TYPE_ICMP_CODE, 10, "host-prohibited" },
	{ TYPE_ICMP_CODE, 13, "admin-prohibited" },
	{ TYPE_ICMPV6, 1, "destination-unreachable" },
	{ TYPE_ICMPV6, 2, "packet-too-big" },
	{ TYPE_ICMPV6, 3, "time-exceeded" },
	{ TYPE_ICMPV6, 4, "parameter-problem" },
	{ TYPE_ICMPV6, 128, "echo-request" },
	{ TYPE_ICMPV6, 129, "echo-reply" },
	{ TYPE_ICMPV6, 130, "mld-listener-query" },
	{ TYPE_ICMPV6, 131, "mld-listener-report" },
	{ TYPE_ICMPV6, 132, "mld-listener-done" },
	{ TYPE_ICMPV6, 133, "nd-router-solicit" },
	{ TYPE_ICMPV6, 134, "nd-router-advert" },
	{ TYPE_ICMPV6, 135, "nd-neighbor-solicit" },
	{ TYPE_ICMPV6, 136, "nd-neighbor-advert" },
	{ TYPE_ICMPV6, 137, "nd-redirect" },
	{ TYPE_ICMPV6, 138, "router-renumbering" },
	{ TYPE_ICMPV6, 141, "ind-neighbor-solicit" },
	{ TYPE_ICMPV6, 142, "ind-neighbor-advert" },
	{ TYPE_ICMPV6, 143, "mld2-listener-report" },
	{ TYPE_ICMPV6_CODE, 0, "no-route" },
	{ TYPE_ICMPV6_CODE, 1, "admin-prohibited" },
	{ TYPE_ICMPV6_CODE, 3, "addr-unreachable" },
	{ TYPE_ICMPV6_CODE, 4, "port-unreachable" },
	{ TYPE_ICMPV6_CODE, 5, "policy-fail" },
	{ TYPE_ICMPV6_CODE, 6, "reject-route" },
	{ TYPE_TCP_FLAGS, 1, "fin" },
	{ TYPE_TCP_FLAGS, 2, "syn" },
	{ TYPE_TCP_FLAGS, 4, "rst" },
	{ TYPE_TCP_FLAGS, 8, "psh" },
	{ TYPE_TCP_FLAGS, 16, "ack" },
	{ TYPE_TCP_FLAGS, 32, "urg" },
	{ TYPE_TCP_FLAGS, 64, "ecn" },
	{ TYPE_TCP_FLAGS, 128, "cwr" },
	{ TYPE_ETHERTYPE, ETH_P_IP, "ip" },
	{ TYPE_ETHERTYPE, ETH_P_ARP, "arp" },
	{ TYPE_ETHERTYPE, ETH_P_8021Q, "vlan" },
	{ TYPE_ETHERTYPE, ETH_P_IPV6, "ip6" },
	{ TYPE_NFPROTO, NFPROTO_IPV4, "ipv4" },
	{ TYPE_NFPROTO, NFPROTO_IPV6, "ipv6" },
	{ TYPE_ADDRTYPE, RTN_UNSPEC, "unspec" },
	{ TYPE_ADDRTYPE, RTN_UNICAST, "unicast" },
	{ TYPE_ADDRTYPE, RTN_LOCAL, "local" },
	{ TYPE_ADDRTYPE, RTN_BROADCAST, "broadcast" },
	{ TYPE_ADDRTYPE, RTN_ANYCAST, "anycast" },
	{ TYPE_ADDRTYPE, RTN_MULTICAST, "multicast" },
	{ TYPE_ADDRTYPE, RTN_BLACKHOLE, "blackhole" },
	{ TYPE_ADDRTYPE, RTN_UNREACHABLE, "unreachable" },
	{ TYPE_ADDRTYPE, RTN_PROHIBIT, "prohibit" },
	{ TYPE_BOOL, 0, "missing" },
	{ TYPE_BOOL, 1, "exists" },
	{ TYPE_PKTTYPE, PACKET_HOST, "host" },
	{ TYPE_PKTTYPE, PACKET_BROADCAST, "broadcast" },
	{ TYPE_PKTTYPE, PACKET_MULTICAST, "multicast" },
	{ TYPE_PKTTYPE, PACKET_OTHERHOST, "other" },
	/* linux/netfilter/nf_conntrack_common.h, as NF_CT_STATE_BIT() makes them */
	{ TYPE_CT_STATE, 1, "invalid" },
	{ TYPE_CT_STATE, 2, "established" },
	{ TYPE_CT_STATE, 4, "related" },
	{ TYPE_CT_STATE, 8, "new" },
	{ TYPE_CT_STATE, 64, "untracked" },
	/* enum ip_conntrack_status */
	{ TYPE_CT_STATUS, 1, "expected" },
	{ TYPE_CT_STATUS, 2, "seen-reply" },
	{ TYPE_CT_STATUS, 4, "assured" },
	{ TYPE_CT_STATUS, 8, "confirmed" },
	{ TYPE_CT_STATUS, 16, "snat" },
	{ TYPE_CT_STATUS, 32, "dnat" },
	{ TYPE_CT_STATUS, 512, "dying" },
	{ TYPE_CT_DIR, 0, "original" },
	{ TYPE_CT_DIR, 1, "reply" },
};

#define SYMBOLS (sizeof(symbols) / sizeof(symbols[0]))

static bool is_little_endian(void)
{
	return htons(1) != 1;
}

/* Byte @i of @len, counted from the one that weighs most */
static uint8_t byte_at(enum nft_type type, const uint8_t *value, size_t len, size_t i)
{
	return value[nft_type_is_host(type) && is_little_endian() ? len - 1 - i : i];
}

int nft_value_compare(enum nft_type type, const uint8_t *a, const uint8_t *b, size_t len)
{
	size_t i;
	int d;

	for (i = 0; i < len; i++) {
		d = byte_at(type, a, len, i) - byte_at(type, b, len, i);
		if (d)
			return d;
	}
	return 0;
}

uint64_t nft_value_number(enum nft_type type, const uint8_t *value, size_t len)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < len; i++)
		n = n << 8 | byte_at(type, value, len, i);
	return n;
}

static int named(enum nft_type type, const char *name)
{
	size_t i;

	for (i = 0; i < SYMBOLS; i++) {
		if (symbols[i].type == type && strcmp(symbols[i].name, name) == 0)
			return symbols[i].value;
	}
	return -1;
}

int ruleset_icmp_type(sa_family_t family, const char *name)
{
	return named(family == AF_INET ? TYPE_ICMP : TYPE_ICMPV6, name);
}

int ruleset_tcp_flag(const char *name)
{
	return named(TYPE_TCP_FLAGS, name);
}

static const char *symbol(enum nft_type type, uint64_t value)
{
	size_t i;

	for (i = 0; i < SYMBOLS; i++) {
		if (symbols[i].type == type && symbols[i].value == value)
			return symbols[i].name;
	}
	return NULL;
}

bool nft_type_is_flags(enum nft_type type)
{
	return type == TYPE_TCP_FLAGS || type == TYPE_CT_STATE || type == TYPE_CT_STATUS;
}

/* Return: whether every bit has a name */
static bool print_flags(FILE *out, enum nft_type type, uint64_t value)
{
	const char *comma = "";
	size_t i;

	for (i = 0; i < SYMBOLS; i++) {
		if (symbols[i].type != type || !(value & symbols[i].value))
			continue;
		if (out)
			fprintf(out, "%s%s", comma, symbols[i].name);
		value &= ~(uint64_t)symbols[i].value;
		comma = ",";
	}
	return !value && *comma;
}

/* For nftw(3), which hands nothing on */
static uint64_t cgroup_wanted;
static char cgroup_path[256];

static int find_cgroup(const char *path, const struct stat *st, int type,
		       struct FTW *ftw __attribute__((unused)))
{
	static const char root[] = "/sys/fs/cgroup/";

	if (type != FTW_D || st->st_ino != cgroup_wanted || strlen(path) < sizeof(root))
		return 0;
	snprintf(cgroup_path, sizeof(cgroup_path), "%s", path + sizeof(root) - 1);
	return 1;
}

/* A control group is known by the number of its folder's inode. */
static void print_cgroup(FILE *out, uint64_t inode)
{
	cgroup_wanted = inode;
	if (nftw("/sys/fs/cgroup", find_cgroup, 16, FTW_PHYS | FTW_MOUNT) == 1)
		fprintf(out, "\"%s\"", nft_clean(cgroup_path, false));
	else
		fprintf(out, "%" PRIu64, inode);
}

/* Of a queueing discipline: tc(8) */
static void print_classid(FILE *out, uint32_t id)
{
	if (id == TC_H_ROOT)
		fputs("root", out);
	else if (id == TC_H_UNSPEC)
		fputs("none", out);
	else
		fprintf(out, "%x:%x", TC_H_MAJ(id) >> 16, TC_H_MIN(id));
}

static void print_ifindex(FILE *out, uint32_t ifindex)
{
	char name[IF_NAMESIZE];

	if (if_indextoname(ifindex, name))
		fprintf(out, "\"%s\"", nft_clean(name, false));
	else
		fprintf(out, "%" PRIu32, ifindex);
}

/* One that is shorter than a name may be is the beginning of a name. */
static void print_ifname(FILE *out, const uint8_t *value, size_t len)
{
	char name[IF_NAMESIZE + 1];

	snprintf(name, sizeof(name), "%.*s", (int)strnlen((const char *)value, len), value);
	fprintf(out, "\"%s%s\"", nft_clean(name, false),
		memchr(value, '\0', len) || len == IF_NAMESIZE ? "" : "*");
}

bool nft_value_is_known(enum nft_type type, const uint8_t *value, size_t len)
{
	uint64_t n = nft_value_number(type, value, len);

	if (nft_type_is_flags(type))
		return print_flags(NULL, type, n);
	return type != TYPE_ETHERTYPE || symbol(type, n);
}

void nft_value_print(FILE *out, enum nft_type type, const uint8_t *value, size_t len)
{
	uint64_t n = nft_value_number(type, value, len <= sizeof(n) ? len : 0);
	const struct protoent *proto;
	char addr[INET6_ADDRSTRLEN];
	const char *name;

	switch (type) {
	case TYPE_IPV4:
	case TYPE_IPV6:
		fputs(inet_ntop(type == TYPE_IPV4 ? AF_INET : AF_INET6, value, addr,
				sizeof(addr)), out);
		return;
	case TYPE_IFNAME:
		print_ifname(out, value, len);
		return;
	case TYPE_IFINDEX:
		print_ifindex(out, n);
		return;
	case TYPE_MARK:
		fprintf(out, "0x%08" PRIx64, n);
		return;
	case TYPE_CGROUP:
		print_cgroup(out, n);
		return;
	case TYPE_CLASSID:
		print_classid(out, n);
		return;
	case TYPE_TCP_FLAGS:
	case TYPE_CT_STATE:
	case TYPE_CT_STATUS:
		print_flags(out, type, n);
		return;
	case TYPE_PROTOCOL:
		name = proto_word(n);
		proto = name ? NULL : getprotobynumber(n);
		if (proto)
			name = proto->p_name;
		break;
	default:
		name = symbol(type, n);
	}
	if (name)
		fputs(name, out);
	else
		fprintf(out, "%" PRIu64, n);
}

int nft_prefix_len(const uint8_t *mask, size_t len)
{
	int bits = 0;
	size_t i;

	while (bits < (int)(8 * len) && mask[bits / 8] & 0x80 >> bits % 8)
		bits++;
	for (i = bits; i < 8 * len; i++) {
		if (mask[i / 8] & 0x80 >> i % 8)
			return -1;
	}
	return bits;
}
