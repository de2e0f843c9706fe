/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random routing of a network namespace, the same for the same seed
 *
 * A world is a namespace with devices, addresses and nexthop objects. A set-up is rules,
 * routes and settings in it; what the kernel refuses is not in it.
 *
 *	d0 d1	10.64.0.1/24 and fd64:0::1/64, 10.64.1.1/24 and fd64:1::1/64
 *	d2	10.64.2.1/24 and fd64:2::1/64; d3 no address; both in a VRF, or not
 *	d4	10.64.4.1/24 and fd64:4::1/64, no carrier, as d5 is down
 *	d6 d7	no addresses; d6 may go down when the routes are there
 */
#ifndef WALK_SETUP_H
#define WALK_SETUP_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "walk_part.h"

#define SETUP_DEVICES 8
#define SETUP_PRIORITIES 20	/* of random rules: 1 to 20 */
#define SETUP_PROTOCOL 200	/* of random routes */
#define SETUP_VRF_TABLE 104

/* What rules ask for, and packets have */
static const uint32_t setup_marks[] = { 0, 1, 2, 3, 0xca6c, 0xff000001, 0x6d6f6c65 };
static const uint32_t setup_masks[] = { UINT32_MAX, 1, 2, 0xff, 0xff000000, 0xffff };
static const uint32_t setup_uids[] = { 0, 5, 1000, 1001 };
static const uint16_t setup_ports[] = { 22, 53, 80, 443, 51820, 65535 };
static const uint8_t setup_protos[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP };
static const uint32_t setup_tables[] = {
	RT_TABLE_MAIN, RT_TABLE_MAIN, RT_TABLE_LOCAL, RT_TABLE_DEFAULT, 100, 101,
	SETUP_VRF_TABLE, 1836018789,
};

#define PICK(list) ((list)[below(sizeof(list) / sizeof((list)[0]))])

static uint64_t setup_state;
static uint32_t setup_devices[SETUP_DEVICES];
static bool setup_vrf;
static uint32_t setup_nexthops;	/* those of IPv6 that a route has */

/* splitmix64 (Steele, Lea, Flood, 2014) */
static uint64_t any(void)
{
	uint64_t z = setup_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static uint32_t below(uint32_t n)
{
	return any() % n;
}

static bool percent(unsigned int n)
{
	return below(100) < n;
}

static void die(const char *what)
{
	perror(what);
	exit(2);
}

__attribute__((format(printf, 2, 3)))
static void write_file(int value, const char *fmt, ...)
{
	char path[128], text[16];
	va_list args;
	int fd, len;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	len = snprintf(text, sizeof(text), "%d", value);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, len) != len)
		die(path);
	close(fd);
}

static int read_file(const char *path)
{
	char text[16] = "";
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		die(path);
	close(fd);
	return atoi(text);
}

#define V4 "/proc/sys/net/ipv4/"
#define V6 "/proc/sys/net/ipv6/conf/"

/* A few bits of few addresses, so that packets meet the prefixes */
static struct prefix any_addr(sa_family_t family)
{
	static const uint16_t bits[] = { 0x00c1, 0x0301, 0x8001, 0x4080 };
	struct prefix p = { .family = family, .len = family == AF_INET ? 32 : 128 };
	int i;

	if (percent(12)) {
		/* of a network that a device is in, or its own */
		uint8_t net = below(5), host = percent(40) ? 1 : 1 + below(254);

		if (family == AF_INET) {
			p.v4.s_addr = htonl(10 << 24 | 64 << 16 | net << 8 | host);
		} else {
			p.v6.s6_addr16[0] = htons(0xfd64);
			p.v6.s6_addr16[1] = htons(net);
			p.v6.s6_addr16[7] = htons(host);
		}
	} else if (family == AF_INET) {
		p.v4.s_addr = htonl(0xc0000000 | (any() & 0x03c18301));
	} else {
		p.v6.s6_addr16[0] = htons(0x2001);
		for (i = 1; i < 8; i++)
			p.v6.s6_addr16[i] = htons(any() & bits[i % 4]);
	}
	return p;
}

static struct prefix any_prefix(sa_family_t family)
{
	static const uint8_t lens4[] = { 0, 1, 6, 8, 10, 16, 17, 23, 24, 31, 32 };
	static const uint8_t lens6[] = { 0, 1, 16, 24, 32, 40, 48, 64, 96, 127, 128 };
	struct prefix p = any_addr(family);

	p.len = family == AF_INET ? PICK(lens4) : PICK(lens6);
	prefix_mask(&p);
	return p;
}

static void put_addr(struct nlmsghdr *nlh, uint16_t type, const struct prefix *p)
{
	mnl_attr_put(nlh, type, prefix_bytes(p), &p->v6);
}

static const char *any_name(void)
{
	static const char *const names[] = {
		"lo", "lo", "d0", "d1", "d2", "d3", "d4", "d6", "vrf0", "nowhere",
	};

	return PICK(names);
}

/* Each of them so often, in percent, or about */
static void put_selectors(struct nlmsghdr *nlh, struct fib_rule_hdr *head, int often)
{
	struct fib_rule_uid_range uids = { .start = PICK(setup_uids) };
	struct fib_rule_port_range ports = { .start = PICK(setup_ports) };
	struct prefix p;

	if (percent(often)) {
		p = any_prefix(head->family);
		head->src_len = p.len;
		put_addr(nlh, FRA_SRC, &p);
	}
	if (percent(often)) {
		p = any_prefix(head->family);
		head->dst_len = p.len;
		put_addr(nlh, FRA_DST, &p);
	}
	if (percent(often))
		mnl_attr_put_strz(nlh, FRA_IIFNAME, any_name());
	if (percent(often / 2))
		mnl_attr_put_strz(nlh, FRA_OIFNAME, any_name());
	if (percent(2 * often)) {
		mnl_attr_put_u32(nlh, FRA_FWMARK, PICK(setup_marks));
		mnl_attr_put_u32(nlh, FRA_FWMASK, PICK(setup_masks));
	}
	if (percent(often)) {
		uids.end = uids.start + PICK(setup_uids);
		mnl_attr_put(nlh, FRA_UID_RANGE, sizeof(uids), &uids);
	}
	if (percent(often))
		mnl_attr_put_u8(nlh, FRA_IP_PROTO, PICK(setup_protos));
	if (percent(often / 2)) {
		ports.end = percent(50) ? ports.start : UINT16_MAX;
		mnl_attr_put(nlh, FRA_SPORT_RANGE, sizeof(ports), &ports);
	}
	if (percent(often)) {
		ports.end = percent(50) ? ports.start : UINT16_MAX;
		mnl_attr_put(nlh, FRA_DPORT_RANGE, sizeof(ports), &ports);
	}
	if (percent(often / 4))
		head->tos = 0x10;
	/* no packet here comes from a tunnel with an id */
	if (percent(often / 4) && !(head->flags & FIB_RULE_INVERT))
		mnl_attr_put_u64(nlh, FRA_TUN_ID, 7);
}

static void put_action(struct nlmsghdr *nlh, struct fib_rule_hdr *head, uint32_t priority)
{
	static const uint8_t refusals[] = {
		FR_ACT_UNREACHABLE, FR_ACT_PROHIBIT, FR_ACT_BLACKHOLE,
	};

	if (percent(65)) {
		head->action = FR_ACT_TO_TBL;
		mnl_attr_put_u32(nlh, FRA_TABLE, PICK(setup_tables));
		if (percent(25))
			mnl_attr_put_u32(nlh, FRA_SUPPRESS_PREFIXLEN, percent(50) ? 0 : below(40));
		if (percent(15))
			mnl_attr_put_u32(nlh, FRA_SUPPRESS_IFGROUP, below(3));
	} else if (percent(20)) {
		head->action = FR_ACT_TO_TBL;
		mnl_attr_put_u8(nlh, FRA_L3MDEV, 1);
	} else if (percent(50)) {
		head->action = FR_ACT_GOTO;
		priority += 1 + below(SETUP_PRIORITIES - priority + 3);
		mnl_attr_put_u32(nlh, FRA_GOTO, priority);
	} else {
		head->action = percent(40) ? FR_ACT_NOP : PICK(refusals);
	}
}

static void put_rule(struct nlsock *s, sa_family_t family)
{
	struct fib_rule_hdr head = { .family = family };
	uint32_t priority = 1 + below(SETUP_PRIORITIES);
	struct fib_rule_hdr *at;
	struct nlmsghdr *nlh;

	nlh = nlsock_put(s, RTM_NEWRULE, NLM_F_ACK | NLM_F_CREATE, &head, sizeof(head));
	at = mnl_nlmsg_get_payload(nlh);
	if (percent(20))
		at->flags |= FIB_RULE_INVERT;
	mnl_attr_put_u32(nlh, FRA_PRIORITY, priority);
	put_action(nlh, at, priority);
	put_selectors(nlh, at, percent(30) ? 0 : 12);
}

static void delete_rule(struct nlsock *s, sa_family_t family, uint32_t priority)
{
	struct fib_rule_hdr head = { .family = family };
	struct nlmsghdr *nlh;

	nlh = nlsock_put(s, RTM_DELRULE, NLM_F_ACK, &head, sizeof(head));
	mnl_attr_put_u32(nlh, FRA_PRIORITY, priority);
}

/* Those of every namespace, and with other priorities where they are */
static void put_first_rule(struct nlsock *s, sa_family_t family, uint32_t priority,
			   uint32_t table)
{
	struct fib_rule_hdr head = { .family = family, .action = FR_ACT_TO_TBL };
	struct nlmsghdr *nlh;

	nlh = nlsock_put(s, RTM_NEWRULE, NLM_F_ACK | NLM_F_CREATE, &head, sizeof(head));
	mnl_attr_put_u32(nlh, FRA_PRIORITY, priority);
	mnl_attr_put_u32(nlh, FRA_TABLE, table);
	mnl_attr_put_u8(nlh, FRA_PROTOCOL, RTPROT_STATIC);
}

static uint32_t any_device(void)
{
	static const uint8_t often[] = { 0, 0, 1, 1, 2, 3, 4, 6, 6, 7 };

	return setup_devices[PICK(often)];
}

static struct prefix any_gateway(sa_family_t family)
{
	struct prefix p = any_addr(family);

	if (family == AF_INET) {
		p.v4.s_addr = htonl(10 << 24 | 64 << 16 | below(5) << 8 | (2 + below(3)));
	} else {
		memset(&p.v6, 0, sizeof(p.v6));
		p.v6.s6_addr16[0] = htons(0xfe80);
		p.v6.s6_addr16[7] = htons(2 + below(3));
	}
	return p;
}

static void put_multipath(struct nlmsghdr *nlh, sa_family_t family)
{
	struct nlattr *all = mnl_attr_nest_start(nlh, RTA_MULTIPATH);
	struct prefix via;
	uint32_t i, n = 2 + below(2);

	for (i = 0; i < n; i++) {
		struct rtnexthop *nh = mnl_nlmsg_get_payload_tail(nlh);

		*nh = (struct rtnexthop){
			.rtnh_ifindex = any_device(),
			.rtnh_flags = RTNH_F_ONLINK,
		};
		nlh->nlmsg_len += sizeof(*nh);
		via = any_gateway(family);
		put_addr(nlh, RTA_GATEWAY, &via);
		nh->rtnh_len = (char *)mnl_nlmsg_get_payload_tail(nlh) - (char *)nh;
	}
	mnl_attr_nest_end(nlh, all);
}

/* IPv6 keeps the route that it found with the nexthop object: of two routes with the same
 * one, it may take either. So only one has it.
 */
static uint32_t any_nexthop(sa_family_t family)
{
	uint32_t id = below(5);

	if (family == AF_INET)
		return 10 + id;
	if (setup_nexthops & 1 << id)
		return 0;
	setup_nexthops |= 1 << id;
	return 20 + id;
}

static void put_ways(struct nlmsghdr *nlh, struct rtmsg *rtm)
{
	uint32_t nexthop = percent(10) ? any_nexthop(rtm->rtm_family) : 0;
	struct prefix via;

	if (walk_error(rtm->rtm_type))
		return;
	if (rtm->rtm_type == RTN_UNICAST && percent(20)) {
		put_multipath(nlh, rtm->rtm_family);
		return;
	}
	if (rtm->rtm_type == RTN_UNICAST && nexthop) {
		mnl_attr_put_u32(nlh, RTA_NH_ID, nexthop);
		return;
	}
	mnl_attr_put_u32(nlh, RTA_OIF, any_device());
	if (rtm->rtm_type == RTN_UNICAST && percent(50)) {
		via = any_gateway(rtm->rtm_family);
		put_addr(nlh, RTA_GATEWAY, &via);
		rtm->rtm_flags |= RTNH_F_ONLINK;
	}
	if (rtm->rtm_type == RTN_LOCAL)
		rtm->rtm_scope = RT_SCOPE_HOST;
	else if (rtm->rtm_family == AF_INET && !(rtm->rtm_flags & RTNH_F_ONLINK))
		rtm->rtm_scope = RT_SCOPE_LINK;
}

static uint8_t any_type(sa_family_t family)
{
	static const uint8_t types[] = {
		RTN_THROW, RTN_THROW, RTN_UNREACHABLE, RTN_PROHIBIT, RTN_BLACKHOLE, RTN_LOCAL,
	};

	if (family == AF_INET && percent(3))
		return RTN_BROADCAST;
	return percent(75) ? RTN_UNICAST : PICK(types);
}

/* Not the place of an address's own route, without which it would still be an address */
static uint32_t any_table(const struct prefix *dst)
{
	uint32_t table = PICK(setup_tables);

	return table == RT_TABLE_LOCAL && dst->len == 8 * prefix_bytes(dst) ? 100 : table;
}

static void put_route(struct nlsock *s, sa_family_t family)
{
	static const uint32_t metrics[] = { 1, 5, 5, 1024 };
	static const uint16_t hows[] = {
		NLM_F_EXCL, NLM_F_APPEND, NLM_F_APPEND, NLM_F_REPLACE,
	};
	struct prefix dst = any_prefix(family), p;
	struct rtmsg rtm = {
		.rtm_family = family,
		.rtm_dst_len = dst.len,
		.rtm_protocol = SETUP_PROTOCOL,
		.rtm_type = any_type(family),
		.rtm_tos = family == AF_INET && percent(5) ? 0x10 : 0,
	};
	struct nlmsghdr *nlh;
	struct rtmsg *at;

	nlh = nlsock_put(s, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | PICK(hows), &rtm, sizeof(rtm));
	at = mnl_nlmsg_get_payload(nlh);
	put_addr(nlh, RTA_DST, &dst);
	mnl_attr_put_u32(nlh, RTA_TABLE, any_table(&dst));
	if (percent(40))
		mnl_attr_put_u32(nlh, RTA_PRIORITY, PICK(metrics));
	if (family == AF_INET6 && percent(25)) {
		p = any_prefix(family);
		at->rtm_src_len = p.len;
		put_addr(nlh, RTA_SRC, &p);
	}
	if (family == AF_INET6 && percent(20))
		mnl_attr_put_u8(nlh, RTA_PREF, percent(50) ? 1 : 3);
	put_ways(nlh, at);
}

static void delete_route(struct nlsock *s, const struct fib_route *r)
{
	struct rtmsg rtm = {
		.rtm_family = r->dst.family,
		.rtm_dst_len = r->dst.len,
		.rtm_src_len = r->src.len,
		.rtm_tos = r->tos,
		.rtm_type = r->type,
		.rtm_scope = RT_SCOPE_NOWHERE,
		.rtm_protocol = SETUP_PROTOCOL,
	};
	struct nlmsghdr *nlh;

	nlh = nlsock_put(s, RTM_DELROUTE, NLM_F_ACK, &rtm, sizeof(rtm));
	put_addr(nlh, RTA_DST, &r->dst);
	if (r->src.len)
		put_addr(nlh, RTA_SRC, &r->src);
	mnl_attr_put_u32(nlh, RTA_TABLE, r->table);
	if (r->metric)
		mnl_attr_put_u32(nlh, RTA_PRIORITY, r->metric);
}

static void set_up_or_down(struct nlsock *s, uint32_t ifindex, bool up)
{
	struct ifinfomsg ifi = {
		.ifi_index = ifindex,
		.ifi_flags = up ? IFF_UP : 0,
		.ifi_change = IFF_UP,
	};

	nlsock_put(s, RTM_NEWLINK, NLM_F_ACK, &ifi, sizeof(ifi));
	nlsock_talk(s, NULL, NULL);
}

/* What is refused is a part of it, so no error counts */
static void setup_send(struct nlsock *s)
{
	if (s->tx_count)
		nlsock_talk(s, NULL, NULL);
}

static void setup_clear(struct nlsock *s)
{
	struct fib f;
	int left, tries = 5;
	size_t i;

	set_up_or_down(s, setup_devices[6], true);
	do {
		left = 0;
		if (fib_take(s, &f))
			die("fib_take");
		for (i = 0; i < f.routes_len; i++) {
			if (f.routes[i].protocol == SETUP_PROTOCOL) {
				delete_route(s, &f.routes[i]);
				left++;
			}
		}
		for (i = 0; i < f.rules_len; i++) {
			if (f.rules[i].priority) {
				delete_rule(s, f.rules[i].family, f.rules[i].priority);
				left++;
			}
		}
		fib_free(&f);
		setup_send(s);
	} while (left && --tries);
}

static void setup_settings(void)
{
	int i;

	for (i = 0; i < 5; i++) {
		write_file(below(3), V4 "conf/d%d/rp_filter", i);
		write_file(percent(30), V4 "conf/d%d/src_valid_mark", i);
		write_file(percent(15), V4 "conf/d%d/accept_local", i);
		write_file(percent(85), V4 "conf/d%d/forwarding", i);
		write_file(percent(50), V4 "conf/d%d/send_redirects", i);
		write_file(percent(50), V4 "conf/d%d/ignore_routes_with_linkdown", i);
		write_file(percent(50), V6 "d%d/ignore_routes_with_linkdown", i);
	}
	write_file(percent(90) ? 0 : below(3), V4 "conf/all/rp_filter");
	write_file(percent(10), V4 "conf/all/src_valid_mark");
	write_file(percent(5), V4 "conf/all/accept_local");
	write_file(percent(60), V6 "all/forwarding");
	write_file(percent(50), V4 "conf/all/send_redirects");
	write_file(percent(70), V4 "nexthop_compat_mode");
}

static void put_first_rules(struct nlsock *s, sa_family_t family)
{
	bool moved = percent(15);

	delete_rule(s, family, 0);
	put_first_rule(s, family, moved ? 1 + below(SETUP_PRIORITIES) : 0, RT_TABLE_LOCAL);
	if (percent(90))
		put_first_rule(s, family, 32766, RT_TABLE_MAIN);
	if (percent(90) && family == AF_INET)
		put_first_rule(s, family, 32767, RT_TABLE_DEFAULT);
}

/**
 * setup_any() - a random set-up in the place of the last one
 * @s: a NETLINK_ROUTE socket in the world
 * @first: the first one of the world; it leaves the rules as they are
 */
static void setup_any(struct nlsock *s, bool first)
{
	static const sa_family_t families[] = { AF_INET, AF_INET6 };
	uint32_t n;
	int i;

	if (!first)
		setup_clear(s);
	setup_settings();
	setup_nexthops = 0;
	for (i = 0; i < 2; i++) {
		if (!first) {
			put_first_rules(s, families[i]);
			for (n = below(9); n; n--)
				put_rule(s, families[i]);
		}
		for (n = 4 + below(24); n; n--)
			put_route(s, families[i]);
	}
	setup_send(s);
	if (percent(20))
		set_up_or_down(s, setup_devices[6], false);
}

static void world_commands(FILE *f)
{
	static const int with_address[] = { 0, 1, 2, 4 };
	size_t i;

	fputs("link set lo up\n", f);
	for (i = 0; i < SETUP_DEVICES; i += 2)
		fprintf(f, "link add d%zu type veth peer name d%zu\n", i, i + 1);
	if (setup_vrf) {
		fprintf(f, "link add vrf0 type vrf table %d\nlink set vrf0 up\n", SETUP_VRF_TABLE);
		fputs("link set d2 master vrf0\nlink set d3 master vrf0\n", f);
	}
	for (i = 0; i < SETUP_DEVICES; i++) {
		if (i != 5)
			fprintf(f, "link set d%zu up\n", i);
		fprintf(f, "link set d%zu group %zu\n", i, i % 3);
	}
	for (i = 0; i < 4; i++)
		fprintf(f, "address add 10.64.%d.1/24 dev d%d\n"
			"address add fd64:%d::1/64 dev d%d nodad\n",
			with_address[i], with_address[i], with_address[i], with_address[i]);
	fputs("nexthop add id 10 via 10.64.0.9 dev d0\nnexthop add id 11 via 10.64.1.9 dev d1\n"
	      "nexthop add id 12 dev d0\nnexthop add id 13 group 10/11\n"
	      "nexthop add id 14 blackhole\n"
	      "nexthop add id 20 via fe80::9 dev d0\nnexthop add id 21 via fe80::9 dev d1\n"
	      "nexthop add id 22 dev d0\nnexthop add id 25 via fe80::8 dev d0\n"
	      "nexthop add id 26 via fe80::8 dev d1\nnexthop add id 23 group 25/26\n", f);
}

/** setup_world() - a new namespace, which this process is in from now on */
static void setup_world(void)
{
	char name[IF_NAMESIZE];
	FILE *f;
	int i;

	if (unshare(CLONE_NEWNET))
		die("unshare");
	for (i = 0; i < 2; i++) {
		/* the kernel makes addresses and learns routes of none itself */
		write_file(1, V6 "%s/addr_gen_mode", i ? "default" : "all");
		write_file(0, V6 "%s/accept_ra", i ? "default" : "all");
		write_file(0, V6 "%s/accept_dad", i ? "default" : "all");
	}
	setup_vrf = percent(40);
	f = popen("ip -force -batch - 2>/dev/null", "w");
	if (!f)
		die("ip");
	world_commands(f);
	if (pclose(f) < 0 || system("ip -6 nexthop add id 24 blackhole"))
		die("ip");
	for (i = 0; i < SETUP_DEVICES; i++) {
		snprintf(name, sizeof(name), "d%d", i);
		setup_devices[i] = if_nametoindex(name);
		if (!setup_devices[i])
			die(name);
	}
}

#endif
